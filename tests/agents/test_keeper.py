"""Agents in the folders of runs: saved at the end, whole or not at all, and found again."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.agents.keeper import load_agent, save_agent
from awnas_gym.agents.regularized_evolution import RegularizedEvolution
from awnas_gym.errors import RunFolderError
from awnas_gym.search import Run, run

AGENT = {"name": "regularized_evolution", "population_size": 8, "sample_size": 3}


def finished(tiny: str, folder: Path) -> Any:
    config = Run(
        environment={"id": "awnas/NASBench201-v0", "dataset": tiny}, agent=AGENT, budget={"evaluations": 30}, seed=3
    )
    run(config, folder)
    return config.make_env()


def test_a_run_keeps_its_agent(tiny: str, tmp_path: Path) -> None:
    env = finished(tiny, tmp_path)
    assert [path.name for path in (tmp_path / "agent").iterdir()] == ["000030"]
    agent = load_agent(tmp_path, env, "regularized_evolution")
    assert isinstance(agent, RegularizedEvolution)
    assert (agent.evaluations, agent.seed, len(agent.population)) == (30, 3, 8)


def test_two_stay_and_the_last_good_one_is_loaded(tiny: str, tmp_path: Path) -> None:
    env = finished(tiny, tmp_path)
    agent = load_agent(tmp_path, env, "regularized_evolution")
    for n in (40, 50):
        agent.tell(agent.space.sample(np.random.default_rng(n), 10), np.zeros(10))
        save_agent(tmp_path, agent, n)
    assert sorted(path.name for path in (tmp_path / "agent").iterdir()) == ["000040", "000050"]
    assert load_agent(tmp_path, env, "regularized_evolution").evaluations == 50
    assert load_agent(tmp_path, env, "regularized_evolution", evaluations=49).evaluations == 40
    last = tmp_path / "agent/000050/agent.json"
    last.write_bytes(last.read_bytes()[:100])
    assert load_agent(tmp_path, env, "regularized_evolution").evaluations == 40
    shutil.rmtree(tmp_path / "agent/000040")
    with pytest.raises(RunFolderError, match=r"holds no agent that can be read .*holds no agent"):
        load_agent(tmp_path, env, "regularized_evolution")
    with pytest.raises(RunFolderError, match="nothing was saved"):
        load_agent(tmp_path / "elsewhere", env, "regularized_evolution")


def test_what_fails_while_it_is_saved_leaves_the_one_before(
    tiny: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = finished(tiny, tmp_path)
    agent = load_agent(tmp_path, env, "regularized_evolution")

    def half(folder: Path) -> None:
        folder.mkdir()
        (folder / "agent.json").write_text("{")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(agent, "save", half)
    with pytest.raises(RunFolderError, match="No space left"):
        save_agent(tmp_path, agent, 30)
    assert load_agent(tmp_path, env, "regularized_evolution").evaluations == 30
