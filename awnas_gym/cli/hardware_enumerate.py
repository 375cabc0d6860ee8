"""`awnas hardware enumerate`: the layers of a space."""

from __future__ import annotations

from pathlib import Path

import click

from awnas_gym.cli.space import read_space


@click.command(name="enumerate")
@click.option(
    "--space",
    required=True,
    help="A name from `awnas list spaces`, a YAML file that describes one, or the id of an environment.",
)
@click.option(
    "--setting",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="A setting of the space, or a keyword of the environment; repeatable.",
)
@click.option(
    "-o", "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write them as CSV, without what they cost."
)
def command(space: str, settings: tuple[str, ...], out: Path | None) -> None:
    """List the different layers that the networks of a space can have, as they run at inference.

    Batch norms behind convolutions are part of them. What is written has the columns of a table of layers: with a
    column latency_ms (or energy_mj, …) behind them, awnas hardware import reads it.

    Example: awnas hardware enumerate --space nasbench201 --setting channels=8 -o layers.csv
    """
    from awnas_gym.cli.table import print_table
    from awnas_gym.files import write_atomically
    from awnas_gym.hardware import layers_of
    from awnas_gym.hardware.card_csv import card_csv
    from awnas_gym.hardware.layer_table import FIELDS, layer_texts

    opened = read_space(space, settings)
    layers = layers_of(opened)
    if out is not None:
        card = {"spaces": [{"name": opened.name, "settings": opened.settings}]}
        write_atomically(out, card_csv(card, FIELDS, map(layer_texts, layers)))
        click.echo(f"written: {out} ({len(layers):,} layers of {opened.name})")
        return
    names = [name for name in FIELDS if name not in {"affine", "tied"}]
    rows = [dict(zip(FIELDS, layer_texts(layer), strict=True)) for layer in layers]
    print_table([{name: row[name] for name in names} for row in rows], texts=("along", "binary"))
    click.echo(f"{len(layers):,} layers of {opened.name}")
