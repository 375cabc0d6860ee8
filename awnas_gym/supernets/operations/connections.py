"""Nothing, and the image itself."""

from __future__ import annotations

from typing import final

from torch import nn

from awnas_gym.spaces import LayerSpec
from awnas_gym.spaces.convolutions import factorized_reduction
from awnas_gym.supernets.operations.abstract import SAME, AbstractOperation
from awnas_gym.supernets.operations.factory import LayerFactory
from awnas_gym.supernets.operations.modules import Zero


@final
class Nothing(AbstractOperation):
    """Zeros."""

    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return none."""
        del c_in, c_out, size, stride, affine
        return []

    def _build(self, c_in: int, c_out: int, *, stride: int, affine: bool, factory: LayerFactory) -> nn.Module:
        del c_in, affine, factory
        return Zero(c_out, stride)


@final
class Identity(AbstractOperation):
    """The image itself."""

    strides, ratios = (1,), SAME

    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return none."""
        del c_in, c_out, size, stride, affine
        return []


@final
class SkipConnect(AbstractOperation):
    """The image itself; at stride 2 a factorised reduction [Zoph et al., CVPR 2018, appendix A]."""

    ratios, halves = SAME, (2,)

    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return none, or the layers of the reduction."""
        return factorized_reduction(c_in, c_out, size, stride=stride, affine=affine) if stride > 1 else []
