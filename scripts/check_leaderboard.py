"""Ask the tables again for every result of a leaderboard, and run some of them again."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from awnas_gym.envs.judge import Judge
from awnas_gym.errors import AwnasError
from awnas_gym.search import Run, run
from scripts.leaderboard_results import history_hash

CLOSE = 1e-9
"""Relative: a table gives the same number each time, so this allows for the last digit alone."""


class Finding(NamedTuple):
    """What became of one entry.

    Attributes:
        entry: in words.
        checked: how many of its runs were asked for again.
        wrong: a sentence for each that differs; such an entry is rejected.
        unchecked: why runs could not be asked for; empty where all were.
    """

    entry: str
    checked: int
    wrong: list[str]
    unchecked: str


def check(entries: Mapping[str, list[dict[str, Any]]], *, rerun: int = 0) -> Iterator[Finding]:
    """Yield what became of each entry.

    Args:
        entries: file name -> its entries.
        rerun: how many seeds of each entry are also run again and compared by the hash of their history.
    """
    for name, found in entries.items():
        for entry in found:
            yield _finding(f"{name}: {entry['agent']['name']} on {entry['environment']['id']}", entry, rerun)


def _finding(title: str, entry: dict[str, Any], rerun: int) -> Finding:
    try:
        env = Run(environment=entry["environment"], agent={"name": "random"}).make_env()  # a table needs no agent
    except AwnasError as error:  # no such data, package or part here
        return Finding(title, 0, [], str(error))
    judge, space = env.get_wrapper_attr("judge"), env.get_wrapper_attr("space")
    try:
        if not judge.version:
            return Finding(title, 0, [], "its scores are measured by training; no table has them")
        if judge.version != entry["table"]:
            return Finding(title, 0, [], f"its table is {entry['table']!r}; the one here is {judge.version!r}")
        wrong = _impossible(entry)
        for each in entry["runs"]:
            try:
                differences = _differences(judge, space.parse(each["architecture"])[None], each)
            except AwnasError as error:  # a genotype of another space, or none
                differences = [str(error)]
            wrong += [f"seed {each['seed']}: {difference}" for difference in differences]
    finally:
        env.close()
    again, unchecked = _run_again(entry, rerun)
    if _drawn(judge):
        unchecked.append("rewards are of trainings drawn at random; only test metrics were asked for")
    return Finding(title, len(entry["runs"]), wrong + again, "; ".join(unchecked))


def _run_again(entry: dict[str, Any], most: int) -> tuple[list[str], list[str]]:
    """Run so many seeds of an entry again; return what is another history, and why it could not be done."""
    wrong = []
    for each in entry["runs"][:most]:
        try:
            records = run(_config(entry, each["seed"])).records
        except AwnasError as error:  # no such agent here, or a package of it is missing
            return wrong, [f"not run again: {error}"]
        if history_hash(records) != each["history_sha256"]:
            wrong.append(f"seed {each['seed']}: run again, its history is another")
    return wrong, []


def _drawn(judge: Judge) -> bool:
    return judge.trial == "random"


def _impossible(entry: Mapping[str, Any]) -> list[str]:
    """Return what cannot be, whatever the table says."""
    seeds = [each["seed"] for each in entry["runs"]]
    most = entry["budget"].get("evaluations", math.inf)
    return [
        *([] if len(set(seeds)) == len(seeds) else ["a seed is there twice"]),
        *(
            f"seed {each['seed']}: found at evaluation {each['n']} of {most}"
            for each in entry["runs"]
            if each["n"] > most
        ),
    ]


def _config(entry: Mapping[str, Any], seed: int) -> Run:
    return Run(
        environment=entry["environment"],
        agent=entry["agent"],
        budget=entry["budget"],
        seed=seed,
        simulated_workers=entry["simulated_workers"],
    )


def _differences(judge: Judge, arch: np.ndarray, given: Mapping[str, Any]) -> list[str]:
    """Return what the table says otherwise of one run's architecture, `[1, decisions]`."""
    if given["fidelity"] != judge.fidelity:
        return [f"evaluated at fidelity {given['fidelity']}, the environment's is {judge.fidelity}"]
    found: dict[str, tuple[float, float]] = {}
    if not _drawn(judge):
        judged = judge(arch, fidelity=judge.fidelity, trial=judge.trial, rng=np.random.default_rng(0))[0]
        found["reward"] = (given["reward"], float(judged.reward))
        if judged.violation:
            return [f"it breaks the constraint by {judged.violation:.4g}"]
    report = judge.report(arch)
    found |= {name: (value, report.get(name, math.nan)) for name, value in given["test"].items()}
    return [
        f"{name} is {claimed!r}, the table says {true!r}"
        for name, (claimed, true) in found.items()
        if not math.isclose(claimed, true, rel_tol=CLOSE)
    ]
