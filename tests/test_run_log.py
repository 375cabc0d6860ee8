"""The logs of a run: the agent's statistics and TensorBoard's events, once each, also after a kill."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from awnas_gym.errors import MissingExtraError
from awnas_gym.run_log import RunLog
from awnas_gym.search import Run, run
from awnas_gym.sweep import Sweep, run_sweep

BUDGET = 25


def config(agent: str = "reinforce", **settings: Any) -> Run:
    environment = {"id": "awnas/NASBench201-v0", "action_mode": "joint"}
    return Run(environment=environment, agent={"name": agent, **settings}, budget={"evaluations": BUDGET})


def events(folder: Path) -> list[tuple[str, int, float, float]]:
    """Return (tag, step, value, seconds since 1970) of all events of a run."""
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
    from tensorboard.util.tensor_util import make_ndarray

    found = []
    for path in sorted((folder / "tensorboard").iterdir()):
        for event in EventFileLoader(str(path)).Load():
            found += [(v.tag, event.step, float(make_ndarray(v.tensor)), event.wall_time) for v in event.summary.value]
    return found


def lines(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "agent.jsonl").read_text().splitlines()]


class KilledError(Exception):
    pass


def killed_and_resumed(folder: Path, **keywords: Any) -> list[dict[str, Any]]:
    def kill(record: dict[str, Any]) -> None:
        if record["n"] == 13:
            raise KilledError

    with pytest.raises(KilledError):
        run(config(), folder, on_record=kill, **keywords)
    return run(config(), folder, **keywords).records


def test_a_line_an_update_with_what_was_evaluated_before_it(tmp_path: Path) -> None:
    records = run(config(), tmp_path).records
    found = lines(tmp_path)
    assert [line["n"] for line in found] == list(range(1, BUDGET + 1))
    baseline = records[0]["reward"]
    for line, record in zip(found, records, strict=True):
        baseline = 0.9 * baseline + 0.1 * record["reward"]
        assert line["baseline"] == pytest.approx(baseline)


def test_a_resumed_run_has_the_lines_of_an_unbroken_one(tmp_path: Path) -> None:
    run(config(), tmp_path / "whole")
    killed_and_resumed(tmp_path / "killed")
    assert lines(tmp_path / "killed") == lines(tmp_path / "whole")


def test_an_agent_without_statistics_leaves_no_file(tmp_path: Path) -> None:
    run(config("random"), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"agent", "config.yaml", "history.jsonl", "summary.json"}


def test_events_are_those_of_the_history_and_none_is_there_twice(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    records = killed_and_resumed(tmp_path, tensorboard=True)
    found = events(tmp_path)
    assert max(Counter((tag, step) for tag, step, *_ in found).values()) == 1
    curves: dict[str, dict[int, float]] = {}
    for tag, step, value, _ in found:
        curves.setdefault(tag, {})[step] = value
    rewards = [record["reward"] for record in records]
    assert curves["evaluation/reward"] == pytest.approx(dict(enumerate(rewards, start=1)))
    best = {n: max(rewards[:n]) for n in range(1, BUDGET + 1)}
    assert curves["evaluation/best_reward"] == pytest.approx(best)
    assert curves["evaluation/valid_accuracy"].keys() == best.keys()
    assert curves["agent/baseline"] == pytest.approx({int(line["n"]): line["baseline"] for line in lines(tmp_path)})
    began = (tmp_path / "config.yaml").stat().st_mtime
    assert [wall - began for tag, _, _, wall in found if tag == "evaluation/reward"] == pytest.approx(
        [record["wall_s"] for record in records], abs=1e-5
    )


def test_numbers_that_are_not_finite_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").touch()
    log = RunLog(tmp_path)
    log.update(3, {"loss": float("nan"), "entropy": 1.0})
    log.close()
    assert lines(tmp_path) == [{"n": 3, "entropy": 1.0}]


def test_without_tensorboard_nothing_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard.summary", None)
    sweep = Sweep(
        environment={"id": "awnas/NASBench201-v0"}, agents=[{"name": "random"}], budget={"evaluations": 3}, seeds=1
    )
    with pytest.raises(MissingExtraError, match=r"awnas-gym\[tensorboard\]"):
        next(run_sweep(sweep, tmp_path, tensorboard=True))
    assert list(tmp_path.iterdir()) == []


def test_the_best_so_far_is_the_best_at_the_highest_fidelity() -> None:
    drawn: list[float] = []
    log = RunLog(None)
    log._draw = lambda group, values, n: drawn.append(values["best_reward"])  # type: ignore[method-assign]
    for n, (fidelity, reward) in enumerate([(1, 0.9), (3, 0.5), (1, 0.95), (3, 0.6)], start=1):
        log.evaluation({"n": n, "fidelity": fidelity, "reward": reward, "metrics": {}, "wall_s": 0.0})
    assert drawn == [0.9, 0.5, 0.5, 0.6]
