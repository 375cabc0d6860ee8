"""Search space `mlp`: two hidden layers, of which the second may be absent, and their activation."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from awnas_gym.config import check_sizes
from awnas_gym.errors import GenotypeError
from awnas_gym.spaces import AbstractSpace, ArchGraph, Archs, LayerSpec
from awnas_gym.tables import Row

ROWS = {"space": {"mlp": Row(f"{__name__}:MLPSpace", "widths of two hidden layers and their activation: 32 MLPs")}}

CHOICES = (("8", "16", "32", "64"), ("0", "8", "16", "32"), ("relu", "tanh"))


class MLPSpace(AbstractSpace):
    """Perceptrons `images -> first -> second -> classes`; hidden layers have no bias, a width of 0 no layer."""

    name = "mlp"
    cardinalities = tuple(len(values) for values in CHOICES)
    decision_names = ("first width", "second width", "activation")
    unique_size = 32

    def __init__(self, *, image_channels: int = 1, image_size: int = 8, classes: int = 4) -> None:
        self._sizes = {"image_channels": image_channels, "image_size": image_size, "classes": classes}
        check_sizes(self._sizes, where=self.name)

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return dict(self._sizes)

    def canonical(self, archs: ArrayLike) -> Archs:
        """Return `archs`: no two are the same function."""
        return self.check(archs)

    def genotype(self, arch: ArrayLike) -> str:
        """Return e.g. `32-16-relu`."""
        return "-".join(values[k] for values, k in zip(CHOICES, self.check(arch)[0].tolist(), strict=True))

    def parse(self, text: str) -> Archs:
        """Return the architecture of a genotype, int8 `[3]`."""
        parts = text.strip().split("-")
        if len(parts) != len(CHOICES) or any(part not in values for part, values in zip(parts, CHOICES, strict=True)):
            raise GenotypeError(f"{text!r} is no MLP; the form is 32-16-relu, legal are {CHOICES}")
        return self.check([values.index(part) for part, values in zip(parts, CHOICES, strict=True)])[0]

    def graph(self, arch: ArrayLike) -> ArchGraph:
        """Return a chain of the choices."""
        labels = [None if k < 0 else values[k] for values, k in zip(CHOICES, np.asarray(arch).tolist(), strict=True)]
        return ArchGraph(("input", *labels, "output"), tuple((i, i + 1, "") for i in range(len(labels) + 1)))

    def layers(self, arch: ArrayLike) -> list[LayerSpec]:
        """Return the linear layers and the activations between them."""
        first, second, activation = self.genotype(arch).split("-")
        sizes = [self._sizes["image_channels"] * self._sizes["image_size"] ** 2, int(first), int(second)]
        hidden = [size for size in sizes if size]
        layers = []
        for c_in, c_out in itertools.pairwise(hidden):
            layers += [LayerSpec("linear", c_in, c_out, 1, 1), LayerSpec(activation, c_out, c_out, 1, 1)]
        return [*layers, LayerSpec("linear", hidden[-1], self._sizes["classes"], 1, 1, bias=True)]
