"""Make a benchmark table: measure architectures one after the other, resumable, in parallel."""

from __future__ import annotations

import contextlib
import json
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym import __version__
from awnas_gym.config import check_keys, read_yaml
from awnas_gym.errors import RunFolderError, SettingError
from awnas_gym.evaluators import RECORDERS, AbstractRecorder
from awnas_gym.files import write_atomically
from awnas_gym.seeding import generator
from awnas_gym.spaces import SPACES, AbstractSpace
from awnas_gym.workers import Here, Processes

CHUNK = 256
"""Measurements a file."""
RECIPE = "recipe.json"
"""Beside the measurements of a pass: what they were made with."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One kind of measurement over a set of architectures.

    Attributes:
        recorder: a row of `RECORDERS`.
        settings: the recorder's own arguments.
        over: every architecture (`"all"`), one a class (`"classes"`), or so many random ones.
        rounds: how often the whole set is measured; each round in another order, so that a slow
            minute of the machine meets no architecture twice.
    """

    recorder: str
    settings: dict[str, Any] = field(default_factory=dict)
    over: Literal["all", "classes"] | int = "all"
    rounds: int = 1

    def __post_init__(self) -> None:
        """Refuse sets that do not exist."""
        RECORDERS[self.recorder]
        if not (self.over in {"all", "classes"} or (isinstance(self.over, int) and self.over > 0)) or self.rounds < 1:
            raise SettingError(f"over is 'all', 'classes' or a number from 1, rounds from 1; got {self}")

    def tasks(self, space: AbstractSpace) -> list[tuple[int, int]]:
        """Return (round, index of the architecture) in order of work; a fixed shuffle, so any prefix is a sample."""
        indices = space.index(space.enumerate())
        if self.over == "classes":
            indices = np.unique(space.index(space.canonical(space.unindex(indices))))
        elif self.over != "all":
            indices = generator(0, "tabulate", "sample").permutation(indices)[: self.over]
        orders = (generator(0, "tabulate", turn).permutation(indices).tolist() for turn in range(self.rounds))
        return [(turn, index) for turn, order in enumerate(orders) for index in order]


