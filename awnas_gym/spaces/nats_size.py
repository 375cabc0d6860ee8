"""The size space of NATS-Bench [Dong et al., TPAMI 2021]: how wide each of five layers is."""

from __future__ import annotations

import re
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike

from awnas_gym.config import check_sizes
from awnas_gym.errors import GenotypeError
from awnas_gym.spaces.abstract import AbstractSpace, ArchGraph, Archs
from awnas_gym.spaces.layers import LayerSpec
from awnas_gym.spaces.nasbench201 import NASBench201, cell, network, reduction

CHANNELS = tuple(range(8, 65, 8))
"""Legal channel counts."""

CELL = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|"
"""The cell of every architecture: number 9930 of NAS-Bench-201, the best on CIFAR-100."""


@final
class NATSSize(AbstractSpace):
    """Five layers, each of 8, 16, … or 64 channels: 32,768 architectures in the official order of their indices.

    The network: 3x3 stem convolution of as many channels as the first layer, a cell, a residual reduction that halves
    the image, a cell, another reduction, a cell, batch norm, ReLU, global pooling, classifier. The five layers are the
    three cells and the two reductions.

    Args:
        image_channels: of the input.
        image_size: height and width of the input, in pixels.
        classes: of the classifier.
    """

    name = "nats_size"
    cardinalities = (len(CHANNELS),) * 5
    decision_names = ("cell 1", "reduction 1", "cell 2", "reduction 2", "cell 3")
    unique_size = 32768

    def __init__(self, *, image_channels: int = 3, image_size: int = 32, classes: int = 10) -> None:
        self._sizes = {"image_channels": image_channels, "image_size": image_size, "classes": classes}
        check_sizes(self._sizes, where=self.name)

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return dict(self._sizes)

    def canonical(self, archs: ArrayLike) -> Archs:
        """Return `archs`: networks of different widths have different parameters."""
        return self.check(archs)

    def genotype(self, arch: ArrayLike) -> str:
        """Return e.g. `8:16:16:40:64`, the channels of each layer."""
        return ":".join(str(CHANNELS[choice]) for choice in self.check(arch)[0].tolist())

    def parse(self, text: str) -> Archs:
        """Return the architecture of a genotype string, int8 `[5]`."""
        parts = text.strip().split(":")
        if len(parts) != len(self.cardinalities) or not all(re.fullmatch("[0-9]{1,4}", part) for part in parts):
            raise GenotypeError(f"{text!r} is no nats_size genotype; the form is 8:16:16:40:64, five channel counts")
        for name, part in zip(self.decision_names, parts, strict=True):
            if int(part) not in CHANNELS:
                raise GenotypeError(f"{name} has {part} channels; legal: {', '.join(map(str, CHANNELS))}")
        return np.array([CHANNELS.index(int(part)) for part in parts], dtype=self.dtype)

    def graph(self, arch: ArrayLike) -> ArchGraph:
        """Return the chain of the five layers, each edge labelled with the channels that leave it."""
        row = np.asarray(arch).tolist()
        labels = [None if choice < 0 else str(CHANNELS[choice]) for choice in row]
        return ArchGraph(
            nodes=("input", *self.decision_names[:-1], "output"),
            edges=tuple((i, i + 1, label) for i, label in enumerate(labels)),
        )

    def layers(self, arch: ArrayLike) -> list[LayerSpec]:
        """Return the layers of the network in order of execution."""
        widths = [CHANNELS[choice] for choice in self.check(arch)[0].tolist()]
        operations = NASBench201().parse(CELL).tolist()
        size, c_in = self._sizes["image_size"], widths[0]
        stages: list[LayerSpec] = []
        for i, c_out in enumerate(widths):
            if i % 2:
                stages += reduction(c_in, c_out, size, residual=True)
                size = -(-size // 2)
            else:
                stages += cell(operations, c_in, c_out, size)
            c_in = c_out
        return network(stages, self._sizes, first=widths[0], last=c_in)
