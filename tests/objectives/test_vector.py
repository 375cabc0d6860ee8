"""Several metrics as one reward."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.objectives.vector import VectorObjective


def test_minimised_metrics_enter_negated_and_in_order() -> None:
    objective = VectorObjective("latency_ms, accuracy,params", split="test")
    assert objective.names == ("latency_ms", "test_accuracy", "params")
    assert objective.needs == set(objective.names)
    metrics = {
        "test_accuracy": np.array([0.5, 0.6]),
        "latency_ms": np.array([2.0, 3.0]),
        "params": np.array([10.0, np.nan]),
    }
    np.testing.assert_array_equal(objective(metrics), [[-2.0, 0.5, -10.0], [-3.0, 0.6, np.nan]])


@pytest.mark.parametrize("objectives", ["accuracy", "accuracy,valid_accuracy", "params,params"])
def test_two_different_ones_at_least(objectives: str) -> None:
    with pytest.raises(SettingError, match="two or more different metrics"):
        VectorObjective(objectives)


@pytest.mark.parametrize("objectives", ["", "accuracy,", "accuracy,latency"])
def test_a_metric_nobody_knows(objectives: str) -> None:
    with pytest.raises(UnknownNameError, match="No metric named"):
        VectorObjective(objectives)