def _lines(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().splitlines()
    except OSError as error:
        raise RunFolderError(f"cannot read {path}: {error.strerror}") from error


def _shapes(record: object) -> dict[str, tuple[int, ...]] | None:
    """Return the shapes of a measurement's values; None if it is none: a round, an index, numbers by name.

    Infinity is no number; `nan` is one, it stands for what was not recorded.
    """
    if not isinstance(record, dict) or record.keys() != {"round", "index", "values"}:
        return None
    whole = all(type(record[key]) is int and record[key] >= 0 for key in ("round", "index"))
    if not whole or not isinstance(record["values"], dict):
        return None
    try:
        arrays = {name: np.asarray(value) for name, value in record["values"].items()}
    except ValueError:  # lists of unequal lengths, or nested too deeply
        return None
    fine = all(each.dtype.kind in "iuf" and each.size and not np.isinf(each).any() for each in arrays.values())
    return {name: each.shape for name, each in arrays.items()} if fine and arrays else None


@final
class Results:
    """Measurements in a folder of JSON-lines files, `<folder>/<pass>/00000.jsonl` …; appended, never rewritten."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder / name
        self.records: dict[tuple[int, int], dict[str, Any]] = {}
        expected: dict[str, tuple[int, ...]] | None = None
        for path in sorted(self.folder.glob("*.jsonl")):
            for number, line in enumerate(_lines(path), start=1):
                try:
                    record = json.loads(line)
                except (json.JSONDecodeError, UnicodeDecodeError):
                    continue  # the line a kill cut off; its architecture is measured again
                except (ValueError, RecursionError) as error:
                    raise RunFolderError(f"{path}: line {number} is no measurement: {error}") from error
                shapes = _shapes(record)
                if shapes is None or shapes != (expected := expected or shapes):
                    raise RunFolderError(
                        f"{path}: line {number} is no measurement; one is "
                        '{"round": whole number, "index": whole number, "values": {name: numbers}}'
                        + (f" with the shapes {expected}" if expected else "")
                    )
                self.records[record["round"], record["index"]] = record["values"]

    def append(self, task: tuple[int, int], values: dict[str, NDArray[Any]]) -> None:
        """Store one measurement, on disk when this returns."""
        plain = {name: np.asarray(value).tolist() for name, value in values.items()}
        path = self.folder / f"{len(self.records) // CHUNK:05d}.jsonl"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with path.open("a") as file:
                if file.tell() and not path.read_bytes().endswith(b"\n"):
                    file.write("\n")  # close a line that a kill cut off
                file.write(
                    json.dumps({"round": task[0], "index": task[1], "values": plain}, separators=(",", ":")) + "\n"
                )
        except OSError as error:
            raise RunFolderError(f"cannot write {path}: {error.strerror}; what is stored is untouched") from error
        self.records[task] = plain

    def recipe(self) -> dict[str, Any] | None:
        """Return what the measurements were made with, as `tie_to_recipe` wrote it; None if it did not."""
        path = self.folder / RECIPE
        if not path.exists():
            return None
        try:
            content = json.loads(path.read_bytes())
        except OSError as error:
            raise RunFolderError(f"cannot read {path}: {error.strerror}") from error
        except (ValueError, RecursionError) as error:
            raise RunFolderError(f"{path}: no JSON: {error}") from error
        if not isinstance(content, dict):
            raise RunFolderError(f"{path}: a recipe is a mapping; got {type(content).__name__}")
        return content


def tie_to_recipe(space: AbstractSpace, work: Pass, results: Results) -> None:
    """Write `recipe.json` beside the measurements of a pass; refuse to mix them with those of another recipe.

    It names the space, the recorder, their settings, and the versions and the machine of the first run. A folder
    with measurements and no such file takes the recipe that is given, marked `adopted`: its versions and machine
    are then those that adopted it.

    Raises:
        SettingError: the measurements there were made with another space, recorder or setting.
        RunFolderError: the file cannot be read or written.
    """
    wanted = {
        "space": {"name": space.name, "settings": space.settings},
        "recorder": work.recorder,
        "settings": work.settings,
    }
    stored = results.recipe()
    if stored is None or not results.records:
        about = {**wanted, "versions": versions(), "machine": machine(), "adopted": bool(results.records)}
        write_atomically(results.folder / RECIPE, json.dumps(about, indent=1))
        return
    given = _flat(json.loads(json.dumps(wanted)))
    was = _flat({name: stored.get(name) for name in wanted})
    absent = "not given"
    differing = [name for name in sorted(given.keys() | was.keys()) if given.get(name, absent) != was.get(name, absent)]
    if differing:
        changes = "; ".join(
            f"{name} was {was.get(name, absent)!r}, is {given.get(name, absent)!r}" for name in differing
        )
        raise SettingError(f"{results.folder} was measured otherwise: {changes}; measure into another folder")


def _flat(nested: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return `{"a": {"b": 1}}` as `{"a.b": 1}`."""
    flat: dict[str, Any] = {}
    for name, value in nested.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return flat


@cache
def _recorder(space_name: str, space_settings: str, name: str, settings: str) -> AbstractRecorder:
    """Build a recorder once a process."""
    space = SPACES.load(space_name)(**json.loads(space_settings))
    recorder: AbstractRecorder = RECORDERS.load(name)(space, **json.loads(settings))
    return recorder


def _measure(job: tuple[str, str, str, str, tuple[int, int]]) -> tuple[tuple[int, int], dict[str, NDArray[Any]]]:
    *part, task = job
    recorder = _recorder(*part)
    arch = SPACES.load(part[0])(**json.loads(part[1])).unindex(task[1])[0]
    return task, recorder.record(arch)


def _describe(job: tuple[str, str, str, str, tuple[int, int]]) -> str:
    return f"architecture {job[-1][1]} of {job[0]}"


def run_pass(
    space: AbstractSpace,
    work: Pass,
    results: Results,
    *,
    workers: int = 1,
    limit: int | None = None,
    progress: Callable[[Iterator[Any], int], Iterator[Any]] = lambda done, _total: done,
) -> int:
    """Measure what is missing and return how many measurements are still to do.

    A worker takes one architecture at a time; the parent alone writes, so a kill at any moment loses only
    what was being measured.

    Args:
        space: of the architectures.
        work: what to measure.
        results: where it is kept; what is there is not measured again.
        workers: processes.
        limit: stop after so many measurements.
        progress: wraps the iterator of finished measurements, e.g. in a progress bar.

    Raises:
        SettingError: what is there was measured with another space, recorder or setting.
    """
    tie_to_recipe(space, work, results)
    todo = [task for task in work.tasks(space) if task not in results.records]
    now = todo if limit is None else todo[:limit]
    part = (space.name, json.dumps(space.settings), work.recorder, json.dumps(work.settings))
    jobs = [(*part, task) for task in now]
    pool = Here if workers == 1 else Processes
    with pool(_measure, workers=workers, describe=_describe) as measuring:
        for _, (task, values) in progress(measuring.run(jobs), len(jobs)):
            results.append(task, values)
    return len(todo) - len(now)


def machine() -> dict[str, str]:
    """Describe this machine for a card."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        names = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return {"processor": model, "system": platform.system(), "python": platform.python_version()}


def versions() -> dict[str, str]:
    """Return the versions of what measures: this package, NumPy and, if it is there, PyTorch."""
    found = {"awnas_gym": __version__}
    for package in ("numpy", "torch"):
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


@final
@dataclass(frozen=True, slots=True)
class TabulateRecipe:
    """What a table is made of: a space, the measurements, and what its card says beside them."""

    name: str
    space: AbstractSpace
    passes: dict[str, Pass]
    card: dict[str, Any]


def read_recipe(path: Path) -> TabulateRecipe:
    """Read a recipe in YAML: `name`, `space` (`name`, `settings`), `passes`, `card`."""
    plan = read_yaml(path, required={"name": str, "space": dict, "passes": dict, "card": dict})
    about = check_keys(plan["space"], where=f"{path}: space", required={"name": str}, optional={"settings": dict})
    try:
        space = SPACES.load(about["name"])(**about.get("settings", {}))
    except TypeError as error:
        raise SettingError(f"{path}: space: {error}") from error
    passes = {}
    for name, given in plan["passes"].items():
        where = f"{path}: passes.{name}"
        kinds: dict[str, type | tuple[type, ...]] = {"settings": dict, "over": (str, int), "rounds": int}
        work = check_keys(given, where=where, required={"recorder": str}, optional=kinds)
        passes[str(name)] = Pass(**work)
    return TabulateRecipe(plan["name"], space, passes, plan["card"])
