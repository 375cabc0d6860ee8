"""Vector rewards: equal to the recorded metrics, playable by MO-Gymnasium, fronts that are exact."""

from __future__ import annotations

import copy
import json
import pickle
import warnings
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.benchmarks import Column, load_table, write_table
from awnas_gym.envs import Budget, History, Judge, MOBuildEnv, MOJointEnv, Recorder
from awnas_gym.errors import MissingMetricError, RunFolderError, SettingError, UnknownNameError
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.objectives.vector import VectorObjective
from tests.envs.episodes import make as make_scalar
from tests.envs.episodes import play
from tests.tiny_table import MISSING_INDEX, SPACE, class_rows
from tests.toy import ToyEvaluator, ToySpace

ID = "awnas/NASBench201-MO-v0"
TWO = "accuracy,latency_ms"
"""The tiny table holds no parameters."""

kinds = pytest.mark.parametrize("kind", ["build", "joint"])


def make(tiny: str, **keywords: Any) -> gym.Env:
    return gym.make(ID, **{"dataset": tiny, "objectives": TWO, **keywords})


def everything(table: str, **asked: Any) -> np.ndarray:
    """Return (valid accuracy, minus latency) of every architecture, `[15625, 2]`."""
    metrics = TableEvaluator(load_table(table)).evaluate(
        SPACE.unindex(np.arange(SPACE.size)), rng=np.random.default_rng(0), **asked
    )
    return np.stack([metrics["valid_accuracy"], -metrics["latency_ms"]], axis=1)


@kinds
def test_equal_to_the_scalar_environment(tiny: str, kind: str) -> None:
    env, scalar = make(tiny, action_mode=kind), make_scalar(tiny, action_mode=kind)
    for arch in SPACE.sample(np.random.default_rng(0), 20):
        for ours, theirs in zip(env.reset(seed=1), scalar.reset(seed=1), strict=True):
            np.testing.assert_equal(ours, theirs)
        observation, reward, terminated, truncated, info = play(env, arch)
        expected = play(scalar, arch)
        np.testing.assert_array_equal(observation, expected[0])
        assert reward.dtype == np.float64
        if "missing" not in info:
            assert reward.tolist() == [expected[1], -expected[4]["metrics"]["latency_ms"]]
        assert (terminated, truncated) == expected[2:4]
        np.testing.assert_equal(info, expected[4])
        assert env.unwrapped.reward_space.contains(reward)


def test_nothing_is_earned_before_the_end(tiny: str) -> None:
    env = make(tiny)
    env.reset(seed=0)
    rewards = [env.step(3)[1] for _ in range(5)]
    for reward in rewards:
        np.testing.assert_array_equal(reward, [0.0, 0.0])
        assert env.unwrapped.reward_space.contains(reward)
    rewards[0] += 1  # as a wrapper may
    np.testing.assert_array_equal(rewards[1], [0.0, 0.0])


def test_what_is_not_recorded_earns_the_worst_of_each(tiny: str) -> None:
    env = make(tiny, action_mode="joint")
    env.reset(seed=0)
    _, reward, _, _, info = env.step(SPACE.unindex(class_rows()[0][MISSING_INDEX])[0])
    assert info["missing"] is True
    np.testing.assert_array_equal(reward, np.nanmin(everything(tiny)[np.isfinite(everything(tiny)[:, 0])], axis=0))


@pytest.mark.parametrize("objectives", [TWO, "accuracy,cost_s,latency_ms"])
@pytest.mark.parametrize("fidelity", [1, None])
def test_no_reward_lies_outside_the_reward_space(tiny: str, objectives: str, fidelity: int | None) -> None:
    """Whatever `reset` asks for."""
    env = make(tiny, action_mode="joint", objectives=objectives, fidelity=fidelity).unwrapped
    assert np.isfinite([env.reward_space.low, env.reward_space.high]).all()
    assert (env.reward_space.low[0], env.reward_space.high[0]) == (0.0, 1.0)
    for options in ({}, {"fidelity": 1}, {"fidelity": 4}, {"trial": 0}, {"trial": "random"}):
        env.reset(seed=0, options=options)
        for arch in SPACE.sample(np.random.default_rng(1), 200):
            reward = env.step(arch)[1]
            assert env.reward_space.contains(reward), (options, reward)
            env.reset()


