"""Pooling."""

from __future__ import annotations

from typing import ClassVar, final

from awnas_gym.spaces import LayerSpec
from awnas_gym.spaces.layers import LayerKind
from awnas_gym.supernets.operations.abstract import ALWAYS_SAME, AbstractOperation


class AbstractPool(AbstractOperation):
    """Pooling without batch norm; of averages, padding is no part.

    Attributes:
        kind: of the layer.
        kernel: height and width of the window, in pixels.
    """

    ratios = ALWAYS_SAME
    kind: ClassVar[LayerKind]
    kernel: ClassVar[int] = 3

    @final
    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return one layer."""
        del affine
        return [LayerSpec(cls.kind, c_in, c_out, size, size, kernel=cls.kernel, stride=stride)]


@final
class AvgPool2x2(AbstractPool):
    """Averages of 2x2 pixels."""

    strides = (2,)
    kind, kernel = "avg_pool", 2


@final
class AvgPool3x3(AbstractPool):
    """Averages of 3x3 pixels."""

    kind = "avg_pool"


@final
class MaxPool3x3(AbstractPool):
    """Maxima of 3x3 pixels."""

    kind = "max_pool"
