"""ENAS's reward of language models."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.errors import SettingError
from awnas_gym.metrics import metric_info
from awnas_gym.objectives import make_objective
from awnas_gym.objectives.perplexity import Perplexity


def test_the_reward_of_enas() -> None:
    objective = make_objective("perplexity", split="valid")
    assert objective.needs == {"valid_perplexity"}
    found = objective({"valid_perplexity": np.array([40.0, 80.0, 160.0])})
    assert found.tolist() == [2.0, 1.0, 0.5]
    assert Perplexity(split="test", scale=10)({"test_perplexity": np.array([5.0])}).tolist() == [2.0]


def test_less_perplexity_is_more() -> None:
    assert not metric_info("valid_perplexity").maximise
    assert make_objective("valid_perplexity", split="valid")({"valid_perplexity": np.array([7.0])}).tolist() == [-7.0]


@pytest.mark.parametrize("scale", [0, -1.0, float("nan")])
def test_a_wrong_scale_is_refused(scale: float) -> None:
    with pytest.raises(SettingError, match="scale is the perplexity whose reward is 1, above 0"):
        Perplexity(scale=scale)
