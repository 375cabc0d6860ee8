"""What every row of AGENTS has to do, on both kinds of environment, with and without constraints."""

from __future__ import annotations

import json
import subprocess
import sys

import gymnasium as gym
import numpy as np
import pytest

from awnas_gym.agents import (
    AGENTS,
    CONSTRAINED_AGENTS,
    MULTI_FIDELITY_AGENTS,
    RELAXED_AGENTS,
    VECTOR_AGENTS,
    AskTellAgent,
)
from awnas_gym.agents.model_based import ModelBasedAgent
from awnas_gym.config import keywords
from awnas_gym.errors import AgentError, BudgetExhausted, MissingExtraError, SettingError
from tests.small_agents import SMALL
from tests.toy import Spy, fidelity_toy_env, limited_toy_env, toy_env, vector_toy_env

NAMES = [name for name in AGENTS if name not in RELAXED_AGENTS]  # see tests/agents/relaxed for those
CASES = [
    (name, kind, constrained)
    for name in NAMES
    for kind in ("build", "joint")
    for constrained in (False, True)
    if (name, kind) != ("sb3_dqn", "joint")
]
every_case = pytest.mark.parametrize(("name", "kind", "constrained"), CASES)
every_agent = pytest.mark.parametrize("name", NAMES)

# On the toy, independent random architectures earn (1/3 + 1/4 + 1/3 + 1/2 + 1/4) / 5 on average.
RANDOM_MEAN = 1 / 3


def env_of(name, kind="build", **keywords):
    """Return the toy that an agent plays: with a constraint or with vector rewards, if it needs that."""
    makers = (
        dict.fromkeys(CONSTRAINED_AGENTS, limited_toy_env)
        | dict.fromkeys(VECTOR_AGENTS, vector_toy_env)
        | dict.fromkeys(MULTI_FIDELITY_AGENTS, fidelity_toy_env)
    )
    return makers.get(name, toy_env)(kind, **keywords)


def load(name):
    try:
        return AGENTS.load(name)
    except MissingExtraError as error:
        pytest.skip(str(error))


def made(name, env, **settings):
    """Return an agent; one with a model has a small one."""
    return load(name)(env, **{**SMALL.get(name, {}), **settings})


def learned(name, kind="build", *, constrained=False, seed=0, evaluations=30, callback=None, **settings):
    """Return (agent, spy) after `evaluations`."""
    spy = Spy(env_of(name, kind, constrained=constrained))
    agent = made(name, spy, seed=seed, **settings)
    return agent.learn(evaluations * spy.get_wrapper_attr("horizon"), callback), spy


def walk(agent, env, *, deterministic):
    """Return the actions the agent predicts along one episode."""
    observation, _ = env.reset(seed=0)
    actions, terminated = [], False
    while not terminated:
        action, state = agent.predict(observation, deterministic=deterministic)
        assert state is None
        assert env.action_space.contains(np.asarray(action, dtype=np.int64))
        actions.append(np.asarray(action).tolist())
        observation, _, terminated, _, _ = env.step(action)
    return actions


@every_case
def test_the_seed_decides_the_architectures(name, kind, constrained):
    _, first = learned(name, kind, constrained=constrained, seed=3)
    _, again = learned(name, kind, constrained=constrained, seed=3)
    _, other = learned(name, kind, constrained=constrained, seed=4)
    assert len(first.archs) == 30
    assert first.archs == again.archs
    assert first.archs != other.archs


@every_case
def test_uses_the_steps_it_was_given(name, kind, constrained):
    spy = Spy(env_of(name, kind, constrained=constrained))
    horizon = spy.get_wrapper_attr("horizon")
    agent = made(name, spy, seed=0)
    agent.learn(13 * horizon + horizon - 1)
    assert spy.steps == 13 * horizon
    agent.learn(4 * horizon)
    assert spy.steps == 17 * horizon
    assert len(spy.seeds) == 1, "the environment is seeded once, at the start"


