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
    """Return the `awnas search` that repeats a group, a line for each unbroken stretch of its seeds.

    What is on the simulated clock has no options there, and is repeated as a suite of `awnas benchmark`.
    """
    if _simulated(group):
        return "\n".join(
            f"cat > suite.yaml <<'END'\n{_yaml(part | {'agents': [group.config['agent']]})}\nEND\n"
            f"awnas benchmark suite.yaml --out {OUT}"
            for part in _shared(group)
        )
    environment, agent = group.config["environment"], group.config["agent"]
    parts = ["awnas", "search", "--env", environment["id"], *_options("--env-arg", environment, "id")]
    parts += ["--agent", agent["name"], *_options("--agent-arg", agent, "name")]
    for name, value in (group.config.get("budget") or {}).items():
        parts += [f"--{name.replace('_', '-')}", str(value)]
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
        first = next(iter(part))
        text = yaml.safe_dump({first: part[first], "agents": agents, **part}, sort_keys=False)
        verb = "search" if first == "environment" else "benchmark"
        blocks.append(
            f"<p>Save this as <code>{name}</code> and run <code>awnas {verb} {name} --out {OUT}</code>:</p>\n"
            f'<pre class="scroll" tabindex="0">{escape(text)}</pre>'
        )
    return "\n".join(blocks)


def _simulated(group: Group) -> bool:
    return group.config.get("simulated_workers", 1) > 1 or "simulated_s" in (group.config.get("budget") or {})


def _shared(group: Group) -> list[dict[str, Any]]:
    """Return what a configuration says beside the agents: for `awnas search` or, where that cannot, `benchmark`."""
    config = {name: group.config[name] for name in ("environment", "budget") if name in group.config}
    if _simulated(group):
        workers = group.config.get("simulated_workers", 1)
        config = {"environments": [config.pop("environment")], **config, "simulated_workers": workers}
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
