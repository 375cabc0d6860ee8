"""`check_evaluator`: the contract of evaluators."""

from __future__ import annotations

import numpy as np

from awnas_gym.errors import SettingError
from awnas_gym.evaluators import AbstractEvaluator
from awnas_gym.metrics import is_metric, metric_info
from awnas_gym.testing.contract import by_name, require, run_checks

SAMPLES = 3
"""An evaluation may be a training."""


def check_evaluator(evaluator: AbstractEvaluator, *, seed: int = 0) -> None:
    """Check that an evaluator keeps the contract of `AbstractEvaluator`; evaluates a few architectures.

    Args:
        evaluator: to be checked.
        seed: of the architectures that are drawn.

    Raises:
        ContractError: names the first rule that it breaks.
    """
    name = type(evaluator).__name__
    require(isinstance(evaluator, AbstractEvaluator), f"{name} is no AbstractEvaluator; derive from it")
    run_checks(f"evaluator {name}", EVALUATOR_CHECKS, evaluator, np.random.default_rng(seed))


def _declarations(evaluator: AbstractEvaluator, _: np.random.Generator) -> None:
    """An evaluator declares what it yields, at which fidelities, of how many trainings."""
    require(evaluator.yields, "yields is empty: name the metrics it gives")
    for name in sorted(evaluator.yields):
        require(
            is_metric(name), f"{name!r} is no metric name; one carries split and unit, as valid_accuracy, latency_ms"
        )
    epochs = evaluator.fidelities
    require(
        isinstance(epochs, tuple) and epochs and list(epochs) == sorted(set(epochs)) and epochs[0] >= 1,
        f"fidelities is a tuple of whole numbers from 1, ascending; got {epochs!r}",
    )
    require(evaluator.trials >= 1, f"trials is 1 or more; got {evaluator.trials!r}")
    require(isinstance(evaluator.card, dict), f"card is a dictionary; got {evaluator.card!r}")


def _values(evaluator: AbstractEvaluator, rng: np.random.Generator) -> None:
    """`evaluate` returns float64 [batch] for each metric it declares, in the metric's range, nan where unknown."""
    archs = evaluator.space.sample(rng, SAMPLES)
    for fidelity in (None, evaluator.fidelities[0]):
        found = evaluator.evaluate(archs, fidelity=fidelity, rng=np.random.default_rng(0))
        require(
            set(found) == set(evaluator.yields),
            f"evaluate gives {sorted(found)}; yields says {sorted(evaluator.yields)}",
        )
        for name, values in found.items():
            require(
                isinstance(values, np.ndarray) and values.dtype == np.float64 and values.shape == (SAMPLES,),
                f"{name} is float64 [{SAMPLES}] for {SAMPLES} architectures; got {values!r}",
            )
            known = values[np.isfinite(values)]
            if metric_info(name).unit == "fraction":
                require(
                    ((known >= 0) & (known <= 1)).all(), f"{name} is a fraction in [0, 1], not percent; got {known}"
                )
            elif metric_info(name).unit != "nats":
                require((known >= 0).all(), f"{name} is 0 or more; got {known}")


def _randomness(evaluator: AbstractEvaluator, rng: np.random.Generator) -> None:
    """With equal generators the numbers are equal (if they have a version); `archs` is left alone."""
    archs = evaluator.space.sample(rng, SAMPLES)
    before = archs.copy()
    one, two = (evaluator.evaluate(archs, trial="random", rng=np.random.default_rng(7)) for _ in range(2))
    require((archs == before).all(), "evaluate changed the architectures it was given; copy them first")
    if evaluator.version:
        for name in one:
            require(
                np.array_equal(one[name], two[name], equal_nan=True),
                f"{name} differs between two calls with equal generators; draw from `rng`, or leave `version` ",
            )


def _bad_input(evaluator: AbstractEvaluator, rng: np.random.Generator) -> None:
    """A fidelity or a training that was never measured is a `SettingError`, not another number."""
    archs = evaluator.space.sample(rng, 1)
    for wrong in ({"fidelity": evaluator.fidelities[-1] + 1}, {"trial": evaluator.trials}):
        try:
            evaluator.evaluate(archs, rng=rng, **wrong)
        except SettingError:
            continue
        require(False, f"evaluate accepts {wrong}; call check_fidelity and check_trial")  # noqa: FBT003


EVALUATOR_CHECKS = by_name(_declarations, _values, _randomness, _bad_input)
"""Each by itself: `check(evaluator, rng)`."""