@every_case
def test_save_and_load(name, kind, constrained, tmp_path):
    agent, _ = learned(name, kind, constrained=constrained)
    agent.save(tmp_path)
    env = env_of(name, kind, constrained=constrained)
    loaded = type(agent).load(tmp_path, env)
    assert loaded.settings == agent.settings
    assert loaded.seed == agent.seed
    assert walk(loaded, env, deterministic=True) == walk(agent, env, deterministic=True)
    assert getattr(loaded, "policy_updates", 0) == getattr(agent, "policy_updates", 0)
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} <= {".json", ".safetensors"}, (
        "no left-overs, no pickle"
    )


@every_case
def test_a_loaded_agent_goes_on_as_if_it_had_never_stopped(name, kind, constrained, tmp_path):
    if not issubclass(load(name), AskTellAgent):
        pytest.skip("the library's optimisers and replay memories are not saved")
    horizon = env_of(name, kind).horizon
    whole, through = learned(name, kind, constrained=constrained, evaluations=60)
    half, _ = learned(name, kind, constrained=constrained, evaluations=30)
    half.save(tmp_path)
    spy = Spy(env_of(name, kind, constrained=constrained))
    loaded = type(half).load(tmp_path, spy).learn(30 * horizon)
    assert spy.archs == through.archs[30:]
    assert loaded.best_reward == whole.best_reward
    assert loaded.best_arch.tolist() == whole.best_arch.tolist()
    for deterministic in (True, False):
        assert walk(loaded, env_of(name, kind), deterministic=deterministic) == walk(
            whole, env_of(name, kind), deterministic=deterministic
        )


@every_agent
def test_looking_at_predictions_does_not_change_what_follows(name):
    _, undisturbed = learned(name, evaluations=60)
    spy = Spy(env_of(name, constrained=False))
    agent = made(name, spy, seed=0)
    looking = env_of(name, constrained=False)
    # The library's random predictions draw from the generators that its learning uses.
    agent.learn(60 * 5, lambda *_: bool(walk(agent, looking, deterministic=name.startswith("sb3_"))))
    assert spy.archs == undisturbed.archs


@every_case
def test_learns(name, kind, constrained):
    """The second half of 300 evaluations earns clearly more than random architectures do."""
    if name == "random":
        _, spy = learned(name, kind, evaluations=600)
        assert np.mean(spy.rewards) == pytest.approx(RANDOM_MEAN, abs=0.03)
        return
    if name in VECTOR_AGENTS:
        pytest.skip("see tests/agents/multi_objective")
    if name == "local_search":
        pytest.skip("starts again at the top, so that late rewards say nothing; see test_local_search.py")
    if name in SMALL:
        pytest.skip("asks for nothing twice, so that the best are soon used up; see their own tests")
    if name.startswith("sb3_") and constrained:
        pytest.skip("seconds each; that they play with constraints is tested with fewer evaluations")
    if name in MULTI_FIDELITY_AGENTS or issubclass(load(name), ModelBasedAgent):
        pytest.skip("rewards of several fidelities, or nothing twice; see test_bohb.py and test_model_based.py")
    agent, spy = learned(name, kind, constrained=constrained, evaluations=300)
    random = np.mean(learned("random", kind, constrained=constrained, evaluations=300)[1].rewards)
    assert np.mean(spy.rewards[150:]) > random + 0.15
    assert max(spy.rewards) >= 0.8
    if hasattr(agent, "policy_updates"):
        assert agent.policy_updates >= 10


@every_agent
@pytest.mark.parametrize("kind", ["build", "joint"])
def test_never_sends_an_illegal_action(name, kind):
    """Agents that know the masks need no repair; a joint mask is too weak for the masked PPO."""
    if name in {"sb3_ppo", "sb3_a2c", "sb3_dqn"} or (name, kind) == ("sb3_maskable_ppo", "joint"):
        pytest.skip("knows no masks, or too weak ones")
    env = env_of(name, kind, constrained=True, invalid="raise")
    agent = made(name, env, seed=0).learn(60 * env.horizon)
    for deterministic in (True, False):
        walk(agent, env, deterministic=deterministic)


