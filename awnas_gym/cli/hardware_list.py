"""`awnas hardware list`: devices."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command(name="list")
def command() -> None:
    """List devices of the package, then your own tables and fitted models; hardware= takes each by its name."""
    from awnas_gym.cli.table import print_table
    from awnas_gym.hardware import DEVICES, own_devices, own_models

    width = max(map(len, DEVICES))
    for name, device in DEVICES.items():
        click.echo(f"  {name.ljust(width)}  {device.summary}")
    own, models = own_devices(), own_models()
    if own or models:
        click.echo("\nYour own:")
    print_table([_row(name, path) for name, path in own.items()], texts=("spaces", "device"))
    print_table([_model(name, path) for name, path in models.items()], texts=("model", "space", "device"))
    if not own:
        click.echo("\nNo table of your own. Next: awnas hardware profile --space nasbench201 --name mine")


def _row(name: str, path: Path) -> dict[str, str]:
    from awnas_gym.cli.table import listed
    from awnas_gym.errors import AwnasError
    from awnas_gym.hardware import LayerTable

    try:
        table = LayerTable.read(path)
    except AwnasError as error:
        return {"name": name, "layers": "", "metrics": "", "spaces": "", "device": f"damaged: {error}"}
    spaces = [str(each.get("name")) for each in table.card.get("spaces", []) if isinstance(each, dict)]
    threads = f", {table.card['threads']} thread(s)" if "threads" in table.card else ""
    runtime = f", {table.card['runtime']}" if "runtime" in table.card else ""
    return {
        "name": name,
        "layers": f"{len(table.rows):,}",
        "metrics": listed(sorted(table.yields)),
        "spaces": listed(list(dict.fromkeys(spaces))),
        "device": f"{table.card.get('device', '')}{runtime}{threads}",
    }


def _model(name: str, path: Path) -> dict[str, str]:
    """Return what the file says, and fit nothing: that is done when the model is asked."""
    row = {"name": name, "model": "", "space": "", "networks": "", "metric": "", "device": ""}
    try:
        content = json.loads(path.read_bytes())
        device = content["device"] or {}
        return {
            "name": name,
            "model": str(content["model"]["name"]),
            "space": str(content["space"]["name"]),
            "networks": f"{len(content['genotypes']):,}",
            "metric": str(content["metric"]),
            "device": str(device.get("name", content["card"].get("device", ""))),
        }
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        return {**row, "device": f"damaged: {type(error).__name__}: {error}"}
