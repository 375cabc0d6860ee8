"""Groups of runs, one configuration and several seeds, and the environments they were played on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from awnas_gym.agents.find import label_of
from awnas_gym.reporting.read import Run

ELSEWHERE = frozenset({"seed", "environment", "table", "space"})
"""Parts of a configuration that say nothing of the agent."""

UNTRAINED = "random (no update)"
"""What an agent with a policy that was never updated is called: all it did was draw."""


@final
@dataclass(frozen=True, slots=True)
class Group:
    """Runs with equal configurations but for the seed, in order of their seeds; none is empty.

    `label` names the agent, alike in each environment; `environment` names that.
    """

    label: str
    runs: tuple[Run, ...]
    environment: str = ""

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
    configs = [part[0].config for part in parts]
    agents, environments = _agents(configs), _environments(configs)
    labels = [f"{agent}: {UNTRAINED}" if _untrained(part) else agent for agent, part in zip(agents, parts, strict=True)]
    notes = [
        left_out(why, paths)
        for why, paths in (("no evaluation", empty), ("same configuration and seed as another run", repeated))
        if paths
    ]
    return [Group(*each) for each in zip(labels, parts, environments, strict=True)], notes


def left_out(why: str, names: Sequence[str]) -> str:
    """Return a sentence on what is left out, the first few by their names."""
    return f"Left out, {why}: {', '.join(names[:5])}{' …' if len(names) > 5 else ''}."


def unfair(groups: Sequence[Group]) -> list[str]:
    """Return a sentence if agents had different budgets on one environment, else none."""
    for same in by_environment(groups).values():
        if any(group.config.get("budget") != same[0].config.get("budget") for group in same):
            return ["These runs have different budgets: their curves and ranks are not a fair comparison."]
    return []


def by_environment(groups: Iterable[Group]) -> dict[str, list[Group]]:
    """Return the groups played on each environment, by its label, in order of appearance."""
    found: dict[str, list[Group]] = {}
    for group in groups:
        found.setdefault(group.environment, []).append(group)
    return found


def _untrained(runs: Sequence[Run]) -> bool:
    updates = [(run.summary or {}).get("policy_updates") for run in runs]
    return all(update == 0 for update in updates)


def _played(config: Mapping[str, Any], *parts: str) -> str:
    return json.dumps([config.get(part) for part in parts], sort_keys=True, default=str)


def _agents(configs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return labels of agents, with whatever else differs on one environment: budgets, say."""
    shared: dict[str, list[Mapping[str, Any]]] = {}
    for config in configs:
        shared.setdefault(_played(config, "environment", "table"), []).append(config)
    parts = dict.fromkeys(part for config in configs for part in config if part not in ELSEWHERE)
    telling = [
        part
        for part in parts
        if part == "agent" or any(len({_played(config, part) for config in same}) > 1 for same in shared.values())
    ]
    return _labels([{part: config.get(part) for part in telling} for config in configs], "agent")


def _environments(configs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return labels of environments, with the table where one environment was played on several."""
    tables: dict[str, set[str]] = {}
    for config in configs:
        tables.setdefault(_played(config, "environment"), set()).add(_played(config, "table"))
    several = {key for key, found in tables.items() if len(found) > 1}
    return _labels(
        [
            {"environment": config["environment"]}
            | ({"table": config.get("table")} if _played(config, "environment") in several else {})
            for config in configs
        ],
        "environment",
    )


def _labels(configs: Sequence[Mapping[str, Any]], part: str) -> list[str]:
    """Return a part's name and, in brackets, the settings that tell the configuration from the others.

    Settings of the part itself are compared among those of the same name. An agent without one of them has "default"
    there; of environments, which have long labels, that goes without saying.
    """
    title = f"{part}.{'id' if part == 'environment' else 'name'}"
    flat = [_flatten(config) for config in configs]
    labels = []
    for own in flat:
        rivals = [other for other in flat if other[title] == own[title]]
        differing = [
            name
            for name in dict.fromkeys(name for other in flat for name in other)
            if name != title
            and len({other.get(name) for other in (rivals if name.startswith(f"{part}.") else flat)}) > 1
        ]
        short = {name: name.rpartition(".")[2] for name in differing}
        names = {n: s if list(short.values()).count(s) == 1 else n for n, s in short.items()}
        said = differing if part == "agent" else [name for name in differing if name in own]
        settings = ", ".join(f"{names[name]}={own.get(name, 'default')}" for name in said)
        label = label_of(own[title])
        if len({other[title] for other in flat if label_of(other[title]) == label}) > 1:
            label = own[title]  # classes of one name in several modules
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
