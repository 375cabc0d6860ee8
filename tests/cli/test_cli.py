"""The command line as a user types it, in processes of its own where signals matter."""

from __future__ import annotations

import importlib
import json
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from awnas_gym.benchmarks import Column, write_table
from tests.cli.process import AWNAS, environment
from tests.tiny_table import SPACE


def lines(path: Path) -> list[dict[str, Any]]:
    records = [json.loads(line) for line in path.read_text().splitlines()]
    return [{key: value for key, value in record.items() if key != "wall_s"} for record in records]


def test_help_lists_every_command_and_each_explains_itself(awnas: Any) -> None:
    from awnas_gym.cli.main import COMMANDS

    text = awnas("--help").stdout
    for name, summary in COMMANDS.items():
        assert name in text
        assert summary in text
        assert "Usage:" in awnas(name, "--help").stdout


@pytest.mark.parametrize("group", ["data", "hardware"])
def test_examples_in_helps_keep_their_lines(group: str, awnas: Any) -> None:
    commands = importlib.import_module(f"awnas_gym.cli.{group}").COMMANDS
    for arguments in ([group], *([group, name] for name in commands)):
        text = awnas(*arguments, "--help").stdout
        assert "\\b" not in text
        if "Example:" in text:
            assert re.search(r"^  Example: awnas .*$", text, re.MULTILINE)


def test_wrong_command(awnas: Any) -> None:
    assert "Did you mean 'search'" in awnas("serach", code=2).stderr


def test_list(awnas: Any) -> None:
    text = awnas("list").stdout
    for name in ("awnas/NASBench201-v0", "nasbench201", "regularized_evolution", "accuracy", "fashion14"):
        assert name in text
    assert "fashion14" not in awnas("list", "agents").stdout
    assert "Did you mean 'agents'" in awnas("list", "agent", code=2).stderr


def test_show_draws_and_knows(awnas: Any, tiny: str, tmp_path: Path) -> None:
    genotype = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|skip_connect~0|none~1|avg_pool_3x3~2|"
    text = awnas("show", genotype, "--dataset", tiny, "--svg", "cell.svg").stdout
    assert "nor_conv_3x3" in text
    assert "valid_accuracy" in text
    assert "of 15,625" in text
    assert (tmp_path / "cell.svg").read_text().startswith("<svg")
    index = text.partition("index ")[2].split()[0]
    assert genotype in awnas("show", index, "--dataset", tiny).stdout
    error = awnas("show", genotype.replace("avg_pool_3x3", "avg_pool_3x4"), "--dataset", tiny, code=1).stderr
    assert "edge 2->3: No operation named 'avg_pool_3x4'. Did you mean 'avg_pool_3x3'" in error
    assert len(error.strip().splitlines()) == 1


def test_search_and_report(awnas: Any, tiny: str, tmp_path: Path) -> None:
    pytest.importorskip("plotly", reason="the report needs the extra [plot]")
    done = awnas("search", "--env-arg", f"dataset={tiny}", "--agent", "random", "--evaluations", "25", "--seeds", "2")
    assert "random" in done.stdout
    assert "awnas report runs/search" in done.stdout
    assert len(lines(tmp_path / "runs/search/random/seed-0001/history.jsonl")) == 25
    assert "no record" not in done.stdout
    awnas("report", "runs/search")
    assert "<html" in (tmp_path / "runs/search/report.html").read_text()
    assert "--resume" in awnas("search", "--env-arg", f"dataset={tiny}", "--agent", "random", code=1).stderr


def test_a_configuration_of_vector_rewards_has_agents_that_hear_them(awnas: Any, tmp_path: Path) -> None:
    awnas("config", "new", "fronts.yaml", "--env", "awnas/NASBench201-MO-v0")
    content = yaml.safe_load((tmp_path / "fronts.yaml").read_text())
    assert [agent["name"] for agent in content["agents"]] == ["random", "pareto_evolution"]
    awnas("search", "fronts.yaml", "--evaluations", "4", "--seeds", "1", "--out", "runs/fronts")


