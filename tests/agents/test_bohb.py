"""BOHB's densities, and what it draws from them."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.agents.bohb import BOHB, make_density
from awnas_gym.errors import SettingError
from tests.toy import TARGET, fidelity_toy_env


def test_a_density_sums_to_one_and_is_what_is_drawn() -> None:
    density = make_density(np.array([[0, 1], [0, 2], [0, 2]]), (2, 3), least=0.3)
    rows = np.array([[i, j] for i in range(2) for j in range(3)])
    assert density(rows).sum() == pytest.approx(1.0)
    assert density.keep[0] == pytest.approx(0.7), "all points agree: the least bandwidth"
    wide = 1.06 * np.std([1, 2, 2]) * 3 ** (-1 / 6)
    assert density.keep[1] == pytest.approx(1 - wide)
    assert density(np.array([[0, 2]]))[0] == pytest.approx(0.7 * (wide / 2 + 2 * (1 - wide)) / 3)
    drawn = density.draw(np.random.default_rng(0), 60_000)
    shares = [(drawn == row).all(axis=1).mean() for row in rows]
    assert shares == pytest.approx(density(rows).tolist(), abs=0.01)


def test_a_decision_with_one_choice_and_points_far_apart() -> None:
    density = make_density(np.array([[0, 0], [0, 9]]), (1, 10), least=0.3)
    assert density.keep.tolist() == pytest.approx([1.0, 0.1]), "no wider than equal odds"
    assert density.draw(np.random.default_rng(0), 5)[:, 0].tolist() == [0] * 5


def agent_that_knows(n: int, fidelity: int, **settings: float) -> BOHB:
    """Return an agent that was told `n` random architectures, and what they earn."""
    agent = BOHB(fidelity_toy_env(constrained=False), seed=0, **{"random_fraction": 0.0, **settings})
    rows = agent.space.sample(np.random.default_rng(0), n)
    agent.tell(rows, (rows == TARGET).mean(axis=1), fidelity=fidelity)
    return agent


def test_the_model_needs_good_and_others_at_one_fidelity() -> None:
    agent = agent_that_knows(11, 1)
    assert agent._densities() is None
    agent.tell([TARGET], [1.0], fidelity=1)
    good, bad = agent._densities()
    assert (len(good.points), len(bad.points)) == (6, 6)
    agent = agent_that_knows(100, 1)
    good, bad = agent._densities()
    assert (len(good.points), len(bad.points)) == (15, 85)
    agent.tell(agent.space.everything[:12], np.zeros(12), fidelity=3)
    assert len(agent._densities()[0].points) == 6, "the highest fidelity that suffices"


def test_new_ones_are_better_than_chance() -> None:
    rows = np.stack(
        [agent_that_knows(100, 9)._draw()] + [a._draw() for a in [agent_that_knows(100, 9)] for _ in range(40)]
    )
    assert (rows == TARGET).mean() > 0.6
    rows = np.stack([a._draw() for a in [agent_that_knows(100, 9, random_fraction=1.0)] for _ in range(60)])
    assert (rows == TARGET).mean() < 0.5


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"samples": 0}, "samples is a whole number from 1"),
        ({"random_fraction": 1.5}, "random_fraction is a number from 0 up to 1"),
        ({"min_bandwidth": -1}, "min_bandwidth is a number from 0 up to 1"),
        ({"top": 0}, "top is a number above 0 up to 1"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, float], reason: str) -> None:
    with pytest.raises(SettingError, match=reason):
        BOHB(fidelity_toy_env(), seed=0, **settings)
