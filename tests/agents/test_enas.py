"""The controller: baseline, updates, files; runs on shared weights that resume."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest

from awnas_gym import search
from awnas_gym.errors import CheckpointError, SettingError, UnknownNameError
from tests.toy import TARGET, Spy, toy_env

torch = pytest.importorskip("torch", reason="the controller needs torch: pip install 'awnas-gym[torch]'")

from awnas_gym.agents.enas import ENASController  # noqa: E402
from awnas_gym.agents.policies.losses import ppo_loss  # noqa: E402

SMALL = {"hidden": 8, "attention": 8}
CELLS = {"id": "awnas/CNN-ENAS-v0", "channels": 2, "cells": 2, "batch_size": 500, "eval_batch_size": 10}


def make(kind="joint", *, constrained=False, **settings):
    return ENASController(toy_env(kind, constrained=constrained), seed=0, **{**SMALL, **settings})


def weights(agent):
    return torch.cat([p.detach().reshape(-1).clone() for p in agent.policy.parameters()])


def gradient(agent, archs, advantages):
    """Return d mean(log-probability times advantage) / d weights."""
    agent.policy.zero_grad()
    (agent.policy(archs)[0].sum(dim=1) * torch.tensor(advantages)).mean().backward()
    found = [torch.zeros_like(p) if p.grad is None else p.grad for p in agent.policy.parameters()]
    agent.policy.zero_grad()
    return torch.cat([g.reshape(-1) for g in found])


def test_the_baseline_moves_before_it_is_compared_with():
    """As in the authors' code: b -= (1 - d) (b - r), then the advantage is r - b; the entropy is part of r."""
    agent = make(baseline_decay=0.9, entropy_weight=0.0)
    agent.tell([TARGET], [0.5])
    assert agent.baseline == pytest.approx(0.05)
    agent.tell([TARGET], [0.4])
    assert agent.baseline == pytest.approx(0.05 + 0.1 * 0.35)
    assert [each.advantage for each in agent._waiting] == pytest.approx([0.45, 0.315])
    agent = make(baseline_decay=0.9, entropy_weight=0.01, initial_baseline=None)
    agent.tell([TARGET], [0.5])
    entropy = float(agent.policy([TARGET])[1].sum())
    assert 4 < entropy < np.log(3 * 4 * 3 * 2 * 4) + 1e-5
    assert agent.baseline == pytest.approx(0.5 + 0.01 * entropy)
    assert agent._waiting[0].advantage == 0


def test_an_update_averages_the_gradients_of_its_architectures():
    agent = make(aggregate=3, beta1=0.0, epsilon=1.0, learning_rate=0.1, entropy_weight=0.0, initial_baseline=0.0)
    archs = agent.space.sample(np.random.default_rng(0), 3)
    rewards = [0.9, 0.1, 0.4]
    before = weights(agent)
    agent.tell(archs[:2], rewards[:2])
    assert torch.equal(weights(agent), before)
    assert agent.policy_updates == 0
    baseline, advantages = 0.0, []
    for reward in rewards:
        baseline += 0.01 * (reward - baseline)
        advantages.append(reward - baseline)
    expected = gradient(agent, archs, advantages)
    agent.tell(archs[2:], rewards[2:])
    # Adam's first step without momentum is lr * g / (|g| + epsilon).
    assert torch.allclose(weights(agent) - before, 0.1 * expected / (expected.abs() + 1.0), atol=1e-7)
    assert agent.policy_updates == 1
    assert agent.statistics["mean_reward"] == pytest.approx(np.mean(rewards))
    assert agent.statistics["best_reward"] == 0.9
    assert agent.statistics["baseline"] == pytest.approx(baseline)


def test_ppo_begins_as_reinforce():
    archs, found = make().space.sample(np.random.default_rng(0), 4), []
    for settings in ({}, {"update": "ppo", "epochs": 1}):
        agent = make(aggregate=4, **settings)
        agent.tell(archs, [0.1, 0.9, 0.3, 0.2])
        found.append(weights(agent))
    assert torch.allclose(*found, atol=1e-7)


def test_every_epoch_of_ppo_compares_with_the_odds_at_the_draw(monkeypatch):
    calls = []

    def spy(log_probs, old, advantages, clip):
        calls.append((log_probs.detach().clone(), old.clone(), clip))
        return ppo_loss(log_probs, old, advantages, clip)

    monkeypatch.setattr("awnas_gym.agents.enas.ppo_loss", spy)
    agent = make(aggregate=4, update="ppo", epochs=3, clip=0.3)
    archs = agent.space.sample(np.random.default_rng(0), 4)
    with torch.no_grad():
        drawn, _ = agent.policy(archs)
    agent.tell(archs, [0.1, 0.9, 0.3, 0.2])
    assert len(calls) == 3
    for epoch, (log_probs, old, clip) in enumerate(calls):
        assert torch.equal(old, drawn)
        assert torch.allclose(log_probs, old, atol=1e-6) == (epoch == 0)
        assert clip == 0.3


