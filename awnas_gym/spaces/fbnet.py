"""FBNet [Wu et al., CVPR 2019]: the block of each of 22 layers of a mobile network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, final

import numpy as np
from numpy.typing import ArrayLike

from awnas_gym.config import check_sizes
from awnas_gym.errors import GenotypeError, UnknownNameError, unknown
from awnas_gym.spaces.abstract import Archs
from awnas_gym.spaces.convolutions import conv_bn
from awnas_gym.spaces.layers import LayerSpec
from awnas_gym.spaces.mobile import inverted_residual
from awnas_gym.spaces.stages import AbstractStages, Place, places_behind

BLOCKS = {
    "k3_e1": (3, 1, 1),
    "k3_e1_g2": (3, 1, 2),
    "k3_e3": (3, 3, 1),
    "k3_e6": (3, 6, 1),
    "k5_e1": (5, 1, 1),
    "k5_e1_g2": (5, 1, 2),
    "k5_e3": (5, 3, 1),
    "k5_e6": (5, 6, 1),
    "skip": None,
}
"""Block -> (kernel, expansion, groups of the 1x1 convolutions), in the order of the choices."""

NAMES = tuple(BLOCKS)
SKIP = NAMES.index("skip")
DEPTHS = (1, 4, 4, 4, 4, 4, 1)
"""Layers a stage."""

WIDTHS = (16, 24, 32, 64, 112, 184, 352)
"""Channels that leave the layers of each stage."""

STEM_WIDTH = 16


@final
@dataclass(frozen=True, slots=True)
class _Variant:
    """The network around the layers: strides of the stem and of each stage's first layer, channels of the head."""

    stem_stride: int
    strides: tuple[int, ...]
    head_width: int


VARIANTS = {
    "imagenet": _Variant(stem_stride=2, strides=(1, 2, 2, 2, 1, 2, 1), head_width=1984),
    "cifar": _Variant(stem_stride=1, strides=(1, 1, 2, 2, 1, 2, 1), head_width=1504),
}


@final
class FBNet(AbstractStages):
    """22 layers in 7 stages, each with one of 9 blocks: 9**22 networks.

    A block is an inverted residual of kernel 3 or 5 and expansion 1, 3 or 6, or with expansion 1 and grouped 1x1
    convolutions whose channels are shuffled; its first 1x1 convolution is there at expansion 1 too. `skip` is the
    identity. Where the shape changes (the first layers of all stages but the first), `skip` is as in HW-NAS-Bench
    [Li et al., ICLR 2021]: a 1x1 convolution of the layer's stride with batch norm and ReLU. So every tuple is legal.

    The network around it: 3x3 stem convolution, the layers, a 1x1 convolution, global pooling, classifier.

    Args:
        variant: `"imagenet"` as in the paper, or `"cifar"` as in HW-NAS-Bench: no stride in the stem and in stage 2,
            1504 instead of 1984 channels before the pooling. It changes no other argument: images of CIFAR want
            `image_size=32` and `classes=10` or 100.
        image_size: height and width of the input, in pixels.
        image_channels: of the input.
        classes: of the classifier.

    Raises:
        UnknownNameError: there is no such variant.
        SettingError: a size is no whole number from 1.
    """

    name = "fbnet"
    blocks = NAMES
    cardinalities = (len(NAMES),) * sum(DEPTHS)
    decision_names = tuple(
        f"stage {stage} layer {layer}" for stage, depth in enumerate(DEPTHS, 1) for layer in range(1, depth + 1)
    )
    unique_size = 9**2 * (9 * (1 + 8 + 8**2 + 8**3)) ** 5  # in 5 stages, 0 to 3 of the last 3 layers are blocks

    def __init__(
        self,
        *,
        variant: Literal["imagenet", "cifar"] = "imagenet",
        image_size: int = 224,
        image_channels: int = 3,
        classes: int = 1000,
    ) -> None:
        if variant not in tuple(VARIANTS):
            raise UnknownNameError("variant of fbnet", variant, VARIANTS)
        self._variant = variant
        self._sizes = {"image_size": image_size, "image_channels": image_channels, "classes": classes}
        check_sizes(self._sizes, where=self.name)

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"variant": self._variant, **self._sizes}

    def canonical(self, archs: ArrayLike) -> Archs:
        """Return the network with the identities of each stage last: before or after a block, they change nothing.

        The first layer of a stage changes the shape, so nothing moves past it.
        """
        rows = self.check(archs).copy()
        later = rows[:, 1:-1].reshape(len(rows), 5, 4)[:, :, 1:]
        order = np.argsort(later == SKIP, axis=2, kind="stable")
        later[...] = np.take_along_axis(later, order, axis=2)
        return rows

    def genotype(self, arch: ArrayLike) -> str:
        """Return the blocks, stages separated by slashes: `k3_e1/k3_e6,skip,k3_e1,k3_e1/…/k3_e6`."""
        names = iter([NAMES[choice] for choice in self.check(arch)[0].tolist()])
        return "/".join(",".join(next(names) for _ in range(depth)) for depth in DEPTHS)

    def parse(self, text: str) -> Archs:
        """Return the architecture of a genotype string, int8 `[22]`."""
        stages = [stage.split(",") for stage in text.strip().split("/")]
        if [len(stage) for stage in stages] != list(DEPTHS):
            raise GenotypeError(
                f"{text!r} is no fbnet genotype; the form is k3_e1/k3_e6,skip,k3_e1,k3_e1/… with "
                f"{', '.join(map(str, DEPTHS))} blocks in the stages, each one of {', '.join(NAMES)}"
            )
        names = [name for stage in stages for name in stage]
        for decision, name in zip(self.decision_names, names, strict=True):
            if name not in BLOCKS:
                raise GenotypeError(f"{decision}: {unknown('block', name, NAMES)}")
        return np.array([NAMES.index(name) for name in names], dtype=self.dtype)

    # ---------------------------------------------------------------- the network

    @property
    def classes(self) -> int:
        """Of the classifier."""
        return self._sizes["classes"]

    @property
    def places(self) -> tuple[Place, ...]:
        """The stem, each layer, and the 1x1 convolution."""
        variant = VARIANTS[self._variant]
        stem = Place(self._sizes["image_channels"], STEM_WIDTH, self._sizes["image_size"], variant.stem_stride)
        layers = [
            (width, 1 if i else first_stride)
            for depth, width, first_stride in zip(DEPTHS, WIDTHS, variant.strides, strict=True)
            for i in range(depth)
        ]
        return places_behind(stem, [*layers, (variant.head_width, 1)])

    def block(self, name: str, place: Place) -> list[LayerSpec]:
        """Return the layers of a block, none of the identity."""
        form = BLOCKS[name]
        if form is not None:
            kernel, expansion, groups = form
            return inverted_residual(
                place.c_in, place.c_out, place.size,
                middle=place.c_in * expansion, kernel=kernel, stride=place.stride, groups=groups,
            )  # fmt: skip
        if not place.changes_shape:
            return []
        return conv_bn(place.c_in, place.c_out, place.size, stride=place.stride, activation="relu")
