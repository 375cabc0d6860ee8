"""What the table of `fashion14` says of cells that a search has picked, and what training cells from scratch costs."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awnas_gym.benchmarks import load_table
from awnas_gym.evaluators import EVALUATORS, RECORDERS
from awnas_gym.seeding import generator
from awnas_gym.spaces import Archs


def recorded() -> Any:  # noqa: ANN401 - the evaluator of the table
    """Return what answers from the table of trainings from scratch."""
    return EVALUATORS.load("table")(load_table("fashion14"))


def true_accuracy(archs: Archs, seed: int) -> NDArray[np.float64]:
    """Return the test accuracy of architectures, the mean of the two trainings that `trained_pick` does not see."""
    others = [k for k in range(3) if k != seed % 3]
    found = [recorded().evaluate(archs, trial=k, rng=np.random.default_rng(0))["test_accuracy"] for k in others]
    mean: NDArray[np.float64] = np.mean(found, axis=0)
    return mean


def trained_pick(archs: Archs, seed: int) -> float:
    """Return the true accuracy of the one that is best on validation images after one training each."""
    valid = recorded().evaluate(archs, trial=seed % 3, rng=np.random.default_rng(0))["valid_accuracy"]
    return float(true_accuracy(archs[[int(valid.argmax())]], seed)[0])


def one_training_s(seed: int, trainings: int = 3) -> float:
    """Return the mean seconds of a training of a random cell from scratch, by the recipe of the table."""
    table, space = load_table("fashion14"), recorded().space
    settings = table.card["passes"]["accuracy"]["settings"]
    training = RECORDERS.load("scratch")(space, **{**settings, "trials": 1})
    drawn = space.sample(generator(seed, "timing"), trainings)
    start = time.process_time()
    for arch in drawn:
        training.record(arch)
    return (time.process_time() - start) / trainings


def random_from_scratch(seconds: float, training_s: float, seed: int) -> float:
    """Return the true accuracy of the pick of a random search that trains cells for so many seconds."""
    archs = recorded().space.sample(generator(seed, "random search"), max(1, int(seconds / training_s)))
    return trained_pick(archs, seed)
