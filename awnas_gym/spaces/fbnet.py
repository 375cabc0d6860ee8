"""FBNet [Wu et al., CVPR 2019]: the block of each of 22 layers of a mobile network."""

from __future__ import annotations

from typing import final

from awnas_gym.spaces.convolutions import conv_bn
from awnas_gym.spaces.layers import LayerSpec
from awnas_gym.spaces.mobile_stages import AbstractMobileStages, Variant
from awnas_gym.spaces.stages import Place, layer_names

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

DEPTHS = (1, 4, 4, 4, 4, 4, 1)
"""Layers a stage."""

WIDTHS = (16, 24, 32, 64, 112, 184, 352)
"""Channels that leave the layers of each stage."""

STEM_WIDTH = 16

VARIANTS = {
    "imagenet": Variant(stem_stride=2, strides=(1, 2, 2, 2, 1, 2, 1), head_width=1984),
    "cifar": Variant(stem_stride=1, strides=(1, 1, 2, 2, 1, 2, 1), head_width=1504),
}


@final
class FBNet(AbstractMobileStages):
    """22 layers in 7 stages, each with one of 9 blocks: 9**22 networks.

    A block is an inverted residual of kernel 3 or 5 and expansion 1, 3 or 6, or with expansion 1 and grouped 1x1
    convolutions whose channels are shuffled; its first 1x1 convolution is there at expansion 1 too. `skip` is the
    identity. Where the shape changes (the first layers of all stages but the first), `skip` is as in HW-NAS-Bench
    [Li et al., ICLR 2021]: a 1x1 convolution of the layer's stride with batch norm and ReLU. So every tuple is legal.

    The network around it: 3x3 stem convolution, the layers, a 1x1 convolution, global pooling, classifier.

    Args:
        variant: `"imagenet"` as in the paper, or `"cifar"` as in HW-NAS-Bench: no stride in the stem and in stage 2,
            1504 instead of 1984 channels before the pooling.
        channels: of the stem, the paper has 16; see `AbstractMobileStages`, also of what follows.
        image_size: height and width of the input, in pixels.
        image_channels: of the input.
        classes: of the classifier.
    """

    name = "fbnet"
    depths, widths, stem_width = DEPTHS, WIDTHS, STEM_WIDTH
    blocks = tuple(BLOCKS)
    forms = BLOCKS
    identity = "skip"
    variants = VARIANTS
    decision_names = layer_names(DEPTHS)

    def block(self, name: str, place: Place) -> list[LayerSpec]:
        """Return the layers of a block, none of the identity."""
        if BLOCKS[name] is None and place.changes_shape:
            return conv_bn(place.c_in, place.c_out, place.size, stride=place.stride, activation=self.activation)
        return super().block(name, place)
