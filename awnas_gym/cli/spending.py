"""Options that `search` and `benchmark` share: what runs may spend, and how many there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

BUDGET = ("evaluations", "cost_s", "simulated_s")
NUMBERS = ("seeds", "first_seed", "simulated_workers")


def spending_options(command: Command) -> Command:
    """Add the options to a command; it gets them as keywords, for `changes`."""
    options = (
        click.option("--evaluations", type=int, help="Budget in evaluated architectures.  [default: the file's, of "
                     "a search the protocol's, or 300]"),
        click.option("--cost-s", type=float, help="Budget in seconds that the evaluations would have taken."),
        click.option("--simulated-s", type=float, help="Budget in seconds on a simulated clock."),
        click.option("--simulated-workers", type=int, help="Evaluations at a time on that clock.  [default: 1]"),
        click.option("--seeds", type=int, help="How many seeds.  [default: the file's, or of a search 1, of a "
                     "benchmark 10]"),
        click.option("--seed", "first_seed", type=int, help="The first seed.  [default: 0]"),
        click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True,
                     help="Runs at a time; results do not depend on it."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def changes(spending: dict[str, Any]) -> dict[str, Any]:
    """Return what the options that were given change of a file's content; `workers` is no part of it."""
    budget = {name: spending[name] for name in BUDGET if spending[name] is not None}
    numbers = {name: spending[name] for name in NUMBERS if spending[name] is not None}
    return {**numbers, **({"budget": budget} if budget else {})}
