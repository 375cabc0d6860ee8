"""`awnas`: the group of commands; a command's module is imported when it is called or asked for help."""

from __future__ import annotations

import importlib
import sys
from typing import final

import click

from awnas_gym.errors import AwnasError, unknown

COMMANDS = {
    "search": "run agents on an environment under a budget",
    "report": "write one HTML page about runs",
    "show": "draw an architecture and what is known of it",
    "list": "list environments, spaces, agents and all other parts",
    "config": "write a commented configuration to start from",
    "tabulate": "measure a benchmark table",
    "data": "add, list and remove tables of your own",
}


@final
class LazyGroup(click.Group):
    """Knows its commands by name; `--help` of the group imports none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import `awnas_gym.cli.<name>`; a wrong name gets the nearest guess."""
        if name not in COMMANDS:
            ctx.fail(unknown("command", name, COMMANDS))
        command: click.Command = importlib.import_module(f"awnas_gym.cli.{name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="awnas-gym", prog_name="awnas")
def group() -> None:
    """Neural architecture search as Gymnasium environments."""


def main() -> None:
    """Run the command line; an error of this package is one line on stderr and exit code 1."""
    try:
        group()
    except AwnasError as error:
        click.echo(f"awnas: {error}", err=True)
        sys.exit(1)
