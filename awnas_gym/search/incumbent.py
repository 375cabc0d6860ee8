"""What a run has found: its best architecture, or its front."""

from __future__ import annotations

from typing import Any

import gymnasium as gym

from awnas_gym.agents.play import find_kind
from awnas_gym.envs import History
from awnas_gym.pareto import non_dominated


def summarise(env: gym.Env[Any, Any], history: History, agent: Any) -> dict[str, Any]:  # noqa: ANN401 - any agent
    """Report every metric of the incumbent, which the rewards alone have picked."""
    records = sorted(history.records, key=lambda record: record.get("finished_s", 0.0))
    known = [record for record in records if not record.get("missing")] or records  # what has a score of its own
    if env.get_wrapper_attr("judge").objective.vector:
        return _front(env, known)
    judge, space = env.get_wrapper_attr("judge"), env.get_wrapper_attr("space")
    incumbent = max(known, key=merit) if known else None
    if incumbent is not None and find_kind(env) == "relaxed":  # rewards are of mixtures: the agent says what it found
        (arch,) = agent.propose(1, seed=0)
        incumbent = {**known[-1], "architecture": space.genotype(arch), "arch_key": space.key(arch)}
    arch = None if incumbent is None else space.parse(incumbent["architecture"])
    return {
        "incumbent": None
        if incumbent is None
        else {
            "architecture": incumbent["architecture"],
            "reward": incumbent["reward"],
            "n": incumbent["n"],
            **({"violation": incumbent["violation"]} if "violation" in incumbent else {}),
            "report": judge.report(arch),
        },
        **({"reference": judge.reference} if judge.evaluator.listable else {}),
    }


def _front(env: gym.Env[Any, Any], known: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a summary says of vector rewards: the front that was found, and the exact one where it is known."""
    judge, space, reference = (env.get_wrapper_attr(name) for name in ("judge", "space", "reference"))
    members = [
        {
            "architecture": record["architecture"],
            "reward": record["reward"],
            "n": record["n"],
            "report": judge.report(space.parse(record["architecture"])),
        }
        for record in front_of(known)
    ]
    return {
        "objectives": list(env.get_wrapper_attr("objectives")),
        "incumbent": None,
        "front": members,
        **({} if reference is None else {"reference": reference}),
    }


def front_of(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the records of vector rewards that none dominates, each class once, by ascending first objective."""
    if not records:
        return []
    found: dict[str, dict[str, Any]] = {}
    for record, is_best in zip(records, non_dominated([record["reward"] for record in records]).tolist(), strict=True):
        if is_best:
            found.setdefault(f"{record['arch_key']} {record['reward']}", record)
    return sorted(found.values(), key=lambda record: list(record["reward"]))


def merit(record: dict[str, Any]) -> tuple[float, float, float]:
    """Return what records of scalar rewards are compared by: fidelity, how well the constraint is kept, reward.

    So the best is among those at the highest fidelity of the run, as BOHB has it [Falkner et al., ICML 2018].
    """
    return record["fidelity"], -record.get("violation", 0.0), record["reward"]
