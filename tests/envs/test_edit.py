"""The edit kind: starts, legal edits, changes of the objective, and what a search records of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from awnas_gym.agents import AGENTS
from awnas_gym.envs import Budget, History, Recorder
from awnas_gym.errors import AgentError, BudgetExhausted, IllegalArchitectureError, SettingError
from awnas_gym.search import Run, run
from awnas_gym.spaces.edits import edit_masks, edit_offsets
from tests.envs.episodes import ID, make
from tests.spaces.constrained import Chain
from tests.toy import TARGET, ToySpace, toy_env

STEP_BY_STEP = [name for name in AGENTS if name.startswith("sb3_")]


@pytest.mark.parametrize("space", [ToySpace(), ToySpace(constrained=False), Chain()], ids=["toy", "free", "chain"])
def test_legal_edits_are_the_neighbours(space: Any) -> None:
    """`neighbours` decodes each candidate left to right; the masks never do."""
    archs = space.sample(np.random.default_rng(0), 40)
    masks = edit_masks(space, archs)
    for arch, mask in zip(archs, masks, strict=True):
        edits = np.flatnonzero(mask)
        decisions = np.searchsorted(edit_offsets(space), edits, side="right") - 1
        found = np.repeat(arch[None], len(edits), axis=0)
        found[np.arange(len(edits)), decisions] = edits - edit_offsets(space)[decisions]
        np.testing.assert_array_equal(found, space.neighbours(arch))


def test_where_no_edit_is_legal_those_that_change_nothing_are() -> None:
    class Equal(ToySpace):
        """Every decision repeats the first."""

        cardinalities = (2, 2, 2)
        decision_names = ("a", "b", "c")

        def mask(self, prefix: Any) -> Any:
            row = np.asarray(prefix, dtype=np.int64)
            return np.arange(2) == row[0] if len(row) else np.ones(2, dtype=np.bool_)

    np.testing.assert_array_equal(edit_masks(Equal(), np.array([[1, 1, 1]])), [[0, 1, 0, 1, 0, 1]])


def test_an_episode(tiny: str) -> None:
    env = make(tiny, action_mode="edit", edits=3)
    start = np.array([3, 0, 1, 2, 4, 3])
    observation, info = env.reset(seed=0, options={"arch": start})
    assert env.action_space == gym.spaces.Discrete(30)
    np.testing.assert_array_equal(observation, [*(start + 1), 3])
    assert info["value"] == info["metrics"]["valid_accuracy"]
    values, arch = [info["value"]], start.copy()
    for left, (edge, operation) in zip((2, 1, 0), [(0, 4), (5, 0), (0, 3)], strict=True):
        arch[edge] = operation
        observation, reward, terminated, truncated, info = env.step(5 * edge + operation)
        np.testing.assert_array_equal(observation, [*(arch + 1), left])
        values.append(info["metrics"]["valid_accuracy"])
        assert reward == pytest.approx(values[-1] - values[-2])
        assert info["value"] == values[-1]
        assert (terminated, truncated, info["invalid"]) == (left == 0, False, False)
        assert info["architecture"] == env.get_wrapper_attr("space").genotype(arch)
        assert {"arch_key", "cost_s", "split", "fidelity", "trial"} <= info.keys()
    assert not info["action_mask"].any()
    with pytest.raises(AgentError, match=r"call reset\(\)"):
        env.step(0)


def test_random_starts_follow_the_seed() -> None:
    def starts(seed: int) -> list[str]:
        env = toy_env("edit")
        return [env.reset(seed=seed)[1]["architecture"], *(env.reset()[1]["architecture"] for _ in range(9))]

    assert starts(1) == starts(1) != starts(2)
    assert len(set(starts(1))) > 5
    for start in starts(1):
        ToySpace().parse(start)


def test_before_the_first_reset_there_is_nothing_to_edit() -> None:
    env = toy_env("edit")
    assert not env.action_masks().any()
    with pytest.raises(AgentError, match=r"call reset\(\)"):
        env.step(0)


# 2-3-1-0-2 is the target; every value of the toy is a share of five. Choices are numbered 0-2, 3-6, 7-9, 10-11, 12-15.
NEAR = [2, 1, 0, 1, 2]
ILLEGAL = 1
"""The first decision would become the second's 1. Of the legal [0, 6, 9, 12, 15] it is repaired to number 1 % 5: 6."""


def test_repair_counts_through_the_legal_edits() -> None:
    history = History(Budget(evaluations=9))
    env = Recorder(toy_env("edit"), history)
    _, info = env.reset(seed=0, options={"arch": NEAR})
    assert np.flatnonzero(info["action_mask"]).tolist() == [0, 6, 9, 12, 15]
    assert info["value"] == pytest.approx(0.4)
    observation, reward, _, _, info = env.step(ILLEGAL)
    np.testing.assert_array_equal(observation[:5], np.array([2, 3, 0, 1, 2]) + 1)
    assert (reward, info["invalid"]) == (pytest.approx(0.2), True)
    assert [record["invalid"] for record in history.records] == [False, True]
    _, _, _, _, info = env.step(0)
    assert (info["invalid"], history.records[2]["invalid"]) == (False, False), "each edit is judged by itself"


def test_a_penalty_is_paid_and_the_history_holds_the_value() -> None:
    history = History(Budget(evaluations=9))
    env = Recorder(toy_env("edit", invalid="penalty"), history)
    env.reset(seed=0, options={"arch": NEAR})
    _, reward, _, _, info = env.step(ILLEGAL)
    assert (reward, info["value"]) == (-1.0, pytest.approx(0.6))
    assert (history.records[1]["reward"], history.records[1]["invalid"]) == (pytest.approx(0.6), True)
    _, reward, _, _, _ = env.step(12)  # the last decision becomes 0
    assert reward == pytest.approx(-0.2)
    assert [record["reward"] for record in history.records] == pytest.approx([0.4, 0.6, 0.4])


