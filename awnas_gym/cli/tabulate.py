"""`awnas tabulate`: measure a benchmark table."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import click

from awnas_gym.cli.progress import progress_bar


@click.command(name="tabulate")
@click.argument("recipe", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--results", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder of measurements."
)
@click.option("--pass", "name", help="Run this pass of the recipe only.")
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many measurements.")
@click.option("--check", is_flag=True, help="Print what is measured and how well seeds agree, and stop.")
@click.option("--pack", type=click.Path(dir_okay=False, path_type=Path), help="Write the table from the measurements.")
def command(
    recipe: Path, results: Path, name: str | None, workers: int, limit: int | None, check: bool, pack: Path | None
) -> None:
    """Measure the architectures of a space as RECIPE (YAML) says: resumable, in parallel; then --pack the table.

    Start it again after a stop of any kind: it goes on with what is missing.
    """
    from awnas_gym.errors import UnknownNameError
    from awnas_gym.pack import pack_table, reliability
    from awnas_gym.tabulate import Results, read_recipe, run_pass

    plan = read_recipe(recipe)
    if name is not None and name not in plan.passes:
        raise UnknownNameError("pass", name, plan.passes)
    if check:
        for pass_name, work in plan.passes.items():
            kept = Results(results, pass_name)
            click.echo(f"{pass_name}: {len(kept.records):,} of {len(work.tasks(plan.space)):,} measured")
            for line in reliability(plan, pass_name, kept):
                click.echo(f"  {line}")
        return
    if pack is not None:
        checksum = pack_table(plan, results, pack)
        click.echo(f"written: {pack} (sha256 {checksum[:16]}…)   Next: awnas show 0 --dataset {pack}")
        return
    try:
        for pass_name in plan.passes if name is None else [name]:
            left = run_pass(
                plan.space,
                plan.passes[pass_name],
                Results(results, pass_name),
                workers=workers,
                limit=limit,
                progress=partial(progress_bar, label=pass_name),
            )
            click.echo(f"{pass_name}: {left:,} left" if left else f"{pass_name}: complete")
    except KeyboardInterrupt:
        click.echo(f"Stopped; what was measured is in {results}. The same command goes on.", err=True)
        sys.exit(130)
