"""`awnas data get`: fetch an official file."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click


@click.command(name="get")
@click.argument("name")
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), help="Folder. [$AWNAS_DATA]")
def command(name: str, folder: Path | None) -> None:
    """Fetch the official file NAME (`awnas data list`), or say where a person gets it.

    What came before a connection broke, or before Ctrl-C, is kept, and the same command goes on from there. The SHA-256
    is checked where an official one is known.

    \b
    Example: awnas data get nasbench101
             awnas data get nasbench101-full --to /data
    """  # noqa: D301 - click wants the character itself
    from awnas_gym.cli.progress import told_bar
    from awnas_gym.home import data_folder
    from awnas_gym.ingest.official.downloads import find_download
    from awnas_gym.ingest.official.fetch import get_file

    row = find_download(name)
    folder = data_folder() if folder is None else folder
    click.echo(f"{row.file}{'' if row.megabytes is None else f' (about {row.megabytes:,} MB)'}, from {row.page}")
    try:
        fetched = get_file(row, folder, bar=told_bar)
    except KeyboardInterrupt:
        click.echo(f"Stopped; what came is in {folder}. The same command goes on.", err=True)
        sys.exit(130)
    click.echo(f"{'verified' if row.sha256 else 'fetched'}: {fetched}")
    click.echo(f"Next: awnas data import {row.importer} {shlex.quote(str(fetched))}")