def test_single_trainings_lie_within_the_reward_space(tmp_path: Any) -> None:
    """Here each has its own latency: the extremes are not those of the means."""
    rng = np.random.default_rng(0)
    dims = ("arch", "trial", "epoch")
    columns = {
        "valid_accuracy": Column(rng.random((SPACE.size, 3, 1), dtype=np.float32), dims),
        "latency_ms": Column(rng.random((SPACE.size, 3, 1), dtype=np.float32), dims),
    }
    space = {"name": SPACE.name, "settings": SPACE.settings}
    write_table(tmp_path / "trials.awnas", space=space, card={}, columns=columns)
    env = make(str(tmp_path / "trials.awnas")).unwrapped
    assert env.reward_space.low[1] == -columns["latency_ms"].values.max()


@pytest.mark.parametrize("asked", [{}, {"fidelity": 2, "trial": 1}, {"trial": "random"}], ids=str)
def test_the_front_is_exact(tiny: str, asked: dict[str, Any]) -> None:
    env = make(tiny, **asked).unwrapped
    rewards = everything(tiny, **({} if asked.get("trial") == "random" else asked))
    rewards = rewards[np.isfinite(rewards).all(axis=1)]
    by_latency = rewards[np.lexsort((-rewards[:, 0], -rewards[:, 1]))]  # quickest first: the next must be better
    front = by_latency[np.flatnonzero(np.diff(np.maximum.accumulate(by_latency[:, 0]), prepend=-1) > 0)]
    np.testing.assert_array_equal(np.array(env.pareto_front()), front)
    np.testing.assert_array_equal(env.ideal, front.max(axis=0))
    np.testing.assert_array_equal(env.nadir, front.min(axis=0))
    np.testing.assert_array_equal(env.reference_point, rewards.min(axis=0))
    np.testing.assert_array_equal(env.pareto_front(gamma=0.5)[0], front[0] * 0.5**5)
    if asked.get("trial") != "random":
        for arch, reward in zip(env.pareto_set(), env.pareto_front(), strict=True):
            env.reset(seed=0)
            np.testing.assert_array_equal(play(env, arch)[1], reward)


def test_hypervolumes(tiny: str) -> None:
    pytest.importorskip("moocore", reason="needs the extra [mo]")
    env = make(tiny).unwrapped
    front = np.array(env.pareto_front()) - env.reference_point
    steps = np.diff(front[:, 0], prepend=0.0)
    assert env.hypervolume() == pytest.approx((steps * front[:, 1]).sum())
    assert 0 < env.hypervolume(env.pareto_front()[:2]) < env.hypervolume()


def test_the_card_is_believed_for_its_own_objectives_alone(tiny: str, tmp_path: Any) -> None:
    table = load_table(tiny)
    said = {"objectives": ["valid_accuracy", "latency_ms"], "ideal": [9.0, 9.0], "nadir": [8.0, 8.0]}
    said |= {"reference_point": [7.0, 7.0], "pareto_size": 1, "hypervolume": 6.0}
    card = {**table.card, "multi_objective": said}
    write_table(tmp_path / "said.awnas", space=table.space, card=card, columns=table.columns)
    path = str(tmp_path / "said.awnas")
    env = make(path).unwrapped
    assert (env.ideal.tolist(), env.nadir.tolist(), env.reference_point.tolist()) == ([9, 9], [8, 8], [7, 7])
    assert env.hypervolume() == 6.0
    for others in ({"objectives": "latency_ms,accuracy"}, {"fidelity": 2}, {"trial": 0}, {"split": "train"}):
        assert make(path, **others).unwrapped.ideal.max() < 1


def test_the_embedded_table_has_three_objectives() -> None:
    env = gym.make(ID).unwrapped
    assert env.objectives == ("valid_accuracy", "latency_ms", "params")
    rewards = np.array(env.pareto_front())
    assert env.ideal.tolist() == rewards.max(axis=0).tolist()
    assert (env.reference_point <= env.nadir).all()


