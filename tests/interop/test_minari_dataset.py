"""Histories as data sets, read back with the real Minari."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from awnas_gym.envs import Budget, History, Recorder
from awnas_gym.errors import GenotypeError, MissingExtraError, SettingError
from awnas_gym.interop.minari_dataset import write_minari, write_records
from awnas_gym.search import Run, run

ABOUT = {"author": "me", "author_email": "me@here", "code_permalink": "here", "description": "a test"}


@pytest.fixture
def minari(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Minari, with a folder of its own for data sets."""
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "datasets"))
    pytest.importorskip("h5py", reason="needs the extra [minari]")
    return pytest.importorskip("minari", reason="needs the extra [minari]")


def recorded(env: gym.Env, n: int = 20) -> list[dict[str, Any]]:
    """Return what random play in `env` leaves in a history."""
    history = History(Budget(evaluations=n))
    env = Recorder(env, history)
    env.action_space.seed(0)
    env.reset(seed=0)
    while len(history.records) < n:
        *_, terminated, _, _ = env.step(env.action_space.sample())
        if terminated and len(history.records) < n:
            env.reset()
    return history.records


def make(tiny: str, **keywords: Any) -> gym.Env:
    return gym.make("awnas/NASBench201-v0", dataset=tiny, **keywords)


@pytest.mark.parametrize("action_mode", ["build", "joint", None])
def test_a_run_becomes_episodes(tiny: str, tmp_path: Path, minari: Any, action_mode: str | None) -> None:
    environment = {"id": "awnas/NASBench201-v0", "dataset": tiny}
    agent = {"name": "regularized_evolution", "population_size": 5, "sample_size": 2}
    done = run(
        Run(environment=environment, agent=agent, budget={"evaluations": 20}, seed=3), tmp_path / "r" / "seed-0003"
    )
    write_minari(tmp_path / "r", "awnas/test-v0", action_mode=action_mode, **ABOUT)
    dataset = minari.load_dataset("awnas/test-v0")
    space = make(tiny).get_wrapper_attr("space")
    assert len(dataset) == 20
    for episode, record in zip(dataset, done.records, strict=True):
        assert space.genotype(episode.actions.ravel()) == record["architecture"]
        assert episode.rewards[-1] == record["reward"]
        assert not episode.rewards[:-1].any()
        assert episode.terminations.tolist() == [False] * (len(episode.actions) - 1) + [True]
        assert len(episode.observations) == len(episode.actions) + 1
    assert len(dataset[0].actions) == (1 if action_mode == "joint" else 6)
    about = dataset.storage.metadata
    assert about["algorithm_name"] == "regularized_evolution"
    assert about["awnas_run"]["seed"] == 3
    assert about["awnas_run"]["environment"] == environment


def test_the_environment_is_recovered_and_pays_the_same(tiny: str, minari: Any) -> None:
    records = recorded(make(tiny))
    write_records(make(tiny, mask_in_obs=True), records, "masked-v0", algorithm_name="random", **ABOUT)
    dataset = minari.load_dataset("masked-v0")
    env = dataset.recover_environment()
    options = [about["options"] for about in dataset.storage.get_episode_metadata(range(len(dataset)))]
    assert options == [{"fidelity": record["fidelity"], "trial": "mean"} for record in records]
    for episode in dataset:
        observation, _ = env.reset(seed=0)
        for i, action in enumerate(episode.actions.tolist()):
            for name, value in observation.items():
                np.testing.assert_array_equal(episode.observations[name][i], value)
            assert observation["action_mask"][action]
            observation, reward, *_ = env.step(action)
            assert reward == episode.rewards[i]


def test_nothing_is_evaluated_again_and_afterwards_it_is(tiny: str, minari: Any) -> None:
    records = [{**record, "reward": 7.5 + record["n"]} for record in recorded(make(tiny))]
    env = make(tiny)
    dataset = write_records(env, records, "changed-v0", algorithm_name="random", **ABOUT)
    assert [episode.rewards.sum() for episode in dataset] == [7.5 + record["n"] for record in records]
    env.reset()
    reward = [env.step(action)[1] for action in dataset[0].actions.tolist()][-1]
    assert 0 < reward <= 1


