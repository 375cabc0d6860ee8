"""One function turns architectures into actions."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest

from awnas_gym.agents import play
from awnas_gym.agents.play import prepare
from awnas_gym.envs import Budget, History
from awnas_gym.envs import Recorder as RecorderOfRuns
from awnas_gym.errors import AgentError, BudgetExhausted, IllegalArchitectureError, SettingError
from awnas_gym.testing.mixtures import mixtures_env
from tests.toy import TARGET, Spy, fidelity_toy_env, toy_env

ONE_OFF = [2, 3, 1, 0, 1]


@pytest.mark.parametrize("kind", ["build", "joint"])
@pytest.mark.parametrize("constrained", [False, True])
def test_every_architecture_earns_its_own_reward(kind, constrained):
    spy = Spy(toy_env(kind, constrained=constrained, invalid="raise"))
    archs = spy.get_wrapper_attr("space").everything
    rewards = play(spy, archs)
    assert spy.archs == [tuple(row) for row in archs.tolist()]
    assert rewards.dtype == np.float64
    assert rewards.tolist() == (archs == TARGET).mean(axis=1).tolist()
    assert spy.steps == len(archs) * (1 if kind == "joint" else 5)


def test_one_row_is_a_batch_of_one():
    assert play(toy_env(), TARGET).tolist() == [1.0]


class Recorder(gym.Wrapper):
    """Keep the actions as they arrive."""

    def __init__(self, env):
        super().__init__(env)
        self.actions = []

    def step(self, action):
        self.actions.append(action)
        return super().step(action)


def test_actions_are_of_the_action_space():
    build, joint = Recorder(toy_env("build")), Recorder(toy_env("joint"))
    play(build, TARGET)
    play(joint, TARGET)
    assert build.actions == TARGET.tolist()
    assert all(type(action) is int for action in build.actions)
    assert joint.actions[0].dtype == np.int64
    assert all(joint.action_space.contains(action) for action in joint.actions)


def test_illegal_architectures_are_refused_before_the_first_step():
    spy = Spy(toy_env(constrained=True))
    with pytest.raises(IllegalArchitectureError):
        play(spy, [TARGET, [0, 0, 0, 0, 0]])
    assert spy.steps == 0


class Shaped(gym.Wrapper):
    """Add 1 to every reward, or replace it."""

    def __init__(self, env, reward=None, endless=False):
        super().__init__(env)
        self.given, self.endless = reward or (lambda value: value + 1), endless

    def step(self, action):
        observation, reward, terminated, truncated, info = super().step(action)
        return observation, self.given(reward), terminated and not self.endless, truncated, info


def test_the_whole_episode_counts():
    assert play(Shaped(toy_env("build")), TARGET).tolist() == [6.0]
    assert play(Shaped(toy_env("joint")), TARGET).tolist() == [2.0]


@pytest.mark.parametrize("reward", [None, np.array([0.1, 0.2]), "much"])
def test_a_reward_is_one_number(reward):
    with pytest.raises(AgentError, match="a reward is one number"):
        play(Shaped(toy_env(), lambda _: reward), TARGET)


def test_an_episode_that_does_not_end_is_an_error():
    with pytest.raises(AgentError, match="goes on after the whole architecture"):
        play(Shaped(toy_env(), endless=True), TARGET)


@pytest.mark.parametrize("kind", ["build", "joint"])
def test_a_fidelity_is_of_the_architectures_and_not_of_the_environment(kind):
    env = fidelity_toy_env(kind)
    env.reset(options={"fidelity": 3})
    assert play(env, [ONE_OFF] * 3, fidelity=[9, 1, 3]).tolist() == pytest.approx([4 / 5, 44 / 45, 14 / 15])
    assert play(env, [ONE_OFF] * 2, fidelity=9).tolist() == pytest.approx([4 / 5] * 2)
    assert env.fidelity == 3
    assert play(env, ONE_OFF).tolist() == pytest.approx([14 / 15])


def test_a_budget_that_ends_leaves_the_fidelity_as_it_was():
    history = History(Budget(cost_s=10))
    env = RecorderOfRuns(fidelity_toy_env(), history)
    with pytest.raises(BudgetExhausted):
        play(env, [TARGET] * 3, fidelity=[1, 9, 1])
    assert [(record["fidelity"], record["cost_s"]) for record in history.records] == [(1, 1.0), (9, 9.0)]
    assert env.get_wrapper_attr("fidelity") == 9


def test_a_fidelity_that_is_none_of_the_environment_is_refused_before_the_first_step():
    spy = Spy(fidelity_toy_env())
    with pytest.raises(SettingError, match=r"fidelity 2 is none of this environment's; legal: \[1, 3, 9\]"):
        play(spy, [TARGET] * 2, fidelity=[1, 2])
    assert spy.steps == 0
    with pytest.raises(SettingError, match=r"legal: \[\]"):
        play(mixtures_env(), mixtures_env().space.sample(np.random.default_rng(0), 1), fidelity=1)


def test_workers_hear_the_fidelities_too():
    env, heard = fidelity_toy_env(), []
    env.judge.evaluator.prepare = lambda archs, fidelity=None: heard.append((len(archs), fidelity))
    prepare(env, [TARGET] * 3, [3, 1, 3])
    prepare(env, [TARGET] * 3)
    assert heard == [(1, 1), (2, 3), (3, 9)]
