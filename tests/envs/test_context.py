"""Each episode another problem: what is drawn, shown, earned and recorded."""

from __future__ import annotations

import copy
import pickle
import warnings
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env as check_by_gymnasium

from awnas_gym.benchmarks import load_table
from awnas_gym.envs import Budget, History, Judge, Recorder
from awnas_gym.envs.context import GRID, HIGHEST, LOWEST, ContextEnv
from awnas_gym.envs.target import Target
from awnas_gym.errors import AgentError, MissingMetricError, RunFolderError, SettingError, UnknownNameError
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.hardware import open_cost
from awnas_gym.objectives.accuracy import Accuracy
from awnas_gym.testing import check_env
from tests.envs.episodes import play

ID = "awnas/NASBench201-Context-v0"
DEVICES = {"devices": "cpu-1t,latency_ms", "test_devices": "eyeriss"}
MODES = [{}, {"action_mode": "joint"}, {"mask_in_obs": True}, {"contexts": "test", "trial": "random"}]


def make(tiny: str, **keywords: Any) -> gym.Env:
    return gym.make(ID, **{"datasets": tiny, **DEVICES, **keywords})


def inner(tiny: str, **keywords: Any) -> ContextEnv:
    env = make(tiny, **keywords).unwrapped
    assert isinstance(env, ContextEnv)
    return env


def evaluator(tiny: str) -> TableEvaluator:
    return TableEvaluator(load_table(tiny))


@pytest.mark.parametrize("keywords", MODES, ids=str)
def test_contracts(tiny: str, keywords: dict[str, Any]) -> None:
    check_env(make(tiny, **keywords))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_by_gymnasium(make(tiny, **keywords).unwrapped, skip_render_check=True)


@pytest.mark.parametrize("keywords", MODES, ids=str)
def test_sb3_check_env(tiny: str, keywords: dict[str, Any]) -> None:
    checker = pytest.importorskip("stable_baselines3.common.env_checker", reason="needs the extra [sb3]")
    checker.check_env(make(tiny, **keywords).unwrapped, warn=False)


@pytest.mark.parametrize("level", [0.1, 0.62])
def test_the_reward_is_accuracy_on_a_scale_minus_what_is_above_the_budget(tiny: str, level: float) -> None:
    env, table = inner(tiny, penalty=3.0, action_mode="joint"), evaluator(tiny)
    archs = table.population()
    accuracy = table.vector("valid_accuracy", 4, "mean")
    latency = open_cost("eyeriss", table.space)(archs)["latency_ms"]
    budget = np.sort(latency)[round(level * (len(latency) - 1))]
    assert (latency <= budget).mean() == pytest.approx(level, abs=0.01)
    scale = np.nanmax(accuracy) - np.nanmean(accuracy)
    wanted = (accuracy - np.nanmean(accuracy)) / scale - 3 * np.maximum(0, latency / budget - 1)
    for i in np.flatnonzero(np.isfinite(accuracy))[::2500]:
        _, info = env.reset(options={"context": f"{tiny}/eyeriss/{level}"})
        assert info["context"] == env.context == f"{tiny}/eyeriss/{level}"
        assert env.step(archs[i])[1] == pytest.approx(wanted[i], abs=1e-9)
    assert env.best_reward == pytest.approx(np.nanmax(wanted), abs=1e-9)


def test_what_is_not_recorded_earns_the_worst_of_the_context(tiny: str) -> None:
    env, table = inner(tiny, action_mode="joint", context=f"{tiny}/cpu-1t/0.3"), evaluator(tiny)
    unknown = int(np.flatnonzero(np.isnan(table.vector("valid_accuracy", 4, "mean")))[0])
    env.reset(seed=0)
    _, reward, _, _, info = env.step(table.population()[unknown])
    assert info["missing"]
    assert reward == env.judge.reference["worst"] < 0


