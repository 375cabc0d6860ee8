"""The cross-entropy method: its update by hand, and what it draws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from awnas_gym.agents.cross_entropy import CrossEntropy
from awnas_gym.errors import SettingError
from tests.toy import TARGET, toy_env


def test_odds_move_towards_the_elite() -> None:
    agent = CrossEntropy(toy_env(constrained=False), seed=0, samples=4, elite=2, step=0.5, least=0.1)
    archs = agent.space.everything[[0, 5, 9, 30]]
    rewards = [0.1, 0.9, 0.2, 0.8]
    agent.tell(archs[:3], rewards[:3])
    for odds, n in zip(agent.odds, agent.space.cardinalities, strict=True):
        assert odds.tolist() == pytest.approx([1 / n] * n)
    agent.tell(archs[3:], rewards[3:])
    for i, (odds, n) in enumerate(zip(agent.odds, agent.space.cardinalities, strict=True)):
        seen = np.bincount(archs[[1, 3], i], minlength=n) / 2
        assert odds == pytest.approx(0.9 * (0.5 / n + 0.5 * seen) + 0.1 / n)
        assert odds.sum() == pytest.approx(1)


def test_it_draws_what_it_learned() -> None:
    agent = CrossEntropy(toy_env(constrained=False), seed=0, samples=1, elite=1, step=1.0, least=0.0)
    agent.tell([TARGET], [1.0])
    assert (agent.ask(20) == TARGET).all()
    assert agent.statistics["entropy"] == pytest.approx(0, abs=1e-12)
    assert (agent.propose(3, seed=0) == TARGET).all()


def test_what_has_no_odds_is_still_legal_where_masks_leave_nothing_else() -> None:
    agent = CrossEntropy(toy_env(constrained=True), seed=0, samples=1, elite=1, step=1.0, least=0.0)
    agent.tell([TARGET], [1.0])
    for i, n in enumerate(agent.space.cardinalities):
        agent._odds[i] = np.eye(n)[(TARGET[i] + 1) % n]  # perhaps illegal behind what was drawn before
    agent.space.check(agent.ask(30))


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"samples": 3, "elite": 4}, "elite is at most samples=3"),
        ({"step": 2}, "step is a number from 0 up to 1"),
        ({"least": -1}, "least is a number from 0 up to 1"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(SettingError, match=reason):
        CrossEntropy(toy_env(constrained=False), **settings)
