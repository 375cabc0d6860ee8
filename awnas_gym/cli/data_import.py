"""`awnas data import`: tables of an official file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from awnas_gym.cli.table import listed


@click.command(name="import")
@click.argument("name")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--workers", type=click.IntRange(min=1), help="Processes that read, where there are many files.")
@click.option("--partial", is_flag=True, help="Take the records that are there; else a missing one is an error.")
@click.option("--replace", is_flag=True, help="Replace tables of the same names.")
def command(name: str, path: Path, workers: int | None, partial: bool, replace: bool) -> None:
    """Make tables of PATH, the official file or folder of the benchmark NAME (`awnas list importers`).

    It is read without the benchmark's own library, and nothing in it is executed. The SHA-256 of a file is kept in the
    cards of its tables, and compared where an official one is known. A table is written whole or not at all.

    \b
    Examples: awnas data import nasbench101 nasbench_only108.tfrecord
              awnas data import nats-tss NATS-tss-v1_0-3ffb9-simple --workers 2
    """  # noqa: D301 - click wants the character itself
    from awnas_gym.benchmarks import open_table
    from awnas_gym.catalog.official import opening
    from awnas_gym.cli.progress import told_bar
    from awnas_gym.ingest import import_tables

    options = {key: value for key, value in (("workers", workers), ("partial", partial)) if value}
    written = import_tables(name, path, replace=replace, bar=told_bar, **options)
    tables = {table: open_table(file) for table, file in written.items()}
    source = next(iter(tables.values())).card["source"]
    if source.get("verified"):
        click.echo(f"verified: {path} has the official SHA-256")
    for file in written.values():
        click.echo(f"written: {file} ({file.stat().st_size / 1e6:,.1f} MB)")
        for what, found in _summary(open_table(file).card):
            click.echo(f"  {what:<21} {found}")
    first = next(iter(tables))
    click.echo(f"Next: {opening(first, _other_keywords(tables[first].columns))}")


def _summary(card: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what a card counts, and the best of each split."""
    counts = card["counts"]
    yield "architectures", f"{counts['architectures']:,}"
    if "trainings" in counts:
        last = str(card["fidelities"][-1])
        yield "epochs", listed(card["fidelities"])
        yield "trainings of each", _by_epochs(counts["trainings"], "{0} ({1:,})")
        yield "missing trainings", _by_epochs(counts["missing_seeds"], "seed {0} ({1:,})") or "none"
        if "failed_trainings" in counts:
            yield "failed trainings", f"{counts['failed_trainings'][last]:,} of {last} epochs"
    for metric, scores in card["reference"].items():
        yield f"best {metric}", f"{scores['best']:.4f}  {scores['best_architecture']}"


def _by_epochs(counted: Mapping[str, Mapping[str, int]], form: str) -> str:
    """Return a text about each fidelity; neighbours of which the same is to be said share it."""
    texts = []
    for each, group in groupby(counted.items(), key=lambda item: item[1]):
        if each:
            epochs = listed([fidelity for fidelity, _ in group])
            texts.append(f"{epochs} epochs: {', '.join(form.format(*item) for item in each.items())}")
    return "; ".join(texts)


def _other_keywords(metrics: Mapping[str, Any]) -> str:
    """Return the keywords without which an environment would ask for what the table does not hold."""
    if "valid_accuracy" in metrics:
        return ""
    if "test_accuracy" in metrics:
        return ', split="test"'
    from awnas_gym.metrics import is_metric, split_of

    return f', objective="{next(name for name in metrics if is_metric(name) and split_of(name) in {None, "valid"})}"'
