"""Histories in the data format of IOHprofiler, which IOHanalyzer and iohinspector read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import AwnasError, RunFolderError
from awnas_gym.files import write_atomically
from awnas_gym.reporting.figure_files import slug
from awnas_gym.reporting.groups import Group, by_environment, group_runs, left_out
from awnas_gym.reporting.read import Run, find_runs
from awnas_gym.reporting.space import space_of
from awnas_gym.spaces.abstract import AbstractSpace

VERSION = "0.4.2"
"""Release of `ioh` whose `logger.Analyzer` writes files of this form; IOHanalyzer wants 0.3.3 or later."""

SUITE = "awnas_gym"
COLUMNS = ["evaluations", "raw_y"]
"""Of a file of numbers. The line of their names begins a run."""

INSTANCE = 1
"""The seeds of an agent are repetitions on one instance of the problem, as runs of `ioh` are unless it is changed."""

WIDEST = 80
"""Characters of a label in the name of a file; systems take 255 for all of it."""


def write_ioh(paths: Sequence[Path], folder: Path) -> tuple[list[Path], list[str]]:
    """Write the history of every run in and below `paths` with rewards that are numbers.

    An agent has a folder, an environment is a function, seeds are runs of it. As `ioh` does, its first and its last
    evaluation and each that is better than all before are written, the numbers in full. What does not count (see
    `Run.rewards`) has the lowest reward that does in the environment, by any agent: readers cannot draw an infinity.

    Args:
        paths: folders with runs.
        folder: gets the files; it is made where it is missing.

    Returns:
        The files, and a sentence for each kind of run left out.

    Raises:
        RunFolderError: a run cannot be read, none has rewards that are numbers, `folder` holds other files of this
            kind, which readers would mix with these, or it cannot be written.
    """
    groups, notes = group_runs(find_runs(paths))
    lowest = {environment: _lowest(same) for environment, same in by_environment(groups).items()}
    kept: list[tuple[Group, AbstractSpace]] = []
    left: dict[str, list[str]] = {}
    for group in groups:
        try:
            kept.append((group, _space(group, lowest[group.environment])))
        except (AwnasError, TypeError) as error:
            left.setdefault(str(error), []).append(f"{group.label} on {group.environment}")
    notes += [left_out(why, names) for why, names in left.items()]
    if not kept:
        raise RunFolderError(f"{', '.join(map(str, paths))}: no run to write for IOHprofiler. {' '.join(notes)}")
    agents = sorted({group.label for group, _ in kept})
    environments = sorted({group.environment for group, _ in kept})
    contents: dict[Path, str] = {}
    for group, space in kept:
        home = folder / f"{agents.index(group.label) + 1}_{_short(group.label)}"
        files = _files(group, space, environments.index(group.environment) + 1, lowest[group.environment])
        contents |= {home / name: text for name, text in files.items()}
    _check_folder(folder, contents)
    for path, text in contents.items():  # numbers before the JSON that names them: alone, they are not read
        write_atomically(path, text)
    return list(contents), notes


def _lowest(groups: Sequence[Group]) -> float:
    """Return the lowest reward that counts, infinity if none does."""
    runs = [run for group in groups for run in group.runs if run.vectors is None]
    rewards = np.concatenate([[np.inf], *(run.rewards for run in runs)])
    return float(rewards[rewards > -np.inf].min())


def _space(group: Group, lowest: float) -> AbstractSpace:
    """Return the search space of a group, or raise `AwnasError` or `TypeError` if it has no files."""
    if any(run.vectors is not None for run in group.runs):
        raise RunFolderError("rewards are vectors")
    if lowest == np.inf:
        raise RunFolderError("no evaluation in the environment counts")
    return space_of(group.config)


def _files(group: Group, space: AbstractSpace, number: int, lowest: float) -> dict[str, str]:
    """Return the file of numbers and the JSON that names it, by their paths in the agent's folder."""
    name = f"f{number}_{_short(group.environment)}"
    dimension = len(space.cardinalities)
    numbers = f"data_{name}/IOHprofiler_f{number}_DIM{dimension}.dat"
    worths = [np.where(np.isfinite(run.rewards), run.rewards, lowest) for run in group.runs]
    lines = [line for worth in worths for line in (" ".join(COLUMNS), *_lines(worth))]
    about = {
        "version": VERSION,
        "suite": SUITE,
        "function_id": number,
        "function_name": group.environment,
        "maximization": True,
        "algorithm": {"name": group.label, "info": json.dumps(group.config["agent"], default=str)},
        "run_attributes": ["seed"],
        "attributes": COLUMNS,
        "scenarios": [
            {
                "dimension": dimension,
                "path": numbers,
                "runs": [_run(run, worth, space) for run, worth in zip(group.runs, worths, strict=True)],
            }
        ],
    }
    return {numbers: "\n".join(lines) + "\n", f"IOHprofiler_{name}.json": json.dumps(about) + "\n"}


def _run(run: Run, worth: NDArray[np.float64], space: AbstractSpace) -> dict[str, Any]:
    best = int(np.argmax(worth))
    arch = space.parse(run.evaluations[best].architecture)
    found = {"evals": best + 1, "y": float(worth[best]), "x": arch.tolist()}
    return {"instance": INSTANCE, "evals": len(worth), "best": found, "seed": run.seed}


def _lines(worth: NDArray[np.float64]) -> list[str]:
    """Return a line of each evaluation that is the first, the last or better than all before it."""
    so_far = np.maximum.accumulate(worth)
    told = np.concatenate([[True], so_far[1:] > so_far[:-1]])
    told[-1] = True
    return [f"{n + 1} {reward!r}" for n, reward in zip(np.flatnonzero(told), worth[told].tolist(), strict=True)]


def _short(label: str) -> str:
    return slug(label)[:WIDEST]


def _check_folder(folder: Path, contents: Mapping[Path, str]) -> None:
    """Raise `RunFolderError` if `folder` holds other JSON files: readers take every one that they find."""
    others = sorted(path for path in folder.rglob("*.json") if path not in contents)
    if others:
        raise RunFolderError(
            f"{folder} holds {others[0].relative_to(folder)}, which is no file of these; give a new folder"
        )
