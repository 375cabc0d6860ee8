"""Several runs: agents x seeds in a folder, in parallel, resumable."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from awnas_gym.agents.find import label_of
from awnas_gym.agents.tuned import tuned
from awnas_gym.checks import check_whole
from awnas_gym.config import read_yaml
from awnas_gym.errors import AwnasError, RunFolderError, SettingError, in_one_line
from awnas_gym.ranks import ALONE, Ranks
from awnas_gym.run_log import check_tensorboard
from awnas_gym.search import Run, check_config, is_finished, run
from awnas_gym.search.checkpoints import CHECKPOINT_EVERY
from awnas_gym.workers import POOLS, make_pool

Result = dict[str, Any] | AwnasError
"""The summary of a run, or what went wrong."""

Job = tuple[Path, str, Run, Mapping[str, Any]]
"""Folder, name, the run, and further keywords of `search.run`."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Agents x seeds on one environment under one budget.

    Attributes:
        environment: `id` and keywords.
        agents: of each, `name` and settings.
        budget: see `search.Run`.
        seeds: how many, from `first_seed` up.
        first_seed: of every agent.
        simulated_workers: see `search.Run`.
    """

    environment: dict[str, Any]
    agents: list[dict[str, Any]]
    budget: dict[str, Any]
    seeds: int = 1
    first_seed: int = 0
    simulated_workers: int = 1

    def __post_init__(self) -> None:
        """Check every part where the user wrote it, before anything runs."""
        if not self.agents:
            raise SettingError("agents: name one at least")
        check_whole("seeds", self.seeds, low=1)
        for config in self.runs().values():
            if config.seed == self.first_seed:
                env = config.make_env()
                config.make_agent(env)
                env.close()

    def runs(self) -> dict[str, Run]:
        """Return the runs by their folder, `<agent>/seed-<k>`; further entries of one name get a number."""
        names: list[str] = []
        entries: Counter[str] = Counter()
        for agent in self.agents:
            name = label_of(str(agent.get("name", "agent"))) if isinstance(agent, dict) else "agent"
            entries[name] += 1
            names.append(name if entries[name] == 1 else f"{name}-{entries[name]}")
        return {
            f"{name}/seed-{seed:04d}": Run(
                environment=self.environment,
                agent=tuned(agent, self.environment) if isinstance(agent, dict) else agent,
                budget=self.budget,
                seed=seed,
                simulated_workers=self.simulated_workers,
            )
            for name, agent in zip(names, self.agents, strict=True)
            for seed in range(self.first_seed, self.first_seed + self.seeds)
        }


def read_content(path: Path) -> dict[str, Any]:
    """Read the fields of a sweep from a file in YAML; their values are checked by `Sweep`."""
    fields: dict[str, type | tuple[type, ...]] = {"environment": dict, "agents": list, "budget": dict}
    return read_yaml(path, required=fields, optional={"seeds": int, "first_seed": int, "simulated_workers": int})


def read_sweep(path: Path) -> Sweep:
    """Read a sweep in YAML."""
    return Sweep(**read_content(path))


def run_sweep(
    sweep: Sweep,
    folder: Path,
    *,
    workers: int = 1,
    resume: bool = False,
    tensorboard: bool = False,
    checkpoint_every: int = CHECKPOINT_EVERY,
    on_record: Callable[[dict[str, Any]], None] | None = None,
    ranks: Ranks = ALONE,
) -> Iterator[tuple[str, Result]]:
    """Do every run that is not finished; see `run_jobs`.

    Args:
        sweep: what to run.
        folder: of the runs.
        workers: processes.
        resume: go on with what is in the folder; without it, a folder that holds runs is an error.
        tensorboard: write events for TensorBoard into the folders of the runs.
        checkpoint_every: see `search.run`.
        on_record: called with every evaluation's record, with one worker.
        ranks: processes that do each run together, see `search.run`; whatever breaks a run then ends them all.

    Raises:
        SettingError: several ranks, and several workers.
        MissingExtraError: TensorBoard is wanted and not installed.
        RunFolderError: a folder holds another run than the one wanted there, finished or not; nothing has run.
    """
    if ranks.size > 1 and workers > 1:
        raise SettingError(f"{ranks.size} processes do each run together: --workers is 1 under torchrun; got {workers}")
    if tensorboard:
        check_tensorboard()
    jobs = sweep.runs()
    started = sum((folder / name / "config.yaml").exists() for name in jobs)
    if started and not resume:
        raise RunFolderError(f"{folder} already holds {started} of these runs; --resume goes on with them")
    for wrong in other_runs(jobs, folder).values():
        raise wrong
    how = {"tensorboard": tensorboard, "checkpoint_every": checkpoint_every}
    yield from _do(jobs, folder, workers=workers, how=how, on_record=on_record, ranks=ranks)


def run_jobs(
    jobs: Mapping[str, Run], folder: Path, *, workers: int = 1, pool: str = POOLS[0]
) -> Iterator[tuple[str, Result]]:
    """Do every run that is not finished; yield (run, summary or what went wrong) as each ends.

    Results do not depend on the number of workers. A run that fails is reported and the others go on; first those whose
    folders are refused.

    Args:
        jobs: the runs, by their folders.
        folder: that those are in.
        workers: runs at a time.
        pool: of the workers; see `workers.make_pool`.
    """
    others = other_runs(jobs, folder)
    yield from others.items()
    yield from _do({name: jobs[name] for name in jobs if name not in others}, folder, workers=workers, pool=pool)


def _do(
    jobs: Mapping[str, Run],
    folder: Path,
    *,
    workers: int,
    pool: str = POOLS[0],
    how: Mapping[str, Any] | None = None,
    on_record: Callable[[dict[str, Any]], None] | None = None,
    ranks: Ranks = ALONE,
) -> Iterator[tuple[str, Result]]:
    """Do the runs that are not finished, whose folders were looked at; see `run_jobs` and `run_sweep`.

    `how` are further keywords of `search.run`.
    """
    todo = [(folder / name, name, jobs[name], how or {}) for name in jobs if not is_finished(folder / name)]
    ranks.wait()  # all have seen what is there before one writes
    if workers == 1 and pool == POOLS[0]:
        for job in todo:
            yield _one(job, on_record, ranks)
        return
    with make_pool(pool, _one, workers=workers, describe=_name) as made:
        yield from (result for _, result in made.run(todo, lost=lambda job, error: (_name(job), error)))


def other_runs(jobs: Mapping[str, Run], folder: Path) -> dict[str, AwnasError]:
    """Return whose folders hold another run than the one wanted there, or a damaged one, and what is wrong."""
    started = [name for name in jobs if (folder / name / "config.yaml").exists()]
    found: dict[str, AwnasError] = {}
    for _, names in itertools.groupby(started, key=lambda name: jobs[name].environment):
        first, *others = names
        env = jobs[first].make_env()  # the same for all of them
        for name in (first, *others):
            try:
                check_config(jobs[name], env, folder / name)
            except AwnasError as error:
                found[name] = error
        env.close()
    return found


def _one(
    job: Job, on_record: Callable[[dict[str, Any]], None] | None = None, ranks: Ranks = ALONE
) -> tuple[str, Result]:
    path, name, config, how = job
    if ranks.size > 1:  # the others may wait for this one: it must not go on by itself
        return name, run(config, path, **how, on_record=on_record, ranks=ranks).summary
    try:
        if is_finished(path):  # by another process since the list was made: its seconds are those of the run
            return name, json.loads((path / "summary.json").read_bytes())
        return name, run(config, path, **how, on_record=on_record).summary
    except AwnasError as error:
        return name, error
    except Exception as error:  # noqa: BLE001 - whatever breaks one run, the others go on
        return name, AwnasError(in_one_line(error))


def _name(job: Job) -> str:
    return job[1]