def test_all_that_is_told_at_once_has_the_odds_of_the_policy_that_drew_it():
    agent = make(aggregate=2, update="ppo")
    archs = agent.space.sample(np.random.default_rng(1), 5)
    with torch.no_grad():
        before, _ = agent.policy(archs)
    agent.tell(archs, [0.1, 0.9, 0.3, 0.2, 0.4])
    assert agent.policy_updates == 2
    assert torch.equal(agent._waiting[0].log_probs, before[4])


@pytest.mark.parametrize("update", ["reinforce", "ppo"])
def test_the_policy_finds_the_planted_architecture(update):
    spy = Spy(toy_env("joint", constrained=True))
    agent = ENASController(spy, seed=0, update=update, tanh_constant=2.5, initial_baseline=None).learn(300)
    assert np.mean(spy.rewards[-50:]) > 0.85
    odds = np.exp(agent.policy([TARGET])[0].sum().item())
    assert odds > 20 / len(agent.space.everything)
    assert agent.statistics["entropy"] < 2.5


def test_weights_do_not_depend_on_the_global_generator_and_leave_it_and_threads_alone():
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    torch.manual_seed(1)
    state = torch.get_rng_state()
    one = make().learn(25)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(2)
    assert torch.equal(weights(one), weights(make().learn(25)))
    assert torch.get_num_threads() == 2
    torch.set_num_threads(threads)


@pytest.mark.parametrize("update", ["reinforce", "ppo"])
@pytest.mark.parametrize("evaluations", [7, 13, 20])
def test_a_loaded_controller_goes_on_between_updates_too(update, evaluations, tmp_path):
    settings = {"update": update, "aggregate": 5, "initial_baseline": None}
    whole, half = make(**settings).learn(40), make(**settings).learn(evaluations)
    half.save(tmp_path)
    loaded = ENASController.load(tmp_path, toy_env("joint", constrained=False))
    assert loaded.statistics == half.statistics
    loaded.learn(40 - evaluations)
    assert torch.equal(weights(loaded), weights(whole))
    assert (loaded.baseline, loaded.policy_updates) == (whole.baseline, whole.policy_updates)


def test_saving_twice_leaves_one_checkpoint_and_a_damaged_one_is_named(tmp_path):
    agent = make(aggregate=2).learn(3)
    agent.save(tmp_path)
    agent.learn(2).save(tmp_path)
    (tensors,) = tmp_path.glob("*.safetensors")
    tensors.write_bytes(tensors.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match="truncated or altered"):
        ENASController.load(tmp_path, toy_env("joint"))


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"network": "anchor"}, SettingError, "use network='embed'"),
        ({"update": "pg"}, UnknownNameError, "No update named 'pg'.*Known: ppo, reinforce"),
        ({"temperature": 0}, SettingError, "temperature is a number above 0; got 0"),
        ({"operation_bias": 10}, SettingError, "operation_bias is a list of numbers; got 10"),
        ({"first_cell_bias": ["a"]}, SettingError, r"first_cell_bias\[0\] is a number"),
        ({"separate_cells": 1}, SettingError, "separate_cells is True or False; got 1"),
        ({"beta1": 1.0}, SettingError, "beta1 is a number from 0 up to 0.9999; got 1.0"),
        ({"device": "abacus"}, SettingError, "device='abacus' is no device of torch"),
    ],
)
def test_what_does_not_fit_is_refused(settings, error, message):
    with pytest.raises(error, match=message):
        make(**settings)


# ------------------------------------------------------------------ on environments


def test_it_plays_a_table():
    import awnas_gym  # noqa: F401 - registers the ids

    env = gym.make("awnas/NASBench201-v0")
    agent = ENASController(env, seed=0, **SMALL).learn(6 * 20)
    assert agent.evaluations == 20
    assert agent.policy_updates == 2


class KilledError(Exception):
    pass


@pytest.mark.parametrize(
    ("environment", "update"),
    [
        ({"action_mode": "joint"}, "ppo"),
        ({"action_mode": "build", "schedule": "epochs", "episodes": 3, "pool": 2}, "reinforce"),
    ],
)
def test_a_run_on_shared_weights_that_was_killed_goes_on_as_if_it_was_not(tmp_path, environment, update):
    agent = {"name": "enas", **SMALL, "aggregate": 2, "update": update}
    config = search.Run(environment={**CELLS, **environment}, agent=agent, budget={"evaluations": 9}, seed=3)

    def kill(record):
        if record["n"] == 6:
            raise KilledError

    whole = search.run(config, tmp_path / "whole", checkpoint_every=4).records
    with pytest.raises(KilledError):
        search.run(config, tmp_path / "killed", checkpoint_every=4, on_record=kill)
    resumed = search.run(config, tmp_path / "killed", checkpoint_every=4).records
    assert len({record["architecture"] for record in whole}) == 9
    for a, b in zip(whole, resumed, strict=True):
        assert {k: v for k, v in a.items() if k not in {"wall_s", "cost_s"}} == {
            k: v for k, v in b.items() if k not in {"wall_s", "cost_s"}
        }
