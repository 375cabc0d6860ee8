"""Run folders: `config.yaml`, `history.jsonl` and, once a run has finished, `summary.json`."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, final

import numpy as np
import yaml
from numpy.typing import NDArray

from awnas_gym.agents.find import label_of
from awnas_gym.errors import RunFolderError
from awnas_gym.metrics import METRICS, is_metric
from awnas_gym.reporting.scale import Scale, scales

CONFIG, HISTORY, SUMMARY = "config.yaml", "history.jsonl", "summary.json"
LARGEST = sys.float_info.max
WIDEST = 40
"""Characters of a wrong value in an error."""


@final
@dataclass(frozen=True, slots=True)
class Evaluation:
    """A line of a history: an architecture, what was measured and what it earned.

    `missing` if nothing is recorded; `mixed` if the reward is that of a mixture, which the architecture stands for;
    `violation` of the objective's constraint, 0 where it holds or there is none; `vector` is a reward of several
    entries, `reward` is then nan; `fidelity` is mostly epochs, 0 in a history that does not say it; `finished_s` is
    when it ended on a simulated clock with several workers; `duplicate` if the run evaluated the same function at the
    same fidelity before.
    """

    n: int
    architecture: str
    key: str
    reward: float
    metrics: Mapping[str, float]
    cost_s: float | None
    missing: bool = False
    mixed: bool = False
    violation: float = 0.0
    vector: tuple[float, ...] | None = None
    fidelity: int = 0
    finished_s: float | None = None
    duplicate: bool = False


@final
@dataclass(frozen=True)
class Run:
    """One run of one agent with one seed; `summary` is None while it has not finished.

    `scale` is what hypervolumes of vector rewards are measured by; None where rewards are numbers.
    """

    path: Path
    config: Mapping[str, Any]
    evaluations: tuple[Evaluation, ...]
    summary: Mapping[str, Any] | None
    scale: Scale | None = None

    @property
    def seed(self) -> int:
        """The run's seed."""
        return int(self.config["seed"])

    @property
    def agent(self) -> str:
        """The agent's name; of a user's own, the name of its class."""
        return label_of(str(self.config["agent"]["name"]))

    @property
    def environment(self) -> str:
        """The environment's id."""
        return str(self.config["environment"]["id"])

    @property
    def finished(self) -> bool:
        """Whether it spent its budget."""
        return bool((self.summary or {}).get("finished"))

    @cached_property
    def fidelity(self) -> int:
        """The highest of its evaluations; 0 where there are none, or none that say it."""
        return max((evaluation.fidelity for evaluation in self.evaluations), default=0)

    @cached_property
    def rewards(self) -> NDArray[np.float64]:
        """What each evaluation is worth, `[evaluations]`: its reward, but -inf where the constraint is broken.

        What was evaluated at a lower fidelity than the run's highest helped its agent to choose, and is worth -inf too.
        """
        counts = [each.violation <= 0 and each.fidelity == self.fidelity for each in self.evaluations]
        return np.where(counts, self.earned, -np.inf)

    @cached_property
    def earned(self) -> NDArray[np.float64]:
        """The reward of each evaluation, `[evaluations]`; -inf where none was given.

        Of vector rewards the hypervolume of all so far.
        """
        if self.vectors is not None and self.scale is not None:
            return self.scale.so_far(self.vectors)
        rewards = np.array([evaluation.reward for evaluation in self.evaluations], dtype=np.float64)
        return np.where(np.isnan(rewards), -np.inf, rewards)

    @cached_property
    def vectors(self) -> NDArray[np.float64] | None:
        """The vector rewards, `[evaluations, objectives]`; None where rewards are numbers, or there are none."""
        rows = [evaluation.vector for evaluation in self.evaluations if evaluation.vector is not None]
        return np.array(rows, dtype=np.float64) if rows else None

    @property
    def incumbent(self) -> Evaluation:
        """The evaluation at the highest fidelity with the highest reward that keeps the constraint, the earliest one.

        If none keeps it, the one that breaks it least.
        """
        if np.isinf(self.rewards).all():
            return min(self.evaluations, key=lambda each: (-each.fidelity, each.violation))
        return self.evaluations[int(np.argmax(self.rewards))]

    @cached_property
    def clock_s(self) -> NDArray[np.float64] | None:
        """Simulated seconds gone after each evaluation, `[evaluations]`; None if any was not recorded."""
        known = [evaluation.cost_s for evaluation in self.evaluations if evaluation.cost_s is not None]
        if not known or len(known) < len(self.evaluations):
            return None
        ends = [evaluation.finished_s for evaluation in self.evaluations if evaluation.finished_s is not None]
        return np.array(ends, dtype=np.float64) if ends else np.cumsum(known)

    @property
    def unique(self) -> int:
        """Number of architectures that differ, by their class."""
        return len({evaluation.key for evaluation in self.evaluations})

    def metric(self, name: str) -> NDArray[np.float64]:
        """Return a metric of each evaluation, `[evaluations]`; NaN where it is missing."""
        return np.array([e.metrics.get(name, math.nan) for e in self.evaluations], dtype=np.float64)