@every_agent
def test_the_callback_hears_every_evaluation_and_can_stop(name):
    heard = []

    def callback(agent, arch, reward):
        assert agent.space.check(arch).shape == (1, 5)
        heard.append((tuple(np.asarray(arch).tolist()), reward))
        return len(heard) < 7

    _, spy = learned(name, callback=callback)
    assert [arch for arch, _ in heard] == spy.archs
    if name not in CONSTRAINED_AGENTS:  # which hears rewards less their price
        np.testing.assert_allclose([reward for _, reward in heard], spy.rewards, atol=1e-6)
    assert len(heard) == 7
    _, spy = learned(name, callback=lambda *_: None)
    assert len(spy.archs) == 30


class Reward(gym.RewardWrapper):
    """Replace the final reward."""

    def __init__(self, env, final):
        super().__init__(env)
        self.final = final

    def reward(self, reward):
        return np.full_like(reward, self.final) if np.any(reward) else reward


@every_agent
@pytest.mark.parametrize("final", [float("nan"), float("inf")])
def test_a_reward_that_is_no_number_is_an_error(name, final):
    with pytest.raises(AgentError, match="rewards are finite numbers"):
        made(name, Reward(env_of(name), final), seed=0).learn(100)


class Purse(gym.Wrapper):
    """Raise `BudgetExhausted` after some steps."""

    left = 33

    def step(self, action):
        self.left -= 1
        if self.left < 0:
            raise BudgetExhausted("nothing left")
        return super().step(action)


@every_agent
def test_the_end_of_the_budget_passes_through(name):
    spy = Spy(env_of(name))
    with pytest.raises(BudgetExhausted):
        made(name, Purse(spy), seed=0).learn(100)
    assert len(spy.archs) == 33 // 5


@every_agent
def test_dictionary_observations(name):
    spy = Spy(env_of(name, mask_in_obs=True))
    agent = made(name, spy, seed=0).learn(20 * 5)
    assert len(spy.archs) == 20
    walk(agent, spy, deterministic=True)


@every_agent
@pytest.mark.parametrize("kind", ["build", "joint"])
def test_a_batch_of_observations_gives_a_batch_of_actions(name, kind):
    if (name, kind) == ("sb3_dqn", "joint"):
        pytest.skip("refuses the joint kind")
    agent, _ = learned(name, kind)
    observation, _ = env_of(name, kind).reset()
    single, _ = agent.predict(observation, deterministic=True)
    batch, _ = agent.predict(np.stack([observation] * 3), deterministic=True)
    assert np.array_equal(batch, np.stack([np.asarray(single)] * 3))


@every_agent
def test_settings_are_the_keywords(name):
    agent = load(name)
    assert set(agent(env_of(name), seed=0).settings) == set(keywords(agent)) - {"seed"}
    assert json.loads(json.dumps(agent(env_of(name), seed=0).settings)) == agent(env_of(name), seed=0).settings


@every_agent
def test_a_drawn_seed_is_kept(name):
    agents = [made(name, env_of(name)) for _ in range(2)]
    assert agents[0].seed != agents[1].seed
    spies = [Spy(env_of(name)), Spy(env_of(name))]
    for spy in spies:
        made(name, spy, seed=agents[0].seed).learn(10 * 5)
    assert spies[0].archs == spies[1].archs


@every_agent
def test_refusals_say_what_is_legal(name, tmp_path):
    agent = load(name)
    with pytest.raises(SettingError, match="attribute 'space'"):
        agent(gym.make("CartPole-v1"))
    with pytest.raises(SettingError, match="seed is a whole number from 0; got -1"):
        agent(env_of(name), seed=-1)
    with pytest.raises(SettingError, match="whole number from 5; got 4"):
        agent(env_of(name), seed=0).learn(4)
    with pytest.raises(SettingError, match="holds no agent"):
        agent.load(tmp_path, env_of(name))
    wrong = env_of(name)
    wrong.action_space = gym.spaces.Discrete(99)
    with pytest.raises(
        SettingError, match="'build', 'joint' or 'edit', or mixtures; this environment's actions are Discrete"
    ):
        agent(wrong, seed=0)
    if issubclass(agent, AskTellAgent):
        with pytest.raises(SettingError, match=r"action_mode='build' or 'joint'|an id with -MO-"):
            agent(env_of(name, "edit"), seed=0)
    if name not in {*VECTOR_AGENTS, "random", *CONSTRAINED_AGENTS}:
        with pytest.raises(SettingError, match="rewards here are vectors"):
            agent(vector_toy_env(), seed=0)


