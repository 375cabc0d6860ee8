"""The recorder: every evaluation in the history, budgets, replay, files that cannot be written."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.envs import Budget, History, Recorder
from awnas_gym.envs.judge import Judgement
from awnas_gym.errors import BudgetExhausted, RunBusyError, RunFolderError, SettingError
from tests.tiny_table import SPACE

FIELDS = [
    "n", "architecture", "arch_key", "reward", "metrics", "split", "fidelity", "trial", "cost_s", "wall_s",
    "duplicate", "invalid",
]  # fmt: skip


def search(tiny: str, history: History, seed: int = 0, evaluations: int = 10**6, **keywords: Any) -> None:
    """Random search by the joint kind, every third architecture a repetition."""
    env = Recorder(gym.make("awnas/NASBench201-v0", dataset=tiny, action_mode="joint", **keywords), history)
    env.reset(seed=seed)
    rng = np.random.default_rng(seed)
    archs = SPACE.sample(rng, 100)
    for k in range(evaluations):
        env.step(archs[k % 3 if k % 3 == 0 else k % 100])
        env.reset()


def run(tiny: str, history: History, **keywords: Any) -> list[dict[str, Any]]:
    with pytest.raises(BudgetExhausted):
        search(tiny, history, **keywords)
    history.close()
    return history.records


def comparable(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in record.items() if k != "wall_s"} for record in records]


def test_a_line_an_evaluation(tiny: str, tmp_path: Path) -> None:
    records = run(tiny, History(Budget(evaluations=20), tmp_path / "history.jsonl"))
    lines = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    assert lines == records
    assert [line["n"] for line in lines] == list(range(1, 21))
    assert all(list(line) == FIELDS for line in lines)
    seen: set[str] = set()
    for line in lines:
        assert line["duplicate"] == (line["arch_key"] in seen)
        seen.add(line["arch_key"])
    assert any(line["duplicate"] for line in lines)


def test_budget_in_seconds_is_never_exceeded(tiny: str) -> None:
    history = History(Budget(cost_s=50.0))
    records = run(tiny, history)
    assert sum(record["cost_s"] for record in records) == pytest.approx(history.cost_s)
    assert 40 < history.cost_s <= 50
    free = run(tiny, History(Budget(evaluations=len(records) + 1)))
    assert history.cost_s + free[-1]["cost_s"] > 50


@pytest.mark.parametrize(("budget", "most"), [({"cost_s": 50.0}, 5), ({"simulated_s": 25.0}, 4)])
def test_what_nobody_recorded_the_cost_of_is_not_free(budget: dict[str, float], most: int, tmp_path: Path) -> None:
    about = {"architecture": "a", "arch_key": "a", "split": "valid", "fidelity": 1, "trial": 0, "invalid": False}
    arch = np.zeros(1, dtype=np.int64)

    def play(path: Path) -> list[dict[str, Any]]:
        history = History(
            Budget(**budget),
            path,
            unrecorded_s=lambda fidelity: 10.0 * fidelity,
            simulated_workers=2 if "simulated_s" in budget else 1,
        )
        for _ in range(most):
            history.answer(arch, about, lambda _: Judgement(0.0, {}, None, missing=True))
        with pytest.raises(BudgetExhausted):
            history.answer(arch, about, lambda _: Judgement(0.0, {}, None, missing=True))
        history.close()
        return history.records

    records = play(tmp_path / "history.jsonl")
    assert all(record["cost_s"] is None for record in records)
    assert comparable(play(tmp_path / "history.jsonl")) == comparable(records)


def test_several_environments_share_a_history(tiny: str) -> None:
    history = History(Budget(evaluations=10))
    search(tiny, history, evaluations=4)
    search(tiny, history, seed=1, evaluations=5)
    assert len(history.records) == 9
    with pytest.raises(BudgetExhausted, match="10 evaluations"):
        search(tiny, history, seed=2)


@pytest.mark.parametrize("keywords", [{}, {"trial": "random"}], ids=["mean", "random trials"])
@pytest.mark.parametrize("cut", [0, 1, 60, 1999, 3000])
def test_resume_after_a_cut_anywhere_gives_the_same_history(
    tiny: str, tmp_path: Path, cut: int, keywords: dict[str, str]
) -> None:
    whole = run(tiny, History(Budget(evaluations=30)), **keywords)
    path = tmp_path / "history.jsonl"
    run(tiny, History(Budget(evaluations=30), path), **keywords)
    path.write_bytes(path.read_bytes()[:cut])
    again = run(tiny, History(Budget(evaluations=30), path), **keywords)
    assert comparable(again) == comparable(whole)
    assert [json.loads(line) for line in path.read_text().splitlines()] == again
    walls = [record["wall_s"] for record in again]
    assert walls == sorted(walls)


def test_another_run_is_not_resumed(tiny: str, tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    run(tiny, History(Budget(evaluations=5), path))
    before = path.read_bytes()
    with pytest.raises(RunFolderError, match="cannot be resumed: evaluation 1"):
        search(tiny, History(Budget(evaluations=9), path), seed=1)
    assert path.read_bytes() == before


def test_a_damaged_line_is_named(tiny: str, tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    run(tiny, History(Budget(evaluations=5), path))
    lines = path.read_text().splitlines()
    lines[2] = lines[2][:30]
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(RunFolderError, match="damaged: line 3"):
        History(Budget(evaluations=9), path)
    assert path.read_text() == "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"5",
        b"[]",
        b"null",
        b'{"n":3}',
        b'{"n":3,"architecture":"\xff"}',
        b"[" * 100_000,
        "again",
        ('"n":3', '"n":2'),
        ('"n":3', '"n":4'),
        ('"reward":[^,]*', '"reward":NaN'),
        ('"reward":[^,]*', '"reward":"1"'),
        ('"wall_s":[^,]*', '"wall_s":1e999'),
        ('"metrics":{', '"metrics":{"x":Infinity,'),
        ('"metrics":{', '"metrics":{"x":"y",'),
        ('"cost_s":[^,]*', '"cost_s":-Infinity'),
        ('"invalid":false', '"invalid":0'),
        ('"invalid":false', '"invalid":false,"was":0'),
    ],
    ids=lambda line: repr(line)[:30],
)
def test_a_line_that_is_no_record_is_named(tiny: str, tmp_path: Path, line: Any) -> None:
    path = tmp_path / "history.jsonl"
    run(tiny, History(Budget(evaluations=5), path))
    lines = path.read_bytes().split(b"\n")
    if line == "again":
        line = lines[1]
    lines[2] = line if isinstance(line, bytes) else re.sub(*line, lines[2].decode()).encode()
    path.write_bytes(b"\n".join(lines) + b"cut off")
    before = path.read_bytes()
    with pytest.raises(RunFolderError, match=r"history\.jsonl is damaged: line 3") as caught:
        History(Budget(evaluations=9), path)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before


def test_two_histories_do_not_write_one_file(tiny: str, tmp_path: Path) -> None:
    pytest.importorskip("fcntl", reason="file locks need fcntl")
    path = tmp_path / "history.jsonl"
    first = History(Budget(evaluations=9), path)
    search(tiny, first, evaluations=4)
    with path.open("ab") as file:
        file.write(b"half a li")  # as the first may be about to finish it
    before = path.read_bytes()
    with pytest.raises(RunBusyError, match="another process is writing"):
        History(Budget(evaluations=9), path)
    program = (
        f"from pathlib import Path; from awnas_gym.envs import *; History(Budget(evaluations=9), Path({str(path)!r}))"
    )
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "RunBusyError" in other.stderr
    assert path.read_bytes() == before
    first.close()
    second = History(Budget(evaluations=9), path)
    assert len(run(tiny, second)) == 9
    History(Budget(evaluations=9), path).close()


def test_a_history_that_does_not_write_replays_beside_the_one_that_does(tiny: str, tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    assert History(Budget(evaluations=20), path, writes=False).replayed == 0
    assert not path.exists()
    run(tiny, History(Budget(evaluations=8), path))
    written = path.read_bytes()
    writer = History(Budget(evaluations=8), path)
    reader = History(Budget(evaluations=20), path, writes=False)
    assert (writer.replayed, reader.replayed) == (8, 8)
    assert comparable(run(tiny, reader)) == comparable(run(tiny, History(Budget(evaluations=20))))
    assert path.read_bytes() == written
    writer.close()


def test_a_history_that_was_refused_holds_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text("5\n")
    with pytest.raises(RunFolderError, match="damaged"):
        History(Budget(evaluations=9), path)
    path.write_text("")
    History(Budget(evaluations=9), path).close()


def test_a_full_disk_is_one_line_and_keeps_what_is_stored(tiny: str) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    history = History(Budget(evaluations=5))
    history._file = open("/dev/full", "wb")  # noqa: SIM115 - a file every write to which fails
    with pytest.raises(RunFolderError, match="No space left"):
        search(tiny, history)
    assert history.records == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match="cannot write"):
        History(Budget(evaluations=5), tmp_path / "file" / "history.jsonl")


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"evaluations": 0},
        {"cost_s": -1.0},
        {"cost_s": float("nan")},
        {"cost_s": float("inf")},
        {"evaluations": 3, "cost_s": float("nan")},
        {"evaluations": 2.5},
        {"evaluations": "many"},
        {"evaluations": True},
    ],
)
def test_a_budget_that_ends_nothing_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match="above 0"):
        Budget(**wrong)


def test_recorder_refuses_foreign_environments() -> None:
    with pytest.raises(SettingError, match="environments of awnas_gym"):
        Recorder(gym.make("CartPole-v1"), History(Budget(evaluations=1)))


def test_the_same_architecture_at_another_fidelity_is_no_duplicate(tiny: str) -> None:
    history = History(Budget(evaluations=3))
    env = Recorder(gym.make("awnas/NASBench201-v0", dataset=tiny, action_mode="joint"), history)
    for fidelity in (2, 4, 2):
        env.reset(options={"fidelity": fidelity})
        env.step(np.zeros(6, dtype=np.int64))
    assert [record["duplicate"] for record in history.records] == [False, False, True]
