"""The MobileNetV2-style network of Once-for-all [Cai et al., ICLR 2020], with the widths of ProxylessNAS."""

from __future__ import annotations

from typing import final

from awnas_gym.spaces.convolutions import classifier, conv_bn
from awnas_gym.spaces.layers import LayerSpec
from awnas_gym.spaces.ofa import AbstractOFA, Unit

MIXED = 1280
"""Channels that are pooled."""


@final
class OFAMobileNetV2(AbstractOFA):
    """5 units of 2 to 4 blocks and a last block, each of kernel 3, 5 or 7 and expansion 3, 4 or 6: 1.96e20 networks.

    This is the authors' `ofa_proxyless` with width multiplier 1: widths 24, 40, 80, 96, 192 and 320, and a last block
    that is searched. The one of aw_nas differs: MobileNetV2's widths 24, 32, 64, 96, 160 and 320, and a last block of
    kernel 3 and expansion 6. All activations are ReLU6, which the layers call `relu`.

    The network around the units: 3x3 stem convolution of 32 channels, a block of expansion 1 to 16, a 1x1 convolution
    to 1280 channels, global pooling, classifier.

    Args:
        image_size: height and width of the input, in pixels; the paper's choice among 128 to 224 is not in the space.
        image_channels: of the input.
        classes: of the classifier.
    """

    name = "ofa_mbv2"
    stem_width = 32
    first_width = 16
    activation = "relu"
    units = (
        Unit(width=24, stride=2),
        Unit(width=40, stride=2),
        Unit(width=80, stride=2),
        Unit(width=96, stride=1),
        Unit(width=192, stride=2),
        Unit(width=320, stride=1, depths=(1,)),
    )

    def _head(self, c_in: int, size: int, classes: int) -> list[LayerSpec]:
        return [
            *conv_bn(c_in, MIXED, size, activation=self.activation),
            LayerSpec("global_pool", MIXED, MIXED, size, size),
            classifier(MIXED, classes),
        ]
