"""DARTS: the softmax climbs the gradient; the eigenvalue ends a search."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.envs import Judge, Phases, RelaxedEnv
from awnas_gym.errors import SettingError
from awnas_gym.objectives.accuracy import Accuracy
from awnas_gym.testing.mixtures import Mixtures

torch = pytest.importorskip("torch", reason="the agent needs torch: pip install 'awnas-gym[torch]'")

from awnas_gym.agents.relaxed.darts import DARTS  # noqa: E402
from awnas_gym.agents.relaxed.stopping import EigenvalueStop  # noqa: E402


def env(max_steps: int = 100, **keywords: Any) -> RelaxedEnv:
    return RelaxedEnv(Judge(Mixtures(), Accuracy()), phases=Phases(weight_steps=0, max_steps=max_steps), **keywords)


def test_an_update_is_a_step_of_adam_up_the_reward_through_the_softmax() -> None:
    world = env()
    agent = DARTS(world, seed=0, learning_rate=0.1, weight_decay=0.01)
    logits = agent.logits.detach().clone().requires_grad_()
    optimiser = torch.optim.Adam([logits], lr=0.1, betas=(0.5, 0.999), weight_decay=0.01)
    agent.learn(3)
    goal = torch.tensor(world.judge.evaluator.goal, dtype=torch.float32)
    for _ in range(3):
        loss = ((torch.softmax(logits, dim=1) - goal) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert torch.allclose(agent.logits, logits, atol=1e-5)


def test_it_finds_the_goal() -> None:
    world = env(max_steps=400)
    agent = DARTS(world, seed=0, learning_rate=0.1).learn(400)
    goal = world.judge.evaluator.goal
    rows = goal.sum(axis=1) == 1
    found = world.space.relax(agent.propose(1, seed=0)[0])
    assert np.array_equal(found[rows], goal[rows])


def stopped_at(values: list[float]) -> int | None:
    stop = EigenvalueStop(0.75, 2)
    for i, value in enumerate(values):
        stop.hear(value, torch.full((1, 1), float(i)))
        if stop.stopped:
            assert float(stop.strengths) == i - 2
            return i
    return None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 1, 1, 1, 1, 1], None),
        ([1, 1, 1, 1.5, 1.5], 4),
        ([1, 1, 3], None),
        ([1, 1, 2, 2], 3),
        ([4, 3, 2, 1, 1], None),
    ],
)
def test_the_search_ends_when_the_eigenvalue_grows_too_fast(values: list[float], expected: int | None) -> None:
    assert stopped_at(values) == expected


def test_a_stopped_agent_gives_what_was_strongest_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = iter([1.0, 1.0, 1.0, 1.0, 5.0, 5.0])
    monkeypatch.setattr(Mixtures, "eigenvalue", lambda _self, _weights: next(values))
    world = env(eigenvalue_every=3)
    agent = DARTS(world, seed=0, learning_rate=0.1, stop_ratio=0.75, stop_window=2)
    early: list[Any] = []
    agent.learn(100, lambda who, _arch, _reward: early.append(who.probabilities().detach().clone()))
    assert agent.finished
    assert len(early) == 13, "eigenvalues come with gradients 1, 4, 7, 10, 13"
    observation, _ = world.reset()
    assert np.array_equal(agent.predict(observation, deterministic=True)[0], early[6].numpy().ravel())
    assert agent.learn(10).phases == 13
    agent.save(tmp_path)
    again = DARTS.load(tmp_path, world)
    assert again.finished
    assert np.array_equal(again.predict(observation, deterministic=True)[0], early[6].numpy().ravel())


def test_eigenvalues_that_nobody_measures_are_missed_at_once() -> None:
    with pytest.raises(SettingError, match="give the environment eigenvalue_every"):
        DARTS(env(), seed=0, stop_ratio=0.75).learn(10)
    for keywords in ({"stop_ratio": 0.0}, {"stop_ratio": 0.75, "stop_window": 0}):
        with pytest.raises(SettingError, match="stop_"):
            DARTS(env(), seed=0, **keywords)