class FreshWeights(gym.Wrapper, gym.utils.RecordConstructorArgs):
    """`LinearReward` of MO-Gymnasium 1.3.2 hands out one array of weights at each step; Gymnasium 1.4 minds."""

    def __init__(self, env: gym.Env) -> None:
        gym.utils.RecordConstructorArgs.__init__(self)
        super().__init__(env)

    def step(self, action: Any) -> Any:
        *result, info = super().step(action)
        return *result, {**info, "reward_weights": info["reward_weights"].copy()}


@kinds
@pytest.mark.parametrize("mask_in_obs", [False, True])
def test_linear_reward_passes_the_checker(tiny: str, kind: str, mask_in_obs: bool) -> None:
    wrappers = pytest.importorskip("mo_gymnasium.wrappers", reason="needs the extra [mo]")
    env = make(tiny, action_mode=kind, mask_in_obs=mask_in_obs)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*is different from the unwrapped version.*")
        check_env(FreshWeights(wrappers.LinearReward(env.unwrapped, np.array([0.7, 0.3]))), skip_render_check=True)


@kinds
def test_linear_reward_of_one_objective_is_the_scalar_environment(tiny: str, kind: str) -> None:
    wrappers = pytest.importorskip("mo_gymnasium.wrappers", reason="needs the extra [mo]")
    env = wrappers.LinearReward(make(tiny, action_mode=kind), np.array([1.0, 0.0]))
    scalar = make_scalar(tiny, action_mode=kind)
    for arch in SPACE.sample(np.random.default_rng(0), 10):
        env.reset(seed=0)
        scalar.reset(seed=0)
        assert play(env, arch)[1] == play(scalar, arch)[1]


@kinds
def test_statistics_and_vectors_of_mo_gymnasium(tiny: str, kind: str) -> None:
    wrappers = pytest.importorskip("mo_gymnasium.wrappers", reason="needs the extra [mo]")
    vector = pytest.importorskip("mo_gymnasium.wrappers.vector", reason="needs the extra [mo]")

    def one() -> gym.Env:
        return wrappers.MORecordEpisodeStatistics(make(tiny, action_mode=kind), gamma=0.9)

    envs = vector.MOSyncVectorEnv([one] * 3)
    envs.reset(seed=0)
    archs = SPACE.sample(np.random.default_rng(0), 3)
    for actions in [archs] if kind == "joint" else archs.T:
        _, rewards, terminated, _, infos = envs.step(actions)
    assert terminated.all()
    expected = everything(tiny)[SPACE.index(archs)]
    np.testing.assert_allclose(rewards, expected, rtol=1e-6)  # the library keeps float32
    np.testing.assert_allclose(np.stack(list(infos["episode"]["r"])), expected, rtol=1e-6)
    envs.close()


def test_mo_gymnasiums_normalisation_may_write_into_rewards(tiny: str) -> None:
    wrappers = pytest.importorskip("mo_gymnasium.wrappers", reason="needs the extra [mo]")
    env = wrappers.MONormalizeReward(make(tiny), idx=1)
    env.reset(seed=0)
    for _ in range(6):
        reward = env.step(3)[1]
    assert reward[1] != 0.0
    env.reset()
    np.testing.assert_array_equal(env.unwrapped.step(3)[1], [0.0, 0.0])


def test_native_vectors_refuse(tiny: str) -> None:
    with pytest.raises(SettingError, match="has no native form of many"):
        gym.make_vec(ID, 2, dataset=tiny, objectives=TWO)


def test_histories_hold_vectors_and_answer_with_them(tiny: str, tmp_path: Path) -> None:
    rewards: list[list[float]] = []
    for evaluations in (3, 6):
        history = History(Budget(evaluations=evaluations), tmp_path / "history.jsonl")
        env = Recorder(make(tiny, action_mode="joint"), history)
        env.reset(seed=0)
        rewards = []
        for arch in SPACE.sample(np.random.default_rng(0), 6)[:evaluations]:
            env.reset()
            reward = env.step(arch)[1]
            assert (type(reward), reward.dtype, reward.shape) == (np.ndarray, np.float64, (2,))
            rewards.append(reward.tolist())
        history.close()
    lines = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    assert [line["reward"] for line in lines] == rewards
    found = everything(tiny)[SPACE.index(SPACE.sample(np.random.default_rng(0), 6))]
    np.testing.assert_array_equal(rewards, found)


