"""The cells of TransNAS-Bench-101 [Duan et al., CVPR 2021]: NAS-Bench-201's without pooling, in another network."""

from __future__ import annotations

import functools
import re
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.errors import GenotypeError
from awnas_gym.spaces.abstract import AbstractSpace, ArchGraph, Archs
from awnas_gym.spaces.hashing import mix
from awnas_gym.spaces.layers import LayerSpec
from awnas_gym.spaces.nasbench201 import CONV1, EDGES, SKIP, NASBench201, function_hash
from awnas_gym.spaces.transnas_network import cell, check_network, network

OPERATIONS = ("none", "skip", "conv1x1", "conv3x3")
"""In the order of the digits; NAS-Bench-201 numbers them the same."""

MODULES = (4, 1, 4, 1, 4)

_GENOTYPE = re.compile("([0-9]{1,9})-([1-4]{1,9})-([0-9])_([0-9]{2})_([0-9]{3})")


@final
class TransNASMicro(AbstractSpace):
    """A cell of 4 nodes whose 6 edges each carry one of 4 operations; a node is the sum of its edges.

    The network around it: two 3x3 convolutions that halve the image, 5 modules of 2 cells, global pooling, classifier.
    The first cell of modules 1, 3 and 5 halves the image and doubles the channels in the edges that leave its input;
    there a skip is a factorised reduction, two 1x1 convolutions.

    The network is that of the authors' code with the head of its classifications; the other tasks have other decoders.
    Parameters and MACs were compared with no record of the benchmark.

    Args:
        channels: that leave the stem; an even number.
        image_channels: of the input.
        image_size: height and width of the input, in pixels.
        classes: of the classifier, 75 in the task of objects and 47 in that of scenes.

    Raises:
        SettingError: a size is no whole number from 1, or the channels are odd.
    """

    name = "transnas_micro"
    cardinalities = (len(OPERATIONS),) * len(EDGES)
    decision_names = tuple(f"edge {source}->{target}" for source, target in EDGES)
    unique_size = 1376

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

    def canonical(self, archs: ArrayLike) -> Archs:
        """Return the cell of lowest index that computes the same function at both places.

        1,376 classes. NAS-Bench-201's classes of these cells are fewer, 1,011: a skip from the input is nothing
        there, but has parameters here where the image is halved.
        """
        return self.unindex(_representatives()[self.index(archs)])

    def genotype(self, arch: ArrayLike) -> str:
        """Return e.g. `64-41414-1_02_333`: channels, modules, and the operations into node 1, 2 and 3."""
        digits = "".join(map(str, self.check(arch)[0].tolist()))
        return f"{self._prefix}{digits[0]}_{digits[1:3]}_{digits[3:]}"

    @property
    def _prefix(self) -> str:
        return f"{self._sizes['channels']}-{''.join(map(str, MODULES))}-"

    def parse(self, text: str) -> Archs:
        """Return the architecture of a genotype string, int8 `[6]`."""
        match = _GENOTYPE.fullmatch(text.strip())
        if match is None:
            raise GenotypeError(
                f"{text!r} is no transnas_micro genotype; the form is {self._prefix}1_02_333, "
                "with the operations into nodes 1, 2 and 3"
            )
        if f"{match[1]}-{match[2]}-" != self._prefix:
            raise GenotypeError(f"{text!r} is of another network; cells of this one begin with {self._prefix}")
        row = [int(digit) for digit in match[3] + match[4] + match[5]]
        legal = ", ".join(f"{choice} ({name})" for choice, name in enumerate(OPERATIONS))
        for decision, choice in zip(self.decision_names, row, strict=True):
            if choice >= len(OPERATIONS):
                raise GenotypeError(f"{decision} has operation {choice}; legal: {legal}")
        return np.array(row, dtype=self.dtype)

    def graph(self, arch: ArrayLike) -> ArchGraph:
        """Return the cell as NAS-Bench-201 draws it: 4 nodes and 6 labelled edges, open where a decision is -1."""
        return NASBench201().graph(arch)

    def layers(self, arch: ArrayLike) -> list[LayerSpec]:
        """Return the layers of the network as written: edges that reach no output are run, and counted."""
        return network(MODULES, self._sizes, functools.partial(cell, self.check(arch)[0].tolist()))


@functools.cache
def _representatives() -> NDArray[np.int64]:
    """Return, for every index, the lowest index of its class, int64 `[4096]`.

    A cell that halves the image has parameters in each edge from its input that is not `none`. NAS-Bench-201's hash
    knows no factorised reductions, so a 1x1 convolution stands for one; where that confuses the two, the hash of the
    cell itself tells them apart. A test compares all 4,096 cells with an exhaustive comparison.
    """
    space = TransNASMicro()
    same = space.unindex(np.arange(space.size))
    from_input = np.array([source == 0 for source, _ in EDGES])
    halving = np.where(from_input & (same == SKIP), CONV1, same)
    classes = mix(function_hash(same), function_hash(halving))
    _, first, inverse = np.unique(classes, return_index=True, return_inverse=True)
    return first[inverse].astype(np.int64)
