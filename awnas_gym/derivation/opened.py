"""A run folder, opened: its environment, its agent, its weights, the best of its history."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, final

import gymnasium as gym
import numpy as np

from awnas_gym.agents import AbstractAgent
from awnas_gym.agents.keeper import load_agent
from awnas_gym.agents.play import find_kind
from awnas_gym.config import has_key, read_yaml
from awnas_gym.envs import Judge
from awnas_gym.envs.history import read_records
from awnas_gym.errors import RunFolderError, SettingError
from awnas_gym.evaluators.abstract import TrainableEvaluator
from awnas_gym.evaluators.keeper import WeightKeeper
from awnas_gym.search import Run, check_config, front_of, merit
from awnas_gym.spaces import AbstractSpace, Archs

CONFIG = "config.yaml"


@final
@dataclass(frozen=True)
class OpenedRun:
    """A run that `awnas search` wrote, finished or not; nothing in its folder is changed.

    Attributes:
        folder: of the run.
        config: what was run.
        env: its environment; shared weights are those of the last checkpoint.
        weights: evaluations after which these were saved; None if the environment trains none.
    """

    folder: Path
    config: Run
    env: gym.Env[Any, Any]
    weights: int | None

    @property
    def judge(self) -> Judge:
        """Evaluator and objective."""
        judge: Judge = self.env.get_wrapper_attr("judge")
        return judge

    @property
    def space(self) -> AbstractSpace:
        """The space of the architectures."""
        return self.judge.evaluator.space

    @cached_property
    def agent(self) -> AbstractAgent:
        """The run's agent as it was last saved; `RunFolderError` if there is none."""
        return load_agent(self.folder, self.env, str(self.config.agent["name"]))

    @cached_property
    def best(self) -> Archs:
        """What was evaluated, each class of architectures once, by falling reward, int `[n, decisions]`.

        Of vector rewards, the front, by ascending first objective. Under a constraint those that keep it come first.
        The first is the incumbent. What the benchmark holds no record of is left out, as long as it holds any.
        """
        records = read_records(self.folder / "history.jsonl")
        known = [record for record in records if not record.get("missing")] or records
        found: dict[str, str] = {}
        for record in front_of(known) if self.judge.objective.vector else sorted(known, key=merit, reverse=True):
            found.setdefault(record["arch_key"], record["architecture"])
        rows = [self.space.parse(text) for text in found.values()]
        return np.array(rows, dtype=self.space.dtype).reshape(-1, len(self.space.cardinalities))

    def propose(self, n: int, *, seed: int) -> tuple[Archs, list[str]]:
        """Return up to `n` different architectures, int `[up to n, decisions]`, and where each is from.

        The run's incumbent, then the `agent`'s proposals; where these are too few, the best of the `history`. Of a
        search by mixtures, whose history has rewards of mixtures alone, the agent's proposals come first.
        """
        found: dict[str, tuple[Archs, str]] = {}
        sources = (
            (self.best[: find_kind(self.env) != "relaxed"], "history"),
            (self.agent.propose(n, seed=seed), "agent"),
            (self.best, "history"),
        )
        for rows, source in sources:
            for row in rows:
                found.setdefault(self.space.key(row), (row, source))
        chosen = list(found.values())[:n]
        rows = np.array([row for row, _ in chosen], dtype=self.space.dtype)
        return rows.reshape(-1, len(self.space.cardinalities)), [source for _, source in chosen]


def open_run(folder: Path) -> OpenedRun:
    """Open the run in a folder, or the only one below it.

    Raises:
        RunFolderError: there is none, there are several, or it is damaged; the message says which there are.
        CheckpointError: its weights are of another supernet.
    """
    folder = _find(folder)
    required: dict[str, type | tuple[type, ...]] = {
        "environment": dict, "agent": dict, "budget": dict, "seed": int, "space": dict, "table": str,
    }  # fmt: skip
    if has_key(folder / CONFIG, "genotype"):
        raise RunFolderError(
            f"{folder} holds the training of one architecture and not a search: awnas test scores its network, awnas "
            "export writes it"
        )
    try:
        content = read_yaml(folder / CONFIG, required=required, optional={"processes": int, "simulated_workers": int})
        fields = ("environment", "agent", "budget", "seed", "simulated_workers")
        config = Run(**{name: content[name] for name in fields if name in content})
    except SettingError as error:
        raise RunFolderError(f"{folder} is no run: {error}") from error
    env = config.make_env()
    check_config(config, env, folder, processes=content.get("processes", 1))
    evaluator = env.get_wrapper_attr("judge").evaluator
    weights = None
    if isinstance(evaluator, TrainableEvaluator):
        weights = WeightKeeper(folder, evaluator, every=1).load_last()
    return OpenedRun(folder, config, env, weights)


def _find(folder: Path) -> Path:
    if (folder / CONFIG).exists():
        return folder
    below = sorted(path.parent for path in folder.rglob(f"seed-*/{CONFIG}"))
    if len(below) == 1:
        return below[0]
    if not below:
        raise RunFolderError(f"{folder} is no run: it has no {CONFIG}; give a folder that awnas search wrote")
    shown = ", ".join(map(str, below[:4])) + (", …" if len(below) > 4 else "")
    raise RunFolderError(f"{folder} holds {len(below)} runs; give one of them: {shown}")
