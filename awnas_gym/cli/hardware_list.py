"""`awnas hardware list`: devices and models."""

from __future__ import annotations

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
    print_table([_model_row(name, path) for name, path in models.items()], texts=("space", "model"))
    if not own:
        click.echo("\nNo table of your own. Next: awnas hardware profile --space awnas/NASBench201-v0 --name mine")


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


def _model_row(name: str, path: Path) -> dict[str, str]:
    from awnas_gym.errors import AwnasError
    from awnas_gym.hardware.saved import read_model

    try:
        content = read_model(path)
    except AwnasError as error:
        return {"name": name, "networks": "", "metric": "", "tau": "", "space": "", "model": f"damaged: {error}"}
    validated = content["card"].get("cross_validation")
    tau = validated.get("kendall_tau") if isinstance(validated, dict) else None
    return {
        "name": name,
        "networks": f"{len(content['genotypes']):,}",
        "metric": content["metric"],
        "tau": f"{tau:.3f}" if isinstance(tau, float) else "",
        "space": content["space"]["name"],
        "model": content["model"]["name"],
    }
