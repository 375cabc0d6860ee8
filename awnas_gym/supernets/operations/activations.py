"""Activations alone."""

from __future__ import annotations

from typing import ClassVar, final

from awnas_gym.spaces import LayerSpec
from awnas_gym.spaces.layers import LayerKind
from awnas_gym.supernets.operations.abstract import SAME, AbstractOperation


class AbstractActivation(AbstractOperation):
    """A function of each pixel.

    Attributes:
        kind: of the layer.
    """

    strides, ratios = (1,), SAME
    kind: ClassVar[LayerKind]

    @final
    @classmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return one layer."""
        del stride, affine
        return [LayerSpec(cls.kind, c_in, c_out, size, size)]


@final
class ReLU(AbstractActivation):
    """`max(x, 0)`."""

    kind = "relu"


@final
class ReLU6(AbstractActivation):
    """`min(max(x, 0), 6)`."""

    kind = "relu6"


@final
class Tanh(AbstractActivation):
    """`tanh(x)`."""

    kind = "tanh"


@final
class Sigmoid(AbstractActivation):
    """`1 / (1 + exp(-x))`."""

    kind = "sigmoid"


@final
class HSwish(AbstractActivation):
    """`x * min(max(x + 3, 0), 6) / 6`."""

    kind = "h_swish"


@final
class HSigmoid(AbstractActivation):
    """`min(max(x + 3, 0), 6) / 6`."""

    kind = "h_sigmoid"
