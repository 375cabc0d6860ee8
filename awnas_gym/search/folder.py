"""The folder of a run: which run it holds, and whether it is finished."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gymnasium as gym
import yaml

from awnas_gym.config import read_yaml
from awnas_gym.errors import RunFolderError, SettingError
from awnas_gym.evaluators.abstract import TrainableEvaluator
from awnas_gym.files import write_atomically
from awnas_gym.search.config import Run

FREE = frozenset({"workers", "worker_pool", "cache"})
"""Keywords of environments that change no history: a run may be resumed with others."""


def is_finished(folder: Path) -> bool:
    """Tell whether the run in `folder` spent its budget: its summary counts every line of its history."""
    try:
        summary = json.loads((folder / "summary.json").read_bytes())
        lines = (folder / "history.jsonl").read_bytes().count(b"\n")
    except (OSError, ValueError):
        return False
    return isinstance(summary, dict) and summary.get("finished") is True and summary.get("evaluations") == lines


def check_config(config: Run, env: gym.Env[Any, Any], folder: Path, *, processes: int | None = None) -> None:
    """Check that `config.yaml`, if the folder has one, says what is wanted.

    Args:
        config: what is wanted.
        env: its environment.
        folder: of the run.
        processes: that trained the weights; None for those of the environment, which is to go on with them.

    Raises:
        RunFolderError: it cannot be read, or the folder holds another run.
    """
    path = folder / "config.yaml"
    if not path.exists():
        return
    content = _content(config, env) | ({} if processes is None else {"processes": processes})
    kinds: dict[str, type | tuple[type, ...]] = dict.fromkeys(content, (dict, int, str))
    later = {name: kinds.pop(name) for name in ("processes", "simulated_workers")}  # not in files of earlier versions
    try:
        stored = dict.fromkeys(later, 1) | read_yaml(path, required=kinds, optional=later)
    except SettingError as error:
        raise RunFolderError(str(error)) from error
    for key, value in content.items():
        if _binding(stored[key]) != _binding(value):
            raise RunFolderError(f"{folder} holds another run: its {key} is {stored[key]!r}, not {value!r}")


def _binding(part: object) -> object:
    """Return what of a part of `config.yaml` says which history a run has."""
    return {name: value for name, value in part.items() if name not in FREE} if isinstance(part, dict) else part


def begin(config: Run, env: gym.Env[Any, Any], folder: Path) -> None:
    """Write `config.yaml`, or check that the one in the folder says the same; tell the evaluator of the folder."""
    check_config(config, env, folder)
    path = folder / "config.yaml"
    if not path.exists():
        write_atomically(path, yaml.safe_dump(_content(config, env), sort_keys=False))
    env.get_wrapper_attr("judge").evaluator.keep_in(folder)


def _content(config: Run, env: gym.Env[Any, Any]) -> dict[str, Any]:
    """Return what `config.yaml` holds: the run, its space, which numbers it is answered from, and who trains.

    Another number of processes has other batch norms, so other rewards: it cannot go on with a history.
    """
    space, evaluator = env.get_wrapper_attr("space"), env.get_wrapper_attr("judge").evaluator
    return {
        **asdict(config),
        "space": {"name": space.name, "settings": space.settings},
        "table": env.get_wrapper_attr("judge").version,
        "processes": evaluator.ranks.size if isinstance(evaluator, TrainableEvaluator) else 1,
    }
