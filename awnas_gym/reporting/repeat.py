"""How to repeat runs: a command for a group, a configuration for groups that share all but the agent."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import yaml

from awnas_gym.reporting.groups import Group

OUT = "runs/repeated"


def command(group: Group) -> str:
    """Return the `awnas search` that repeats a group, a line for each unbroken stretch of its seeds."""
    environment, agent = group.config["environment"], group.config["agent"]
    parts = ["awnas", "search", "--env", environment["id"], *_options("--env-arg", environment, "id")]
    parts += ["--agent", agent["name"], *_options("--agent-arg", agent, "name")]
    for name, value in (group.config.get("budget") or {}).items():
        parts += [f"--{name.replace('_', '-')}", str(value)]
    if _workers(group) > 1:
        parts += ["--simulated-workers", str(_workers(group))]
    lines = []
    for first, count in stretches(run.seed for run in group.runs):
        seeds = ["--seeds", str(count), "--seed", str(first), "--out", OUT]
        lines.append(" ".join(map(shlex.quote, [*parts, *seeds])))
    return "\n".join(lines)


def _options(option: str, part: Mapping[str, Any], name: str) -> list[str]:
    return [word for key, value in part.items() if key != name for word in (option, f"{key}={_yaml(value)}")]


def _yaml(value: object) -> str:
    """Return a value as one line of YAML."""
    text = yaml.safe_dump(value, default_flow_style=True, width=10**9, allow_unicode=True)
    return text.removesuffix("...\n").strip()


def configurations(groups: Sequence[Group]) -> str:
    """Return as HTML a configuration for each set of agents that share all but the agent."""
    shared: dict[str, tuple[dict[str, Any], list[Any]]] = {}
    for group in groups:
        for part in _shared(group):
            shared.setdefault(json.dumps(part, default=str), (part, []))[1].append(group.config["agent"])
    blocks = []
    for i, (part, agents) in enumerate(shared.values(), start=1):
        name = "search.yaml" if len(shared) == 1 else f"search-{i}.yaml"
        text = yaml.safe_dump({"environment": part["environment"], "agents": agents, **part}, sort_keys=False)
        blocks.append(
            f"<p>Save this as <code>{name}</code> and run <code>awnas search {name} --out {OUT}</code>:</p>\n"
            f'<pre class="scroll" tabindex="0">{escape(text)}</pre>'
        )
    return "\n".join(blocks)


def _workers(group: Group) -> int:
    return int(group.config.get("simulated_workers", 1))


def _shared(group: Group) -> list[dict[str, Any]]:
    """Return what a configuration says beside the agents, for each unbroken stretch of seeds."""
    config = {name: group.config[name] for name in ("environment", "budget") if name in group.config}
    if _workers(group) > 1:
        config["simulated_workers"] = _workers(group)
    return [
        {**config, "seeds": count, "first_seed": first} for first, count in stretches(run.seed for run in group.runs)
    ]


def stretches(seeds: Iterable[int]) -> list[tuple[int, int]]:
    """Return sorted seeds as (first, count) of unbroken stretches.

    >>> stretches([0, 1, 2, 7])
    [(0, 3), (7, 1)]
    """
    found: list[tuple[int, int]] = []
    for seed in seeds:
        if found and seed == sum(found[-1]):
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((seed, 1))
    return found
