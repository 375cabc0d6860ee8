"""Training of the small networks that predict costs; torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

BATCH_SIZE = 32
PREDICTED_AT_ONCE = 512


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
