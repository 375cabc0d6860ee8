"""What models that are small networks share: how they learn, are kept and predict; torch."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from awnas_gym.hardware.models.abstract import AbstractCostModel
from awnas_gym.spaces import Archs

BATCH_SIZE = 32
PREDICTED_AT_ONCE = 512


class NeuralModel(AbstractCostModel):
    """A network that learns standardised values. A subclass builds it, says what it reads, and has `_settings`.

    Attributes:
        learning_rate: at first.
    """

    slow: ClassVar[bool] = True
    learning_rate: ClassVar[float]
    _settings: dict[str, int]

    @abstractmethod
    def _build(self) -> nn.Module:
        """Return a network with weights that torch draws."""

    @abstractmethod
    def _inputs(self, archs: Archs) -> tuple[Tensor, ...]:
        """Return what the network reads of architectures, int `[n, decisions]`: tensors with a row each."""

    @property
    @final
    def settings(self) -> dict[str, Any]:
        """The constructor's own arguments."""
        return dict(self._settings)

    @property
    @final
    def learned(self) -> dict[str, NDArray[Any]]:
        """The weights."""
        return weights(self._network)

    @final
    def _fit(self, archs: Archs, values: NDArray[np.float64]) -> None:
        with seeded(self.seed):
            self._prepare(values)
        targets = (values - self._mean) / self._scale
        rng = np.random.default_rng(self.seed)
        epochs, learning_rate = self._settings["epochs"], self.learning_rate
        train(self._network, self._inputs(archs), targets, epochs=epochs, learning_rate=learning_rate, rng=rng)

    @final
    def _restore(self, archs: Archs, values: NDArray[np.float64], learned: Mapping[str, NDArray[Any]]) -> None:
        del archs
        self._prepare(values)
        set_weights(self._network, learned)

    @final
    def _prepare(self, values: NDArray[np.float64]) -> None:
        self._mean, self._scale = float(values.mean()), float(values.std()) or 1.0
        self._network = self._build()

    @final
    def _predict(self, archs: Archs) -> NDArray[np.float64]:
        return self._mean + self._scale * predict(self._network, self._inputs(archs))


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Let torch draw by `seed`; what it draws elsewhere stays as it is."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def train(
    network: nn.Module,
    inputs: tuple[Tensor, ...],
    targets: NDArray[np.float64],
    *,
    epochs: int,
    learning_rate: float,
    rng: np.random.Generator,
) -> None:
    """Minimise the squared error by Adam with decoupled weight decay and a cosine schedule, in batches of `BATCH_SIZE`.

    Args:
        network: of `inputs`; returns `[batch]`.
        inputs: tensors with one row a sample.
        targets: standardised values, float64 `[n]`.
        epochs: passes over the samples.
        learning_rate: at first.
        rng: of the order; is consumed.
    """
    wanted = torch.as_tensor(targets, dtype=torch.float32)
    steps = epochs * -(-len(wanted) // BATCH_SIZE)
    optimiser = torch.optim.AdamW(network.parameters(), lr=learning_rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    network.train()
    for _ in range(epochs):
        for rows in torch.split(torch.as_tensor(rng.permutation(len(wanted))), BATCH_SIZE):
            loss = nn.functional.mse_loss(network(*(each[rows] for each in inputs)), wanted[rows])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
    network.eval()


@torch.no_grad()
def predict(network: nn.Module, inputs: tuple[Tensor, ...]) -> NDArray[np.float64]:
    """Return what a network says, float64 `[n]`."""
    rows = torch.split(torch.arange(len(inputs[0])), PREDICTED_AT_ONCE)
    return torch.cat([network(*(each[some] for each in inputs)) for some in rows]).double().numpy()


def weights(network: nn.Module) -> dict[str, NDArray[Any]]:
    """Return the weights of a network as arrays."""
    return {name: tensor.detach().numpy().copy() for name, tensor in network.state_dict().items()}


def set_weights(network: nn.Module, given: Mapping[str, NDArray[Any]]) -> None:
    """Set the weights of a network; `ValueError` if they are of another."""
    try:
        network.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in given.items()})
    except RuntimeError as error:
        raise ValueError(" ".join(str(error).split())) from error
    network.eval()
