"""A space whose decisions constrain each other: nothing that the package ships does so yet."""

from __future__ import annotations

from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.errors import GenotypeError, IllegalArchitectureError
from awnas_gym.spaces import AbstractSpace, ArchGraph, Archs, LayerSpec


@final
class Chain(AbstractSpace):
    """A layer kind, a first and a later, wider width, and a switch: decision 2 lies above decision 1."""

    name = "chain"
    cardinalities = (3, 4, 4, 2)
    decision_names = ("kind", "first width", "later width", "skip")
    unique_size = 36

    @property
    def settings(self) -> dict[str, Any]:
        """It has none."""
        return {}

    @property
    def size(self) -> int:
        """Three kinds, six pairs of widths, a switch."""
        return 36

    @property
    def unconstrained(self) -> bool:
        """No."""
        return False

    def mask(self, prefix: ArrayLike) -> NDArray[np.bool_]:
        """The first width leaves room for a wider one."""
        row = np.asarray(prefix, dtype=np.int64).tolist()
        choices = np.arange(self.cardinalities[len(row)])
        if len(row) == 1:
            return choices < 3
        return choices > row[1] if len(row) == 2 else choices >= 0

    def joint_mask(self, decision: int) -> NDArray[np.bool_]:
        """The widest is never the first, the narrowest never the later."""
        choices = np.arange(self.cardinalities[decision])
        return {1: choices < 3, 2: choices > 0}.get(decision, choices >= 0)

    def _check_constraints(self, rows: Archs) -> None:
        for row in rows[rows[:, 1] >= rows[:, 2]]:
            self._explain(row)

    def canonical(self, archs: ArrayLike) -> Archs:
        """No two are the same."""
        return self.check(archs)

    def genotype(self, arch: ArrayLike) -> str:
        """Return e.g. `0-1-3-0`."""
        return "-".join(str(choice) for choice in self.check(arch)[0].tolist())

    def parse(self, text: str) -> Archs:
        """Read what `genotype` wrote."""
        parts = text.split("-")
        if not all(part.isdecimal() for part in parts):
            raise GenotypeError(f"{text!r} is no chain; the form is 0-1-3-0")
        try:
            return self.check([int(part) for part in parts])[0]
        except IllegalArchitectureError as error:
            raise GenotypeError(str(error)) from None

    def graph(self, arch: ArrayLike) -> ArchGraph:
        """Return two nodes with an edge a decision."""
        labels = [None if choice < 0 else str(choice) for choice in np.asarray(arch).tolist()]
        return ArchGraph(("input", "output"), tuple((0, 1, label) for label in labels))

    def layers(self, arch: ArrayLike) -> list[LayerSpec]:
        """Return two convolutions."""
        _, first, later, _ = self.check(arch)[0].tolist()
        return [LayerSpec("conv", 1, first + 1, 8, 8), LayerSpec("conv", first + 1, later + 1, 8, 8)]
