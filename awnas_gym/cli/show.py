"""`awnas show`: draw an architecture and what is known of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from awnas_gym.spaces import AbstractSpace, Archs

MOST_DIGITS = 18
"""Of an index; no space counts further."""


@click.command(name="show")
@click.argument("genotype")
@click.option("--dataset", default="fashion14", show_default=True, help="A table's name, or the path of one.")
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), help="Write the drawing to this file as well.")
def command(genotype: str, dataset: str, svg: Path | None) -> None:
    """Draw the architecture GENOTYPE and print what a benchmark table knows of it.

    GENOTYPE is the architecture in its space's notation, in aw_nas's, or its index in the table.
    """
    import numpy as np

    from awnas_gym.benchmarks import load_table
    from awnas_gym.evaluators.table import TableEvaluator
    from awnas_gym.files import write_atomically
    from awnas_gym.metrics import metric_info
    from awnas_gym.spaces.drawing import draw_svg, draw_text

    evaluator = TableEvaluator(load_table(dataset))
    space = evaluator.space
    arch = _architecture(space, genotype)
    click.echo(draw_text(space.graph(arch)))
    number = f"   index {int(space.index(arch)[0])}" if space.enumerable else ""
    click.echo(f"\n{space.genotype(arch)}{number}")
    if space.key(arch) != space.genotype(arch):
        click.echo(f"computes the same function as {space.key(arch)}")
    rng = np.random.default_rng(0)
    everything = evaluator.evaluate(evaluator.population(), rng=rng)
    click.echo(f"\n{dataset}, {evaluator.fidelities[-1]} epochs, mean of the recorded trainings:")
    coverage = evaluator.coverage()
    if coverage is None or coverage < 1:
        share = "an unknown share" if coverage is None else f"{coverage:.1%}"
        click.echo(f"  (the table records {share} of the space; ranks are among those)")
    for name, values in sorted(evaluator.evaluate(arch, rng=rng).items()):
        value = float(values[0])
        if not np.isfinite(value):
            click.echo(f"  {name:<16} not recorded")
            continue
        info = metric_info(name)
        recorded = np.count_nonzero(np.isfinite(everything[name]))
        better = everything[name] > value if info.maximise else everything[name] < value
        text = f"{value:,.0f}" if info.unit == "count" else f"{value:.4f}"
        click.echo(f"  {name:<16} {text:>12} {info.unit:<9} rank {int(better.sum()) + 1:,} of {recorded:,}")
    if svg is not None:
        write_atomically(svg, draw_svg(space.graph(arch)))
        click.echo(f"\nwritten: {svg}")


def _architecture(space: AbstractSpace, text: str) -> Archs:
    """Return the architecture that a genotype or an index stands for, int `[decisions]`."""
    from awnas_gym.errors import GenotypeError
    from awnas_gym.spaces.foreign_genotypes import parse_any

    try:
        return parse_any(space, text)
    except GenotypeError:
        if not text.removeprefix("-").isdecimal() or not space.enumerable:
            raise
    arch: Archs = space.unindex(int(text[:MOST_DIGITS]))[0]
    return arch
