"""How a network is trained from scratch, in plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

from awnas_gym.errors import SettingError, UnknownNameError

INITIALISATIONS = ("kaiming_normal", "pytorch")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """SGD with Nesterov momentum, cosine schedule to 0 by the step, cross-entropy; the last batch may be smaller.

    The form is that of NAS-Bench-201 [Dong & Yang 2020, table 1]; the sizes are the user's.

    Attributes:
        epochs: passes over the training images.
        batch_size: images of a step.
        learning_rate: at the first step.
        momentum: of SGD.
        weight_decay: likewise, of all parameters.
        crop: pixels of black around a training image, of which a window of its size is cut.
        flip: whether half of the training images are mirrored, left to right.
        cutout: side of a square that is set to the mean colour; 0 for none.
        initialisation: of convolutions. `"kaiming_normal"`: by their outputs, as torchvision's ResNet; `"pytorch"`:
            uniform within `1 / sqrt(inputs)`, as PyTorch's own layers are. Linear layers are the latter in both.

    Raises:
        SettingError: a value that trains nothing.
        UnknownNameError: no such initialisation.
    """

    epochs: int = 10
    batch_size: int = 50
    learning_rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 5e-4
    crop: int = 0
    flip: bool = False
    cutout: int = 0
    initialisation: str = "kaiming_normal"

    def __post_init__(self) -> None:
        """Refuse values that train nothing."""
        whole = {"epochs": self.epochs, "batch_size": self.batch_size, "crop": self.crop, "cutout": self.cutout}
        for name, value in whole.items():
            if isinstance(value, bool) or not isinstance(value, int):
                raise SettingError(f"{name} of a recipe is a whole number; got {value!r}")
        if self.epochs < 1 or self.batch_size < 2 or self.learning_rate <= 0:
            raise SettingError(f"epochs >= 1, batch_size >= 2 and learning_rate > 0; got {self}")
        if not 0 < self.momentum < 1 or self.weight_decay < 0 or self.crop < 0 or self.cutout < 0:
            raise SettingError(f"0 < momentum < 1, weight_decay, crop and cutout >= 0; got {self}")
        if self.initialisation not in INITIALISATIONS:
            raise UnknownNameError("initialisation", self.initialisation, INITIALISATIONS)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRecipe:
    """A recipe of a paper or a benchmark.

    Attributes:
        recipe: how networks are trained.
        space: the search space whose networks are trained so.
        settings: of that space: the network around what is searched.
        valid_fraction: share of the training images that become `valid` where a data set has none.
        sources: each field of the recipe, each setting and `valid_fraction` -> where its value is from.
    """

    recipe: Recipe
    space: str
    settings: Mapping[str, Any]
    valid_fraction: float
    sources: Mapping[str, str]