def test_a_written_configuration_runs_as_it_is_and_with_every_default_switched_on(
    awnas: Any, tiny: str, tmp_path: Path
) -> None:
    awnas("config", "new", "mine.yaml")
    text = (tmp_path / "mine.yaml").read_text()
    content = yaml.safe_load(text)
    assert [agent["name"] for agent in content["agents"]][:2] == ["random", "regularized_evolution"]
    assert "nothing was changed" in awnas("config", "new", "mine.yaml", code=2).stderr
    on = []
    for line in text.splitlines():
        setting = line.lstrip().removeprefix("# ")
        switch = line.startswith(("  # ", "    # ")) and not setting.startswith(("cost_s", "simulated_s", "- name"))
        on.append(line.replace("# ", "", 1) if switch and "sb3" not in line else line)
    config = (
        "\n".join(on).replace("dataset: fashion14", f"dataset: {tiny}").replace("evaluations: 300", "evaluations: 12")
    )
    head, _, agents = config.partition("\nagents:")
    agents = agents.partition("  # - name: ")[0]  # up to the first that cannot play here
    (tmp_path / "on.yaml").write_text(f"{head}\nagents:{agents}")
    awnas("search", "on.yaml", "--seeds", "1", "--out", "runs/on")
    assert len(list((tmp_path / "runs/on").rglob("summary.json"))) == agents.count("  - name: ") >= 7


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=["kill -9", "Ctrl-C", "SIGTERM"])
def test_a_stopped_search_resumes_to_the_same_history(awnas: Any, tiny: str, tmp_path: Path, stop: int) -> None:
    command = ["search", "--env-arg", f"dataset={tiny}", "--agent", "regularized_evolution", "--evaluations", "6000"]
    awnas(*command, "--out", "whole")
    history = tmp_path / "broken/regularized_evolution/seed-0000/history.jsonl"
    with subprocess.Popen(
        [*AWNAS, *command, "--out", "broken"],
        cwd=tmp_path,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - background shells ignore it
    ) as process:
        deadline = time.monotonic() + 120
        while (not history.exists() or history.stat().st_size < 50_000) and time.monotonic() < deadline:
            time.sleep(0.005)
        process.send_signal(stop)
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == (-9 if stop == signal.SIGKILL else 130)
    assert ("--resume" in stderr) == (stop != signal.SIGKILL)
    done = history.read_text().count("\n")
    assert 0 < done < 6000
    awnas(*command, "--out", "broken", "--resume")
    assert lines(history) == lines(tmp_path / "whole/regularized_evolution/seed-0000/history.jsonl")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--agent", "randon"], "Did you mean 'random'"),
        (["--env", "awnas/NASBench202-v0"], "Did you mean 'awnas/NASBench201-v0'"),
        (["--env-arg", "objective=acc"], "Known: absolute_cost, accuracy, constrained"),
        (["--env-arg", "objective=hinge_cost(targt=3)"], "Did you mean 'target'"),
        (["--env-arg", "split=vald"], "legal: train, valid, test"),
        (["--env-arg", "dataset=nowhere.awnas"], "no benchmark table at"),
        (["--evaluations", "-3"], "above 0"),
        (["--agent-arg", "speed=3"], "No setting named 'speed'"),
        (["--seeds", "0"], "seeds is a whole number from 1"),
        (["--out", "/proc/nowhere"], "cannot write"),
    ],
)
def test_bad_input_is_one_line(awnas: Any, arguments: list[str], message: str) -> None:
    stderr = awnas("search", *arguments, code=1).stderr
    assert message in stderr
    errors = [line for line in stderr.splitlines() if line.startswith("awnas:")]
    assert len(errors) == 1
    assert "Traceback" not in stderr


def test_bad_yaml_is_one_line(awnas: Any, tmp_path: Path) -> None:
    for text, message in (
        (
            "environment: {id: x}\nagents: [{name: random}]\nbudget: {evaluations: 3}\nsedes: 4\n",
            "Did you mean 'seeds'",
        ),
        (
            "environment: x\nagents: [{name: random}]\nbudget: {evaluations: 3}\n",
            "environment is 'x'; it should be dict",
        ),
        ("environment: [", "is no YAML"),
        ("agents: []\n", "the key 'environment' is missing"),
    ):
        (tmp_path / "bad.yaml").write_text(text)
        stderr = awnas("search", "bad.yaml", code=1).stderr
        assert message in stderr
        assert len(stderr.strip().splitlines()) == 1


