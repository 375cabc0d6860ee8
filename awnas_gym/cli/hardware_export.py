"""`awnas hardware export`: what is measured on another device."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from awnas_gym.cli.measuring import drawn
from awnas_gym.cli.progress import progress_bar
from awnas_gym.cli.space import read_space


@click.command(name="export")
@click.option(
    "--space",
    "spaces",
    multiple=True,
    required=True,
    help="A name from `awnas list spaces`, a YAML file that describes one, or the id of an environment; repeatable.",
)
@click.option(
    "--setting", "settings", multiple=True, metavar="NAME=VALUE", help="A setting of every space; repeatable."
)
@click.option("-o", "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="A new folder.")
@click.option("--batch-size", type=click.IntRange(min=1), default=1, show_default=True, help="Images a pass.")
@click.option("--networks", type=click.IntRange(min=1), help="Write so many random networks, and no layers.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the random networks.")
def command(
    spaces: tuple[str, ...],
    settings: tuple[str, ...],
    out: Path,
    batch_size: int,
    networks: int | None,
    seed: int,
) -> None:
    """Write the layers of spaces as ONNX, with a script that measures them on another device; or whole networks.

    The folder goes to the device, where run.py needs Python 3.8, NumPy and ONNX Runtime. Its CSV comes back to awnas
    hardware import.

    \b
    Example: awnas hardware export --space nasbench201 -o layers
             python layers/run.py -o pi4.csv --device pi4 --threads 4
             awnas hardware import pi4.csv --name pi4
    """  # noqa: D301 - click wants the character itself
    from awnas_gym.profiling.export import export_layers, export_networks

    opened = [read_space(each, settings) for each in spaces]
    watch = partial(progress_bar, label="models")
    if networks is None:
        count = export_layers(opened, out, batch_size=batch_size, watch=watch)
    elif len(opened) > 1:
        raise click.UsageError("--networks are of one --space")
    else:
        archs = drawn(opened[0], networks, seed)
        count = export_networks(opened[0], archs, out, batch_size=batch_size, watch=watch)
    click.echo(f"written: {out} ({count:,} models)")
    click.echo(f"Next, on the device: python {out.name}/run.py -o results.csv --device NAME")
