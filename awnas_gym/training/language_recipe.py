"""How a language model is trained to the end: every setting, with the defaults of DARTS on Penn Treebank."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, final

from awnas_gym.data.searching import VALID_FRACTION
from awnas_gym.training.abstract_recipe import INFINITY, AbstractRecipe, Part

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from torch import nn

    from awnas_gym.spaces import AbstractSpace
    from awnas_gym.tasks.abstract import AbstractTask

DROPOUTS = ("words", "embedding", "inputs", "states", "outputs")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageRecipe(AbstractRecipe):
    """The settings of a final training on text. The defaults are what DARTS [Liu et al., ICLR 2019] trains with.

    Attributes:
        batch_size: parts of the training text that are read side by side.
        eval_batch_size: likewise of a text that is scored. Each part begins without a memory, so fewer are a little
            better: DARTS scores test text with 1, which takes ten times as long.
        length: tokens of a window. Those of training are of random lengths around it, and their learning rate is in
            proportion.
        slowness: weight of the mean square of what the state changes by from token to token.
        dropout_words: share of the vocabulary that a window does without.
        dropout_embedding: share of the numbers of an embedding that a window does without.
        dropout_inputs: likewise of what the cell reads of the token.
        dropout_states: likewise of what nodes read.
        dropout_outputs: likewise of what the classifier reads.

    Raises:
        SettingError: a value out of its range; an optimiser or scheduler that refuses its settings.
        UnknownNameError: no such optimiser, scheduler or precision.
    """

    epochs: int = 8000
    batch_size: int = 64
    valid_fraction: float = VALID_FRACTION
    optimiser: Part = field(default_factory=lambda: {"name": "sgd", "momentum": 0.0})
    learning_rate: float = 20.0
    scheduler: Part = field(default_factory=lambda: {"name": "constant"})
    warmup_epochs: int = 0
    weight_decay: float = 8e-7
    no_bias_decay: bool = False
    clip: float = 0.25
    ema: float = 0.0
    average_after: int = 5
    precision: str = "float32"
    eval_batch_size: int = 10
    length: int = 35
    slowness: float = 1e-3
    dropout_words: float = 0.1
    dropout_embedding: float = 0.2
    dropout_inputs: float = 0.75
    dropout_states: float = 0.25
    dropout_outputs: float = 0.75

    lowest: ClassVar[Mapping[str, int]] = {**AbstractRecipe.lowest, "batch_size": 1, "eval_batch_size": 1, "length": 1}
    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {
        **AbstractRecipe.ranges, "slowness": (0, INFINITY), **{f"dropout_{name}": (0, 1) for name in DROPOUTS}
    }  # fmt: skip

    def make_task(self) -> AbstractTask:
        """Return the prediction of the next token."""
        from awnas_gym.tasks.language import Language  # noqa: PLC0415 - a recipe is read before torch is needed

        return Language(slowness=self.slowness, length=self.length)

    def make_network(self, kind: Callable[..., nn.Module], space: AbstractSpace, arch: ArrayLike) -> nn.Module:
        """Return the network with its dropouts."""
        from awnas_gym.supernets.recurrent_body import Dropouts  # noqa: PLC0415

        dropouts = Dropouts(**{name: getattr(self, f"dropout_{name}") for name in DROPOUTS})
        return kind(space, arch, dropouts=dropouts)
