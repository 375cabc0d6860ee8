"""The native vector environment by its id: what it takes, what it refuses, what it remembers."""

from __future__ import annotations

import contextlib
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers.vector import DictInfoToList, RecordEpisodeStatistics

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.envs import Budget, History, Recorder, VectorArchitectureEnv, VectorRecorder, vector_known, vectorise
from awnas_gym.errors import AgentError, BudgetExhausted, SettingError, UnknownNameError
from tests.envs.test_vector import N, assert_same_step, chain_env, play_both
from tests.tiny_table import MISSING_INDEX, SPACE, class_rows
from tests.toy import TARGET, ToyEvaluator, toy_env

ID = "awnas/NASBench201-v0"


def make(tiny: str, **keywords: Any) -> gym.vector.VectorEnv:
    return gym.make_vec(ID, **{"num_envs": 3, "dataset": tiny, **keywords})


# -------------------------------------------------------------------- by its id


def test_make_vec_gives_the_native_one(tiny: str) -> None:
    env = make(tiny, trial="random")
    assert isinstance(env.unwrapped, VectorArchitectureEnv)
    assert (env.num_envs, env.metadata["autoreset_mode"]) == (3, AutoresetMode.SAME_STEP)
    assert env.single_action_space == gym.spaces.Discrete(5)
    assert env.single_observation_space == gym.spaces.MultiDiscrete([6] * 6)
    observation, _ = env.reset(seed=0)
    assert observation in env.observation_space
    assert env.spec is not None
    again = gym.make_vec(env.spec)
    assert_same_step(again.reset(seed=0), env.reset(seed=0))
    for _ in range(7):
        actions = env.action_space.sample()
        assert_same_step(again.step(actions), env.step(actions))
    env.close()
    assert env.closed


@pytest.mark.parametrize("mode", AutoresetMode)
def test_autoreset_mode_by_name_or_member(tiny: str, mode: AutoresetMode) -> None:
    assert make(tiny, autoreset_mode=mode).metadata["autoreset_mode"] is mode
    assert make(tiny, autoreset_mode=mode.value).metadata["autoreset_mode"] is mode


def test_settings_that_are_refused(tiny: str) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'SameStep'"):
        make(tiny, autoreset_mode="SameSteps")
    with pytest.raises(SettingError, match="num_envs is a whole number from 1"):
        make(tiny, num_envs=0)
    with pytest.raises(SettingError, match="max_episode_steps=5 would end it before its reward"):
        make(tiny, max_episode_steps=5)
    assert make(tiny, max_episode_steps=6).num_envs == 3
    with pytest.raises(UnknownNameError, match="action_mode"):
        make(tiny, action_mode="bild")
    with pytest.raises(SettingError, match="no native form of many"):
        gym.make_vec("awnas/NASBench201-MO-v0", num_envs=2)


def test_no_such_id_among_the_entry_points() -> None:
    from awnas_gym.catalog import vector

    with pytest.raises(AttributeError, match="no attribute 'awnas/NASBench201-v9'"):
        getattr(vector, "awnas/NASBench201-v9")


# -------------------------------------------------------------------- what is refused, changes nothing


BAD_ACTIONS = [
    np.zeros(2, np.int64),
    np.zeros((3, 1), np.int64),
    np.zeros(3),
    np.array([0, 5, 0]),
    np.array([0, -1, 0]),
    ["a", "b", "c"],
    None,
]


@pytest.mark.parametrize("actions", BAD_ACTIONS, ids=str)
def test_bad_actions(tiny: str, actions: Any) -> None:
    env, other = make(tiny), make(tiny)
    for each in (env, other):
        each.reset(seed=0)
    with pytest.raises(AgentError, match="actions here"):
        env.step(actions)
    assert_same_step(env.step(np.array([1, 2, 3])), other.step(np.array([1, 2, 3])))


def test_an_illegal_action_is_refused_before_anything_moves() -> None:
    env = vectorise(toy_env("build", invalid="raise"), 3)
    env.reset()
    env.step(np.array([0, 1, 2]))
    with pytest.raises(AgentError, match=r"actions of \[1\] are illegal here"):
        env.step(np.array([1, 1, 1]))
    np.testing.assert_array_equal(env.step(np.array([1, 0, 1]))[0][:, :2], [[1, 2], [2, 1], [3, 2]])


