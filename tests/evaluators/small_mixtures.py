"""Mixtures of cells on small images in float64: gradients can be compared with differences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="mixtures of networks need torch: pip install 'awnas-gym[torch]'")

from awnas_gym.data import Split  # noqa: E402
from awnas_gym.envs import Judge, Phases, RelaxedEnv  # noqa: E402
from awnas_gym.evaluators.relaxed import RelaxedWeights  # noqa: E402
from awnas_gym.objectives.accuracy import Accuracy  # noqa: E402
from awnas_gym.objectives.relaxed import RelaxedObjective  # noqa: E402
from awnas_gym.spaces.darts import DARTS  # noqa: E402
from awnas_gym.supernets.cells import CellsSupernet  # noqa: E402
from awnas_gym.supernets.operations.factory import NormalisedPools  # noqa: E402
from awnas_gym.tasks.classification import Classification  # noqa: E402
from tests.evaluators.small_images import small_images  # noqa: E402

STEP = 1e-7
"""Of differences: small, for ReLUs and maxima have kinks, and batch norms of few images curve."""


@dataclass
class Whole:
    """The first images of a split as the only batch of each epoch, float64."""

    split: Split
    n: int = 16

    def __len__(self) -> int:
        return 1

    def epoch(self, number: int, start: int = 0) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        del number, start
        images = torch.from_numpy(np.asarray(self.split.images)[: self.n]).double() / 128 - 1
        yield images, torch.from_numpy(np.asarray(self.split.labels)[: self.n])


def small_supernet(*, channels: int = 2, cells: int = 3, partial: int = 1) -> CellsSupernet:
    """Return all cells of DARTS on images of 8x8 pixels as DARTS searches them, float64."""
    space = DARTS(channels=channels, cells=cells, image_channels=1, image_size=8, classes=3)
    supernet = CellsSupernet(space, affine=False, factory=NormalisedPools(), partial=partial)
    return supernet.double()


def slope_along(value: Callable[[np.ndarray], float], point: np.ndarray, direction: np.ndarray) -> float:
    """Return the central difference of a function at a point."""
    return (value(point + STEP * direction) - value(point - STEP * direction)) / (2 * STEP)


def small_weights(*, seed: int = 0, steps: int = 0, channels: int = 2, cells: int = 3, partial: int = 1,
                  **keywords: Any) -> RelaxedWeights:  # fmt: skip
    """Return such weights after some steps of training on the same 16 images, by equal parts of all operations."""
    images = small_images()
    evaluator = RelaxedWeights(
        small_supernet(channels=channels, cells=cells, partial=partial),
        Classification(),
        lambda _: (Whole(images["train"]), Whole(images["valid"])),
        **keywords,
    )
    evaluator.reset(seed)
    for _ in range(steps):
        evaluator.train_mixed(np.full(evaluator.space.edge_legal.shape, 1 / 8), progress=0.0)
    return evaluator


def small_env(*, objective: RelaxedObjective | None = None, cost: str = "macs") -> RelaxedEnv:
    """Return an environment of them whose phases all give a gradient, of the same images."""
    phases = Phases(weight_steps=0, max_steps=10_000)
    return RelaxedEnv(Judge(small_weights(), Accuracy()), objective=objective, cost=cost, phases=phases)
