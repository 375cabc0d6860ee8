"""Benchmarks of agents: environments x agents x seeds, each run a job with a key of its own."""

from __future__ import annotations

import hashlib
import itertools
import json
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, final

from awnas_gym.agents.find import label_of
from awnas_gym.agents.tuned import tuned
from awnas_gym.checks import check_whole
from awnas_gym.config import read_yaml
from awnas_gym.errors import AwnasError, SettingError, UnknownNameError, in_one_line
from awnas_gym.search import Run

KEY = 12
"""Characters of a job's key: enough to tell billions of runs apart."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """What `awnas benchmark` runs.

    Attributes:
        environments: of each, `id` and keywords.
        agents: of each, `name` and settings, or `tuned: true` (`agents.tuned`).
        budget: of every run; see `search.Run`.
        summary: a line about it.
        seeds: of every agent on every environment, from `first_seed` up.
        first_seed: see `seeds`.
        simulated_workers: see `search.Run`.

    Raises:
        SettingError: a list is empty, or a value of the wrong kind.
    """

    environments: list[dict[str, Any]]
    agents: list[dict[str, Any]]
    budget: dict[str, Any] = field(default_factory=lambda: {"evaluations": 300})
    summary: str = ""
    seeds: int = 10
    first_seed: int = 0
    simulated_workers: int = 1

    def __post_init__(self) -> None:
        """Check what every run shares; `problems` looks at each environment and agent."""
        for name, parts, key in (("environments", self.environments, "id"), ("agents", self.agents, "name")):
            if not parts or not all(isinstance(part, dict) and isinstance(part.get(key), str) for part in parts):
                raise SettingError(f"{name} is a list of mappings, one at least, each with '{key}'; got {parts!r}")
        check_whole("seeds", self.seeds, low=1)

    def pairs(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Return every environment with every agent; what is there twice counts once."""
        found: list[tuple[dict[str, Any], dict[str, Any]]] = []
        for pair in itertools.product(self.environments, self.agents):
            if pair not in found:
                found.append(pair)
        return found

    def problems(self) -> dict[int, AwnasError]:
        """Return which of `pairs` cannot be run, and why: a table or a package is missing, or they do not fit."""
        found: dict[int, AwnasError] = {}
        for number, pair in enumerate(self.pairs()):
            try:
                config = self._run(*pair, self.first_seed)
                env = config.make_env()
                try:
                    config.make_agent(env)
                finally:
                    env.close()
            except AwnasError as error:
                found[number] = error
            except Exception as error:  # noqa: BLE001 - a plugin's part may raise anything
                found[number] = AwnasError(in_one_line(error))
        return found

    def jobs(self, pairs: list[tuple[dict[str, Any], dict[str, Any]]] | None = None) -> dict[str, Run]:
        """Return the runs of `pairs`, all by default, by their folders.

        A folder is `<environment>/<agent>/seed-<k>-<key>`; its key stands for the whole configuration, so results of
        several suites, or of one that grew, lie in one folder without mixing.
        """
        found = {}
        for environment, agent in self.pairs() if pairs is None else pairs:
            for seed in range(self.first_seed, self.first_seed + self.seeds):
                config = self._run(environment, agent, seed)
                env_name, name = environment["id"].rpartition("/")[2], label_of(agent["name"])
                found[f"{env_name}/{name}/seed-{seed:04d}-{job_key(config)}"] = config
        return found

    def _run(self, environment: dict[str, Any], agent: dict[str, Any], seed: int) -> Run:
        return Run(
            environment=environment,
            agent=tuned(agent, environment),
            budget=self.budget,
            seed=seed,
            simulated_workers=self.simulated_workers,
        )


def job_key(config: Run) -> str:
    """Return the key of a run: the beginning of the SHA-256 of its configuration."""
    text = json.dumps(asdict(config), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:KEY]


def shipped() -> dict[str, Path]:
    """Return the suites that come with the package, by their names."""
    folder = Path(str(files("awnas_gym") / "suites"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def find_suite(name: str) -> Path:
    """Return the file of a shipped suite, or the file that is named; `UnknownNameError` if there is neither."""
    found = shipped()
    if name in found:
        return found[name]
    if Path(name).is_file():
        return Path(name)
    raise UnknownNameError("suite", name, [*found, "<a file in YAML>"])


def read_content(path: Path) -> dict[str, Any]:
    """Read the fields of a suite from a file in YAML; their values are checked by `Suite`."""
    optional: dict[str, type | tuple[type, ...]] = {
        "budget": dict,
        "summary": str,
        "seeds": int,
        "first_seed": int,
        "simulated_workers": int,
    }
    return read_yaml(path, required={"environments": list, "agents": list}, optional=optional)


def read_suite(name: str) -> Suite:
    """Read a suite by its name or file."""
    return Suite(**read_content(find_suite(name)))
