"""Environments as problems of pymoo, with its real algorithms."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest

from awnas_gym.envs import Budget, History, Recorder
from awnas_gym.errors import BudgetExhausted

pytest.importorskip("pymoo", reason="needs the extra [mo]")

from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.operators.sampling.rnd import IntegerRandomSampling
from pymoo.optimize import minimize

from awnas_gym.interop.pymoo_problem import ArchitectureProblem
from tests.toy import toy_env


def test_objectives_are_rewards_with_the_sign_changed(tiny: str) -> None:
    env = gym.make("awnas/NASBench201-MO-v0", dataset=tiny, objectives="accuracy,latency_ms")
    problem = ArchitectureProblem(env)
    assert (problem.n_var, problem.n_obj) == (6, 2)
    archs = problem.space.sample(np.random.default_rng(0), 5)
    judged = env.get_wrapper_attr("judge")
    metrics = judged.measure(archs, fidelity=judged.fidelity, trial="mean", rng=np.random.default_rng(0))
    expected = np.stack([-metrics["valid_accuracy"], metrics["latency_ms"]], axis=1)
    np.testing.assert_allclose(problem.evaluate(archs.astype(float)), expected)


def test_what_is_illegal_is_completed() -> None:
    problem = ArchitectureProblem(toy_env("joint"))
    given = np.array([[0, 0, 0, 0, 0], [2.4, 3.6, 9.0, -1.0, 1.0]])
    for row in problem.archs(given):
        assert (problem.space.check(row)[0] == row).all()


def test_nsga2_of_pymoo_plays_and_is_recorded(tiny: str) -> None:
    history = History(Budget(evaluations=100))
    env = Recorder(gym.make("awnas/NASBench201-MO-v0", dataset=tiny, objectives="accuracy,latency_ms"), history)
    problem = ArchitectureProblem(env)
    found = minimize(problem, NSGA2(pop_size=20, sampling=IntegerRandomSampling()), ("n_gen", 5), seed=1)
    assert len(history.records) == 100
    rewards = np.array([record["reward"] for record in history.records])
    for row in -found.F:  # what pymoo found is what was recorded
        assert np.isclose(rewards, row).all(axis=1).any()
    with pytest.raises(BudgetExhausted):
        problem.evaluate(found.X[:1])
