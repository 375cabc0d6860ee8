"""The library's algorithms: updates that happen, masks, and nothing left behind."""

from __future__ import annotations

import random

import gymnasium as gym
import numpy as np
import pytest

from awnas_gym.agents import AGENTS
from awnas_gym.errors import SettingError
from tests.toy import Spy, toy_env

pytest.importorskip("stable_baselines3")
pytest.importorskip("sb3_contrib")
torch = pytest.importorskip("torch")

NAMES = [name for name in AGENTS if name.startswith("sb3_")]


def make(name, kind="build", *, constrained=False, **settings):
    spy = Spy(toy_env(kind, constrained=constrained))
    return AGENTS.load(name)(spy, seed=0, **settings), spy


@pytest.mark.parametrize("kind", ["build", "joint"])
@pytest.mark.parametrize(
    ("name", "settings", "updates"),
    [
        ("sb3_ppo", {"evaluations_per_update": 4, "epochs": 3}, 5),
        ("sb3_maskable_ppo", {"evaluations_per_update": 4, "epochs": 3}, 5),
        ("sb3_a2c", {"evaluations_per_update": 4}, 5),
    ],
)
def test_policy_updates_are_counted_by_rollouts(name, kind, settings, updates):
    """Twenty-two evaluations hold five rollouts of four; the rest of two is played and not learned from."""
    agent, spy = make(name, kind, **settings)
    before = parameters(agent)
    agent.learn(22 * agent.env.get_wrapper_attr("horizon"))
    assert agent.policy_updates == updates
    assert len(spy.archs) == 22
    assert not np.array_equal(parameters(agent), before)


def test_dqn_counts_steps_of_its_optimiser():
    agent, _ = make("sb3_dqn", warmup=6)
    agent.learn(20 * 5)
    assert agent.policy_updates == (20 - 6) * 5


@pytest.mark.parametrize("name", ["sb3_ppo", "sb3_maskable_ppo", "sb3_a2c"])
@pytest.mark.parametrize("kind", ["build", "joint"])
def test_a_rollout_that_ends_with_the_steps_is_learned_from(name, kind):
    agent, _ = make(name, kind, evaluations_per_update=5)
    agent.learn(10 * agent.env.get_wrapper_attr("horizon"))
    assert agent.policy_updates == 2


def test_dqn_refuses_the_joint_kind():
    with pytest.raises(SettingError, match="action_mode='build'"):
        make("sb3_dqn", "joint")


def parameters(agent):
    return np.concatenate([tensor.numpy().ravel() for tensor in agent.model.policy.state_dict().values()]).copy()


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_weights(name):
    found = []
    for noise in (1, 2):
        torch.manual_seed(noise)
        agent, _ = make(name)
        torch.manual_seed(noise)
        found.append(parameters(agent.learn(40 * 5)))
    assert np.array_equal(*found)


@pytest.mark.parametrize("name", NAMES)
def test_global_generators_and_threads_are_left_alone(name):
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    torch.manual_seed(0)
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    make(name)[0].learn(30 * 5)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1]
    assert np.random.get_state()[1].tolist() == before[2]  # noqa: NPY002
    assert torch.get_num_threads() == 2
    torch.set_num_threads(threads)


@pytest.mark.parametrize("name", NAMES)
def test_a_loaded_agent_learns_on(name, tmp_path):
    agent, _ = make(name)
    agent.learn(30 * 5)
    agent.save(tmp_path)
    loaded = type(agent).load(tmp_path, toy_env(constrained=False))
    assert np.array_equal(parameters(loaded), parameters(agent))
    loaded.learn(30 * 5)
    assert loaded.policy_updates > agent.policy_updates
    assert not np.array_equal(parameters(loaded), parameters(agent))


def test_masks_reach_learning_and_predictions():
    """`invalid="raise"` lets the unmasked fail and the masked play."""
    with pytest.raises(Exception, match="is illegal here"):
        AGENTS.load("sb3_ppo")(toy_env(constrained=True, invalid="raise"), seed=0).learn(200)
    env = toy_env(constrained=True, invalid="raise")
    agent = AGENTS.load("sb3_maskable_ppo")(env, seed=0).learn(200)
    for previous in range(3):
        observation = np.array([previous + 1, 0, 0, 0, 0])
        drawn = {int(agent.predict(observation)[0]) for _ in range(60)}
        assert previous not in drawn
        assert len(drawn) > 1


class EndOfBudget(Exception):  # noqa: N818 - it is no fault
    pass


class Stopper(gym.Wrapper):
    """Raise after some steps, as a budget does; check that every action belongs to an episode that was begun."""

    def __init__(self, env, steps):
        super().__init__(env)
        self.left, self.begun = steps, False

    def reset(self, **keywords):
        self.begun = True
        return super().reset(**keywords)

    def step(self, action):
        if self.left == 0:
            self.left, self.begun = -1, False
            raise EndOfBudget
        assert self.begun, "a step before the reset that should have followed the exception"
        self.left -= 1
        return super().step(action)


@pytest.mark.parametrize("name", NAMES)
def test_learning_again_begins_an_episode(name):
    """The second call does not take up what the first one, or whoever played in between, left half done."""
    spy = Spy(toy_env("build", constrained=False))
    agent = AGENTS.load(name)(spy, seed=0).learn(3 * 5)
    spy.reset()
    spy.step(0)
    agent.learn(2 * 5)
    assert len(spy.archs) == 5
    assert spy.unwrapped.get_state()["steps"] == 0, "ten steps from an empty architecture are two whole ones"
    assert len(spy.seeds) == 1


@pytest.mark.parametrize("name", NAMES)
def test_learning_again_after_an_exception_within_an_episode(name):
    env = Stopper(toy_env("build", constrained=False), 13)
    agent = AGENTS.load(name)(env, seed=0)
    with pytest.raises(EndOfBudget):
        agent.learn(20 * 5)
    agent.learn(20 * 5)
    assert env.begun
