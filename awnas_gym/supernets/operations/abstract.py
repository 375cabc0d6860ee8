"""What every operation is: a list of layers, and the module that is built of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from torch import Tensor, nn

from awnas_gym.config import check_sizes
from awnas_gym.errors import SettingError
from awnas_gym.spaces import LayerSpec
from awnas_gym.supernets.operations.factory import LayerFactory
from awnas_gym.supernets.operations.modules import chain

SAME = MappingProxyType({1: 1})
ALWAYS_SAME = MappingProxyType({1: 1, 2: 1})
"""Ratios of channels of operations that keep them, at stride 1 or at both."""


class AbstractOperation(nn.Module, ABC):
    """Maps images `[B, c_in, H, W]` to `[B, c_out, ceil(H / stride), ceil(W / stride)]`.

    Where it begins with a ReLU, that is told apart from its `body`: whoever has several operations read one value
    rectifies it once.

    Args:
        c_in: channels of the input.
        c_out: channels of the output.
        stride: it takes height and width by.
        affine: whether batch norms have a scale and a shift.
        factory: makes the layers; None for torch's own.

    Attributes:
        strides: legal ones.
        ratios: by stride, what `c_out / c_in` has to be; any where a stride is not in it.
        halves: strides at which the output is made of two halves, so that it has two channels or more.
        shares_relu: whether a first ReLU is before all that it does, and not before one of two branches.
        computes: whether it does anything: the image itself and zeros are no computation.
        relu: the first ReLU, or None if it has none or does not share it.
        body: all of it but that.

    Raises:
        SettingError: it does not work with these channels or this stride.
    """

    strides: ClassVar[tuple[int, ...]] = (1, 2)
    ratios: ClassVar[Mapping[int, int]] = MappingProxyType({})
    halves: ClassVar[tuple[int, ...]] = ()
    shares_relu: ClassVar[bool] = True

    def __init__(
        self, c_in: int, c_out: int, *, stride: int = 1, affine: bool = True, factory: LayerFactory | None = None
    ) -> None:
        super().__init__()
        self.check(c_in, c_out, stride=stride)
        layers = self.layers(c_in, c_out, 1, stride=stride, affine=affine)
        made_by = LayerFactory() if factory is None else factory
        begins = self.shares_relu and bool(layers) and layers[0].kind == "relu" and len(layers) > 1
        self.computes = bool(layers)
        self.relu: nn.Module | None = made_by.activation("relu") if begins else None
        self.body = self._build(c_in, c_out, stride=stride, affine=affine, factory=made_by)

    @classmethod
    @abstractmethod
    def layers(cls, c_in: int, c_out: int, size: int, *, stride: int, affine: bool) -> list[LayerSpec]:
        """Return the layers for an image of `size` pixels, in order of execution."""

    def _build(self, c_in: int, c_out: int, *, stride: int, affine: bool, factory: LayerFactory) -> nn.Module:
        """Return the body: by default the layers one after another."""
        return chain(self.layers(c_in, c_out, 1, stride=stride, affine=affine)[self.relu is not None :], factory)

    @classmethod
    def check(cls, c_in: int, c_out: int, *, stride: int) -> None:
        """Raise `SettingError` for channels or a stride that the operation does not work with."""
        check_sizes({"c_in": c_in, "c_out": c_out, "stride": stride}, where=cls.__name__)
        if stride not in cls.strides:
            raise SettingError(f"{cls.__name__}: stride is one of {', '.join(map(str, cls.strides))}; got {stride}")
        ratio = cls.ratios.get(stride)
        if ratio is not None and c_out != ratio * c_in:
            raise SettingError(
                f"{cls.__name__} has {ratio * c_in} channels after {c_in} at stride {stride}; got c_out {c_out}"
            )
        if stride in cls.halves and c_out < 2:
            raise SettingError(f"{cls.__name__} has two channels or more after stride {stride}; got c_out {c_out}")

    def forward(self, x: Tensor) -> Tensor:
        """Map `[B, c_in, H, W]` to `[B, c_out, ceil(H / stride), ceil(W / stride)]`."""
        out: Tensor = self.body(x if self.relu is None else self.relu(x))
        return out
