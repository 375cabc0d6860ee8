"""`awnas data list`: the tables that are there, the official benchmarks and the data sets that could be."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="list")
def command() -> None:
    """List your tables; below them the official benchmarks that are not among them, and the data sets."""
    from awnas_gym.benchmarks import own_tables
    from awnas_gym.cli.table import print_table
    from awnas_gym.home import data_folder

    own = own_tables()
    print_table([_row(name, path) for name, path in own.items()], texts=("space", "title"))
    missing = _not_imported(set(own))
    if missing:
        click.echo(("\n" if own else "") + "Official benchmarks that are not imported:")
        _print_lines(missing)
    click.echo(f"\nData sets, each in the folder of its name in {data_folder()}:")
    _print_lines(_datasets())


def _print_lines(lines: dict[str, str]) -> None:
    width = max(map(len, lines))
    for name, text in lines.items():
        click.echo(f"  {name.ljust(width)}  {text}")


def _row(name: str, path: Path) -> dict[str, str]:
    from awnas_gym.benchmarks import open_table
    from awnas_gym.cli.table import listed
    from awnas_gym.errors import AwnasError
    from awnas_gym.evaluators.table import TableEvaluator

    row = {"name": name, "space": "", "architectures": "", "fidelities": "", "trials": "", "MB": ""}
    try:
        evaluator = TableEvaluator(open_table(path))
    except AwnasError as error:
        return {**row, "title": f"damaged: {error}"}
    return {
        "name": name,
        "space": evaluator.space.name,
        "architectures": f"{len(evaluator.population()):,}",
        "fidelities": listed(evaluator.fidelities),
        "trials": str(evaluator.trials),
        "MB": f"{path.stat().st_size / 1e6:,.2f}",
        "title": str(evaluator.card.get("title", "")),
    }


def _not_imported(own: set[str]) -> dict[str, str]:
    """Return of each importer none of whose tables is there what it reads and how that is to be had."""
    from awnas_gym.errors import AwnasError
    from awnas_gym.ingest import IMPORTERS
    from awnas_gym.ingest.official.downloads import DOWNLOADS

    missing = {}
    for name, row in IMPORTERS.items():
        try:
            tables = row.load().tables
        except AwnasError as error:  # of a plugin, or behind an extra
            missing[name] = str(error)
            continue
        if own.isdisjoint(tables):
            files = [each for each, download in DOWNLOADS.items() if download.importer == name]
            got = f"awnas data get {' or '.join(files)}, then " if files else ""
            missing[name] = f"{row.summary}: {got}awnas data import {name} PATH"
    return missing


def _datasets() -> dict[str, str]:
    """Return of each data set whose files the user brings whether there is a folder, or what to put there."""
    from awnas_gym.data import DATASETS, Dataset
    from awnas_gym.errors import AwnasError

    lines = {}
    for name in DATASETS:
        try:
            part = DATASETS.load(name)
        except AwnasError as error:  # of a plugin, or behind an extra
            lines[name] = str(error)
            continue
        if isinstance(part, Dataset):
            lines[name] = "there" if part.folder.is_dir() else f"{part.bring}, from {part.page}"
    return lines
