"""BANANAS: where candidates come from, and which of them are tried."""

from __future__ import annotations

import numpy as np

from awnas_gym.agents.bananas import BANANAS
from tests.toy import TARGET, toy_env


def heard(n: int, **settings) -> BANANAS:
    agent = BANANAS(toy_env(constrained=False), seed=0, **settings)
    archs = agent.space.everything[np.random.default_rng(0).permutation(agent.space.size)[:n]]
    agent.tell(archs, (archs == TARGET).mean(axis=1))
    return agent


def test_candidates_are_new_mutations_of_the_best_and_then_of_the_next() -> None:
    agent = heard(30, candidates=60)
    best = agent._best(5)
    found = agent._candidates()
    known = {tuple(row.tolist()) for row in agent._archs}
    assert len({tuple(row.tolist()) for row in found}) == len(found)
    assert not known & {tuple(row.tolist()) for row in found}
    apart = np.array([[(row != parent).sum() for parent in best] for row in found])
    assert (apart.min(axis=1) == 1).mean() > 0.5
    assert (apart.min(axis=1) <= 3).all()
    assert len(found) >= 60, "the best alone has not so many"
    assert (apart[:5, 0] <= 3).all()


def test_certain_members_are_followed_and_uncertain_ones_explored() -> None:
    agent = heard(30, initial=30)
    agent._learned_on = 30  # what the model says is made up

    class Model:
        spread = 0.0

        def predict_each(self, archs):
            mean = (archs == TARGET).mean(axis=1)
            return np.stack([mean - self.spread, mean + self.spread])

    agent._model = Model()
    agreements = [(row == TARGET).mean() for row in agent._ranked(None, None)]
    assert agreements == sorted(agreements, reverse=True)
    Model.spread = 10.0
    agreements = [(row == TARGET).mean() for row in agent._ranked(None, None)]
    assert agreements != sorted(agreements, reverse=True)


def test_it_finds_the_best_of_the_toy_in_few_evaluations() -> None:
    settings = {"epochs": 30, "layers": 2, "members": 3, "learning_rate": 0.03}
    agent = BANANAS(toy_env("joint", constrained=False), seed=0, **settings)
    assert agent.learn(60).best_reward == 1.0