def test_steps_that_need_a_reset_first(tiny: str) -> None:
    env = make(tiny, action_mode="joint", autoreset_mode="Disabled")
    with pytest.raises(AgentError, match=r"call reset\(\) first"):
        env.step(env.action_space.sample())
    with pytest.raises(AgentError, match=r"call reset\(\) first"):
        env.reset(options={"reset_mask": np.array([True, False, True])})
    env.reset()
    env.step(env.action_space.sample())
    env.reset(options={"reset_mask": np.array([True, False, True])})
    with pytest.raises(AgentError, match=r"episodes of \[1\] are over"):
        env.step(env.action_space.sample())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"options": {"reset_mask": np.array([True])}}, "reset_mask is a bool array"),
        ({"options": {"reset_mask": np.zeros(3, bool)}}, "not all False"),
        ({"options": {"reset_mask": [True] * 3}}, "reset_mask is a bool array"),
        ({"options": {"fidelty": 1}}, "Did you mean 'fidelity'"),
        ({"options": {"fidelity": 77}}, "never measured"),
        ({"options": {"trial": 9}}, "legal: 'mean'"),
        ({"options": {"arch": [0] * 6}}, "No key named 'arch'"),
        ({"seed": [1, 2]}, "2 seeds for 3"),
        ({"seed": -1}, "seeds are whole numbers from 0"),
        ({"seed": [1, 2, "a"]}, "seeds are whole numbers from 0"),
    ],
    ids=str,
)
def test_resets_that_are_refused(tiny: str, arguments: dict[str, Any], message: str) -> None:
    env = make(tiny)
    env.reset(seed=5)
    state = [generator.bit_generator.state for generator in env.np_random]  # type: ignore[attr-defined]
    with pytest.raises(SettingError, match=message):
        env.reset(**arguments)
    assert [generator.bit_generator.state for generator in env.np_random] == state  # type: ignore[attr-defined]
    env.step(np.zeros(3, np.int64))


def test_the_options_stay_as_they_are(tiny: str) -> None:
    env, options = make(tiny), {"reset_mask": np.ones(3, bool), "fidelity": 1}
    env.reset(options=options)
    assert set(options) == {"reset_mask", "fidelity"}


# -------------------------------------------------------------------- equal to singles, more of it


def test_unrecorded_architectures(tiny: str) -> None:
    """One class of the table has no record, and pays the worst reward; another lacks a training."""
    representatives, class_of = class_rows()
    lost = SPACE.unindex([representatives[MISSING_INDEX], representatives[6], representatives[MISSING_INDEX], 99])
    assert class_of[SPACE.index(lost)[0]] == MISSING_INDEX
    for trial in ("mean", "random", 1):
        keywords = {"dataset": tiny, "action_mode": "joint", "trial": trial}
        ours = gym.make_vec(ID, num_envs=4, **keywords)
        theirs = SyncVectorEnv([lambda k=keywords: gym.make(ID, **k)] * 4, autoreset_mode=AutoresetMode.SAME_STEP)
        for env in (ours, theirs):
            env.reset(seed=1)
        results = ours.step(lost.astype(np.int64)), theirs.step(lost.astype(np.int64))
        final = [result[4].pop("final_info") for result in results]
        for one in (*final, *(result[4] for result in results)):
            one.pop("action_mask")
        assert_same_step([*results[0], final[0]], [*results[1], final[1]])
        assert final[0]["missing"].tolist()[::2] == [True, True]


@pytest.mark.parametrize("kind", ["build", "joint", "edit"])
def test_spaces_too_large_for_arrays(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_known, "LARGEST_ARRAY", 0)
    play_both(lambda: chain_env(kind), AutoresetMode.SAME_STEP, steps=15)


def test_edits_from_an_architecture() -> None:
    for mode in AutoresetMode:
        play_both(lambda: toy_env("edit", edits=3), mode, steps=14, options={"arch": TARGET.tolist()})
    env = vectorise(toy_env("edit"), 2)
    with pytest.raises(SettingError, match="arch is one architecture; got 2"):
        env.reset(options={"arch": [TARGET.tolist()] * 2})


def test_each_may_be_asked_for_another_trial(tiny: str) -> None:
    env = make(tiny, action_mode="joint")
    env.reset(seed=0)
    env.reset(options={"reset_mask": np.array([False, True, False]), "trial": 1, "fidelity": 2})
    final = env.step(np.full((3, 6), 3))[4]["final_info"]
    assert final["trial"].tolist() == ["mean", 1, "mean"]
    assert final["fidelity"].tolist() == [4, 2, 4]
    single = gym.make(ID, dataset=tiny, action_mode="joint", trial=1, fidelity=2)
    single.reset()
    assert final["metrics"]["valid_accuracy"][1] == single.step(np.full(6, 3))[1]


class Counting(ToyEvaluator):
    """Counts architectures that it evaluates."""

    def __init__(self, space: Any, version: str) -> None:
        super().__init__(space)
        self.version, self.evaluated = version, 0

    def evaluate(self, archs, **keywords):
        self.evaluated += len(archs)
        return super().evaluate(archs, **keywords)


