"""Reading the description of a user's search space: named choices, and the conditions under which they are asked."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.config import brief
from awnas_gym.errors import SettingError, unknown

Value = str | int | float | bool
"""What can be chosen."""

MAX_CHOICES, MAX_VALUES, MAX_ALL_VALUES = 1000, 2**15, 2**20
"""Limits: choices; values of one choice; values of all choices, and of those that all conditions look at, together."""

MAX_CONDITIONS, MAX_LENGTH = 10_000, 100
"""Limits: conditions; characters of a name or a text."""

_NAME = re.compile(rf"[A-Za-z0-9_.-]{{1,{MAX_LENGTH}}}")
_MEANT_AS_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)[eE][+-]?[0-9]+")


@final
@dataclass(frozen=True, slots=True)
class Choice:
    """One choice.

    Attributes:
        name: of the choice.
        values: what can be chosen, by how genotypes write it.
        conditions: earlier choice -> with which of its values this one is asked, bool `[its values]`; all must hold.
    """

    name: str
    values: dict[str, Value]
    conditions: dict[int, NDArray[np.bool_]]

    def legal(self) -> str:
        """Return the values for a message, the first twenty of them."""
        more = f", … ({len(self.values):,} values)" if len(self.values) > 20 else ""
        return ", ".join(map(repr, list(self.values.values())[:20])) + more

    def holds(self, value: object) -> bool:
        """Say whether this is one of the values; 1, 1.0, True and "1" are different ones."""
        plain = simple(value)
        if plain is None or _fault(plain):
            return False
        return type(self.values.get(written(plain))) is type(plain)


def simple(value: object) -> Value | None:
    """Return a value as plain text, int, float or bool (NumPy has its own); None if it is none of these."""
    if isinstance(value, np.generic):
        value = value.item()
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return None


def written(value: Value) -> str:
    """Return a value as genotypes write it: numbers as Python does, `true` and `false`, text as it is."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def read_description(choices: object, conditions: object) -> tuple[Choice, ...]:
    """Return the choices of a description, in its order.

    Args:
        choices: name -> list of values.
        conditions: name -> {name of an earlier choice: list of its values}; None for no conditions.

    Raises:
        SettingError: names the key that is wrong, and what is legal there.
    """
    given = _mapping(choices, "choices", "the name of each choice, and a list of its values")
    if not 0 < len(given) <= MAX_CHOICES:
        raise SettingError(f"choices: 1 to {MAX_CHOICES:,} choices are wanted; got {len(given):,}")
    for name in given:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise SettingError(
                f"choices: the name {brief(name)} is no text of 1 to {MAX_LENGTH} letters a-z, digits, '_', '.', '-'; "
                'YAML reads some words, as on and yes, as true: write them in quotes, "on"'
            )
    read: list[Choice] = []
    for name, values in given.items():
        read.append(Choice(name, _values(values, f"choices: {name}"), {}))
        _limit("choices", sum(len(choice.values) for choice in read))
    if (tuples := math.prod(len(choice.values) for choice in read)) > 2**MAX_CHOICES:
        raise SettingError(f"choices: they make 2**{tuples.bit_length() - 1} combinations; at most 2**{MAX_CHOICES}")
    _read_conditions({} if conditions is None else conditions, read)
    return tuple(read)


def _mapping(content: object, where: str, wanted: str) -> Mapping[Any, Any]:
    if not isinstance(content, Mapping):
        raise SettingError(f"{where}: a mapping is wanted ({wanted}); got {brief(content)}")
    return content


def _limit(where: str, values: int) -> None:
    if values > MAX_ALL_VALUES:
        raise SettingError(f"{where}: they have {values:,} values together; at most {MAX_ALL_VALUES:,}")


def _list(content: object, where: str) -> list[object]:
    """Return a list that is not empty and not too long."""
    if not isinstance(content, list | tuple) or not content:
        raise SettingError(f"{where}: a list of values is wanted, with at least one; got {brief(content)}")
    if len(content) > MAX_VALUES:
        raise SettingError(f"{where}: it has {len(content):,} values; at most {MAX_VALUES:,}")
    return list(content)


