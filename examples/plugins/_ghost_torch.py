"""Imported when the row of `ghost.py` is used: it needs torch."""

from __future__ import annotations

from torch import nn

from awnas_gym.spaces import LayerSpec
from awnas_gym.spaces.convolutions import conv_bn
from awnas_gym.supernets.operations.abstract import ALWAYS_SAME, AbstractOperation
from awnas_gym.supernets.operations.factory import LayerFactory
from awnas_gym.supernets.operations.modules import Appended, chain


class GhostConv3x3(AbstractOperation):
    """The ghost module [Han et al., CVPR 2020] with as many channels as its input, an even number."""

    ratios = ALWAYS_SAME

    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return the two convolutions, and what becomes of their results."""
        half, out = c_out // 2, -(-size // stride)
        return [
            *conv_bn(c_in, half, size, stride=stride, activation="relu", affine=affine),
            *conv_bn(half, half, out, kernel=3, groups=half, activation="relu", affine=affine),
            LayerSpec("concat", c_out, c_out, out, out),
        ]

    def _build(self, c_in: int, c_out: int, *, stride: int, affine: bool, factory: LayerFactory) -> nn.Module:
        """Return the body; without this method, it is the layers one after another."""
        layers = self.layers(c_in, c_out, 1, stride=stride, affine=affine)
        return nn.Sequential(chain(layers[:3], factory), Appended(chain(layers[3:-1], factory)))