@pytest.mark.parametrize(("version", "evaluated"), [("a checksum", 1), ("", 6)])
def test_only_numbers_with_a_version_are_kept(version: str, evaluated: int) -> None:
    single = toy_env("joint")
    single.judge.evaluator = Counting(single.space, version)
    env = vectorise(single, 2)
    env.reset()
    for _ in range(3):
        rewards = env.step(np.stack([TARGET, TARGET]))[1]
        assert rewards.tolist() == [1, 1]
    assert single.judge.evaluator.evaluated in {evaluated, evaluated + 1}


# -------------------------------------------------------------------- recorders


@pytest.mark.parametrize("kind", ["build", "joint"])
@pytest.mark.parametrize("invalid", ["repair", "penalty"])
def test_a_recorder_writes_what_those_of_singles_do(kind: str, invalid: str) -> None:
    histories = [History(Budget(evaluations=100)) for _ in range(2)]
    ours = VectorRecorder(vectorise(chain_env(kind, trial="random", invalid=invalid), N), histories[0])
    singles = [lambda: Recorder(chain_env(kind, trial="random", invalid=invalid), histories[1])] * N
    theirs = SyncVectorEnv(singles, autoreset_mode=AutoresetMode.SAME_STEP)
    rng = np.random.default_rng(0)
    for env in (ours, theirs):
        env.reset(seed=2)
    for _ in range(9):
        actions = rng.integers(ours.unwrapped._choices, size=ours.action_space.shape)
        np.testing.assert_array_equal(ours.step(actions)[1], theirs.step(actions)[1])
    records = [[{**record, "wall_s": 0} for record in history.records] for history in histories]
    assert records[0] == records[1]
    assert len(records[0]) >= 2 * N


def test_a_budget_ends_a_step_and_a_reset_follows() -> None:
    history = History(Budget(evaluations=4))
    env = VectorRecorder(vectorise(toy_env("joint"), 3), history)
    env.reset()
    actions = np.stack([TARGET] * 3)
    env.step(actions)
    with pytest.raises(BudgetExhausted):
        env.step(actions)
    assert len(history.records) == 4
    with pytest.raises(AgentError, match=r"call reset\(\) first"):
        env.step(actions)
    env.reset()
    with contextlib.suppress(BudgetExhausted):
        env.step(actions)
    assert len(history.records) == 4


def test_a_recorder_of_other_vectors_is_refused() -> None:
    with pytest.raises(SettingError, match="native vector environments"):
        VectorRecorder(gym.make_vec("CartPole-v1", num_envs=2), History(Budget(evaluations=1)))


# -------------------------------------------------------------------- beside Gymnasium


def test_attributes_and_methods(tiny: str) -> None:
    env = make(tiny).unwrapped
    env.reset(seed=4)
    assert [space.name for space in env.get_attr("space")] == ["nasbench201"] * 3
    assert env.call("horizon") == (6, 6, 6)
    assert env.np_random_seed == (4, 5, 6)
    assert env.call("np_random_seed") == (4, 5, 6)
    assert env.action_masks().dtype == np.bool_
    assert np.stack(env.call("action_masks")).tolist() == env.action_masks().tolist()
    assert env.call("report", [0] * 6)[2]["test_accuracy"] >= 0
    env.set_attr("note", ["a", "b", "c"])
    assert env.get_attr("note") == ("a", "b", "c")
    with pytest.raises(SettingError, match="2 values for 3"):
        env.set_attr("note", [1, 2])
    with pytest.raises(SettingError, match="same for all"):
        env.set_attr("judge", None)
    with pytest.raises(AttributeError, match="Did you mean 'horizon'"):
        env.get_attr("horizons")


def test_drawings(tiny: str) -> None:
    env = make(tiny, render_mode="ansi", action_mode="joint", autoreset_mode="NextStep")
    env.reset()
    env.step(np.array([[0] * 6, [1] * 6, [3] * 6]))
    drawings = env.render()
    single = gym.make(ID, dataset=tiny, render_mode="ansi", action_mode="joint")
    single.reset()
    single.step(np.array([1] * 6))
    assert drawings[1] == single.render()
    with pytest.warns(UserWarning, match="render_mode"):
        assert make(tiny).render() is None


def test_wrappers_of_gymnasium(tiny: str) -> None:
    """Each by itself: Gymnasium 1.2 cannot put one around the other."""
    listed, counted = DictInfoToList(make(tiny)), RecordEpisodeStatistics(make(tiny))
    listed.reset(seed=0)
    counted.reset(seed=0)
    for _ in range(6):
        *_, infos = listed.step(np.array([1, 2, 3]))
        _, rewards, _, _, about = counted.step(np.array([1, 2, 3]))
    assert [info["final_info"]["architecture"] for info in infos] == [SPACE.genotype([k] * 6) for k in (1, 2, 3)]
    assert about["episode"]["r"].tolist() == rewards.tolist()
