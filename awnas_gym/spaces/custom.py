"""A user's own search space: named choices, each with its values, some asked only where others have certain values."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.config import brief, read_yaml
from awnas_gym.errors import GenotypeError, IllegalArchitectureError, SettingError, unknown
from awnas_gym.spaces.abstract import AbstractSpace, ArchGraph, Archs
from awnas_gym.spaces.counting import count, needs
from awnas_gym.spaces.description import Choice, Value, read_description, simple, written
from awnas_gym.spaces.layers import LayerSpec


@final
class Custom(AbstractSpace):
    """Choices in the order given, a decision each; nothing but their names and values is known of them.

    A condition says that a choice is asked only where an earlier one has one of certain values. A choice that is not
    asked is forced to its first value (choice 0), so that each configuration is one architecture; a condition on it
    does not hold. Several conditions of one choice all have to hold.

    Args:
        choices: name -> list of values: text, whole numbers, floats, `True`, `False`.
        conditions: name -> {name of an earlier choice: list of its values}.

    Raises:
        SettingError: names the key of the description that is wrong.

    >>> space = Custom(choices={"depth": [1, 2], "dropout": [0.0, 0.5]}, conditions={"dropout": {"depth": [2]}})
    >>> [space.genotype(arch) for arch in space.enumerate()]
    ['depth=1', 'depth=2,dropout=0.0', 'depth=2,dropout=0.5']
    """

    name = "custom"

    def __init__(
        self,
        *,
        choices: Mapping[str, Sequence[Value]] | None = None,
        conditions: Mapping[str, Mapping[str, Sequence[Value]]] | None = None,
    ) -> None:
        if choices is None:
            raise SettingError(
                "custom is described by its choices: Custom(choices={'depth': [1, 2], 'width': [16, 32]}), "
                "or Custom.from_yaml(path)"
            )
        self.choices: tuple[Choice, ...] = read_description(choices, conditions)
        self.cardinalities = tuple(len(choice.values) for choice in self.choices)
        self.decision_names = tuple(choice.name for choice in self.choices)
        self._values = tuple(tuple(choice.values.values()) for choice in self.choices)
        self._texts = tuple(tuple(choice.values) for choice in self.choices)
        self._needs = needs(self.choices)
        self._size = count(self.choices)
        if self._size < 2:
            raise SettingError("choices: they leave one configuration; a search needs two")

    @classmethod
    def from_yaml(cls, path: str | Path) -> Custom:
        """Return the space that a YAML file describes: `choices`, `conditions`, and a `name` for who reads the file.

        Raises:
            SettingError: names the file and the key that is wrong.
        """
        content = read_yaml(Path(path), required={"choices": dict}, optional={"name": str, "conditions": dict})
        try:
            return cls(choices=content["choices"], conditions=content.get("conditions"))
        except SettingError as error:
            raise SettingError(f"{path}: {error}") from error

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's arguments, in types that JSON and YAML keep."""
        conditions = {
            choice.name: {
                self.decision_names[parent]: [self._values[parent][k] for k in np.flatnonzero(asked).tolist()]
                for parent, asked in choice.conditions.items()
            }
            for choice in self.choices
            if choice.conditions
        }
        return {
            "choices": {choice.name: list(choice.values.values()) for choice in self.choices},
            "conditions": conditions,
        }

    @property
    def size(self) -> int:
        """Number of configurations."""
        return self._size

    @property
    def unique_size(self) -> int:
        """The same: nobody knows which configurations are equal."""
        return self._size

    @property
    def unconstrained(self) -> bool:
        """Whether there is no condition."""
        return not any(choice.conditions for choice in self.choices)

    def canonical(self, archs: ArrayLike) -> Archs:
        """Return `archs`: nothing is known of what configurations compute."""
        return self.check(archs)

    # ---------------------------------------------------------------- what is asked

    def mask(self, prefix: ArrayLike) -> NDArray[np.bool_]:
        """Return which values may be chosen: all, or the first alone where the choice is not asked."""
        row: NDArray[np.bool_] = self.masks(np.asarray(prefix, dtype=np.int64)[None])[0]
        return row

    def masks(self, prefixes: ArrayLike) -> NDArray[np.bool_]:
        """Return `mask` of each row, bool `[batch, cardinality]`."""
        rows = np.asarray(prefixes)
        k = rows.shape[1]
        legal = np.ones((len(rows), self.cardinalities[k]), dtype=np.bool_)
        if self.choices[k].conditions:
            legal[~self._asked(rows, (*self._needs[k], k))[:, -1], 1:] = False
        return legal

    def _asked(self, rows: Archs, wanted: Sequence[int]) -> NDArray[np.bool_]:
        """Return which of the choices are asked, bool `[batch, wanted]`.

        Args:
            rows: int `[batch, k]`, legal.
            wanted: choices, ascending; with all that they depend on.
        """
        asked: dict[int, NDArray[np.bool_]] = {}
        for i in wanted:
            asked[i] = np.ones(len(rows), dtype=np.bool_)
            for parent, values in self.choices[i].conditions.items():
                asked[i] &= asked[parent] & values[rows[:, parent]]
        return np.column_stack(list(asked.values()))

    def _check_constraints(self, rows: Archs) -> None:
        if not self.unconstrained:
            asked = self._asked(rows, range(len(self.choices)))
            for row in rows[((rows != 0) & ~asked).any(axis=1)]:
                self._explain(row)

    # ---------------------------------------------------------------- values and notation

    def values(self, arch: ArrayLike) -> dict[str, Value]:
        """Return the value of each choice that is asked."""
        return {self.decision_names[i]: self._values[i][k] for i, k in self._chosen(arch)}

    def from_values(self, values: Mapping[str, Value]) -> Archs:
        """Return the architecture of what `values` returns, in any order, int `[decisions]`.

        Raises:
            IllegalArchitectureError: a name or a value is unknown, a choice is missing or not asked.
        """
        given = {}
        for name, value in values.items():
            if name not in self.decision_names:
                raise IllegalArchitectureError(unknown("choice", name, self.decision_names))
            choice, plain = self.choices[self.decision_names.index(name)], simple(value)
            if plain is None or not choice.holds(plain):
                raise IllegalArchitectureError(f"{name} has no value {brief(value)}; legal: {choice.legal()}")
            given[name] = written(plain)
        try:
            return self._read(given)
        except GenotypeError as error:
            raise IllegalArchitectureError(str(error)) from None

    def genotype(self, arch: ArrayLike) -> str:
        """Return e.g. `depth=2,width=32,dropout=0.1`, without what is not asked."""
        return ",".join(f"{self.decision_names[i]}={self._texts[i][k]}" for i, k in self._chosen(arch))

    def parse(self, text: str) -> Archs:
        """Return the architecture of a genotype, its parts in any order, int `[decisions]`."""
        given: dict[str, str] = {}
        for part in text.strip().split(","):
            name, equals, value = part.partition("=")
            if not equals:
                raise GenotypeError(
                    f"{brief(part)} is no part of a custom genotype; the form is name=value,name=value with the names "
                    f"{', '.join(self.decision_names)}"
                )
            if name in given:
                raise GenotypeError(f"{name} is given twice, as {given[name]} and as {value}")
            given[name] = value
        return self._read(given)

    def _chosen(self, arch: ArrayLike) -> list[tuple[int, int]]:
        """Return (choice, its value) of those that are asked."""
        rows = self.check(arch)[:1]
        asked = self._asked(rows, range(len(self.choices)))[0].tolist()
        return [(i, k) for i, k in enumerate(rows[0].tolist()) if asked[i]]

    def _read(self, given: Mapping[str, str]) -> Archs:
        """Return the architecture of texts by name, int `[decisions]`."""
        row = np.zeros(len(self.choices), dtype=self.dtype)
        for name, text in given.items():
            if name not in self.decision_names:
                raise GenotypeError(unknown("choice", name, self.decision_names))
            i = self.decision_names.index(name)
            if text not in self._texts[i]:
                raise GenotypeError(f"{name} has no value {brief(text)}; legal: {self.choices[i].legal()}")
            row[i] = self._texts[i].index(text)
        for choice, asked in zip(self.choices, self._asked(row[None], range(len(row)))[0].tolist(), strict=True):
            if asked and choice.name not in given:
                raise GenotypeError(f"{choice.name} is missing; legal: {choice.legal()}")
            if not asked and choice.name in given:
                raise GenotypeError(f"{choice.name} is not asked here; it is asked with {self._condition(choice)}")
        return row

    def _condition(self, choice: Choice) -> str:
        """Return a choice's conditions in words: `depth=2 or 3, and width=16`."""
        return ", and ".join(
            f"{self.decision_names[parent]}={' or '.join(itertools.compress(self._texts[parent], values))}"
            for parent, values in choice.conditions.items()
        )

    # ---------------------------------------------------------------- graph and layers

    def graph(self, arch: ArrayLike) -> ArchGraph:
        """Return a chain of the choices: `depth=2`, None where open, `-` where it is not asked."""
        row = np.asarray(arch)
        asked = self._asked(np.maximum(row, 0)[None], range(len(self.choices)))[0].tolist()
        labels = [
            None if k < 0 else f"{name}={texts[k]}" if is_asked else "-"
            for name, texts, k, is_asked in zip(self.decision_names, self._texts, row.tolist(), asked, strict=True)
        ]
        return ArchGraph(nodes=tuple(labels), edges=tuple((i, i + 1, "") for i in range(len(labels) - 1)))

    def layers(self, arch: ArrayLike) -> list[LayerSpec]:
        """Raise `SettingError`: the description says nothing of a network."""
        raise SettingError("custom: a user-defined space does not know its network; build it from values(arch)")
