"""The genetic algorithm, step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from awnas_gym.agents.genetic import Genetic
from awnas_gym.errors import SettingError
from tests.toy import toy_env


def grown(**settings: Any) -> tuple[Genetic, Any]:
    """Return (agent, archs) with four parents of rewards .1 to .4."""
    agent = Genetic(toy_env(constrained=False), seed=0, population_size=4, **settings)
    archs = agent.space.everything[[0, 7, 13, 20]]
    agent.tell(archs, [0.1, 0.2, 0.3, 0.4])
    return agent, archs


def test_the_best_of_parents_and_children_survive_and_of_equals_the_younger() -> None:
    agent, archs = grown()
    assert [reward for _, reward in agent.population] == [0.4, 0.3, 0.2, 0.1]
    children = agent.space.everything[[1, 2, 3, 4]]
    agent.tell(children[:3], [0.35, 0.3, 0.0])
    assert len(agent.population) == 4
    assert agent.population[0][1] == 0.4, "a generation ends with its last child"
    agent.tell(children[3:], [0.05])
    assert [reward for _, reward in agent.population] == [0.4, 0.35, 0.3, 0.3]
    assert np.array_equal(agent.population[2][0], children[1])
    assert np.array_equal(agent.population[3][0], archs[2])


def test_without_crossover_a_child_differs_from_a_parent_in_one_decision() -> None:
    agent, archs = grown(crossover=0.0)
    for child in agent.ask(50):
        assert (child != archs).sum(axis=1).min() == 1


def test_without_mutation_a_new_mixture_is_left_as_it_is() -> None:
    agent, archs = grown(crossover=1.0, mutation=0.0)
    for child in agent.ask(50):
        mixture = (child == archs).any(axis=0).all()
        one_off = (child != archs).sum(axis=1).min() == 1
        assert mixture or one_off
        assert not (child == archs).all(axis=1).any() or one_off


def test_the_better_of_two_is_a_parent() -> None:
    agent, archs = grown()
    share = np.mean([np.array_equal(agent._winner(), archs[3]) for _ in range(4000)])
    assert share == pytest.approx(1 - (3 / 4) ** 2, abs=0.03)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"population_size": 1}, "population_size is a whole number from 2"),
        ({"crossover": 1.5}, "crossover is a number from 0 up to 1"),
        ({"mutation": -0.1}, "mutation is a number from 0 up to 1"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(SettingError, match=reason):
        Genetic(toy_env(constrained=False), **settings)
