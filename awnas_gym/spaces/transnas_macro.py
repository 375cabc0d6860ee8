"""The macro space of TransNAS-Bench-101 [Duan et al., CVPR 2021]: where a network widens and where it shrinks."""

from __future__ import annotations

import functools
import re
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.errors import GenotypeError
from awnas_gym.spaces.abstract import AbstractSpace, ArchGraph, Archs
from awnas_gym.spaces.layers import LayerSpec
from awnas_gym.spaces.transnas_network import DOUBLING, HALVING, basic_block, check_network, network

TYPES = ("absent", "normal", "channels x2", "resolution /2", "channels x2, resolution /2")
"""Name of each type of a module; the digits of the genotype are 1 to 4."""

FEWEST, MOST = 4, 6
"""Modules of a network."""

DOUBLINGS, HALVINGS = range(1, 4), range(1, 5)
"""How often the modules of a network may double the channels, and halve the image."""

_FIRST_TYPE = np.array([1] * FEWEST + [0] * (MOST - FEWEST))
"""Type that choice 0 stands for in each decision."""

_STEPS = np.array([64 * (kind == 0) + 8 * (kind in HALVING) + (kind in DOUBLING) for kind in range(len(TYPES))])
"""What a module of each type adds to the state of a network: 64 absent, 8 halvings, 1 doublings."""

_GENOTYPE = re.compile(f"([0-9]{{1,9}})-([1-4]{{{FEWEST},{MOST}}})-basic")


@final
class TransNASMacro(AbstractSpace):
    """4 to 6 modules, each of one of 4 types: 3,256 networks.

    A module keeps the shape (type 1), doubles the channels (2), halves the image (3) or does both (4). The choices of
    modules 1 to 4 are types 1 to 4, those of modules 5 and 6 are 0 (absent) and types 1 to 4. The masks leave networks
    that double the channels 1 to 3 times and halve the image 1 to 4 times, and no module 6 without module 5.

    The network around it: two 3x3 convolutions that halve the image, the modules of 2 residual blocks each, global
    pooling, classifier. It is that of the authors' code with the head of its classifications; the other tasks have
    other decoders. Parameters and MACs were compared with no record of the benchmark, but the modules 1444 are those
    of ResNet-18.

    Args:
        channels: that leave the stem; an even number.
        image_channels: of the input.
        image_size: height and width of the input, in pixels.
        classes: of the classifier, 75 in the task of objects and 47 in that of scenes.

    Raises:
        SettingError: a size is no whole number from 1, or the channels are odd.
    """

    name = "transnas_macro"
    cardinalities = tuple((len(TYPES) - _FIRST_TYPE).tolist())
    decision_names = tuple(f"module {i}" for i in range(1, MOST + 1))
    size = unique_size = 3256
    unconstrained = False

    def __init__(
        self, *, channels: int = 64, image_channels: int = 3, image_size: int = 256, classes: int = 75
    ) -> None:
        self._sizes = {
            "channels": channels,
            "image_channels": image_channels,
            "image_size": image_size,
            "classes": classes,
        }
        check_network(self._sizes, where=self.name)

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return dict(self._sizes)

    # ---------------------------------------------------------------- what is legal

    def mask(self, prefix: ArrayLike) -> NDArray[np.bool_]:
        """Return which choices can still lead to a legal network, bool `[4]` or `[5]`."""
        row: NDArray[np.bool_] = self.masks(np.asarray(prefix, dtype=np.int64)[None])[0]
        return row

    def masks(self, prefixes: ArrayLike) -> NDArray[np.bool_]:
        """Return `mask` of each row: at no time too often doubled or halved, and both often enough at the end."""
        rows = np.asarray(prefixes)
        k = rows.shape[1]
        states = _STEPS[rows + _FIRST_TYPE[:k]].sum(axis=1)
        legal: NDArray[np.bool_] = _legal_after(k)[states]
        return legal

    def _check_constraints(self, rows: Archs) -> None:
        for row in rows[~self.legal(rows)]:
            self._explain(row)

    # ---------------------------------------------------------------- notation

    def canonical(self, archs: ArrayLike) -> Archs:
        """Return `archs`: different modules have different shapes or depths."""
        return self.check(archs)

    def genotype(self, arch: ArrayLike) -> str:
        """Return e.g. `64-1234-basic`: channels, the type of each module, and the kind of their blocks."""
        return f"{self._sizes['channels']}-{''.join(map(str, self.modules(arch)))}-basic"

    def modules(self, arch: ArrayLike) -> list[int]:
        """Return the types of the 4 to 6 modules there are, each 1 to 4."""
        return [kind for kind in (self.check(arch)[0] + _FIRST_TYPE).tolist() if kind]

    def parse(self, text: str) -> Archs:
        """Return the architecture of a genotype string, int8 `[6]`."""
        match = _GENOTYPE.fullmatch(text.strip())
        if match is None:
            raise GenotypeError(
                f"{text!r} is no transnas_macro genotype; the form is {self._sizes['channels']}-1234-basic, "
                f"with {FEWEST} to {MOST} modules of types 1 to 4"
            )
        if match[1] != str(self._sizes["channels"]):
            raise GenotypeError(f"{text!r} is of another network; those here begin with {self._sizes['channels']}-")
        types = [int(digit) for digit in match[2]]
        for what, counted, times in (
            ("doubles the channels", DOUBLING, DOUBLINGS),
            ("halves the image", HALVING, HALVINGS),
        ):
            total = sum(kind in counted for kind in types)
            if total not in times:
                raise GenotypeError(f"{text!r} {what} {total} times; legal: {times[0]} to {times[-1]}")
        row = np.zeros(MOST, dtype=self.dtype)
        row[: len(types)] = types - _FIRST_TYPE[: len(types)]
        return row

    def graph(self, arch: ArrayLike) -> ArchGraph:
        """Return the chain of the modules there are, an edge each, labelled with its type; open ones count as there."""
        row = np.asarray(arch)
        types = np.where(row < 0, -1, row + _FIRST_TYPE).tolist()
        labels = [None if kind < 0 else TYPES[kind] for kind in types if kind]
        return ArchGraph(
            nodes=("input", *(str(module) for module in range(1, len(labels))), "output"),
            edges=tuple((i, i + 1, label) for i, label in enumerate(labels)),
        )

    def layers(self, arch: ArrayLike) -> list[LayerSpec]:
        """Return the layers of the network in order of execution."""
        return network(self.modules(arch), self._sizes, basic_block)


@functools.cache
def _legal_after(k: int) -> NDArray[np.bool_]:
    """Return the legal choices of decision `k` in each state of the modules before, bool `[192, 4 or 5]`."""
    before = np.arange(3 * 64)[:, None]
    types = np.arange(int(_FIRST_TYPE[k]), len(TYPES))
    absent, halvings, doublings = before // 64, (before + _STEPS[types]) // 8 % 8, (before + _STEPS[types]) % 8
    ends = (types == 0) | (k == MOST - 1)
    enough = (doublings >= DOUBLINGS.start) & (halvings >= HALVINGS.start)
    legal: NDArray[np.bool_] = (doublings < DOUBLINGS.stop) & (halvings < HALVINGS.stop) & (enough | ~ends)
    return np.where(absent > 0, types == 0, legal)
