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
@click.option(
    "--figures",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Also write figures (PNG, SVG, PDF) and tables (CSV, LaTeX) into a folder.",
)
@click.option(
    "--ioh",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Also write the histories into a folder as IOHanalyzer and iohinspector read them.",
)
def command(runs: tuple[Path, ...], out: Path | None, figures: Path | None, ioh: Path | None) -> None:
    """Write one self-contained HTML page about the runs in and below the folders RUNS."""
    from awnas_gym.reporting import write_ioh, write_paper, write_report

    page = write_report(list(runs), out or runs[0] / "report.html")
    click.echo(f"Report: {page}   (open it in any browser)")
    if figures is not None:
        click.echo(f"Figures and tables: {len(write_paper(list(runs), figures))} files in {figures}")
    if ioh is not None:
        files, notes = write_ioh(list(runs), ioh)
        click.echo("\n".join([*notes, f"IOHprofiler: {len(files)} files in {ioh}"]))