def find_runs(paths: Iterable[Path | str]) -> list[Run]:
    """Read every run in and below `paths`, in order of their path; `RunFolderError` says what is wrong where."""
    folders: dict[Path, Path] = {}
    for path in map(Path, paths):
        if not path.is_dir():
            raise RunFolderError(f"{path}: no such folder; give the folders that `awnas search` wrote")
        below = sorted(history.parent for history in path.rglob(HISTORY))
        if not below:
            raise RunFolderError(f"{path}: no run in or below it (a run is a folder with {CONFIG} and {HISTORY})")
        for folder in below:
            folders.setdefault(folder.resolve(), folder)
    runs = [read_run(folder) for folder in folders.values()]
    played = [{"environment": run.config["environment"], "table": run.config.get("table")} for run in runs]
    found = scales([(on, run.vectors, run.summary) for on, run in zip(played, runs, strict=True)])
    return [replace(run, scale=scale) for run, scale in zip(runs, found, strict=True)]


def read_run(folder: Path) -> Run:
    """Read one run folder. A last line that a kill cut off is ignored; any other fault is an error."""
    config = _read_config(folder / CONFIG)
    return Run(folder, config, _read_history(folder / HISTORY), _read_summary(folder / SUMMARY))


def _read_text(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise RunFolderError(f"{path}: cannot be read: {reason}") from error


def _read_config(path: Path) -> dict[str, Any]:
    try:
        config = yaml.safe_load(_read_text(path))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise RunFolderError(f"{path}: no YAML: {str(error).splitlines()[0]}") from error
    if not isinstance(config, dict):
        raise RunFolderError(f"{path}: a configuration is a mapping; got {type(config).__name__}")
    for section, field in (("environment", "id"), ("agent", "name")):
        part = config.get(section)
        if not isinstance(part, dict) or not isinstance(part.get(field), str):
            raise RunFolderError(f"{path}: {section}.{field} is missing")
    if type(config.get("seed")) is not int:
        raise RunFolderError(f"{path}: seed is missing or no whole number")
    return config


def _read_history(path: Path) -> tuple[Evaluation, ...]:
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise RunFolderError(f"{path}: cannot be read: {error.strerror}") from error
    evaluations = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            evaluations.append(_evaluation(json.loads(line)))
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            if number == len(lines):
                break  # it has no line end: cut off by a kill
            what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise RunFolderError(f"{path}: line {number} is no evaluation: {what}") from error
    # several workers: in the order in which results came
    return tuple(sorted(evaluations, key=lambda evaluation: evaluation.finished_s or 0.0))


def _evaluation(line: object) -> Evaluation:
    """Return the evaluation of a line; `KeyError` or `TypeError` if it has another shape."""
    if not isinstance(line, dict) or not isinstance(line["metrics"], dict):
        raise TypeError("a mapping is wanted, with a mapping 'metrics'")
    cost = _number(line.get("cost_s"), "cost_s")
    finished = _number(line.get("finished_s"), "finished_s")
    vector = _vector(line["reward"], "reward") if isinstance(line["reward"], list) else None
    return Evaluation(
        n=int(_number(line["n"], "n")),
        architecture=str(line["architecture"]),
        key=str(line["arch_key"]),
        reward=math.nan if vector else _number(line["reward"], "reward"),
        metrics={str(name): _number(value, str(name)) for name, value in line["metrics"].items()},
        cost_s=None if math.isnan(cost) else cost,
        missing=line.get("missing") is True,
        mixed="gradient" in line,
        violation=_number(line.get("violation", 0.0), "violation"),
        vector=vector,
        fidelity=int(_number(line.get("fidelity", 0), "fidelity")),
        finished_s=None if math.isnan(finished) else finished,
        duplicate=line.get("duplicate") is True,
    )


def _vector(values: object, name: str) -> tuple[float, ...]:
    """Return a list of two or more finite numbers; `TypeError` for anything else."""
    if not isinstance(values, list) or len(values) < 2 or None in values:
        raise TypeError(f"{name} is {_short(values)}; it should be a number, or a list of two or more")
    return tuple(_number(value, name) for value in values)


def _number(value: object, name: str) -> float:
    """Return a number, NaN for None; `TypeError` for anything else, infinity too."""
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > LARGEST:
        raise TypeError(f"{name} is {_short(value)}; it should be a number")
    return float(value)


def _short(value: object) -> str:
    """Return a value as text that fits into a line."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # whole numbers of more digits than Python prints, deep nesting
        text = f"a {type(value).__name__}"
    return text if len(text) <= WIDEST else f"{text[:WIDEST]}…"


def _read_summary(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    try:
        summary = json.loads(_read_text(path))
    except (ValueError, RecursionError) as error:
        raise RunFolderError(f"{path}: no JSON: {error}") from error
    if not isinstance(summary, dict):
        raise RunFolderError(f"{path}: a summary is a mapping; got {type(summary).__name__}")
    try:
        _check_summary(summary)
    except TypeError as error:
        raise RunFolderError(f"{path}: {error}") from error
    return summary


def _check_summary(summary: dict[str, Any]) -> None:
    """Raise `TypeError` where a part that reports read is not what it should be; all of them may be absent."""
    for name in ("agent_s", "wall_s", "peak_memory_mib", "policy_updates", "invalid", "missing"):
        _number(summary.get(name), name)
    reference = _mapping(summary, "reference")
    for name in ("best", "mean_random"):
        _number(reference.get(name), f"reference.{name}")
    _check_front(summary, reference)
    metric = reference.get("metric", "reward")
    if metric != "reward" and not (isinstance(metric, str) and is_metric(metric)):
        raise TypeError(f"reference.metric is {_short(reference['metric'])}; legal: reward, {', '.join(METRICS)}")
    incumbent = _mapping(summary, "incumbent")
    _number(incumbent.get("n"), "incumbent.n")
    for name, value in _mapping(incumbent, "report", "incumbent.").items():
        _number(value, f"incumbent.report.{name}")


def _check_front(summary: dict[str, Any], reference: dict[str, Any]) -> None:
    """Raise `TypeError` where what is said of vector rewards has another form."""
    names = summary.get("objectives") or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"objectives is {_short(names)}; it should be a list of names")
    front = reference.get("front") or []
    if not isinstance(front, list):
        raise TypeError(f"reference.front is {_short(front)}; it should be a list")
    sizes = {len(_vector(row, "reference.front")) for row in front}
    sizes |= {len(_vector(reference.get(end), f"reference.{end}")) for end in ("ideal", "nadir") if front}
    if len(sizes) > 1:
        raise TypeError(f"reference.front has members of {sorted(sizes)} entries")


def _mapping(content: dict[str, Any], name: str, prefix: str = "") -> dict[str, Any]:
    """Return a mapping in a mapping, empty if it is absent or None."""
    found = content.get(name)
    if found is not None and not isinstance(found, dict):
        raise TypeError(f"{prefix}{name} is {_short(found)}; it should be a mapping")
    return found or {}