def one_line(stderr: str, message: str) -> None:
    """Assert that an error says `message` in one line, without a traceback."""
    lines_with_it = [line for line in stderr.splitlines() if line.startswith(("awnas:", "Error:"))]
    assert len(lines_with_it) == 1, stderr
    assert message in lines_with_it[0]
    assert "Traceback" not in stderr


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        (["search", "--workers", "0"], "Invalid value for '--workers': 0 is not in the range x>=1", 2),
        (["search", "--agent-arg", "x=["], "Invalid value for --agent-arg: the value in 'x=[' is no YAML", 2),
        (["search", "--env-arg", "x=2020-99-99"], "Invalid value for --env-arg: the value in 'x=2020-99-99'", 2),
        (["show", "3", "--svg", "/proc/no/x.svg"], "cannot write /proc/no/x.svg", 1),
        (["show", "99999999"], "nasbench201 indices lie in [0, 15625); got 99999999", 1),
        (["show", "9" * 5000], "nasbench201 indices lie in [0, 15625); got 999", 1),
        (["show", "--", "-5"], "nasbench201 indices lie in [0, 15625); got -5", 1),
        (["show", "-5"], "No such option", 2),
        (["config", "new", "/proc/no/x.yaml"], "cannot write /proc/no/x.yaml", 1),
        (["tabulate", "recipe.yaml", "--results", "r", "--pass", "nope"], "No pass named 'nope'.", 1),
        (["tabulate", "recipe.yaml", "--results", "r", "--pass", "latncy"], "Did you mean 'latency'?", 1),
        (["tabulate", "recipe.yaml", "--results", "r", "--workers", "0"], "Invalid value for '--workers'", 2),
        (["tabulate", "recipe.yaml", "--results", "r", "--limit", "-1"], "Invalid value for '--limit'", 2),
        (["tabulate", "latin1.yaml", "--results", "r"], "cannot read latin1.yaml: it is no UTF-8 text", 1),
        (["search", "latin1.yaml"], "cannot read latin1.yaml: it is no UTF-8 text", 1),
        (["tabulate", "nameless.yaml", "--results", "r"], "nameless.yaml: space: the key 'name' is missing", 1),
        (["tabulate", "listed.yaml", "--results", "r"], "listed.yaml: passes.latency: a mapping with the keys", 1),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_bad_arguments_are_one_line(awnas: Any, tmp_path: Path, arguments: list[str], message: str, code: int) -> None:
    recipe = "name: x\nspace: {name: nasbench201}\npasses: {latency: {recorder: latency}}\ncard: {}\n"
    (tmp_path / "recipe.yaml").write_text(recipe)
    (tmp_path / "latin1.yaml").write_bytes("name: café\n".encode("latin-1"))
    (tmp_path / "nameless.yaml").write_text(recipe.replace("name: nasbench201", ""))
    (tmp_path / "listed.yaml").write_text(recipe.replace("{recorder: latency}", "[latency]"))
    one_line(awnas(*arguments, code=code).stderr, message)


def test_a_report_that_cannot_be_written_is_one_line(awnas: Any, tiny: str) -> None:
    pytest.importorskip("plotly", reason="the report needs the extra [plot]")
    awnas("search", "--env-arg", f"dataset={tiny}", "--agent", "random", "--evaluations", "3")
    one_line(awnas("report", "runs/search", "--out", "/proc/no/x.html", code=1).stderr, "cannot write /proc/no/x.html")
    written = awnas("report", "runs/search", "-o", "page.html", "--ioh", "ioh").stdout.splitlines()
    assert written == ["Report: page.html   (open it in any browser)", "IOHprofiler: 2 files in ioh"]