def test_a_refused_edit_changes_nothing() -> None:
    history = History(Budget(evaluations=9))
    env = Recorder(toy_env("edit", invalid="raise"), history)
    env.reset(seed=0, options={"arch": NEAR})
    before = env.unwrapped.get_state()
    with pytest.raises(AgentError, match="is illegal here"):
        env.step(ILLEGAL)
    assert env.unwrapped.get_state() == before
    assert len(history.records) == 1


@pytest.mark.parametrize(
    ("arch", "error", "message"),
    [
        ([0, 0, 0, 0, 0], IllegalArchitectureError, "two neighbours are equal"),
        ([9, 0, 1, 0, 1], IllegalArchitectureError, "decision 0"),
        ([0, 1], IllegalArchitectureError, r"shape \[batch, 5\]"),
        ([[0, 1, 0, 1, 0]] * 2, SettingError, "one architecture; got 2"),
        ([0.5] * 5, IllegalArchitectureError, "integers"),
        ("0-1-0-1-0", SettingError, "it should be list or tuple or ndarray"),
    ],
    ids=str,
)
def test_a_start_that_is_none_is_refused_and_nothing_changes(arch: Any, error: type[Exception], message: str) -> None:
    env = toy_env("edit")
    env.reset(seed=0)
    before = env.get_state()
    with pytest.raises(error, match=message):
        env.reset(seed=1, options={"arch": arch})
    assert env.get_state() == before


@pytest.mark.parametrize("kind", ["build", "joint"])
def test_the_other_kinds_have_no_start(kind: str) -> None:
    with pytest.raises(SettingError, match="No key named 'arch'"):
        toy_env(kind).reset(options={"arch": TARGET})


def test_states_hold_the_value(tiny: str) -> None:
    env, twin = (make(tiny, action_mode="edit", trial="random").unwrapped for _ in range(2))
    env.reset(seed=0)
    env.step(3)
    twin.set_state(json.loads(json.dumps(env.get_state())))
    for action in (8, 14, 29, 0):
        for ours, theirs in zip(env.step(action)[:3], twin.step(action)[:3], strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    "change",
    [{"value": "1"}, {"value": float("nan")}, {"steps": 6}, {"steps": -1}, {"arch": [-1] * 5}, {"arch": [0] * 5}],
    ids=str,
)
def test_what_is_no_state_is_refused(change: dict[str, Any]) -> None:
    env = toy_env("edit")
    env.reset(seed=0)
    before = env.get_state()
    with pytest.raises(SettingError, match="state: "):
        env.set_state({**before, **change})
    assert env.get_state() == before


def test_the_budget_counts_starts() -> None:
    history = History(Budget(evaluations=3))
    env = Recorder(toy_env("edit", edits=1), history)
    env.reset(seed=0)
    env.step(int(np.flatnonzero(env.unwrapped.action_masks())[0]))
    env.reset()
    with pytest.raises(BudgetExhausted):
        env.step(0)
    with pytest.raises(BudgetExhausted):
        env.reset()
    with pytest.raises(AgentError, match=r"call reset\(\)"):
        env.step(0)
    assert len(history.records) == 3


def comparable(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in record.items() if name != "wall_s"} for record in records]


@pytest.mark.parametrize("agent", STEP_BY_STEP)
@pytest.mark.parametrize("trial", ["mean", "random"])
def test_a_search_spends_its_budget_and_resumes(tiny: str, tmp_path: Path, agent: str, trial: str) -> None:
    pytest.importorskip("sb3_contrib", reason="needs the extra [sb3]")
    config = Run(
        environment={"id": ID, "dataset": tiny, "action_mode": "edit", "edits": 3, "trial": trial},
        agent={"name": agent},
        budget={"evaluations": 45},
    )
    whole = run(config, tmp_path)
    assert len(whole.records) == whole.summary["evaluations"] == 45
    assert whole.summary["policy_updates"] > 0
    path = tmp_path / "history.jsonl"
    path.write_bytes(path.read_bytes()[:4000])
    (tmp_path / "summary.json").unlink()
    assert comparable(run(config, tmp_path).records) == comparable(whole.records)


def test_learning_hears_of_each_edit_and_masks_predictions() -> None:
    pytest.importorskip("sb3_contrib", reason="needs the extra [sb3]")
    env = toy_env("edit", invalid="raise", edits=4)
    heard: list[tuple[Any, float]] = []
    agent = AGENTS.load("sb3_maskable_ppo")(env, seed=0)
    agent.learn(40, lambda _, arch, value: heard.append((arch, value)))
    assert len(heard) == 40
    assert all(value == pytest.approx((arch == TARGET).mean()) for arch, value in heard)
    observation, info = env.reset(seed=1, options={"arch": NEAR})
    drawn = {int(agent.predict(observation)[0]) for _ in range(60)}
    assert drawn <= set(np.flatnonzero(info["action_mask"]).tolist())
    assert agent.predict(np.stack([observation] * 3))[0].shape == (3,)


def test_dqn_learns_to_climb() -> None:
    """On a hill of five decisions; random edits end at .3 on average."""
    pytest.importorskip("sb3_contrib", reason="needs the extra [sb3]")
    env = toy_env("edit", constrained=False)
    agent = AGENTS.load("sb3_dqn")(env, seed=0).learn(2500)
    ends = []
    for seed in range(20):
        observation, done = env.reset(seed=seed)[0], False
        while not done:
            observation, _, done, _, info = env.step(int(agent.predict(observation, deterministic=True)[0]))
        ends.append(info["value"])
    assert np.mean(ends) > 0.6
