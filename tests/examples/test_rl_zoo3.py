"""The hyperparameters for rl_zoo3 are what our agents give Stable-Baselines3, and rl_zoo3 trains with them."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest
import yaml

from awnas_gym.agents.play import steps_per_evaluation
from awnas_gym.agents.tuned import tuned
from awnas_gym.envs import BuildEnv, Judge
from awnas_gym.objectives.accuracy import Accuracy
from awnas_gym.spaces.nasbench101 import NASBench101
from awnas_gym.spaces.nasbench201 import NASBench201
from tests.toy import ToyEvaluator

pytest.importorskip("stable_baselines3", reason="needs the extra [sb3]")
pytest.importorskip("safetensors", reason="needs the extra [sb3]")

from awnas_gym.agents.sb3 import a2c, dqn, ppo

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "examples" / "rl_zoo3"
SPACES = {"awnas/NASBench201-v0": NASBench201, "awnas/NASBench101-v0": NASBench101}


def hyperparameters(algorithm: str, env_id: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what the tuned agent hands to the library's constructor."""
    given: dict[str, Any] = {}

    def note(policy: str, _: gym.Env[Any, Any], **keywords: Any) -> None:
        given.update(policy=policy, **keywords)

    agent = tuned({"name": f"sb3_{algorithm}", "tuned": True}, {"id": env_id})
    settings = {name: value for name, value in agent.items() if name != "name"}
    env = BuildEnv(Judge(ToyEvaluator(SPACES[env_id]()), Accuracy()))
    monkeypatch.setattr(a2c, "A2C", note)
    monkeypatch.setattr(dqn, "DQN", note)
    monkeypatch.setattr(ppo.PPOAgent, "algorithm", staticmethod(note))
    {"ppo": ppo.PPOAgent, "a2c": a2c.A2CAgent, "dqn": dqn.DQNAgent}[algorithm](env, seed=0, **settings)
    given["n_timesteps"] = 300 * steps_per_evaluation(env)
    given["monitor_kwargs"] = "dict(info_keywords=('architecture',))"
    return {name: value for name, value in given.items() if name not in {"device", "seed"}}  # arguments of its own


@pytest.mark.parametrize("env_id", SPACES)
@pytest.mark.parametrize("algorithm", ["ppo", "a2c", "dqn"])
def test_they_are_those_of_the_tuned_agent(algorithm: str, env_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    written = yaml.safe_load((FOLDER / f"{algorithm}.yml").read_text(encoding="utf-8"))
    assert set(written) == set(SPACES)
    assert written[env_id] == hyperparameters(algorithm, env_id, monkeypatch)


def test_rl_zoo3_trains_with_them(tiny: str, tmp_path: Path) -> None:
    pytest.importorskip("rl_zoo3", reason="is another project's: pip install rl_zoo3")
    env_id = "awnas/NASBench201-v0"
    command = [sys.executable, "-m", "rl_zoo3.train", "--algo", "ppo", "--env", env_id, "--gym-packages", "awnas_gym"]
    command += ["--conf-file", str(FOLDER / "ppo.yml"), "--env-kwargs", f"dataset:{tiny!r}", "--n-timesteps", "60"]
    command += ["--device", "cpu", "--seed", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, env=environment, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    (monitor,) = tmp_path.rglob("0.monitor.csv")
    _, *lines = monitor.read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(lines))
    assert len(rows) == 10  # two updates
    judge = gym.make(env_id, dataset=tiny).get_wrapper_attr("judge")
    for row in rows:
        measured = judge.report(NASBench201().parse(row["architecture"]))
        assert float(row["r"]) == pytest.approx(measured["valid_accuracy"], abs=1e-6)
