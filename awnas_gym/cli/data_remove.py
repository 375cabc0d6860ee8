"""`awnas data remove`: delete a table."""

from __future__ import annotations

import click


@click.command(name="remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(name: str, yes: bool) -> None:
    """Delete the table NAME, of your own or of an official benchmark (`awnas data list`).

    \b
    Example: awnas data remove mine
    """  # noqa: D301 - click wants the character itself
    from awnas_gym.benchmarks import own_tables
    from awnas_gym.ingest import remove_table

    if name in own_tables() and not yes:
        click.confirm(f"Delete {own_tables()[name]}?", abort=True)
    click.echo(f"removed: {remove_table(name)}")
