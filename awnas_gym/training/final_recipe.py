"""How a network of images is trained to the end: every setting, with the defaults of DARTS on CIFAR-10."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, final

from awnas_gym.config import keywords
from awnas_gym.data.searching import VALID_FRACTION
from awnas_gym.errors import SettingError
from awnas_gym.training.abstract_recipe import INFINITY, AbstractRecipe, Part, check_range

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from torch import Tensor, nn

    from awnas_gym.spaces import AbstractSpace
    from awnas_gym.tasks.abstract import AbstractTask

AUXILIARY_WEIGHT, DROP_PATH = 0.4, 0.2
"""Of DARTS, where a recipe leaves them open."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class FinalRecipe(AbstractRecipe):
    """The settings of a final training. The defaults are what DARTS [Liu et al., ICLR 2019] trains its cells with.

    Attributes:
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
        recalibration_batches: of training images, from which the final network's batch norms take their statistics;
            0 leaves those of training.

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
    ema: float = 0.0
    average_after: int = 0
    precision: str = "float32"
    label_smoothing: float = 0.0
    auxiliary_weight: float | None = None
    auxiliary_form: str = "cifar"
    drop_path: float | None = None
    dropout: float = 0.0
    crop: int | None = None
    flip: bool = True
    cutout: int | None = None
    area: float | None = None
    recalibration_batches: int = 0

    lowest: ClassVar[Mapping[str, int]] = {**AbstractRecipe.lowest, "recalibration_batches": 0}
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {
        **AbstractRecipe.ranges, "label_smoothing": (0, 1), "dropout": (0, 1)
    }  # fmt: skip
    open_ranges: ClassVar[Mapping[str, tuple[float, float]]] = {
        "auxiliary_weight": (0, INFINITY), "drop_path": (0, 1), "crop": (0, INFINITY), "cutout": (0, INFINITY),
        "area": (0, 1),
    }  # fmt: skip
    """Of settings that may be None: they then depend on the network and on the images."""

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        for name, (low, high) in self.open_ranges.items():
            if (value := getattr(self, name)) is not None:
                check_range(name, value, low, high, whole=name in {"crop", "cutout"})
        if not isinstance(self.flip, bool):
            raise SettingError(f"flip is true or false; got {self.flip!r}")
        AbstractRecipe.__post_init__(self)

    def make_task(self) -> AbstractTask:
        """Return the classification of images."""
        from awnas_gym.tasks.classification import Classification  # noqa: PLC0415 - a recipe is read before torch is

        weight = AUXILIARY_WEIGHT if self.auxiliary_weight is None else self.auxiliary_weight
        return Classification(label_smoothing=self.label_smoothing, auxiliary_weight=weight)

    def make_network(self, kind: Callable[..., nn.Module], space: AbstractSpace, arch: ArrayLike) -> nn.Module:
        """Return the network, with an auxiliary head if it may have one."""
        from awnas_gym.supernets.drop_path import DropPath  # noqa: PLC0415

        form = False if self.auxiliary_weight == 0 else self.auxiliary_form
        head = {"auxiliary": form} if "auxiliary" in keywords(kind) else {}
        network = kind(space, arch, **head)
        if self.drop_path and not any(isinstance(module, DropPath) for module in network.modules()):
            raise SettingError(f"drop_path: the network of {space.name} has no paths to drop; leave it out, or set 0")
        if self.dropout:
            _drop_out(network, self.dropout, space.name)
        return network

    def drop_path_at(self, progress: float) -> float:
        """Return the probability, which rises in a line."""
        return (DROP_PATH if self.drop_path is None else self.drop_path) * progress

    @property
    def norm_batches(self) -> int:
        """`recalibration_batches`."""
        return self.recalibration_batches


def _drop_out(network: nn.Module, share: float, space: str) -> None:
    """Let a share of what the classifier reads be dropped in training mode."""
    from torch import nn  # noqa: PLC0415

    classifier = getattr(network, "classifier", None)
    if not isinstance(classifier, nn.Module):
        raise SettingError(f"dropout: the network of {space} has no module 'classifier'; leave it out, or set 0")

    def drop(module: nn.Module, inputs: tuple[Tensor, ...]) -> Tensor:
        return nn.functional.dropout(inputs[0], share, training=module.training)

    classifier.register_forward_pre_hook(drop)
