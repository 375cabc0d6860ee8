"""What FBNet and ProxylessNAS share: stages of inverted residuals, in a network for large or for small images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, final

from awnas_gym.config import check_sizes
from awnas_gym.errors import UnknownNameError
from awnas_gym.spaces.layers import LayerSpec
from awnas_gym.spaces.mobile import inverted_residual, make_divisible
from awnas_gym.spaces.stages import AbstractStages, Place, layer_shapes, places_behind

Form = tuple[int, int, int]
"""Kernel and expansion of an inverted residual, and groups of its 1x1 convolutions."""


@final
@dataclass(frozen=True, slots=True)
class Variant:
    """The network around the layers.

    Attributes:
        stem_stride: of the stem.
        strides: of the first layer of each stage.
        head_width: channels that are pooled.
    """

    stem_stride: int
    strides: tuple[int, ...]
    head_width: int


class AbstractMobileStages(AbstractStages):
    """Layers of inverted residuals; a subclass gives the tables.

    Args:
        variant: one of `variants`. It changes no other argument: images of CIFAR want `image_size=32` and
            `classes=10` or 100.
        channels: of the stem; those of the stages are in proportion, rounded to multiples of 8 as MobileNets round
            theirs. None for the paper's.
        image_size: height and width of the input, in pixels.
        image_channels: of the input.
        classes: of the classifier.

    Attributes:
        forms: of the blocks; None of the identity.
        variants: by their names.
        stem_width: channels of the paper's stem.
        widths: channels that leave the layers of each stage of the paper's network.

    Raises:
        UnknownNameError: there is no such variant.
        SettingError: a size is no whole number from 1.
    """

    forms: ClassVar[Mapping[str, Form | None]]
    variants: ClassVar[Mapping[str, Variant]]
    stem_width: ClassVar[int]
    widths: ClassVar[tuple[int, ...]]

    @final
    def __init__(
        self,
        *,
        variant: Literal["imagenet", "cifar"] = "imagenet",
        channels: int | None = None,
        image_size: int = 224,
        image_channels: int = 3,
        classes: int = 1000,
    ) -> None:
        if variant not in tuple(self.variants):
            raise UnknownNameError(f"variant of {self.name}", variant, self.variants)
        self._variant = variant
        self._sizes = {
            "channels": self.stem_width if channels is None else channels,
            "image_size": image_size,
            "image_channels": image_channels,
            "classes": classes,
        }
        check_sizes(self._sizes, where=self.name)
        self.cardinalities = tuple(self._choices(place) for place in self.places[1:-1])

    @property
    @final
    def settings(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"variant": self._variant, **self._sizes}

    @property
    @final
    def classes(self) -> int:
        """Of the classifier."""
        return self._sizes["classes"]

    @property
    def places(self) -> tuple[Place, ...]:
        """The stem, each layer, and the 1x1 convolution."""
        variant, sizes = self.variants[self._variant], self._sizes
        stem = Place(sizes["image_channels"], self.width(self.stem_width), sizes["image_size"], variant.stem_stride)
        layers = layer_shapes(self.depths, map(self.width, self.widths), variant.strides)
        return places_behind(stem, [*layers, (variant.head_width, 1)])

    def block(self, name: str, place: Place) -> list[LayerSpec]:
        """Return the layers of a block, none of the identity."""
        form = self.forms[name]
        if form is None:
            return []
        kernel, expansion, groups = form
        return inverted_residual(
            place.c_in, place.c_out, place.size,
            middle=place.c_in * expansion, kernel=kernel, stride=place.stride, groups=groups,
            activation=self.activation,
        )  # fmt: skip

    @final
    def width(self, full: int) -> int:
        """Return how many channels there are here of so many in the paper's network."""
        return make_divisible(full * self._sizes["channels"] / self.stem_width)

    def _choices(self, place: Place) -> int:
        """Return how many of the blocks a layer may have."""
        del place
        return len(self.blocks)
