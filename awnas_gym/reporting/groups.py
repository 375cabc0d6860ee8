"""Groups of runs: one configuration, several seeds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from awnas_gym.agents.find import label_of
from awnas_gym.reporting.read import Run


@final
@dataclass(frozen=True, slots=True)
class Group:
    """Runs with equal configurations but for the seed, in order of their seeds; none is empty."""

    label: str
    runs: tuple[Run, ...]

    @property
    def config(self) -> Mapping[str, Any]:
        """The configuration of the first seed."""
        return self.runs[0].config

    @property
    def reference(self) -> Mapping[str, Any] | None:
        """Scores `best` and `mean_random`, of the reward unless `metric` names another; None if no run has them."""
        found = (run.summary.get("reference") for run in self.runs if run.summary)
        return next((reference for reference in found if reference), None)


def group_runs(runs: Iterable[Run]) -> tuple[list[Group], list[str]]:
    """Group runs; return the groups in order of appearance and a sentence for each kind of run left out.

    Left out are runs without an evaluation, and runs that repeat a configuration and a seed: they would make
    the intervals narrower than the evidence.
    """
    found: dict[str, dict[int, Run]] = {}
    empty, repeated = [], []
    for run in runs:
        if not run.evaluations:
            empty.append(str(run.path))
            continue
        key = json.dumps({k: v for k, v in run.config.items() if k != "seed"}, sort_keys=True, default=str)
        seeds = found.setdefault(key, {})
        if run.seed in seeds:
            repeated.append(str(run.path))
        seeds.setdefault(run.seed, run)
    parts = [tuple(run for _, run in sorted(seeds.items())) for seeds in found.values()]
    labels = _labels([part[0].config for part in parts])
    notes = [
        f"Left out, {why}: {', '.join(paths[:5])}{' …' if len(paths) > 5 else ''}."
        for why, paths in (("no evaluation yet", empty), ("same configuration and seed as another run", repeated))
        if paths
    ]
    return [Group(label, part) for label, part in zip(labels, parts, strict=True)], notes


def _labels(configs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the agent's name and, in brackets, the settings that tell the group from the others."""
    flat = [_flatten({k: v for k, v in config.items() if k != "seed"}) for config in configs]
    labels = []
    for own in flat:
        rivals = [other for other in flat if other["agent.name"] == own["agent.name"]]
        differing = [
            name
            for name in dict.fromkeys(name for other in flat for name in other)
            if name != "agent.name"
            and len({other.get(name) for other in (rivals if name.startswith("agent.") else flat)}) > 1
        ]
        short = {name: name.rpartition(".")[2] for name in differing}
        names = {n: s if list(short.values()).count(s) == 1 else n for n, s in short.items()}
        settings = ", ".join(f"{names[name]}={own.get(name, 'default')}" for name in differing)
        label = label_of(own["agent.name"])
        if len({other["agent.name"] for other in flat if label_of(other["agent.name"]) == label}) > 1:
            label = own["agent.name"]  # classes of one name in several modules
        labels.append(f"{label} ({settings})" if settings else label)
    return labels


def _flatten(config: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in config.items():
        if isinstance(value, Mapping):
            flat |= _flatten(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = str(value)
    return flat
