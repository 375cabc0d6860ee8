"""Commands of a report are read back by the command line as the runs that they are to repeat."""

from __future__ import annotations

import re
import shlex
from dataclasses import asdict
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.cli.search import command as search
from awnas_gym.cli.settings import read_settings
from awnas_gym.reporting import find_runs, group_runs
from awnas_gym.reporting.repeat import command, configurations
from awnas_gym.sweep import read_sweep
from tests.reporting.fake_runs import config, lines, write_run


def write(root: Path, about: dict[str, Any], seeds: list[int]) -> str:
    for seed in seeds:
        history = lines(np.array([0.5, 0.6]), np.random.default_rng(0))
        write_run(root / str(seed), {**about, "seed": seed}, history)
    (group,) = group_runs(find_runs([root]))[0]
    return command(group)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"population_size": 20, "rate": 1e-05, "greedy": True, "name_of": None},
        {"text": "it's $HOME; # no", "number_as_text": "10", "layers": [1, {"a": "b c"}], "long": "word " * 60},
    ],
)
def test_a_command_says_environment_agent_budget_and_seeds(tmp_path: Path, settings: dict[str, Any]) -> None:
    about = config("evolution", evaluations=70, **settings)
    about["budget"]["cost_s"] = 12.5
    about["environment"] |= {"action_mode": "joint", "hardware": settings}
    text = write(tmp_path, about, [3, 4, 5])
    assert "\n" not in text
    words = shlex.split(text)
    assert words[:2] == ["awnas", "search"]
    given = search.make_context("search", words[2:]).params
    assert given["env_id"] == "awnas/NASBench201-v0"
    assert {"id": given["env_id"], **read_settings(given["env_arg"], "")} == about["environment"]
    assert {"name": given["agent"], **read_settings(given["agent_arg"], "")} == about["agent"]
    assert (given["evaluations"], given["cost_s"], given["seeds"], given["first_seed"]) == (70, 12.5, 3, 3)


def test_seeds_with_a_gap_are_two_commands(tmp_path: Path) -> None:
    first, second = write(tmp_path, config(), [0, 1, 5]).splitlines()
    assert "--seeds 2 --seed 0" in first
    assert "--seeds 1 --seed 5" in second


@pytest.mark.parametrize(("workers", "budget"), [(4, {"evaluations": 70}), (1, {"simulated_s": 9.5})])
def test_what_is_on_the_simulated_clock_is_repeated_there(tmp_path: Path, workers: int, budget: dict[str, Any]) -> None:
    about = config("random") | {"simulated_workers": workers, "budget": budget}
    about["environment"] = {"id": "awnas/NASBench201-v0"}
    given = search.make_context("search", shlex.split(write(tmp_path, about, [3, 4]))[2:]).params
    assert {name: given[name] for name in budget} == budget
    assert (given["simulated_workers"] or 1) == workers
    (group,) = group_runs(find_runs([tmp_path]))[0]
    (block,) = re.findall(r"<pre[^>]*>(.*?)</pre>", configurations([group]), re.DOTALL)
    (tmp_path / "search.yaml").write_text(unescape(block))
    jobs = list(read_sweep(tmp_path / "search.yaml").runs().values())
    wanted = {part: about[part] for part in ("environment", "agent", "budget", "simulated_workers")}
    assert [asdict(job) for job in jobs] == [
        {**asdict(job), **wanted, "seed": seed} for job, seed in zip(jobs, (3, 4), strict=True)
    ]
