"""Write docs/leaderboard.md of the results in docs/leaderboard/, or ask the tables for each of them again.

Usage: python -m scripts.make_leaderboard
       python -m scripts.make_leaderboard --check [--rerun N]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from awnas_gym.errors import AwnasError
from awnas_gym.files import write_atomically
from awnas_gym.reporting.paired import compare, settled_best
from awnas_gym.reporting.statistics import interval
from scripts.card_text import table
from scripts.check_leaderboard import check
from scripts.leaderboard_results import read_entries

DOCS = Path(__file__).resolve().parent.parent / "docs"

INTRODUCTION = """\
# Leaderboard

Results that were submitted with all that repeats them: `docs/leaderboard/` holds a file a submission, and
`make pages` writes this page of them. Agents are compared on one environment under one budget. Numbers are means over
seeds, in brackets the 95 % interval (bootstrap); **bold** is a mean reward that is better than that of every other
agent by a test of paired seeds ([sign flips with Holm's correction](statistics.md), p < 0.05). Where none is bold,
the runs do not settle who is best. Score: 0 is the mean random architecture, 1 the best of the benchmark. The test
accuracy is that of the architecture which the reward picked.

`python -m scripts.make_leaderboard --check` asks the tables for every architecture again and rejects a result whose
score differs; `--rerun 2` also runs two seeds of each entry again and compares the hashes of their histories. Results
on data that are not installed are reported as unchecked. Nothing can check that an agent did not look into the table
behind the environment's back: entries trust their authors in that.

To submit: run your agent with 10 seeds or more, beside `random` and `regularized_evolution`; then
`python -m scripts.submit_to_leaderboard runs/mine --out docs/leaderboard/mine.json`, rebuild the page and open a pull
request. Searches by mixtures and vector rewards have no single architecture to ask a table for, and no place here
yet.
"""


def page(entries: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Return the page about entries by their file."""
    together: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for name, found in entries.items():
        for entry in found:
            contest = {part: entry[part] for part in ("environment", "table", "budget", "simulated_workers")}
            together.setdefault(json.dumps(contest, sort_keys=True), []).append((name, entry))
    sections = [_section(contest) for _, contest in sorted(together.items())]
    return "\n".join([INTRODUCTION, *sections])


def _section(contest: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    _, first = contest[0]
    environment = first["environment"]
    keywords = ", ".join(f"{name}={value}" for name, value in environment.items() if name != "id")
    budget = ", ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in first["budget"].items())
    workers = f", {first['simulated_workers']} simulated workers" if first["simulated_workers"] > 1 else ""
    titles = _titles(contest)
    rewards = {title: _by_seed(entry) for title, (_, entry) in zip(titles, contest, strict=True)}
    best = settled_best(titles, compare(rewards, np.random.default_rng(0)))
    ranked = sorted(zip(titles, contest, strict=True), key=lambda pair: -np.mean(list(rewards[pair[0]].values())))
    rows = [_row(title, entry, strong=title == best) for title, (_, entry) in ranked]
    heads = [
        *("agent", "seeds", "reward", "score", "test accuracy", "unique", "duplicates", "invalid", "simulated s"),
        *("agent s", "wall s", "peak MiB", "policy updates"),
    ]
    place = f"`{environment['id']}`" + (f" ({keywords})" if keywords else "")
    return "\n".join([f"## {place}: {budget}{workers}\n", table(heads, rows), "", _cards([each for _, each in ranked])])


def _titles(contest: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """Return the name of each agent, with its settings where it has some and the file where that is not enough."""
    titles = []
    for _, entry in contest:
        settings = ", ".join(f"{name}={value}" for name, value in entry["agent"].items() if name != "name")
        titles.append(entry["agent"]["name"] + (f" ({settings})" if settings else ""))
    return [
        f"{title}, {name}" if titles.count(title) > 1 else title
        for title, (name, _) in zip(titles, contest, strict=True)
    ]


def _by_seed(entry: Mapping[str, Any]) -> dict[int, float]:
    return {run["seed"]: float(run["reward"]) for run in entry["runs"]}


def _row(title: str, entry: Mapping[str, Any], *, strong: bool) -> list[str]:
    runs = entry["runs"]
    rewards = np.array([run["reward"] for run in runs], dtype=np.float64)
    reference = entry.get("reference") or {}
    ends = (reference.get("mean_random"), reference.get("best"))
    known = None not in ends and ends[0] != ends[1] and reference.get("metric", "reward") == "reward"
    tests = [run["test"].get("test_accuracy") for run in runs]
    mean, around = _spread(rewards)
    used = {name: _used(runs, name) for name in runs[0]["used"]}
    evaluations = used.get("evaluations") or 1.0
    shares = [None if used.get(name) is None else used[name] / evaluations for name in ("duplicates", "invalid")]
    return [
        f"`{title}`",
        str(len(runs)),
        f"**{mean}**{around}" if strong else mean + around,
        "".join(_spread((rewards - ends[0]) / (ends[1] - ends[0]))) if known else "–",
        "–" if None in tests else "".join(_spread(np.array(tests, dtype=np.float64))),
        _count(used.get("unique")),
        *("–" if share is None else f"{100 * share:.1f} %" for share in shares),
        _count(used.get("simulated_s", used.get("cost_s"))),
        *("–" if used.get(name) is None else f"{used[name]:.2f}" for name in ("agent_s", "wall_s")),
        _count(used.get("peak_memory_mib")),
        _count(used.get("policy_updates")),
    ]


def _used(runs: Sequence[Mapping[str, Any]], name: str) -> float | None:
    values = [run["used"].get(name) for run in runs]
    return None if None in values else float(np.mean(values))


def _count(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _spread(values: np.ndarray) -> tuple[str, str]:
    found = interval(values, np.random.default_rng(0))
    return f"{found.mean:.4f}", "" if np.isnan(found.low) else f" [{found.low:.4f}, {found.high:.4f}]"


def _cards(ranked: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """Return what repeats the entries: the file with their architectures and hashes, versions, and the commands."""
    made = {name: ", ".join(f"{key} {value}" for key, value in entry["versions"].items()) for name, entry in ranked}
    files = "\n".join(f"- [{name}](leaderboard/{name}), made with {versions}" for name, versions in made.items())
    commands = "\n".join(entry["command"] for _, entry in ranked)
    return (
        f"Architectures, hashes of histories, and versions:\n\n{files}\n\nTo repeat them:\n\n```text\n{commands}\n```\n"
    )


def main(arguments: list[str] | None = None, folder: Path = DOCS) -> None:
    """Read the command line; write the page, or say what became of each result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="ask the tables for every result again")
    parser.add_argument(
        "--rerun", type=int, default=0, metavar="N", help="with --check: run N seeds of each entry again"
    )
    options = parser.parse_args(arguments)
    try:
        entries = read_entries(folder / "leaderboard")
    except AwnasError as error:
        sys.exit(str(error))
    if not options.check:
        write_atomically(folder / "leaderboard.md", page(entries))
        return
    rejected = 0
    for finding in check(entries, rerun=options.rerun):
        rejected += bool(finding.wrong)
        state = "rejected" if finding.wrong else "unchecked" if not finding.checked else f"{finding.checked} runs agree"
        print(f"{finding.entry}: {state}{'; ' if finding.unchecked else ''}{finding.unchecked}")
        for sentence in finding.wrong:
            print(f"  {sentence}")
    if rejected:
        sys.exit(f"{rejected} entries rejected")


if __name__ == "__main__":
    main()
