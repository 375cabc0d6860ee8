"""NAS-Bench-Macro [Su et al., CVPR 2021]: the block of each of 8 layers of a mobile network for CIFAR-10."""

from __future__ import annotations

import re
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike

from awnas_gym.config import check_sizes
from awnas_gym.errors import GenotypeError
from awnas_gym.spaces.abstract import Archs
from awnas_gym.spaces.convolutions import conv_bn
from awnas_gym.spaces.layers import LayerSpec
from awnas_gym.spaces.mobile import inverted_residual
from awnas_gym.spaces.stages import AbstractStages, Place, layer_names, layer_shapes, places_behind

BLOCKS = {"identity": None, "mb3_k3": (3, 3), "mb6_k5": (5, 6)}
"""Block -> (kernel, expansion), in the order of the choices."""

NAMES = tuple(BLOCKS)
DEPTHS = (2, 3, 3)
"""Layers a stage; the first halves the image and doubles the channels."""

HEAD_WIDTH = 1280


@final
class NASBenchMacro(AbstractStages):
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
    depths = DEPTHS
    blocks = NAMES
    identity = "identity"
    cardinalities = (len(NAMES),) * sum(DEPTHS)
    decision_names = layer_names(DEPTHS)

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

    # ---------------------------------------------------------------- the network

    @property
    def classes(self) -> int:
        """Of the classifier."""
        return self._sizes["classes"]

    @property
    def places(self) -> tuple[Place, ...]:
        """The stem, each layer, and the 1x1 convolution."""
        width = self._sizes["channels"]
        stem = Place(self._sizes["image_channels"], width, self._sizes["image_size"], 1)
        widths = (2 * width, 4 * width, 8 * width)
        return places_behind(stem, [*layer_shapes(DEPTHS, widths, (2, 2, 2)), (HEAD_WIDTH, 1)])

    def block(self, name: str, place: Place) -> list[LayerSpec]:
        """Return the layers of a block, none of the identity."""
        form = BLOCKS[name]
        if form is None:
            return conv_bn(place.c_in, place.c_out, place.size, stride=place.stride) if place.changes_shape else []
        kernel, expansion = form
        return inverted_residual(
            place.c_in, place.c_out, place.size, middle=place.c_in * expansion, kernel=kernel, stride=place.stride
        )
