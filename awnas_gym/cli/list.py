"""`awnas list`: what there is, a line each."""

from __future__ import annotations

import click

from awnas_gym.errors import unknown
from awnas_gym.home import plugin_folder
from awnas_gym.tables import KINDS

NAMES = {f"{kind}s": kind for kind in KINDS}


@click.command(
    name="list",
    help=f"List what there is of a KIND: {', '.join(NAMES)}; protocols of papers; suites of benchmarks; or "
    "plugins, with what is wrong with them. Without KIND, everything.",
)
@click.argument("kind", required=False)
def command(kind: str | None) -> None:
    """List the rows of one table, or of all."""
    further = {"protocols": _protocols, "suites": _suites, "plugins": _plugins}
    legal = [*NAMES, *further]
    if kind is not None and kind not in legal:
        raise click.BadParameter(unknown("kind", kind, legal), param_hint="KIND")
    chosen = legal if kind is None else [kind]
    for name in chosen:
        lines = further[name]() if name in further else _rows(NAMES[name])
        if kind is None and lines:
            click.echo(click.style(name, bold=True))
        width = max(map(len, lines), default=0)
        for row, about in lines.items():
            click.echo(f"  {row.ljust(width)}  {about}")
        if kind == "plugins" and not lines:
            click.echo(f"none: no installed package has some, and there is no file in {plugin_folder()}")
    if any(row.extra for name in chosen if name in NAMES for row in KINDS.load(NAMES[name]).values()):
        click.echo("[extra]: needs pip install 'awnas-gym[extra]'")


def _rows(kind: str) -> dict[str, str]:
    """Return what is said of each row of a kind."""
    about = {}
    for name, row in KINDS.load(kind).items():
        plugin = f"  ({row.plugin})" if row.plugin else ""
        extra = f"  [{row.extra}]" if row.extra else ""
        about[name] = f"{row.summary}{plugin}{extra}"
    return about


def _protocols() -> dict[str, str]:
    """Return of each protocol what it sets and what may be spent."""
    from awnas_gym.catalog.protocols import PROTOCOLS

    lines = {}
    for name, protocol in PROTOCOLS.items():
        keywords = ", ".join(f"{key}={value}" for key, value in protocol.keywords.items())
        budget = ", ".join(f"{key}={value:g}" for key, value in protocol.budget.items())
        lines[name] = f"{protocol.environment}: {keywords}" + (f"; budget {budget}" if budget else "")
    return lines


def _suites() -> dict[str, str]:
    """Return what is said of each suite."""
    from awnas_gym.suite import read_suite, shipped

    return {name: read_suite(name).summary for name in shipped()}


def _plugins() -> dict[str, str]:
    """Return of each plugin what it adds and what is wrong with it."""
    from awnas_gym.plugins import load_plugins

    return {
        plugin.name: "; ".join([*(f"{kind} {name}" for kind, name in plugin.rows), *plugin.problems])
        for plugin in load_plugins()
    }
