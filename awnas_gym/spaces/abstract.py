"""What every search space is: a tuple of decisions with masks. Everything else is derived here, once."""

from __future__ import annotations

import functools
import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Literal, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.errors import IllegalArchitectureError, SettingError
from awnas_gym.spaces.hashing import fingerprints
from awnas_gym.spaces.layers import LayerSpec

Archs = NDArray[np.signedinteger[Any]]
"""Architectures, int `[batch, decisions]`; a single `arch` is one row, int `[decisions]`."""

MOST_ENUMERATED = 2**22
"""Architectures that fit into memory all at once, whatever else there is."""


@final
@dataclass(frozen=True, slots=True)
class ArchGraph:
    """A typed directed acyclic graph for drawing, predictors and canonical forms.

    `edges` are `(source node, target node, label)`; `nodes` are the labels of the nodes. A label of
    `None` means undecided. Node 0 is the input and the last node the output.
    """

    nodes: tuple[str | None, ...]
    edges: tuple[tuple[int, int, str | None], ...]


@final
@dataclass(frozen=True, slots=True)
class Role:
    """What a decision is about in a cell whose nodes choose which earlier values they read.

    Values of a cell are numbered: first the inputs of the cell, then its nodes.

    Attributes:
        kind: `"input"`, choice k reads value k; or `"operation"`.
        cell: its name.
        node: its number among the values. An input of node n has n choices.
    """

    kind: Literal["input", "operation"]
    cell: str
    node: int


