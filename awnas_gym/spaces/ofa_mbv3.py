"""The MobileNetV3 of Once-for-all [Cai et al., ICLR 2020]."""

from __future__ import annotations

from typing import final

from awnas_gym.spaces.convolutions import classifier, conv_bn
from awnas_gym.spaces.layers import LayerSpec
from awnas_gym.spaces.ofa import AbstractOFA, Unit

EXPANDED, MIXED = 960, 1280
"""Channels of the head, before and after the pooling."""


@final
class OFAMobileNetV3(AbstractOFA):
    """5 units of 2 to 4 blocks, each of kernel 3, 5 or 7 and expansion 3, 4 or 6: 2.18e19 networks.

    Widths, strides, activations and squeeze-and-excitation are those of the authors' `ofa_mbv3` with width multiplier
    1, as in aw_nas. The network around the units: 3x3 stem convolution and a block of expansion 1, both 16 wide; a 1x1
    convolution to 960 channels, global pooling, a 1x1 convolution to 1280 without batch norm, classifier.

    Args:
        image_size: height and width of the input, in pixels; the paper's choice among 128 to 224 is not in the space.
        image_channels: of the input.
        classes: of the classifier.
    """

    name = "ofa_mbv3"
    stem_width = 16
    first_width = 16
    activation = "h_swish"
    units = (
        Unit(width=24, stride=2),
        Unit(width=40, stride=2, excited=True),
        Unit(width=80, stride=2, activation="h_swish"),
        Unit(width=112, stride=1, activation="h_swish", excited=True),
        Unit(width=160, stride=2, activation="h_swish", excited=True),
    )

    def _head(self, c_in: int, size: int, classes: int) -> list[LayerSpec]:
        return [
            *conv_bn(c_in, EXPANDED, size, activation=self.activation),
            LayerSpec("global_pool", EXPANDED, EXPANDED, size, size),
            LayerSpec("conv", EXPANDED, MIXED, 1, 1),
            LayerSpec(self.activation, MIXED, MIXED, 1, 1),
            classifier(MIXED, classes),
        ]
