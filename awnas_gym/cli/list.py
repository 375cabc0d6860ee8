"""`awnas list`: what there is, a line each."""

from __future__ import annotations

import click

from awnas_gym.errors import unknown

KINDS = ("environments", "spaces", "agents", "objectives", "tables", "recorders")


@click.command(name="list")
@click.argument("kind", required=False)
def command(kind: str | None) -> None:
    """List what there is: environments, spaces, agents, objectives, tables, recorders; all of them without KIND."""
    from awnas_gym.agents import AGENTS
    from awnas_gym.benchmarks import TABLES
    from awnas_gym.catalog import ENVIRONMENTS
    from awnas_gym.evaluators import RECORDERS
    from awnas_gym.objectives import OBJECTIVES
    from awnas_gym.spaces import SPACES

    tables = dict(zip(KINDS, (ENVIRONMENTS, SPACES, AGENTS, OBJECTIVES, TABLES, RECORDERS), strict=True))
    if kind is not None and kind not in tables:
        raise click.BadParameter(unknown("kind", kind, KINDS), param_hint="KIND")
    for name, table in tables.items():
        if kind in {None, name}:
            if kind is None:
                click.echo(click.style(name, bold=True))
            width = max(len(row) for row in table)
            for row_name, row in table.items():
                extra = f"  [{row.extra}]" if row.extra else ""
                click.echo(f"  {row_name.ljust(width)}  {row.summary}{extra}")
    if any(row.extra for name, table in tables.items() if kind in {None, name} for row in table.values()):
        click.echo("[extra]: needs pip install 'awnas-gym[extra]'")