class AbstractSpace(ABC):
    """A search space; pure NumPy. A subclass gives the decisions, the genotype, and masks where not all is legal.

    Attributes:
        name: the key in `SPACES`.
        cardinalities: number of choices of each decision.
        decision_names: one name a decision, for tables and drawings.
        roles: one a decision, where all of them choose a value that a node reads or an operation; None elsewhere.
    """

    name: str
    cardinalities: tuple[int, ...]
    decision_names: tuple[str, ...]
    roles: tuple[Role, ...] | None = None

    # ---------------------------------------------------------------- what a space must say

    @property
    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """The constructor's arguments: what a table or a run stores to build the space again."""

    @property
    @abstractmethod
    def unique_size(self) -> int | None:
        """Number of classes that `canonical` tells apart; None where nobody has counted them."""

    @abstractmethod
    def canonical(self, archs: ArrayLike) -> Archs:
        """Return one representative of each architecture's class, same shape as `archs`.

        Architectures share a representative only if they compute the same function with the same
        free parameters.
        """

    @abstractmethod
    def genotype(self, arch: ArrayLike) -> str:
        """Return the architecture in the space's own notation; `parse` reads it back."""

    @abstractmethod
    def parse(self, text: str) -> Archs:
        """Return the architecture, int `[decisions]`; `GenotypeError` says what is wrong and where."""

    @abstractmethod
    def graph(self, arch: ArrayLike) -> ArchGraph:
        """Return the architecture as a graph; decisions of -1 are open."""

    @abstractmethod
    def layers(self, arch: ArrayLike) -> list[LayerSpec]:
        """Return the layers of the whole network in order of execution."""

    # ---------------------------------------------------------------- what follows from it

    @property
    def size(self) -> int:
        """Number of legal decision tuples; a space whose masks forbid some overrides it."""
        return math.prod(self.cardinalities)

    @functools.cached_property
    def dtype(self) -> np.dtype[Any]:
        """Smallest signed integer type that fits the largest cardinality."""
        return np.min_scalar_type(-max(self.cardinalities))

    @final
    def check(self, archs: ArrayLike) -> Archs:
        """Return `archs` as `[batch, decisions]` of the space's type, or raise `IllegalArchitectureError`.

        Accepts one architecture or a batch; names the first decision that is illegal and what is legal there.
        """
        try:
            given = np.asarray(archs)
        except ValueError as error:  # rows of different lengths
            raise IllegalArchitectureError(f"{self.name} architectures are rows of equal length; {error}") from error
        rows = given[None] if given.ndim == 1 else given
        if rows.ndim != 2 or rows.shape[1] != len(self.cardinalities) or rows.dtype.kind not in "iu":
            raise IllegalArchitectureError(
                f"{self.name} architectures are integers of shape [batch, {len(self.cardinalities)}]; "
                f"got {given.dtype} of shape {list(given.shape)}"
            )
        rows = rows.astype(np.promote_types(rows.dtype, self.dtype), copy=False)
        unsigned = rows.astype(f"u{rows.dtype.itemsize}", copy=False)  # what is negative becomes large
        bad = unsigned >= np.asarray(self.cardinalities, dtype=unsigned.dtype)
        if bad.any():
            self._explain(rows[np.flatnonzero(bad.any(axis=1))[0]])
        rows = rows.astype(self.dtype, copy=False)
        self._check_constraints(rows)
        return rows

    def _check_constraints(self, rows: Archs) -> None:
        """Raise for the first row that breaks a constraint between decisions; none by default."""

    @final
    def _explain(self, row: NDArray[Any]) -> None:
        for i, choice in enumerate(row.tolist()):
            legal = np.flatnonzero(self.mask(row[:i])).tolist()
            if choice not in legal:
                raise IllegalArchitectureError(
                    f"{self.name} decision {i} ({self.decision_names[i]}) is {choice}; "
                    f"legal after {tuple(row[:i].tolist())}: {legal}"
                )

    @final
    def sample(self, rng: np.random.Generator, n: int) -> Archs:
        """Return `n` legal architectures, `[n, decisions]`, each decision uniform over its legal choices."""
        archs = np.zeros((n, len(self.cardinalities)), dtype=self.dtype)
        for i, cardinality in enumerate(self.cardinalities):
            if self.unconstrained:
                archs[:, i] = rng.integers(cardinality, size=n)
                continue
            legal = self.masks(archs[:, :i])
            rank = rng.integers(legal.sum(axis=1))  # the how-manieth legal choice each row takes
            archs[:, i] = (np.cumsum(legal, axis=1) > rank[:, None]).argmax(axis=1)
        return archs

    def mask(self, prefix: ArrayLike) -> NDArray[np.bool_]:
        """Return which choices of decision `len(prefix)` are legal, bool `[cardinality]`.

        All of them by default; a space whose decisions constrain each other overrides it, and `unconstrained`.
        """
        return np.ones(self.cardinalities[len(np.asarray(prefix))], dtype=np.bool_)

    def masks(self, prefixes: ArrayLike) -> NDArray[np.bool_]:
        """Return `mask` of each row of `prefixes`, int `[batch, k]`, as bool `[batch, cardinality of decision k]`.

        A space that knows them all at once overrides it, for its speed.
        """
        rows = np.asarray(prefixes)
        cardinality = self.cardinalities[rows.shape[1]]
        if self.unconstrained:
            return np.ones((len(rows), cardinality), dtype=np.bool_)
        return np.array([self.mask(row) for row in rows], dtype=np.bool_).reshape(len(rows), cardinality)

    @final
    def legal(self, archs: Archs) -> NDArray[np.bool_]:
        """Return which rows are legal, bool `[batch]`, of rows whose entries lie within their cardinalities."""
        alive = np.arange(len(archs))
        if not self.unconstrained:  # a mask is asked for after legal decisions alone
            for i in range(archs.shape[1]):
                left = archs[alive]
                alive = alive[self.masks(left[:, :i])[np.arange(len(left)), left[:, i]]]
        found = np.zeros(len(archs), dtype=np.bool_)
        found[alive] = True
        return found

    @property
    def unconstrained(self) -> bool:
        """Whether every choice is always legal; a space whose masks forbid some overrides it."""
        return True

    @final
    def complete(self, arch: ArrayLike) -> Archs:
        """Return a legal architecture, decoded left to right: an illegal `a` becomes `legal[a % len(legal)]`."""
        row = np.array(arch, dtype=np.int64)
        if self.unconstrained:
            return (row % self.cardinalities).astype(self.dtype)
        for i in range(len(row)):
            legal = np.flatnonzero(self.mask(row[:i]))
            if row[i] not in legal:
                row[i] = legal[row[i] % len(legal)]
        return row.astype(self.dtype)

    @final
    def mutate(self, arch: ArrayLike, rng: np.random.Generator) -> Archs:
        """Return a copy of the row `arch` that differs in one random decision; what follows is kept legal."""
        row = self.check(arch)[0]
        while True:
            i = int(rng.integers(len(row)))
            other = np.flatnonzero(self.mask(row[:i]))
            other = other[other != row[i]]
            if len(other):
                child = row.copy()
                child[i] = rng.choice(other)
                return self.complete(child)

    @final
    def crossover(self, a: ArrayLike, b: ArrayLike, rng: np.random.Generator) -> Archs:
        """Return a child that takes each decision from one of two rows with equal odds, kept legal."""
        mother, father = self.check(a)[0], self.check(b)[0]
        return self.complete(np.where(rng.random(len(mother)) < 0.5, mother, father))

    @final
    def neighbours(self, arch: ArrayLike) -> Archs:
        """Return every legal architecture that differs in exactly one decision, `[n, decisions]`."""
        row = self.check(arch)[0]
        others = self.edited(row[None])[0]
        others = others[(others != row).any(axis=1)]
        neighbours: Archs = others[self.legal(others)]
        return neighbours

    @final
    def edited(self, archs: Archs) -> Archs:
        """Return each row with each decision set to each value, legal or not.

        Args:
            archs: int `[batch, decisions]`.

        Returns:
            int `[batch, sum of cardinalities, decisions]`, values of the first decision first.
        """
        decisions = np.repeat(np.arange(len(self.cardinalities)), self.cardinalities)
        values = np.concatenate([np.arange(n) for n in self.cardinalities])
        rows = np.repeat(archs[:, None], len(values), axis=1)
        rows[:, np.arange(len(values)), decisions] = values
        return rows

    def joint_mask(self, decision: int) -> NDArray[np.bool_]:
        """Return which choices of a decision are legal after some prefix, bool `[cardinality]`.

        All of them by default; a space whose masks rule a choice out after every prefix overrides it.
        """
        return np.ones(self.cardinalities[decision], dtype=np.bool_)

    # ---------------------------------------------------------------- enumeration

    @final
    def enumerate(self) -> Archs:
        """Return every legal architecture, `[size, decisions]`, in ascending order of their decisions.

        Raises:
            SettingError: there are more than `MOST_ENUMERATED`.
        """
        if self.size > MOST_ENUMERATED:
            raise SettingError(f"{self.name} has {self.size:.3g} architectures, too many to list; sample() draws some")
        archs = np.zeros((1, 0), dtype=self.dtype)
        for _ in self.cardinalities:
            rows, choices = np.nonzero(self.masks(archs))
            archs = np.column_stack([archs[rows], choices.astype(self.dtype)])
        return archs

    @final
    def index(self, archs: ArrayLike) -> NDArray[np.int64]:
        """Return each architecture's number, int64 `[batch]`: decisions as digits, the first the highest.

        Raises:
            SettingError: the space has more than 2**53 decision tuples; `fingerprint` works everywhere.
        """
        self._check_enumerable()
        numbers: NDArray[np.floating[Any]] = self.check(archs).astype(self._digits.dtype) @ self._digits
        return numbers.astype(np.int64)

    @property
    def enumerable(self) -> bool:
        """Whether decision tuples can be numbered by `index`: up to 2**53 of them."""
        return math.prod(self.cardinalities) <= 2**53

    @final
    def _check_enumerable(self) -> None:
        if not self.enumerable:
            raise SettingError(
                f"{self.name} has {math.prod(self.cardinalities):.3g} decision tuples, too many to number; "
                "fingerprint() tells architectures apart"
            )

    @final
    def fingerprint(self, archs: ArrayLike) -> NDArray[np.uint64]:
        """Return a hash of each decision tuple, uint64 `[batch]`; depends on nothing but the decisions."""
        return fingerprints(self.check(archs))

    @functools.cached_property
    def _digits(self) -> NDArray[np.floating[Any]]:
        """Weight of each decision in the index, in floating point for its speed: exact below 2**24 or 2**53."""
        exact = np.float32 if math.prod(self.cardinalities) < 2**24 else np.float64
        return np.append(np.cumprod(self.cardinalities[:0:-1], dtype=np.float64)[::-1], 1).astype(exact)

    @final
    def unindex(self, numbers: ArrayLike) -> Archs:
        """Return the architectures numbered `numbers` (int `[batch]`), the inverse of `index`."""
        self._check_enumerable()
        left = np.atleast_1d(np.asarray(numbers, dtype=np.int64))
        limit = math.prod(self.cardinalities)
        if left.size and (left.min() < 0 or left.max() >= limit):
            raise IllegalArchitectureError(f"{self.name} indices lie in [0, {limit}); got {left.min()} … {left.max()}")
        archs = np.empty((len(left), len(self.cardinalities)), dtype=self.dtype)
        for i in reversed(range(len(self.cardinalities))):
            left, archs[:, i] = np.divmod(left, self.cardinalities[i])
        return self.check(archs)

    @final
    def key(self, arch: ArrayLike) -> str:
        """Return the genotype of the class's representative: equal for architectures that are the same."""
        return self.genotype(self.canonical(self.check(arch))[0])