def test_the_context_is_shown(tiny: str) -> None:
    env, table = inner(tiny, datasets=f"{tiny},fashion14", fidelity=4), evaluator(tiny)
    observation, _ = env.reset(options={"context": "fashion14/cpu-1t/0.5"})
    assert observation["context"][:2].tolist() == [0, 1]
    observation, _ = env.reset(options={"context": f"{tiny}/cpu-1t/0.5"})
    assert observation["context"][:2].tolist() == [1, 0]
    latency = open_cost("cpu-1t", table.space)
    probes = np.array([[k] * 6 for k in range(5)] + [[(k + i) % 5 for i in range(6)] for k in range(5)])
    seen, everything = latency(probes)["latency_ms"], np.sort(latency(table.population())["latency_ms"])
    wanted = np.log(np.append(seen, everything[round(0.5 * (len(everything) - 1))]))
    np.testing.assert_allclose(observation["context"][2:], wanted - np.log(np.median(seen)), rtol=1e-5, atol=1e-6)
    assert env.observation_space["context"].contains(observation["context"])
    observation["context"][:] = 7
    assert env.step(0)[0]["context"][:2].tolist() == [1, 0]
    assert env.reset(options={"context": f"{tiny}/cpu-1t/0.9"})[0]["context"][-1] > wanted[-1] - np.log(np.median(seen))


def test_contexts_are_drawn_by_the_seed_and_tests_are_on_other_devices(tiny: str) -> None:
    env = inner(tiny, datasets=f"{tiny},fashion14", fidelity=4)
    drawn = [env.reset(seed=5 if n == 0 else None)[1]["context"] for n in range(200)]
    again = inner(tiny, datasets=f"{tiny},fashion14", fidelity=4)
    assert [again.reset(seed=5 if n == 0 else None)[1]["context"] for n in range(200)] == drawn
    assert {name.rpartition("/")[0] for name in drawn} == {
        f"{dataset}/{device}" for dataset in (tiny, "fashion14") for device in ("cpu-1t", "latency_ms")
    }
    levels = [float(name.rpartition("/")[2]) for name in drawn]
    assert LOWEST <= min(levels) < 0.15
    assert 0.85 < max(levels) <= HIGHEST
    test = inner(tiny, contexts="test")
    assert test.test_contexts == tuple(f"{tiny}/eyeriss/{level}" for level in GRID)
    assert {test.reset()[1]["context"] for _ in range(60)} == set(test.test_contexts)


def test_one_context_may_be_fixed_or_set_for_an_episode(tiny: str) -> None:
    one, other = f"{tiny}/latency_ms/0.25", f"{tiny}/eyeriss/0.7"
    env = inner(tiny, context=one)
    assert (env.varies, env.context) == (False, one)
    assert env.reset(options={"context": other})[1]["context"] == other
    assert play(env, [3] * 6)[4]["context"] == other
    assert env.reset()[1]["context"] == one
    assert inner(tiny).varies


def test_what_is_wrong_is_said_at_once(tiny: str) -> None:
    for keywords, reason in (
        ({"test_devices": "cpu-2t,cpu-1t"}, "devices that training has not seen; in both: .*cpu-1t"),
        ({"devices": ""}, "devices are different names"),
        ({"datasets": f"{tiny},{tiny}"}, "datasets are different names"),
        ({"datasets": f"{tiny},fashion14"}, "at one fidelity; got .* give the environment fidelity"),
        ({"context": f"{tiny}/cpu-1t/1.5"}, "ends with a quantile"),
        ({"context": f"{tiny}/cpu-1t/half"}, "ends with a quantile"),
        ({"penalty": 0}, "penalty is a number above 0"),
        ({"context": 3}, "context"),
    ):
        with pytest.raises(SettingError, match=reason):
            make(tiny, **keywords)
    for keywords, reason in (
        ({"contexts": "valid"}, "contexts"),
        ({"context": f"{tiny}/cpu-3t/0.5"}, "Did you mean"),
        ({"devices": "cpu-3t"}, "No device or model named 'cpu-3t'"),
        ({"action_mode": "edit"}, "action_mode"),
    ):
        with pytest.raises(UnknownNameError, match=reason):
            make(tiny, **keywords)
    env = inner(tiny)
    env.reset(seed=0, options={"context": f"{tiny}/cpu-1t/0.5"})
    for options in ({"context": "nowhere"}, {"context": None}, {"trial": 3}):
        with pytest.raises((SettingError, UnknownNameError)):
            env.reset(seed=1, options=options)
    assert env.context == f"{tiny}/cpu-1t/0.5"


