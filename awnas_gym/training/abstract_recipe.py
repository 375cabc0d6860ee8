"""What the recipes of final trainings share, whatever is trained on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from awnas_gym.checks import check_whole
from awnas_gym.config import check_settings
from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.tables import Table
from awnas_gym.training import OPTIMISERS, SCHEDULERS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from torch import nn

    from awnas_gym.spaces import AbstractSpace
    from awnas_gym.tasks.abstract import AbstractTask

Part = dict[str, Any]
"""A part and its settings: `{"name": "cosine", "lowest_rate": 0.001}`."""

PRECISIONS = ("float32", "bfloat16")

INFINITY = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class AbstractRecipe(ABC):
    """The settings of a final training.

    Attributes:
        epochs: passes over the training data.
        batch_size: images of a step.
        valid_fraction: of the training data, kept from training to choose the best epoch by, where the data set has
            no split `valid`; 0 trains on all of them, and the last epoch counts.
        optimiser: a name from `awnas list optimisers` and settings, `{name: sgd, momentum: 0.9}`, or the name alone.
        learning_rate: the highest.
        scheduler: a name from `awnas list schedulers` and settings, `{name: cosine, lowest_rate: 0.001}`; likewise.
        warmup_epochs: in which the learning rate rises from near 0 first.
        weight_decay: of the optimiser.
        no_bias_decay: whether biases and norms are spared weight decay.
        clip: largest norm of the gradient; 0 for any.
        ema: share of the running mean of the weights that is kept in a step, such as .999; 0 for no such mean. If there
            is one, it is what is chosen from and used in the end.
        average_after: epochs, other than these last ones, of which one was better by validation than the present one:
            then a mean of the weights after each step begins, which is what is chosen from and used from there on; 0
            for no such mean (averaged SGD, Merity, Keskar & Socher, ICLR 2018).
        precision: `"float32"`, or `"bfloat16"` where torch's autocast thinks that it suffices.
    """

    epochs: int
    batch_size: int
    valid_fraction: float
    optimiser: Part
    learning_rate: float
    scheduler: Part
    warmup_epochs: int
    weight_decay: float
    no_bias_decay: bool
    clip: float
    ema: float
    average_after: int
    precision: str

    lowest: ClassVar[Mapping[str, int]] = {"epochs": 1, "batch_size": 2, "warmup_epochs": 0, "average_after": 0}
    """Whole numbers -> the lowest."""

    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {
        "valid_fraction": (0, 1), "learning_rate": (0, INFINITY), "weight_decay": (0, INFINITY), "clip": (0, INFINITY),
        "ema": (0, 1),
    }  # fmt: skip
    """Numbers -> what they may be, and what they have to be below."""

    def __post_init__(self) -> None:
        """Refuse what is out of range, and build optimiser and scheduler once, for their own errors."""
        for name, low in self.lowest.items():
            check_whole(name, getattr(self, name), low=low)
        for name, (least, high) in self.ranges.items():
            check_range(name, getattr(self, name), least, high)
        if not isinstance(self.no_bias_decay, bool):
            raise SettingError(f"no_bias_decay is true or false; got {self.no_bias_decay!r}")
        self._check_together()
        for name, table in {"optimiser": OPTIMISERS, "scheduler": SCHEDULERS}.items():
            object.__setattr__(self, name, _part(getattr(self, name), table))
        self._try_parts()

    def _check_together(self) -> None:
        """Refuse what does not fit each other."""
        if self.learning_rate == 0 or self.warmup_epochs > self.epochs:
            raise SettingError(f"learning_rate is above 0, and warmup_epochs some of the epochs; got {self}")
        if self.ema and self.average_after:
            raise SettingError("ema and average_after are two means of the weights; set one of them to 0")
        if self.precision not in PRECISIONS:
            raise UnknownNameError("precision", self.precision, PRECISIONS)

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

    # ---------------------------------------------------------------- what depends on the data

    @abstractmethod
    def make_task(self) -> AbstractTask:
        """Return what the network is trained for."""

    @abstractmethod
    def make_network(self, kind: Callable[..., nn.Module], space: AbstractSpace, arch: ArrayLike) -> nn.Module:
        """Return the network of an architecture, int `[decisions]`.

        Args:
            kind: a row of `NETWORKS`.
            space: of the architecture.
            arch: that is trained.

        Raises:
            SettingError: the recipe wants of it what it does not have.
        """

    def drop_path_at(self, progress: float) -> float:
        """Return the probability that a path is dropped when this share of the training is over."""
        del progress
        return 0.0

    @property
    def norm_batches(self) -> int:
        """Batches of training data from which the final network's batch norms take their statistics; 0 for none."""
        return 0


def check_range(name: str, value: object, low: float, high: float, *, whole: bool = False) -> None:
    """Raise `SettingError` unless a value is a number from `low` and below `high`."""
    kinds = int if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value < high:
        kind = "whole number" if whole else "number"
        raise SettingError(f"{name} is a {kind} from {low:g} and below {high:g}; got {value!r}")


def _part(given: object, table: Table) -> Part:
    """Return a part as a mapping, after a look at its name and the names of its settings."""
    part = {"name": given} if isinstance(given, str) else given
    if not isinstance(part, Mapping) or not isinstance(part.get("name"), str):
        raise SettingError(f"{table.kind} is a name, or a mapping with 'name' and settings; got {given!r}")
    settings = {name: value for name, value in part.items() if name != "name"}
    check_settings(table.load(part["name"]), settings, where=f"{table.kind} {part['name']}")
    return dict(part)
