"""How one architecture is trained to the end: every setting, with the defaults of DARTS on CIFAR-10."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, final

from awnas_gym.config import check_settings
from awnas_gym.data.searching import VALID_FRACTION
from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.tables import Table
from awnas_gym.training import OPTIMISERS, SCHEDULERS

Part = dict[str, Any]
"""A part and its settings: `{"name": "cosine", "lowest_rate": 0.001}`."""

PRECISIONS = ("float32", "bfloat16")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class FinalRecipe:
    """The settings of a final training. The defaults are what DARTS [Liu et al., ICLR 2019] trains its cells with.

    Attributes:
        epochs: passes over the training images.
        batch_size: images of a step.
        valid_fraction: of the training images, kept from training to choose the best epoch by, where the data set has
            no split `valid`; 0 trains on all of them, and the last epoch counts.
        optimiser: a name from `awnas list optimisers` and settings, `{name: sgd, momentum: 0.9}`, or the name alone.
        learning_rate: the highest.
        scheduler: a name from `awnas list schedulers` and settings, `{name: cosine, lowest_rate: 0.001}`; likewise.
        warmup_epochs: in which the learning rate rises from near 0 first.
        weight_decay: of the optimiser.
        no_bias_decay: whether biases and norms are spared weight decay.
        clip: largest norm of the gradient; 0 for any.
        label_smoothing: share of the target that is spread over all classes.
        auxiliary_weight: of the loss of the auxiliary head; None for .4 where the network has one.
        auxiliary_form: of that head: `"cifar"`, `"imagenet"` or `"enas"`.
        drop_path: probability that a path is dropped, in the last epoch: it rises in a line from 0. None for .2 where
            the network has such paths.
        dropout: share of what the classifier reads that is dropped.
        crop: pixels of black around an image that it is moved by; None for an eighth of its size.
        flip: whether half of the images are mirrored.
        cutout: side of the square that is cut out; None for half of the image's.
        area: of image files, the least share of an image that is kept; None for .08.
        ema: share of the running mean of the weights that is kept in a step, such as .999; 0 for no such mean. If there
            is one, it is what is chosen from and used in the end.
        recalibration_batches: of training images, from which the final network's batch norms take their statistics;
            0 leaves those of training.
        precision: `"float32"`, or `"bfloat16"` where torch's autocast thinks that it suffices.

    Raises:
        SettingError: a value out of its range; an optimiser or scheduler that refuses its settings.
        UnknownNameError: no such optimiser, scheduler or precision.
    """

    epochs: int = 600
    batch_size: int = 96
    valid_fraction: float = VALID_FRACTION
    optimiser: Part = field(default_factory=lambda: {"name": "sgd"})
    learning_rate: float = 0.025
    scheduler: Part = field(default_factory=lambda: {"name": "cosine"})
    warmup_epochs: int = 0
    weight_decay: float = 3e-4
    no_bias_decay: bool = False
    clip: float = 5.0
    label_smoothing: float = 0.0
    auxiliary_weight: float | None = None
    auxiliary_form: str = "cifar"
    drop_path: float | None = None
    dropout: float = 0.0
    crop: int | None = None
    flip: bool = True
    cutout: int | None = None
    area: float | None = None
    ema: float = 0.0
    recalibration_batches: int = 0
    precision: str = "float32"

    def __post_init__(self) -> None:
        """Refuse what is out of range, and build optimiser and scheduler once, for their own errors."""
        for name, low in {"epochs": 1, "batch_size": 2, "warmup_epochs": 0, "recalibration_batches": 0}.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < low:
                raise SettingError(f"{name} is a whole number from {low}; got {value!r}")
        for name in RANGES:
            _check_range(name, getattr(self, name))
        if not isinstance(self.no_bias_decay, bool) or not isinstance(self.flip, bool):
            raise SettingError(f"no_bias_decay and flip are true or false; got {self.no_bias_decay!r}, {self.flip!r}")
        if self.learning_rate == 0 or self.warmup_epochs > self.epochs:
            raise SettingError(f"learning_rate is above 0, and warmup_epochs some of the epochs; got {self}")
        if self.precision not in PRECISIONS:
            raise UnknownNameError("precision", self.precision, PRECISIONS)
        for name, table in {"optimiser": OPTIMISERS, "scheduler": SCHEDULERS}.items():
            object.__setattr__(self, name, _part(getattr(self, name), table))
        self._try_parts()

    def _try_parts(self) -> None:
        """Let the parts refuse their settings here, and not after the data was read."""
        import torch  # noqa: PLC0415 - a recipe is read before torch is needed

        from awnas_gym.training.schedulers import learning_rates  # noqa: PLC0415

        groups = [{"params": [torch.zeros(1)], "weight_decay": self.weight_decay}]
        tries: dict[str, Callable[[], Any]] = {
            "optimiser": lambda: self.make_optimiser(groups),
            "scheduler": lambda: learning_rates(self.scheduler, highest=1.0, epochs=1),
        }
        for name, build in tries.items():
            try:
                build()
            except (ValueError, TypeError) as error:
                raise SettingError(f"{name} {getattr(self, name)}: {error}") from error

    def make_optimiser(self, groups: list[dict[str, Any]]) -> Any:  # noqa: ANN401 - torch's
        """Return the optimiser of groups of parameters."""
        settings = {name: value for name, value in self.optimiser.items() if name != "name"}
        return OPTIMISERS.load(self.optimiser["name"])(groups, learning_rate=self.learning_rate, **settings)


INFINITY = float("inf")
RANGES: Mapping[str, tuple[float, float]] = {
    "valid_fraction": (0, 1), "learning_rate": (0, INFINITY), "weight_decay": (0, INFINITY), "clip": (0, INFINITY),
    "label_smoothing": (0, 1), "auxiliary_weight": (0, INFINITY), "drop_path": (0, 1), "dropout": (0, 1),
    "crop": (0, INFINITY), "cutout": (0, INFINITY), "area": (0, 1), "ema": (0, 1),
}  # fmt: skip
"""Setting -> what it may be, and what it has to be below."""

OPEN = frozenset({"auxiliary_weight", "drop_path", "crop", "cutout", "area"})
"""Settings that may be None: they then depend on the network and on the images."""


def _check_range(name: str, value: object) -> None:
    low, high = RANGES[name]
    if value is None and name in OPEN:
        return
    kinds = int if name in {"crop", "cutout"} else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value < high:
        kind = "whole number" if kinds is int else "number"
        raise SettingError(f"{name} is a {kind} from {low:g} and below {high:g}; got {value!r}")


def _part(given: object, table: Table) -> Part:
    """Return a part as a mapping, after a look at its name and the names of its settings."""
    part = {"name": given} if isinstance(given, str) else given
    if not isinstance(part, Mapping) or not isinstance(part.get("name"), str):
        raise SettingError(f"{table.kind} is a name, or a mapping with 'name' and settings; got {given!r}")
    settings = {name: value for name, value in part.items() if name != "name"}
    check_settings(table.load(part["name"]), settings, where=f"{table.kind} {part['name']}")
    return dict(part)