def test_search_says_how_many_evaluations_had_no_record(awnas: Any, tmp_path: Path) -> None:
    values = np.full((SPACE.size, 1, 1), np.nan, np.float32)
    values[:50] = 0.5
    columns = {"valid_accuracy": Column(values, ("arch", "trial", "epoch"))}
    card = {"reference": {"valid_accuracy": {"best": 0.5, "mean_random": 0.5}}}
    write_table(
        tmp_path / "t.awnas", space={"name": SPACE.name, "settings": SPACE.settings}, card=card, columns=columns
    )
    done = awnas("search", "--env-arg", "dataset=t.awnas", "--agent", "random", "--evaluations", "9")
    records = lines(tmp_path / "runs/search/random/seed-0000/history.jsonl")
    missing = sum(record.get("missing", False) for record in records)
    assert missing > 0
    assert f"{missing} evaluations had no record in the benchmark" in done.stdout


def test_options_change_single_settings_of_a_file(awnas: Any, tiny: str, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        f"environment: {{id: awnas/NASBench201-v0, dataset: {tiny}, action_mode: joint}}\n"
        "agents: [{name: regularized_evolution, population_size: 5, sample_size: 2}]\nbudget: {evaluations: 8}\n"
    )
    awnas("search", "mine.yaml", "--env-arg", "trial=0", "--agent-arg", "sample_size=3", "--out", "runs/a")
    stored = yaml.safe_load((tmp_path / "runs/a/regularized_evolution/seed-0000/config.yaml").read_text())
    assert stored["environment"] == {
        "id": "awnas/NASBench201-v0", "dataset": tiny, "action_mode": "joint", "trial": 0,
    }  # fmt: skip
    assert stored["agent"] == {"name": "regularized_evolution", "population_size": 5, "sample_size": 3}
    (tmp_path / "two.yaml").write_text(
        "environment: {id: awnas/NASBench201-v0}\nagents: [{name: random}, {name: reinforce}]\n"
        "budget: {evaluations: 8}\n"
    )
    assert "CONFIG has 2 agents" in awnas("search", "two.yaml", "--agent-arg", "sample_size=3", code=2).stderr


def test_overwrite_deletes_all_runs_but_not_for_a_wrong_setting(awnas: Any, tiny: str, tmp_path: Path) -> None:
    command = ["search", "--env-arg", f"dataset={tiny}", "--agent", "random", "--evaluations", "8"]
    awnas(*command, "--seeds", "3")
    before = sorted((tmp_path / "runs").rglob("history.jsonl"))
    assert len(before) == 3
    awnas(*command, "--agent-arg", "speed=3", "--overwrite", code=1)
    wrong = ["search", "--env-arg", f"dataset={tiny}", "--agent-arg", "population_size=abc", "--overwrite"]
    assert "population_size" in awnas(*wrong, code=1).stderr
    assert sorted((tmp_path / "runs").rglob("history.jsonl")) == before
    awnas(*command, "--overwrite")
    assert len(list((tmp_path / "runs").rglob("history.jsonl"))) == 1
    assert "give one of them" in awnas(*command, "--overwrite", "--resume", code=2).stderr


def test_a_killed_search_with_workers_resumes(awnas: Any, tiny: str, tmp_path: Path) -> None:
    command = ["search", "--env-arg", f"dataset={tiny}", "--agent", "random", "--evaluations", "4000", "--seeds", "2"]
    awnas(*command, "--out", "whole")
    folder = tmp_path / "broken"
    with subprocess.Popen(
        [*AWNAS, *command, "--out", "broken", "--workers", "2"],
        cwd=tmp_path,
        env=environment(),
        stderr=subprocess.DEVNULL,
    ) as process:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            sizes = [path.stat().st_size for path in folder.rglob("history.jsonl")]
            if len(sizes) == 2 and min(sizes) > 50_000:
                break
            time.sleep(0.005)
        process.kill()
    time.sleep(1)  # workers look for their parent every fifth of a second
    awnas(*command, "--out", "broken", "--workers", "2", "--resume")
    for seed in (0, 1):
        name = f"random/seed-000{seed}/history.jsonl"
        assert lines(folder / name) == lines(tmp_path / "whole" / name)
