"""NAS-Bench-Macro [Su et al., CVPR 2021]: the block of each of 8 layers of a mobile network for CIFAR-10."""

from __future__ import annotations

import re
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike

from awnas_gym.config import check_sizes
from awnas_gym.errors import GenotypeError
from awnas_gym.spaces.abstract import AbstractSpace, ArchGraph, Archs
from awnas_gym.spaces.convolutions import classifier, conv_bn
from awnas_gym.spaces.layers import LayerSpec
from awnas_gym.spaces.mobile import inverted_residual

BLOCKS = {"identity": None, "mb3_k3": (3, 3), "mb6_k5": (5, 6)}
"""Block -> (kernel, expansion), in the order of the choices."""

NAMES = tuple(BLOCKS)
IDENTITY = NAMES.index("identity")
DEPTHS = (2, 3, 3)
"""Layers a stage; the first halves the image and doubles the channels."""

HEAD_WIDTH = 1280
_FIRST = (0, 2, 5)
"""The first layer of each stage."""


@final
class NASBenchMacro(AbstractSpace):
    """8 layers in 3 stages, each with one of 3 blocks: 6,561 networks.

    A block is the identity, or an inverted residual of kernel 3 and expansion 3 or of kernel 5 and expansion 6. Where
    the shape changes (the first layer of each stage), the identity is a 1x1 convolution of stride 2 with batch norm.

    The network around it: 3x3 stem convolution, the layers, a 1x1 convolution, global pooling, classifier.

    Args:
        channels: of the stem; the stages have 2, 4 and 8 times as many.
        image_channels: of the input.
        image_size: height and width of the input, in pixels.
        classes: of the classifier.

    Raises:
        SettingError: a size is no whole number from 1.
    """

    name = "nasbench_macro"
    cardinalities = (len(NAMES),) * sum(DEPTHS)
    decision_names = tuple(
        f"stage {stage} layer {layer}" for stage, depth in enumerate(DEPTHS, 1) for layer in range(1, depth + 1)
    )
    unique_size = 3**3 * (1 + 2) * (1 + 2 + 2**2) ** 2  # behind the first layers, 0 to 1 and 0 to 2 blocks in a row

    def __init__(self, *, channels: int = 32, image_channels: int = 3, image_size: int = 32, classes: int = 10) -> None:
        self._sizes = {
            "channels": channels,
            "image_channels": image_channels,
            "image_size": image_size,
            "classes": classes,
        }
        check_sizes(self._sizes, where=self.name)

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return dict(self._sizes)

    def canonical(self, archs: ArrayLike) -> Archs:
        """Return the network with the identities of each stage last: before or after a block, they change nothing.

        The first layer of a stage changes the shape, so nothing moves past it.
        """
        rows = self.check(archs).copy()
        for first, depth in zip(_FIRST, DEPTHS, strict=True):
            later = rows[:, first + 1 : first + depth]
            order = np.argsort(later == IDENTITY, axis=1, kind="stable")
            later[...] = np.take_along_axis(later, order, axis=1)
        return rows

    def genotype(self, arch: ArrayLike) -> str:
        """Return the choices as digits, e.g. `22212220`."""
        return "".join(map(str, self.check(arch)[0].tolist()))

    def parse(self, text: str) -> Archs:
        """Return the architecture of a genotype string, int8 `[8]`."""
        digits = text.strip()
        if not re.fullmatch("[0-9]{8}", digits):
            raise GenotypeError(f"{text!r} is no nasbench_macro genotype; the form is 22212220, a digit for each layer")
        legal = ", ".join(f"{choice} ({name})" for choice, name in enumerate(NAMES))
        for decision, digit in zip(self.decision_names, digits, strict=True):
            if int(digit) >= len(NAMES):
                raise GenotypeError(f"{decision} has block {digit}; legal: {legal}")
        return np.array([int(digit) for digit in digits], dtype=self.dtype)

    def graph(self, arch: ArrayLike) -> ArchGraph:
        """Return the chain of the layers, an edge each, labelled with its block."""
        row = np.asarray(arch).tolist()
        labels = [None if choice < 0 else NAMES[choice] for choice in row]
        return ArchGraph(
            nodes=("input", *(str(layer) for layer in range(1, len(row))), "output"),
            edges=tuple((i, i + 1, label) for i, label in enumerate(labels)),
        )

    def layers(self, arch: ArrayLike) -> list[LayerSpec]:
        """Return the layers of the network in order of execution."""
        width, size = self._sizes["channels"], self._sizes["image_size"]
        layers = conv_bn(self._sizes["image_channels"], width, size, kernel=3, activation="relu")
        for i, choice in enumerate(self.check(arch)[0].tolist()):
            if i in _FIRST:
                layers += _block(NAMES[choice], width, 2 * width, size, stride=2)
                width, size = 2 * width, -(-size // 2)
            else:
                layers += _block(NAMES[choice], width, width, size, stride=1)
        return [
            *layers,
            *conv_bn(width, HEAD_WIDTH, size, activation="relu"),
            LayerSpec("global_pool", HEAD_WIDTH, HEAD_WIDTH, size, size),
            classifier(HEAD_WIDTH, self._sizes["classes"]),
        ]


def _block(name: str, c_in: int, c_out: int, size: int, *, stride: int) -> list[LayerSpec]:
    form = BLOCKS[name]
    if form is not None:
        kernel, expansion = form
        return inverted_residual(c_in, c_out, size, middle=c_in * expansion, kernel=kernel, stride=stride)
    return conv_bn(c_in, c_out, size, stride=stride) if stride > 1 else []
