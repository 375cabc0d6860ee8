"""Agents by name, a user's own by `module:Class`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.agents import AGENTS
from awnas_gym.agents.find import find_agent, label_of
from awnas_gym.agents.lagrangian import Lagrangian
from awnas_gym.derivation.opened import open_run
from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.reporting.groups import group_runs
from awnas_gym.reporting.read import find_runs, read_run
from awnas_gym.search import Run, run
from awnas_gym.sweep import Sweep, run_sweep
from tests.cli.process import environment
from tests.reporting.fake_runs import config, lines, write_run
from tests.toy import limited_toy_env

MODULE = """
from awnas_gym.agents import AskTellAgent

NUMBER = 3

class Sampler(AskTellAgent):
    def __init__(self, env, *, seed=None, patience=3):
        super().__init__(env, seed=seed)
        self.patience = patience

    @property
    def settings(self):
        return {"patience": self.patience}

    def ask(self, n=1):
        return self.space.sample(self._rng, n)

    def _tell(self, archs, rewards):
        pass

class Half(AskTellAgent):
    pass

class Other:
    def learn(self):
        pass
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the name of a module of a user's own, in a folder on the path."""
    name = f"own_{tmp_path.name}".replace("-", "_").replace("[", "_").replace("]", "_")
    (tmp_path / f"{name}.py").write_text(MODULE)
    (tmp_path / f"{name}_broken.py").write_text("1 / 0")
    (tmp_path / f"{name}_lacking.py").write_text("import no_such_package")
    monkeypatch.syspath_prepend(tmp_path)
    return name


def test_a_row_or_a_class(own: str) -> None:
    assert find_agent("random") is AGENTS.load("random")
    assert find_agent(f"{own}:Sampler").__name__ == "Sampler"
    assert label_of("a.b:Sampler") == "Sampler"
    assert label_of("random") == "random"


def test_what_is_no_agent_is_told(own: str) -> None:
    with pytest.raises(UnknownNameError, match=r"No agent named 'randon'\. Did you mean 'random'"):
        find_agent("randon")
    for name, reason in {
        f"{own}:Sample": f"No agent in {own} named 'Sample'. Did you mean 'Sampler'? Known: Sampler.",
        f"{own}:Other": "it lacks predict, save, load; subclass awnas_gym.agents.AskTellAgent",
        f"{own}:Half": "it lacks _tell, ask, settings",
        f"{own}:NUMBER": "it lacks being a class",
        f"{own}_broken:A": "ZeroDivisionError: division by zero",
        f"{own}_lacking:A": "No module named 'no_such_package'",
        "no_such_module.sub:A": "no module 'no_such_module' in the current folder or on the Python path",
        "a b:C": "an agent of your own is 'module:Class'",
    }.items():
        with pytest.raises(SettingError) as raised:
            find_agent(name)
        assert reason in str(raised.value), name


def test_settings_are_checked_as_of_any_other(own: str) -> None:
    with pytest.raises(SettingError, match=r"No setting named 'patiense'\. Did you mean 'patience'"):
        Run(environment={"id": "awnas/NASBench201-v0"}, agent={"name": f"{own}:Sampler", "patiense": 3})


def test_sweeps_and_reports_call_it_by_its_class(own: str, tmp_path: Path) -> None:
    agents = [{"name": f"{own}:Sampler"}, {"name": "random"}, {"name": f"{own}:Sampler", "patience": 5}]
    sweep = Sweep(environment={"id": "awnas/NASBench201-v0"}, agents=agents, budget={"evaluations": 4})
    for _, result in run_sweep(sweep, tmp_path / "runs"):
        assert isinstance(result, dict), result
    runs = find_runs([tmp_path / "runs"])
    assert {path.parent.name for path in (run.path for run in runs)} == {"Sampler", "random", "Sampler-2"}
    groups, _ = group_runs(runs)
    assert {group.label for group in groups} == {"Sampler (patience=default)", "random", "Sampler (patience=5)"}
    assert {run.agent for run in runs} == {"Sampler", "random"}


def test_equal_names_of_classes_are_told_apart(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name in ("a:Same", "b:Same"):
        write_run(tmp_path / name[0], config(name), lines(np.ones(3), rng))
    groups, _ = group_runs([read_run(tmp_path / "a"), read_run(tmp_path / "b")])
    assert [group.label for group in groups] == ["a:Same", "b:Same"]


def test_a_saved_one_is_found_again(own: str, tmp_path: Path) -> None:
    wanted = Run(
        environment={"id": "awnas/NASBench201-v0"}, agent={"name": f"{own}:Sampler"}, budget={"evaluations": 4}
    )
    run(wanted, tmp_path / "run")
    assert type(open_run(tmp_path / "run").agent).__name__ == "Sampler"


def test_it_plays_under_a_multiplier(own: str) -> None:
    agent = Lagrangian(limited_toy_env(), seed=0, agent=f"{own}:Sampler", settings={"patience": 9})
    assert agent.learn(50).player.settings == {"patience": 9}


def test_the_command_line_looks_into_the_current_folder(tmp_path: Path) -> None:
    (tmp_path / "my_agents.py").write_text(MODULE)
    start = "import sys; sys.path.remove(''); from awnas_gym.cli.main import main; main()"
    command = [sys.executable, "-c", start, "search", "--agent", "my_agents:Sampler", "--evaluations", "4"]

    def call(*more: str) -> Any:
        everything = [*command, *more]
        return subprocess.run(everything, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)

    done = call("--out", "runs")
    assert done.returncode == 0, done.stderr
    assert "Sampler" in done.stdout
    assert json.loads((tmp_path / "runs/Sampler/seed-0000/summary.json").read_text())["evaluations"] == 4
    done = call("--out", "more", "--seeds", "2", "--workers", "2")
    assert done.returncode == 0, done.stderr
    done = call("--agent", "my_agents:Sampled")
    assert (done.returncode, done.stderr.count("Did you mean 'Sampler'")) == (1, 1)
