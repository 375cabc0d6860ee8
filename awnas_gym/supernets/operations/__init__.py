"""What a network does on an edge or in a layer, by name. To add one: a class in a file of its family, and a row here.

Nothing here needs torch until an operation is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from awnas_gym.spaces import LayerSpec
from awnas_gym.supernets.operations.table import OPERATIONS

if TYPE_CHECKING:
    from awnas_gym.supernets.operations.abstract import AbstractOperation
    from awnas_gym.supernets.operations.factory import LayerFactory

__all__ = ["OPERATIONS", "make_operation", "operation_layers"]


def make_operation(
    name: str, c_in: int, c_out: int, *, stride: int = 1, affine: bool = True, factory: LayerFactory | None = None
) -> AbstractOperation:
    """Return an operation: a module from `[B, c_in, H, W]` to `[B, c_out, ceil(H / stride), ceil(W / stride)]`.

    Args:
        name: a row of `OPERATIONS`.
        c_in: channels of its input.
        c_out: channels of its output.
        stride: it takes height and width by.
        affine: whether its batch norms have a scale and a shift.
        factory: makes its layers, for others than torch's: quantised, binary, faulty.

    Raises:
        UnknownNameError: there is no such operation.
        SettingError: it does not work with these channels or this stride.
    """
    made: AbstractOperation = OPERATIONS.load(name)(c_in, c_out, stride=stride, affine=affine, factory=factory)
    return made


def operation_layers(
    name: str, c_in: int, c_out: int, size: int, *, stride: int = 1, affine: bool = True
) -> list[LayerSpec]:
    """Return the layers of an operation on an image of `size` pixels, in order of execution.

    Raises:
        UnknownNameError: there is no such operation.
        SettingError: it does not work with these channels or this stride.
    """
    kind: type[AbstractOperation] = OPERATIONS.load(name)
    kind.check(c_in, c_out, stride=stride)
    return kind.layers(c_in, c_out, size, stride=stride, affine=affine)
