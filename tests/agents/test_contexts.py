"""Agents where each episode is another problem: those that look learn it, the others say that they cannot."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from awnas_gym.agents import AGENTS
from awnas_gym.errors import SettingError
from awnas_gym.search import Run, run

ID = "awnas/NASBench201-Context-v0"


def environment(tiny: str, **keywords: Any) -> dict[str, Any]:
    return {"datasets": tiny, "devices": "cpu-1t,cpu-2t", "test_devices": "eyeriss", **keywords}


@pytest.mark.parametrize("name", ["random", "regularized_evolution", "reinforce", "local_search"])
@pytest.mark.parametrize("action_mode", ["build", "joint"])
def test_searches_need_one_context(tiny: str, name: str, action_mode: str) -> None:
    with pytest.raises(SettingError, match="each episode is another problem; make the environment with context="):
        AGENTS.load(name)(gym.make(ID, **environment(tiny)))
    part = {"id": ID, **environment(tiny, action_mode=action_mode, context=f"{tiny}/eyeriss/0.3")}
    outcome = run(Run(environment=part, agent={"name": name}, budget={"evaluations": 30}, seed=0))
    assert {record["context"] for record in outcome.records} == {f"{tiny}/eyeriss/0.3"}
    assert outcome.summary["incumbent"]["reward"] == max(record["reward"] for record in outcome.records)
    assert outcome.summary["reference"]["best"] >= outcome.summary["incumbent"]["reward"]


def test_a_run_has_one_result(tiny: str) -> None:
    pytest.importorskip("sb3_contrib", reason="needs the extra [sb3]")
    part = {"id": ID, **environment(tiny)}
    with pytest.raises(SettingError, match="a run looks for one best architecture"):
        run(Run(environment=part, agent={"name": "sb3_ppo"}, budget={"evaluations": 30}))


@pytest.mark.parametrize("keywords", [{}, {"mask_in_obs": True}, {"action_mode": "joint"}], ids=str)
def test_agents_that_look_learn_all_of_them(tiny: str, keywords: dict[str, Any]) -> None:
    pytest.importorskip("sb3_contrib", reason="needs the extra [sb3]")
    env = gym.make(ID, **environment(tiny, **keywords))
    seen = set()
    agent = AGENTS.load("sb3_maskable_ppo")(env, seed=0, hidden=8)
    agent.learn(20 * env.get_wrapper_attr("horizon"), lambda *_: seen.add(env.get_wrapper_attr("context")))
    assert len(seen) > 15
    env.reset(options={"context": f"{tiny}/eyeriss/0.3"})
    rows = agent.propose(3, seed=0)
    assert len(rows) == 3
    observation, _ = env.reset(options={"context": f"{tiny}/eyeriss/0.3"})
    first = np.atleast_1d(agent.predict(observation, deterministic=True)[0])
    np.testing.assert_array_equal(first, rows[0][: len(first)])
