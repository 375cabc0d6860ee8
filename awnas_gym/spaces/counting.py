"""How many configurations a description of choices and conditions allows, exactly."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from awnas_gym.errors import SettingError
from awnas_gym.spaces.description import Choice

MAX_STEPS = 2**20
"""Limit of the count: steps of the loop below, about a second."""


def count(choices: Sequence[Choice]) -> int:
    """Return the number of configurations: of a choice that is not asked, all values are one.

    A value matters to what follows only by the later choices that it rules out; so choices are gone through once, and
    what is kept is how many ways there are to rule out each set of later choices. A choice is gone through soon after
    those it depends on, which keeps these sets few.

    Raises:
        SettingError: a choice is never asked, or counting takes more than `MAX_STEPS`.
    """
    dependents, outcomes = _rulings(choices)
    ways, steps = {0: 1}, 0  # set of choices ruled out, one bit each -> number of ways
    for i in _order(choices):
        bit, after = 1 << i, defaultdict[int, int](int)
        if all(ruled_out & bit for ruled_out in ways):
            raise SettingError(
                f"conditions: {choices[i].name} is never asked; its conditions exclude each other, "
                "or those of the choices they name"
            )
        for ruled_out, number in ways.items():
            if ruled_out & bit:
                after[(ruled_out ^ bit) | dependents[i]] += number
                continue
            steps += len(outcomes[i])
            if steps > MAX_STEPS:
                raise SettingError(
                    f"conditions: they entangle the choices so much that counting the configurations takes more than "
                    f"{MAX_STEPS:,} steps; let fewer choices depend on several others"
                )
            for excluded, values in outcomes[i].items():
                after[ruled_out | excluded] += number * values
        ways = dict(after)
    return ways[0]


def _rulings(choices: Sequence[Choice]) -> tuple[list[int], list[Counter[int]]]:
    """Return which choices depend on each one, and how many of its values rule out which of those, as sets of bits."""
    dependents = [0] * len(choices)
    excluded = [[0] * len(choice.values) for choice in choices]
    for i, choice in enumerate(choices):
        for parent, asked in choice.conditions.items():
            dependents[parent] |= 1 << i
            for value in (~asked).nonzero()[0].tolist():
                excluded[parent][value] |= 1 << i
    return dependents, [Counter(sets) for sets in excluded]


def needs(choices: Sequence[Choice]) -> list[tuple[int, ...]]:
    """Return for each choice all that it depends on, directly or through others, ascending."""
    sets = [0] * len(choices)  # of bits
    for i, choice in enumerate(choices):
        for parent in choice.conditions:
            sets[i] |= sets[parent] | 1 << parent
    return [tuple(j for j in range(i) if each >> j & 1) for i, each in enumerate(sets)]


def _order(choices: Sequence[Choice]) -> list[int]:
    """Return the choices so that each comes after those it depends on, and soon after."""
    needed = needs(choices)
    named = set[int]().union(*needed)
    last = [i for i in range(len(choices)) if i not in named]  # nothing depends on them
    return list(dict.fromkeys(j for i in last for j in (*needed[i], i)))
