"""What predictors in torch share: how their weights begin, a step, and scores."""

from __future__ import annotations

from abc import abstractmethod
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from awnas_gym.predictors.learning import LearningPredictor
from awnas_gym.predictors.losses import Scores
from awnas_gym.seeding import derive_seed
from awnas_gym.spaces import Archs

PREDICTED_AT_ONCE = 2048


class NeuralPredictor(LearningPredictor):
    """A module of torch that learns. A subclass builds it and says what it reads.

    It learns on as many threads as torch has; only as many again give the same bits.
    """

    @abstractmethod
    def _build(self) -> nn.Module:
        """Return a network of what `_inputs` gives; it returns `[1, batch]`."""

    @abstractmethod
    def _inputs(self, archs: Archs) -> tuple[Tensor, ...]:
        """Return what the network reads of architectures, int `[n, decisions]`: tensors with a row each."""

    @final
    def _begin(self, archs: Archs) -> None:
        self._network = self._build()
        initialise(self._network, torch.Generator().manual_seed(derive_seed(self.seed, "weights")))
        self._optimiser = torch.optim.Adam(self._network.parameters(), lr=self.learning_rate, fused=True)
        self._read = self._inputs(archs)

    def _step(self, rows: NDArray[np.int64], wanted: Scores, rng: np.random.Generator) -> None:
        some = torch.as_tensor(rows)
        scores: Tensor = self._network(*(each[some] for each in self._read))
        self._optimiser.zero_grad()
        scores.backward(torch.as_tensor(self._slopes(scores.detach().numpy(), wanted, rng)))  # type: ignore[no-untyped-call]
        self._optimiser.step()

    @final
    @torch.no_grad()
    def _scores(self, archs: Archs) -> NDArray[np.float32]:
        parts = [archs[i : i + PREDICTED_AT_ONCE] for i in range(0, len(archs), PREDICTED_AT_ONCE)]
        scores: NDArray[np.float32] = torch.cat([self._network(*self._inputs(part)) for part in parts], dim=1).numpy()
        return scores


@torch.no_grad()
def initialise(network: nn.Module, draws: torch.Generator) -> None:
    """Draw the weights of a network again, as torch does but by a generator.

    Linear layers and LSTMs are uniform in ±1 / sqrt(inputs, hidden units); embeddings are normal.
    """
    for module in network.modules():
        if isinstance(module, nn.Embedding):
            module.weight.normal_(generator=draws)
        elif isinstance(module, (nn.Linear, nn.LSTM)):
            bound = (module.in_features if isinstance(module, nn.Linear) else module.hidden_size) ** -0.5
            for parameter in module.parameters():
                parameter.uniform_(-bound, bound, generator=draws)