def test_a_run_by_edits_is_played_by_decisions(tiny: str, minari: Any) -> None:
    records = recorded(make(tiny, action_mode="edit"))
    dataset = write_records(make(tiny), records, "edits-v0", algorithm_name="random", **ABOUT)
    assert [episode.rewards[-1] for episode in dataset] == [record["reward"] for record in records]


def test_punished_architectures_are_left_out(tiny: str, minari: Any) -> None:
    records = recorded(make(tiny))
    records[2]["invalid"] = True
    assert len(write_records(make(tiny), records, "repaired-v0", algorithm_name="random", **ABOUT)) == 20
    env = make(tiny, invalid="penalty")
    assert len(write_records(env, records, "punished-v0", algorithm_name="random", **ABOUT)) == 19


def test_vector_rewards(tiny: str, minari: Any) -> None:
    env = gym.make("awnas/NASBench201-MO-v0", dataset=tiny, objectives="accuracy,latency_ms")
    records = recorded(env)
    dataset = write_records(env, records, "vectors-v0", algorithm_name="random", **ABOUT)
    for episode, record in zip(dataset, records, strict=True):
        np.testing.assert_array_equal(episode.rewards[-1], record["reward"])


def test_contexts(tiny: str, minari: Any) -> None:
    env = gym.make("awnas/NASBench201-Context-v0", datasets=tiny, devices="cpu-1t,latency_ms", test_devices="eyeriss")
    records = recorded(env)
    dataset = write_records(env, records, "contexts-v0", algorithm_name="random", **ABOUT)
    options = [about["options"] for about in dataset.storage.get_episode_metadata(range(len(dataset)))]
    assert [each["context"] for each in options] == [record["context"] for record in records]
    shown = {episode.observations["context"][0].tobytes() for episode in dataset}
    assert len(shown) == len({record["context"] for record in records}) > 1


@pytest.mark.parametrize("wrong", ["noversion", "a b-v0", "", "x-v"])
def test_wrong_names_leave_nothing_behind(tiny: str, tmp_path: Path, minari: Any, wrong: str) -> None:
    with pytest.raises(SettingError, match=r"dataset_id is name-v0 or namespace/name-v0; got"):
        write_records(make(tiny), recorded(make(tiny), 2), wrong)
    assert not list(tmp_path.rglob("data"))


def test_what_cannot_be_written(tiny: str, tmp_path: Path, minari: Any) -> None:
    records = recorded(make(tiny), 2)
    with pytest.raises(SettingError, match="action_mode='build' or 'joint'"):
        write_records(make(tiny, action_mode="edit"), records, "x-v0")
    with pytest.raises(SettingError, match="action_mode='build' or 'joint'"):
        write_records(gym.make("CartPole-v1"), records, "x-v0")
    with pytest.raises(SettingError, match="without the Recorder"):
        write_records(Recorder(make(tiny), History(Budget(evaluations=2))), records, "x-v0")
    with pytest.raises(SettingError, match="at least one architecture"):
        write_records(make(tiny), [], "x-v0")
    with pytest.raises(SettingError, match="rewards of mixtures"):
        write_records(make(tiny), [{**records[0], "gradient": "f4:"}], "x-v0")
    with pytest.raises(GenotypeError):
        write_records(make(tiny), [{**records[0], "architecture": "something else"}], "x-v0")
    assert not list(tmp_path.rglob("data"))
    write_records(make(tiny), records, "x-v0", algorithm_name="random", **ABOUT)
    with pytest.raises(ValueError, match="already exists"):
        write_records(make(tiny), records, "x-v0", algorithm_name="random", **ABOUT)


def test_without_minari(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "minari", None)
    with pytest.raises(MissingExtraError, match=r"is not installed; pip install 'awnas-gym\[minari\]'"):
        write_records(make(tiny), recorded(make(tiny), 2), "x-v0")
