"""`awnas report`: one HTML page about runs."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="report")
@click.argument("runs", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The page.  [default: report.html in the first folder]",
)
def command(runs: tuple[Path, ...], out: Path | None) -> None:
    """Write one self-contained HTML page about the runs in the folders RUNS."""
    from awnas_gym.reporting import write_report

    page = write_report(list(runs), out or runs[0] / "report.html")
    click.echo(f"Report: {page}   (open it in any browser)")
