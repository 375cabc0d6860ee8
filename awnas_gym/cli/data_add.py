"""`awnas data add`: a file of your own becomes a table."""

from __future__ import annotations

from pathlib import Path

import click

from awnas_gym.cli.space import read_space


@click.command(name="add")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="What the table is called from now on.")
@click.option("--space", required=True, help="A name from `awnas list spaces`, or a YAML file that describes one.")
@click.option("--setting", "settings", multiple=True, metavar="NAME=VALUE", help="A setting of the space; repeatable.")
@click.option("--genotypes", metavar="COLUMN", help="Column of architectures. [arch, genotype, architecture, index]")
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="METRIC=COLUMN",
    help="METRIC[@EPOCHS][#TRIAL]=COLUMN[/DIVISOR]; repeatable. Without any, columns named like metrics are taken.",
)
@click.option("--epochs", type=click.IntRange(min=1), default=1, show_default=True, help="Of columns that say none.")
@click.option("--title", help="A line about the table, for its card.")
@click.option("--licence", help="Of the numbers, for its card.")
@click.option("--replace", is_flag=True, help="Replace a table of that name.")
def command(
    file: Path,
    name: str,
    space: str,
    settings: tuple[str, ...],
    genotypes: str | None,
    metrics: tuple[str, ...],
    epochs: int,
    title: str | None,
    licence: str | None,
    replace: bool,
) -> None:
    """Make FILE (CSV, TSV, Parquet or NPZ) a table for gym.make("awnas/Table-v0", table=NAME).

    A line of FILE is an architecture, or one of its trainings: columns called epoch, trial (or seed) and split say
    which. Metrics carry their unit: valid_accuracy (a fraction), pixel3_latency_ms, params, cost_s, …

    Example: awnas data add nb201.csv --space nasbench201 --name mine --metric valid_accuracy@12=cifar10_valid_12/100
    """
    from awnas_gym.benchmarks import load_table
    from awnas_gym.evaluators.table import TableEvaluator
    from awnas_gym.ingest import add_table

    card = {key: value for key, value in (("title", title), ("licence", licence)) if value}
    path = add_table(
        file,
        name=name,
        space=read_space(space, settings),
        genotypes=genotypes,
        metrics=metrics,
        epochs=epochs,
        card=card,
        replace=replace,
    )
    evaluator = TableEvaluator(load_table(name))
    held = ", ".join(sorted(evaluator.yields))
    click.echo(f"written: {path}")
    click.echo(f"  {len(evaluator.population()):,} architectures of {evaluator.space.name}: {held}")
    click.echo(f"  fidelities {', '.join(map(str, evaluator.fidelities))}; {evaluator.trials} training(s) each")
    click.echo(
        f'Next: gym.make("awnas/Table-v0", table="{name}"), or awnas search --env awnas/Table-v0 --env-arg table={name}'
    )