def _values(content: object, where: str) -> dict[str, Value]:
    """Return a choice's values by their texts."""
    values: dict[str, Value] = {}
    for given in _list(content, where):
        value = simple(given)
        wrong = "is no text, number, true or false" if value is None else _fault(value)
        if value is None or wrong:
            raise SettingError(f"{where}: the value {brief(given)} {wrong}")
        if written(value) in values:
            other = values[written(value)]
            same = "is there twice" if type(other) is type(value) else f"reads like the value {other!r}"
            raise SettingError(f"{where}: the value {brief(given)} {same}; values are told apart by their text")
        values[written(value)] = value
    return values


def _fault(value: Value) -> str:
    """Return what keeps a value out of a genotype, "" if nothing does."""
    if isinstance(value, float):
        return "" if math.isfinite(value) else "is not finite"
    if isinstance(value, int):
        return "" if abs(value) < 2**63 else "lies outside ±(2**63 - 1)"
    if not value or value != value.strip() or not value.isprintable() or set(value) & set(",="):
        return "is empty, begins or ends with a blank, or holds a comma, an equals sign or a line's end"
    if len(value) > MAX_LENGTH:
        return f"has more than {MAX_LENGTH} characters"
    if _MEANT_AS_NUMBER.fullmatch(value):
        return "is text, not a number; write it without quotes"
    return ""


# -------------------------------------------------------------------- conditions


def _read_conditions(content: object, read: list[Choice]) -> None:
    """Add to each choice the conditions under which it is asked."""
    places = {choice.name: i for i, choice in enumerate(read)}
    conditions = looked_at = 0
    for name, given in _mapping(content, "conditions", "the name of a choice, and its conditions").items():
        if not isinstance(name, str) or name not in places:
            raise SettingError(f"conditions: {_unknown(name, places)}")
        where = f"conditions: {name}"
        needs = _mapping(given, where, "the name of an earlier choice, and a list of its values")
        if not needs:
            raise SettingError(f"{where}: it has no condition; leave it out, or name an earlier choice and its values")
        conditions += len(needs)
        if conditions > MAX_CONDITIONS:
            raise SettingError(f"conditions: there are more than {MAX_CONDITIONS:,}")
        for other, values in needs.items():
            parent = _earlier(other, name, places)
            looked_at += len(read[parent].values)
            _limit("conditions: the choices they look at", looked_at)
            read[places[name]].conditions[parent] = _among(values, read[parent], f"{where}: {other}")


def _unknown(name: object, legal: Mapping[str, int] | list[str]) -> str:
    return unknown("choice", name[:MAX_LENGTH] if isinstance(name, str) else brief(name), legal)


def _earlier(other: object, name: str, places: Mapping[str, int]) -> int:
    """Return the place of the choice that a condition of `name` names; it has to come before."""
    if isinstance(other, str) and places.get(other, len(places)) < places[name]:
        return places[other]
    before = list(places)[: places[name]]
    if isinstance(other, str) and other in places:
        raise SettingError(
            f"conditions: {name}: {other} does not come before {name}; "
            f"a condition names an earlier choice: {', '.join(before) or 'there is none'}"
        )
    raise SettingError(f"conditions: {name}: {_unknown(other, before)}")


def _among(content: object, choice: Choice, where: str) -> NDArray[np.bool_]:
    """Return which values of a choice a condition names, bool `[values]`."""
    places = {value: i for i, value in enumerate(choice.values)}
    named = np.zeros(len(places), dtype=np.bool_)
    for given in _list(content, where):
        value = simple(given)
        if value is None or not choice.holds(value):
            raise SettingError(f"{where}: {choice.name} has no value {brief(given)}; legal: {choice.legal()}")
        if named[places[written(value)]]:
            raise SettingError(f"{where}: the value {brief(given)} is there twice")
        named[places[written(value)]] = True
    return named
