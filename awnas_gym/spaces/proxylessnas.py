"""ProxylessNAS [Cai et al., ICLR 2019]: the block of each of 21 layers of a mobile network, or none."""

from __future__ import annotations

from typing import final

from awnas_gym.spaces.layers import LayerSpec
from awnas_gym.spaces.mobile import inverted_residual
from awnas_gym.spaces.mobile_stages import AbstractMobileStages, Variant
from awnas_gym.spaces.stages import Place, layer_names

BLOCKS = {
    "3x3_MBConv3": (3, 3, 1),
    "3x3_MBConv6": (3, 6, 1),
    "5x5_MBConv3": (5, 3, 1),
    "5x5_MBConv6": (5, 6, 1),
    "7x7_MBConv3": (7, 3, 1),
    "7x7_MBConv6": (7, 6, 1),
    "Zero": None,
}
"""Block -> (kernel, expansion, groups), in the order of the choices, with the names of the authors' code."""

FIRST_WIDTH = 16
"""Channels of the fixed block behind the stem."""


@final
class ProxylessNAS(AbstractMobileStages):
    """21 layers in 6 stages, each with one of 6 blocks, or nothing where it keeps the shape: 6**6 * 7**15 networks.

    A block is an inverted residual of kernel 3, 5 or 7 and expansion 3 or 6. `Zero` leaves of it the identity alone.
    Widths are the defaults of the authors' search on ImageNet; the networks that they published are wider (32 channels
    in the first stage of the mobile one).

    The network around it: 3x3 stem convolution, a block of kernel 3 and expansion 1 without a sum, the layers, a 1x1
    convolution to 1280 channels, global pooling, classifier; activations are ReLU6.

    Args:
        variant: `"imagenet"` as in the authors' code, or `"cifar"`, for small images: no stride in the stem and in
            stage 1, as HW-NAS-Bench has it of FBNet.
        channels: of the stem, the authors have 32; see `AbstractMobileStages`, also of what follows.
        image_size: height and width of the input, in pixels.
        image_channels: of the input.
        classes: of the classifier.
    """

    name = "proxylessnas"
    depths = (4, 4, 4, 4, 4, 1)
    widths = (24, 40, 80, 96, 192, 320)
    stem_width = 32
    blocks = tuple(BLOCKS)
    forms = BLOCKS
    identity = "Zero"
    activation = "relu6"
    variants = {  # noqa: RUF012 - of all spaces of the kind
        "imagenet": Variant(stem_stride=2, strides=(2, 2, 2, 1, 2, 1), head_width=1280),
        "cifar": Variant(stem_stride=1, strides=(1, 2, 2, 1, 2, 1), head_width=1280),
    }
    decision_names = layer_names(depths)

    @property
    def places(self) -> tuple[Place, ...]:
        """The stem, each layer, and the 1x1 convolution; between the first two stands the fixed block."""
        stem, first, *rest = super().places
        return (stem, Place(self.width(FIRST_WIDTH), first.c_out, first.size, first.stride), *rest)

    def stem(self) -> list[LayerSpec]:
        """Return the layers before the first decision: a convolution and the fixed block."""
        stem, first = self.places[:2]
        block = inverted_residual(
            stem.c_out, first.c_in, stem.out, middle=stem.c_out, kernel=3, pointwise=False, activation=self.activation
        )
        return [*super().stem(), *(layer for layer in block if layer.kind != "add")]

    def _choices(self, place: Place) -> int:
        """Return how many of the blocks a layer may have: `Zero`, the last, where there is an identity."""
        return len(self.blocks) - place.changes_shape
