"""Run folders as `awnas search` writes them, with invented but plausible numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import yaml

from awnas_gym.search import Run, run
from awnas_gym.spaces.nasbench201 import NASBench201
from awnas_gym.testing.mixtures import mixtures_env

SPACE = NASBench201()
BEST, MEAN_RANDOM = 0.82, 0.70
REFERENCE = {"mean_random": MEAN_RANDOM, "best": BEST, "metric": "valid_accuracy"}


def config(
    agent: str = "random", seed: int = 0, *, evaluations: int = 100, dataset: str = "fashion14", **settings: Any
) -> dict[str, Any]:
    """Return the content of `config.yaml`."""
    return {
        "environment": {"id": "awnas/NASBench201-v0", "dataset": dataset},
        "agent": {"name": agent, **settings},
        "budget": {"evaluations": evaluations},
        "seed": seed,
        "space": {"name": "nasbench201", "settings": SPACE.settings},
    }


def lines(rewards: np.ndarray, rng: np.random.Generator, *, cost: bool = True) -> list[dict[str, Any]]:
    """Return the lines of a history whose rewards are given."""
    found = []
    for n, (reward, arch) in enumerate(zip(rewards.tolist(), SPACE.sample(rng, len(rewards)), strict=True), start=1):
        found.append(
            {
                "n": n,
                "architecture": SPACE.genotype(arch),
                "arch_key": SPACE.genotype(arch),
                "reward": reward,
                "metrics": {"valid_accuracy": reward, "latency_ms": 0.5 + n / 1000, "params": 1234.0},
                "split": "valid",
                "fidelity": 10,
                "trial": "mean",
                "cost_s": float(rng.uniform(4, 9)) if cost else None,
                "wall_s": 0.01,
                "duplicate": False,
                "invalid": False,
            }
        )
    return found


def rising(rng: np.random.Generator, evaluations: int, skill: float) -> np.ndarray:
    """Return rewards of an agent that gets better with `skill`; 0 is random search."""
    gap = (
        (BEST - MEAN_RANDOM) * np.exp(-skill * np.arange(evaluations) / evaluations) * rng.gamma(2.0, 0.5, evaluations)
    )
    return np.clip(BEST - gap, 0.1, BEST - 1e-5)


def write_run(
    folder: Path,
    about: dict[str, Any],
    history: list[dict[str, Any]],
    *,
    finished: bool = True,
    reference: dict[str, Any] | None = REFERENCE,
    policy_updates: int | None = None,
) -> Path:
    """Write a run folder and return it."""
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(about, sort_keys=False))
    (folder / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in history))
    if finished:
        best = max(history, key=lambda line: line["reward"])
        report = {**best["metrics"], "train_accuracy": best["reward"] + 0.02, "test_accuracy": best["reward"] - 0.01}
        summary = {
            "evaluations": len(history),
            "unique": len({line["arch_key"] for line in history}),
            "invalid": 0,
            "cost_s": sum(line.get("cost_s") or 0 for line in history),
            "agent_s": 0.25,
            "wall_s": 1.5,
            "policy_updates": policy_updates,
            "incumbent": {k: best[k] for k in ("architecture", "reward", "n")} | {"report": report},
            "reference": reference,
            "finished": True,
        }
        (folder / "summary.json").write_text(json.dumps(summary))
    return folder


def write_group(
    root: Path,
    agent: str,
    *,
    seeds: int,
    skill: float,
    evaluations: int = 100,
    cost: bool = True,
    dataset: str = "fashion14",
    **rest: Any,
) -> Path:
    """Write a run a seed below `root/agent` and return that folder."""
    for seed in range(seeds):
        rng = np.random.default_rng([seed, int(1000 * skill)])
        history = lines(rising(rng, evaluations, skill), rng, cost=cost)
        about = config(agent, seed, evaluations=evaluations, dataset=dataset)
        write_run(root / agent / f"seed-{seed:04d}", about, history, **rest)
    return root / agent


def write_sweep(root: Path, *, seeds: int = 6) -> Path:
    """Write three agents on two environments and return `root`; the last agent has a policy that never learnt."""
    for dataset, more in (("cifar10", 0.0), ("cifar100", 0.5)):
        write_group(root / dataset, "random", seeds=seeds, skill=0.1 + more, dataset=dataset)
        write_group(root / dataset, "local_search", seeds=seeds, skill=6.0 + more, dataset=dataset)
        write_group(root / dataset, "reinforce", seeds=seeds, skill=2.0 + more, dataset=dataset, policy_updates=0)
    return root


def mixed_run(folder: Path, *, evaluations: int = 12, **keywords: Any) -> None:
    """Search by mixtures that need no network, and leave the run in a folder."""
    gym.register("tests/Reported-v0", entry_point=lambda: mixtures_env(max_steps=2 * evaluations + 3, **keywords))
    try:
        agent = {"name": "regularized_evolution"}
        run(Run(environment={"id": "tests/Reported-v0"}, agent=agent, budget={"evaluations": evaluations}), folder)
    finally:
        del gym.registry["tests/Reported-v0"]
