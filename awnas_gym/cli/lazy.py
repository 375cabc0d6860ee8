"""Groups of commands; a command's module is imported when it is called or asked for help."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, final

import click

from awnas_gym.errors import unknown


@final
class LazyGroup(click.Group):
    """Knows its commands by name; `--help` of the group imports none of them.

    Args:
        modules: what the names of their modules begin with; each holds a `command`.
        summaries: name of a command -> one line about it.
        **settings: of `click.Group`.
    """

    def __init__(self, *, modules: str, summaries: Mapping[str, str], **settings: Any) -> None:  # noqa: ANN401
        super().__init__(**settings)
        self.modules, self.summaries = modules, summaries

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which they were given."""
        return list(self.summaries)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import the module of a command; a wrong name gets the nearest guess."""
        if name not in self.summaries:
            ctx.fail(unknown("command", name, self.summaries))
        command: click.Command = importlib.import_module(f"{self.modules}{name.replace('-', '_')}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.summaries.items()))
