"""Regions of LaNAS."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from tests.toy import TARGET, toy_env

pytest.importorskip("sklearn", reason="needs scikit-learn: pip install 'awnas-gym[bo]'")

from awnas_gym.agents.lanas import LaNAS
from awnas_gym.predictors.encodings import bits_of_choices


def agent_that_knows_all(**settings: float) -> LaNAS:
    agent = LaNAS(toy_env(constrained=False), seed=0, **settings)
    rows = agent.space.everything
    agent.tell(rows, (rows == TARGET).mean(axis=1))
    return agent


def test_without_exploration_the_way_leads_to_the_best_region() -> None:
    agent = agent_that_knows_all(exploration=0.0)
    region = agent._descend()
    assert 0 < len(region.members) <= agent.leaf
    assert agent._rewards[region.members].mean() > agent._rewards.mean() + 0.2
    inside = region.holds(bits_of_choices(agent.space, agent._archs))
    assert np.flatnonzero(inside).tolist() == sorted(region.members.tolist()), "the machines' word counts"


def test_what_is_asked_for_is_in_the_region() -> None:
    agent = agent_that_knows_all(exploration=0.0)
    rows = agent._suggest(5)
    assert len(rows) >= 5
    assert (rows == TARGET).mean() > 1 / 3 + 0.2


def test_a_bound_grows_with_what_is_little_known() -> None:
    agent = agent_that_knows_all(exploration=0.5)
    assert agent._bound(np.zeros(4), 16) == pytest.approx(np.sqrt(2 * np.log(16) / 4))
    assert agent._bound(np.ones(1), 1) == 1.0


def test_architectures_that_nothing_tells_apart_are_one_region() -> None:
    agent = LaNAS(toy_env(constrained=False), seed=0, leaf=2)
    agent.tell([TARGET] * 30, [0.5] * 30)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(agent._descend().members) == 30
