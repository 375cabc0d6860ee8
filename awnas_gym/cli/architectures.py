"""What the commands about architectures share: options, drawings, the table of scores."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from awnas_gym.derivation import Results, Score
    from awnas_gym.spaces import AbstractSpace, Archs

Command = TypeVar("Command", bound=Callable[..., Any])

RUN = click.argument("run", type=click.Path(exists=True, file_okay=False, path_type=Path))

DUMP_MODE = click.option(
    "--dump-mode",
    type=click.Choice(["str", "list"]),
    default="str",
    show_default=True,
    help="Write genotypes, or lists of decisions.",
)
PLOT = click.option(
    "--plot",
    type=click.Path(file_okay=False, path_type=Path),
    help="Draw each into this folder, as SVG.",
)
LONGEST = 72
"""Characters of a genotype in a table."""


def scoring_options(command: Command) -> Command:
    """Add the options that say how a run's environment scores."""
    options = (
        click.option(
            "--batches",
            default="all",
            show_default=True,
            help="Of validation images, for shared weights: how many, or 'all'.",
        ),
        click.option("--batch-norm", help="Policy of shared weights.  [default: the environment's]"),
        click.option("--test", is_flag=True, help="Add metrics of the test split; they decide nothing."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def read_batches(text: str) -> int | None:
    """Return the number in `--batches`, None for all."""
    if text == "all":
        return None
    if not text.isdecimal() or not 0 < len(text) < 10 or int(text) < 1:
        raise click.BadParameter(f"{text!r} is neither 'all' nor a whole number from 1", param_hint="--batches")
    return int(text)


def take_scores(results: Results, archs: Archs, out: Path | None) -> list[Score]:
    """Return the scores of rows, int `[n, decisions]`, behind a progress bar; Ctrl-C says what was kept, and ends."""
    from awnas_gym.cli.progress import progress_bar

    try:
        return list(progress_bar(results.score(archs), len(archs), label="scored"))
    except KeyboardInterrupt:
        kept = "nothing was kept: give -o" if out is None else f"what was scored is in {out}; the same command goes on"
        click.echo(f"Stopped; {kept}.", err=True)
        sys.exit(130)


def draw_all(folder: Path, archs: Archs, space: AbstractSpace) -> None:
    """Draw architectures, int `[n, decisions]`, into `<number>.svg`."""
    from awnas_gym.files import write_atomically
    from awnas_gym.spaces.drawing import draw_svg

    for i, row in enumerate(archs):
        write_atomically(folder / f"{i:03d}.svg", draw_svg(space.graph(row)))
    click.echo(f"drawn: {folder}/*.svg")


def print_scores(scores: Sequence[Score], marks: Iterable[str]) -> None:
    """Print a line a score, with a mark in front; by how much a constraint is broken, if one of them breaks it."""
    from awnas_gym.cli.table import print_table

    broken = any(score.violation for score in scores)
    names = sorted({name for score in scores for name in score.metrics})
    rows = []
    for i, (score, mark) in enumerate(zip(scores, marks, strict=True)):
        genotype = score.genotype if len(score.genotype) <= LONGEST else f"{score.genotype[:LONGEST]}…"
        values = {name: _number(score.metrics.get(name)) for name in names}
        entries = score.reward if isinstance(score.reward, list) else [score.reward]
        reward = " ".join(map(_number, entries))
        violation = {"violation": _number(score.violation)} if broken else {}
        rows.append({"": mark, "n": str(i), "reward": reward, **violation, **values, "architecture": genotype})
    print_table(rows, texts=("architecture",))


def _number(value: float | None) -> str:
    if value is None:
        return "not recorded"
    if 0 < abs(value) < 0.1:  # times and energies of small networks
        return f"{value:.4g}"
    return f"{value:,.0f}" if value == int(value) and abs(value) >= 1000 else f"{value:.4f}"