BAD = [
    ("regularized_evolution", {"population_size": 0}, "population_size is a whole number from 1; got 0"),
    (
        "regularized_evolution",
        {"population_size": 5, "sample_size": 6},
        "at most population_size=5; got 6",
    ),
    ("local_search", {"starts": 1.5}, "starts is a whole number from 1; got 1.5"),
    ("local_search", {"full_neighbourhood": 1}, "full_neighbourhood is True or False; got 1"),
    ("simulated_annealing", {"temperature": -1}, "temperature is a number from 0; got -1"),
    ("simulated_annealing", {"final_ratio": 1.5}, "final_ratio is a number above 0 up to 1; got 1.5"),
    ("reinforce", {"learning_rate": 0}, "learning_rate is a number above 0; got 0"),
    ("reinforce", {"baseline_decay": float("nan")}, "baseline_decay is a number from 0 up to 1; got nan"),
    ("nsga2", {"population_size": 1}, "population_size is a whole number from 2; got 1"),
    ("nsga2", {"crossover": 1.5}, "crossover is a number from 0 up to 1; got 1.5"),
    ("pareto_evolution", {"initial": 0}, "initial is a whole number from 1; got 0"),
    ("cars", {"crossover": 0.7, "mutation": 0.7}, "together at most 1; got 1.4"),
    ("cars", {"revisit": "yes"}, "revisit is True or False; got 'yes'"),
    ("sb3_ppo", {"evaluations_per_update": 1}, "evaluations_per_update is a whole number from 2; got 1"),
    ("sb3_a2c", {"learning_rate": "fast"}, "learning_rate is a number above 0; got 'fast'"),
    ("sb3_dqn", {"final_exploration": 2}, "final_exploration is a number from 0 up to 1; got 2"),
    ("sb3_maskable_ppo", {"device": "abacus"}, "device='abacus' is no device of torch"),
]


@pytest.mark.parametrize(("name", "settings", "message"), BAD)
def test_bad_settings(name, settings, message):
    with pytest.raises(SettingError) as raised:
        made(name, env_of(name), seed=0, **settings)
    assert message in str(raised.value)


def test_agents_are_told_apart_when_loaded(tmp_path):
    agent, _ = learned("random")
    agent.save(tmp_path)
    with pytest.raises(SettingError, match=r"RandomSearch\.load"):
        load("reinforce").load(tmp_path, toy_env())
    path = tmp_path / "agent.json"
    path.write_text(path.read_text().replace("[3, 4, 3, 2, 4]", "[3, 4, 3, 2, 5]"))
    with pytest.raises(SettingError, match="learned on choices"):
        load("random").load(tmp_path, toy_env())


def test_the_room_needs_no_torch():
    code = "import sys, awnas_gym.agents; sys.exit('torch' in sys.modules or 'stable_baselines3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@every_case
def test_draws_and_proposals_are_legal_seeded_and_change_nothing(name, kind, constrained):
    agent, spy = learned(name, kind, constrained=constrained)
    before, evaluated = json.dumps(agent._state()), len(spy.archs)
    for of in (agent.sample, agent.propose):
        first, again = of(6, seed=1), of(6, seed=1)
        assert np.array_equal(first, again)
        assert np.array_equal(agent.space.check(first), first)
    assert len(agent.sample(6, seed=1)) == 6
    proposed = agent.propose(6, seed=1)
    assert 1 <= len({agent.space.key(row) for row in proposed}) == len(proposed) <= 6
    if name != "local_search":  # it names the neighbours that it has not looked at
        assert any(not np.array_equal(agent.sample(6, seed=s), agent.sample(6, seed=1)) for s in (2, 3, 4))
    assert (json.dumps(agent._state()), len(spy.archs)) == (before, evaluated)
