"""Results of a leaderboard as files: what they hold, how runs become one, and how they are read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import Any

from awnas_gym import __version__
from awnas_gym.errors import RunFolderError, SettingError
from awnas_gym.metrics import split_of
from awnas_gym.reporting import Group, Run, find_runs, group_runs
from awnas_gym.reporting.repeat import command

SCHEMA = 1
PACKAGES = ("numpy", "gymnasium", "torch", "stable-baselines3", "optuna", "scikit-learn")

HASHED = ("n", "architecture", "arch_key", "reward", "split", "fidelity", "trial", "duplicate", "invalid")
"""Of each line of a history: what the agent did and what it earned. Clocks differ each time, and metrics that an agent
did not hear of may be added to a table."""

USED = (
    *("evaluations", "unique", "duplicates", "invalid", "missing", "cost_s", "simulated_s", "agent_s", "wall_s"),
    *("peak_memory_mib", "policy_updates"),
)
"""What a summary says of what a run has used."""

ENTRY: dict[str, type] = {
    **dict.fromkeys(("environment", "agent", "budget"), dict),
    **{"table": str, "simulated_workers": int, "command": str, "runs": list},
}
RUN: dict[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("seed", "n", "fidelity"), int),
    **dict.fromkeys(("architecture", "history_sha256"), str),
    **{"reward": (int, float), "trial": (str, int), "test": dict, "used": dict},
}


def results_of(paths: Sequence[Path]) -> dict[str, Any]:
    """Return the results of all runs in and below `paths`, an entry a group.

    Raises:
        RunFolderError: a run cannot be read, or has not finished.
        SettingError: rewards are vectors, of mixtures or in several contexts, so that there is no incumbent to ask a
            table for; or nothing that was found keeps the constraint.
    """
    groups, _ = group_runs(find_runs(paths))
    versions = {"awnas_gym": __version__, "python": python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {"schema": SCHEMA, "versions": versions, "entries": [_entry(group) for group in groups]}


def _entry(group: Group) -> dict[str, Any]:
    config = group.config
    reference = group.reference
    return {
        **{part: config[part] for part in ("environment", "agent", "budget")},
        "simulated_workers": config.get("simulated_workers", 1),
        "table": config.get("table") or "",
        **({} if reference is None else {"reference": dict(reference)}),
        "command": command(group),
        "runs": [_run(run) for run in group.runs],
    }


def _run(run: Run) -> dict[str, Any]:
    summary = run.summary or {}
    if not summary.get("finished"):
        raise RunFolderError(f"{run.path}: the run has not finished; go on with it first")
    records = [json.loads(line) for line in (run.path / "history.jsonl").read_text(encoding="utf-8").splitlines()]
    incumbent = summary.get("incumbent")
    elsewhere = any("gradient" in record or "context" in record for record in records)
    if incumbent is None or incumbent.get("violation") or elsewhere:
        raise SettingError(f"{run.path}: no single architecture with a reward of its own, and within limits, was found")
    found = next(record for record in records if record["n"] == incumbent["n"])
    report = incumbent["report"]
    return {
        "seed": run.seed,
        **{name: incumbent[name] for name in ("architecture", "reward", "n")},
        **{name: found[name] for name in ("fidelity", "trial")},
        "test": {name: value for name, value in report.items() if split_of(name) == "test"},
        "used": {name: summary[name] for name in USED if name in summary},
        "history_sha256": history_hash(records),
    }


def history_hash(records: Sequence[Mapping[str, Any]]) -> str:
    """Return the SHA-256 of what `HASHED` names of each line of a history."""
    lines = [json.dumps([record[name] for name in HASHED]) for record in records]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def read_entries(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Return file name -> entries of every file of results in a folder; each has the file's `versions`.

    Raises:
        SettingError: a file is none; the message names it.
    """
    found = {}
    for path in sorted(folder.glob("*.json")):
        try:
            content = json.loads(path.read_bytes())
            if content["schema"] != SCHEMA:
                raise SettingError(f"{path}: schema is {content['schema']!r}; this version reads {SCHEMA}")
            for entry in content["entries"]:
                _check(entry, ENTRY)
                for run in entry["runs"]:
                    _check(run, RUN)
            found[path.name] = [{**entry, "versions": content["versions"]} for entry in content["entries"]]
        except (ValueError, KeyError, TypeError) as error:
            if isinstance(error, SettingError):
                raise
            raise SettingError(f"{path}: no results: {type(error).__name__} {error}") from error
    return found


def _check(part: Mapping[str, Any], kinds: Mapping[str, type | tuple[type, ...]]) -> None:
    """Raise `TypeError` where a part has another form."""
    for name, kind in kinds.items():
        if isinstance(part[name], bool) or not isinstance(part[name], kind):
            raise TypeError(f"{name} is {part[name]!r}")