@pytest.mark.parametrize("damaged", ['[0.5,"x"]', "[0.5,NaN]", '"x"', "[0.5,[1]]"])
def test_a_damaged_vector_is_named(tiny: str, tmp_path: Path, damaged: str) -> None:
    history = History(Budget(evaluations=1), tmp_path / "history.jsonl")
    env = Recorder(make(tiny, action_mode="joint"), history)
    env.reset(seed=0)
    env.step([3] * 6)
    history.close()
    text = (tmp_path / "history.jsonl").read_text()
    reward = json.dumps(json.loads(text)["reward"], separators=(",", ":"))
    (tmp_path / "history.jsonl").write_text(text.replace(reward, damaged))
    with pytest.raises(RunFolderError, match="is damaged: line 1"):
        History(Budget(evaluations=1), tmp_path / "history.jsonl")


def test_the_reference_of_searches(tiny: str) -> None:
    env = make(tiny).unwrapped
    assert env.reference == {
        "ideal": env.ideal.tolist(),
        "nadir": env.nadir.tolist(),
        "front": [row.tolist() for row in env.pareto_front()],
    }


class Penalised(ToyEvaluator):
    """The toy with a second metric."""

    yields = frozenset({"valid_accuracy", "latency_ms"})

    def evaluate(self, archs: Any, **asked: Any) -> dict[str, np.ndarray]:
        return {**super().evaluate(archs, **asked), "latency_ms": 1.0 + np.asarray(archs).sum(axis=1)}


@pytest.mark.parametrize(("kind", "actions"), [(MOBuildEnv, [2, 2, 1, 0, 2]), (MOJointEnv, [[2, 2, 1, 0, 2]])])
def test_a_penalty_is_the_worst_of_all(kind: Any, actions: Any) -> None:
    space = ToySpace()
    space.unindex = lambda numbers: space.everything  # type: ignore[method-assign] - its size is that of the legal
    env = kind(Judge(Penalised(space), VectorObjective(TWO)), invalid="penalty")
    env.reset(seed=0)
    for action in actions:
        _, reward, _, _, info = env.step(action)
    assert info["invalid"] is True
    np.testing.assert_array_equal(reward, [0.0, -(1.0 + space.everything.sum(axis=1).max())])
    reward += 1
    np.testing.assert_array_equal(env.reward_space.low, [0.0, -(1.0 + space.everything.sum(axis=1).max())])


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])  # noqa: S301 - ours
def test_copies_and_states(tiny: str, copied: Any) -> None:
    env = make(tiny, trial="random").unwrapped
    env.reset(seed=0)
    env.step(3)
    twin, other = copied(env), make(tiny).unwrapped
    other.reset()
    other.set_state(env.get_state())
    for choice in (1, 2, 3, 4, 0):
        rewards = [each.step(choice)[1].tolist() for each in (env, twin, other)]
        assert rewards[0] == rewards[1] == rewards[2]


def test_specifications_are_json(tiny: str) -> None:
    spec = make(tiny, action_mode="joint").spec
    again = gym.make(gym.envs.registration.EnvSpec.from_json(spec.to_json()))
    assert again.unwrapped.objectives == ("valid_accuracy", "latency_ms")
    assert spec.disable_env_checker


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"objectives": "accuracy,latency"}, UnknownNameError, "Did you mean 'latency_ms'"),
        ({"objectives": "accuracy"}, SettingError, "two or more different metrics"),
        ({"objectives": ["accuracy", "latency_ms"]}, SettingError, "it should be str"),
        ({"objectives": "accuracy,params"}, MissingMetricError, "needs params; this benchmark yields"),
        ({"objectives": "accuracy,test_accuracy"}, MissingMetricError, "needs test_accuracy"),
        ({"action_mode": "edit"}, UnknownNameError, "Known: build, joint"),
    ],
)
def test_wrong_keywords(tiny: str, keywords: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make(tiny, **keywords)


def test_a_scalar_objective_is_refused(tiny: str) -> None:
    with pytest.raises(SettingError, match="MOBuildEnv has vector rewards; Accuracy gives none"):
        MOBuildEnv(make_scalar(tiny).unwrapped.judge)
