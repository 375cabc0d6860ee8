"""`awnas hardware import`: what was measured elsewhere."""

from __future__ import annotations

from pathlib import Path

import click

from awnas_gym.cli.measuring import table_path


@click.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", help="Of the device: its table is kept in $AWNAS_HOME/hardware.")
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), help="A file, instead of --name.")
@click.option(
    "--format", "form", type=click.Choice(["csv", "trtexec", "onnxruntime"]), default="csv", show_default=True
)
@click.option(
    "--models",
    type=click.Path(file_okay=False, path_type=Path),
    help="What awnas hardware export wrote; of trtexec and onnxruntime.",
)
@click.option("--device", help="What the device is, for the card; of trtexec and onnxruntime.")
@click.option("--drifted", is_flag=True, help="Take what run.py measured while the device was hot, too.")
@click.option("--replace", is_flag=True, help="Replace a table of that name.")
def command(
    file: Path,
    name: str | None,
    out: Path | None,
    form: str,
    models: Path | None,
    device: str | None,
    drifted: bool,
    replace: bool,
) -> None:
    """Make a table of a device, or a file of measured networks, of what was measured elsewhere.

    FILE is the CSV of run.py (awnas hardware export), or any with the columns of awnas hardware enumerate -o and
    latency_ms behind them. Of trtexec and onnxruntime it is a folder with a file for each exported model, such as
    0000.log of models/0000.onnx: what trtexec printed, the times of its --exportTimes, or a profile of ONNX Runtime.

    \b
    Example: awnas hardware import pi4.csv --name pi4
             awnas hardware import logs --format trtexec --models layers --name orin --device "Jetson Orin Nano, FP16"
    """  # noqa: D301 - click wants the character itself
    from awnas_gym.hardware import LayerTable
    from awnas_gym.profiling.importing import import_csv, import_folder

    path = table_path(name, out)
    if path.exists() and not replace:
        raise click.UsageError(f"{path} is there; --replace writes another one")
    if (form == "csv") != (models is None):
        raise click.UsageError("--models goes with --format trtexec and onnxruntime, and they need it")
    if models is None:
        found = import_csv(file, path.stem, drifted=drifted)
    else:
        found = import_folder(file, path.stem, form=form, exported=models, device=device)
    if isinstance(found, LayerTable):
        found.write(path)
        click.echo(f"written: {path} ({len(found.rows):,} layers)")
    elif name is not None:
        raise click.UsageError(f"{file} holds whole networks; they go into a file, --out")
    else:
        found.write(path)
        click.echo(f"written: {path} ({len(found):,} network(s) of {found.space.name})")