def test_another_fidelity_is_one_of_every_data_set(tiny: str) -> None:
    env = inner(tiny, datasets=f"fashion14,{tiny}", fidelity=4, action_mode="joint")
    env.reset(seed=0, options={"context": "fashion14/cpu-1t/0.5"})
    with pytest.raises(SettingError, match="fidelity 6 was never measured"):
        env.reset(options={"fidelity": 6})
    _, info = env.reset(options={"fidelity": 2, "trial": 1, "context": f"{tiny}/cpu-1t/0.5"})
    info = env.step(np.array([3] * 6))[4]
    assert (info["fidelity"], info["trial"], info["context"]) == (2, 1, f"{tiny}/cpu-1t/0.5")
    wanted = evaluator(tiny).evaluate([[3] * 6], fidelity=2, trial=1, rng=np.random.default_rng(0))
    assert info["metrics"]["valid_accuracy"] == wanted["valid_accuracy"][0]


def test_a_device_is_described_by_probes_whose_latency_is_known(tiny: str) -> None:
    table = evaluator(tiny)
    judge, archs = Judge(table, Accuracy()), table.population()
    unknown = archs[np.isnan(table.vector("valid_accuracy", 4, "mean"))]
    latency = table.vector("latency_ms", 4, "mean")[:3]
    target = Target("d", "v", judge, latency="latency_ms", probes=archs[:3], penalty=1)
    np.testing.assert_allclose(target.descriptor, np.log(latency / np.median(latency)), atol=1e-9)
    with pytest.raises(SettingError, match=r"d/v: a device is described by probes; valid_accuracy of them is \[nan"):
        Target("d", "v", judge, latency="valid_accuracy", probes=unknown[:2], penalty=1)
    with pytest.raises(MissingMetricError, match="test_accuracy says nothing of latency"):
        make(tiny, devices="test_accuracy")


def test_a_state_goes_back_to_its_context(tiny: str) -> None:
    env = inner(tiny)
    env.reset(seed=3)
    env.step(3)
    state, before = env.get_state(), play(copy.deepcopy(env), [1, 2, 3, 4, 0])
    env.reset(options={"context": f"{tiny}/eyeriss/0.1"})
    env.set_state(state)
    assert repr(play(env, [1, 2, 3, 4, 0])) == repr(before)
    with pytest.raises(UnknownNameError):
        env.set_state({**state, "context": "nowhere/0.5"})
    with pytest.raises(AgentError, match="over"):
        env.step(0)
    again = pickle.loads(pickle.dumps(env))  # noqa: S301 - ours
    assert repr(again.reset(seed=1)) == repr(env.reset(seed=1))


def test_a_history_tells_contexts_apart(tiny: str, tmp_path: Path) -> None:
    def run(contexts: list[str]) -> list[dict[str, Any]]:
        history = History(Budget(evaluations=9), tmp_path / "history.jsonl")
        env = Recorder(make(tiny, action_mode="joint"), history)
        try:
            for context in contexts:
                env.reset(seed=0, options={"context": f"{tiny}/{context}"})
                env.step(np.array([3] * 6))
        finally:
            history.close()
        return history.records

    contexts = ["cpu-1t/0.2", "cpu-1t/0.8", "eyeriss/0.2", "cpu-1t/0.2"]
    records = run(contexts)
    assert [record["context"] for record in records] == [f"{tiny}/{context}" for context in contexts]
    assert [record["duplicate"] for record in records] == [False, False, False, True]
    assert len({record["reward"] for record in records}) == 3
    assert run([*contexts, "cpu-1t/0.8"])[-1]["duplicate"]
    with pytest.raises(RunFolderError, match="cannot be resumed: evaluation 1 of the history has context"):
        run(["eyeriss/0.5"])


def test_many_at_once_in_gymnasiums_own_way(tiny: str) -> None:
    envs = gym.make_vec(ID, num_envs=3, datasets=tiny, **DEVICES)
    assert isinstance(envs, gym.vector.SyncVectorEnv)
    observations, infos = envs.reset(seed=[1, 2, 3])
    single = make(tiny)
    for i, seed in enumerate((1, 2, 3)):
        observation, info = single.reset(seed=seed)
        assert infos["context"][i] == info["context"]
        np.testing.assert_array_equal(observations["context"][i], observation["context"])
    assert envs.step(np.array([1, 2, 3]))[0]["observations"][:, 0].tolist() == [2, 3, 4]
