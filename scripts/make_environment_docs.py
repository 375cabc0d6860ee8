"""Write docs/environments: a page an id of the catalog, of its docstring and of what was measured on it.

Usage: python -m scripts.make_environment_docs [FOLDER]

What is measured is kept in `cards/`, a file a page. Where the data of an environment is not installed, its page is
written of the card that is there; the pages of ids in `benchmark_facts.yaml` are written of that. So they are the same
on every machine.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from awnas_gym.catalog import ENVIRONMENTS
from awnas_gym.envs import ArchitectureEnv
from awnas_gym.errors import MissingDataError, MissingExtraError
from awnas_gym.files import write_atomically
from awnas_gym.metrics import split_of
from awnas_gym.spaces import SPACES, AbstractSpace, ArchGraph
from awnas_gym.spaces.drawing import draw_svg
from scripts.card_text import card_text, table
from scripts.problem_card import ProblemCard, describe, example, measure

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "environments"

INDEX = """\
# Environments

A page an id: spaces, rewards, keywords, what is known of the problem, and an example that runs. Space, size and licence
are those of the default table. `make pages` writes these pages of the environments' docstrings and tables.
"""


def write_pages(folder: Path) -> None:
    """Write every page, the index, the cards and the drawings; `cards` in `folder` may hold what cannot be measured.

    Raises:
        MissingExtraError: a package is missing whose data nobody has measured yet.
        MissingDataError: likewise data that a user has to bring.
    """
    rows, facts = [], read_facts()
    for id_, row in ENVIRONMENTS.items():
        if row.plugin is not None:
            continue
        card = describe(id_, facts[id_]) if id_ in facts else find_card(id_, folder / "cards" / f"{name(id_)}.json")
        write_atomically(folder / drawing(card), draw_svg(best_graph(card)))
        write_atomically(folder / f"{name(id_)}.md", page(id_, card))
        rows.append([f"[`{id_}`]({name(id_)}.md)", row.summary, *_in_short(card)])
    head = ["Id", "What", "Space", "Size", "`action_mode`", "Needs", "Licence of the data"]
    write_atomically(folder / "index.md", f"{INDEX}\n{table(head, rows)}\n")


def _in_short(card: ProblemCard) -> list[str]:
    """Return what the index says of a card: space, size, kinds, what has to be there, licence."""
    source = card.table.get("source", {})
    needs = "its official file" if source else "nothing"
    if "package" in source:
        needs = f"the package {source['package']}"
    kinds = ", ".join(f"`{kind}`" for kind in card.kinds)
    licence = card.table.get("licence", "not stated")
    return [f"`{card.space['name']}`", f"{card.size:,}", kinds, card.table.get("needs", needs), licence]


def read_facts() -> dict[str, dict[str, Any]]:
    """Return what is known of the ids whose data is not here."""
    text = (Path(__file__).parent / "benchmark_facts.yaml").read_text(encoding="utf-8")
    facts: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return facts


def find_card(id_: str, path: Path) -> ProblemCard:
    """Return the card of an id, measured and kept at `path`, or read from there."""
    try:
        card = measure(id_)
    except (MissingExtraError, MissingDataError):
        if not path.is_file():
            raise
        return ProblemCard(**json.loads(path.read_text(encoding="utf-8")))
    write_atomically(path, json.dumps(dataclasses.asdict(card), indent=1, ensure_ascii=False) + "\n")
    return card


def name(id_: str) -> str:
    """Return what the page of an id is called, without its ending."""
    return id_.partition("/")[2]


def drawing(card: ProblemCard) -> str:
    """Return where the drawing of a table's best architecture is, seen from the pages."""
    return f"images/{re.sub(r'[^a-z0-9]+', '_', str(card.table['title']).lower())}.svg"


def page(id_: str, card: ProblemCard) -> str:
    """Return the page of an id."""
    make = ENVIRONMENTS.load(id_)
    summary, parts = sections(make)
    parts["Arguments"] = arguments_table(make)
    history = parts.pop("Version History")
    parts["Problem Card"] = card_text(card)
    printed = f"\n\n```text\n{card.printed}```" if card.printed else ""
    parts["Example"] = f"```python\n{example(id_)}```{printed}"
    parts["Version History"] = history
    parameters = inspect.signature(make).parameters
    default = card.kinds[parameters["action_mode"].default if "action_mode" in parameters else "relaxed"]
    head = [
        ["Action Space", f"`{default['action_space']}`"],
        ["Observation Space", f"`{default['observation_space']}`"],
        ["Reward Space" if "-MO-" in id_ else "Rewards", f"`{card.reward}`" if card.front else card.reward],
        ["import", f'`gym.make("{id_}")`'],
    ]
    text = [
        f"<!-- Written by `make pages`, of the docstring of {ENVIRONMENTS[id_].target}; edit that. -->",
        f"# {id_}",
        summary,
        f"![{drawn(card)}]({drawing(card)})",
        table(["", ""], head),
        *(f"## {title}\n\n{body}" for title, body in parts.items()),
    ]
    return linked("\n\n".join(text) + "\n", id_)


def sections(make: Callable[..., ArchitectureEnv]) -> tuple[str, dict[str, str]]:
    """Return the first line of a docstring and its sections, title -> text."""
    summary, *rest = re.split(r"^## (.+)\n", inspect.getdoc(make) or "", flags=re.MULTILINE)
    return summary.strip(), {title: text.strip() for title, text in zip(rest[::2], rest[1::2], strict=True)}


def arguments(make: Callable[..., ArchitectureEnv]) -> dict[str, str]:
    """Return what the section Arguments says of each keyword, on one line."""
    entries = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", sections(make)[1]["Arguments"], flags=re.MULTILINE)
    return {keyword: " ".join(text.split()) for keyword, text in entries}


def arguments_table(make: Callable[..., ArchitectureEnv]) -> str:
    """Return the keywords with their defaults and meanings."""
    defaults = inspect.signature(make).parameters
    rows = []
    for keyword, meaning in arguments(make).items():
        default = defaults[keyword].default
        shown = json.dumps(default) if isinstance(default, str) else repr(default)
        rows.append([f"`{keyword}`", f"`{shown}`", meaning])
    return table(["Keyword", "Default", "Meaning"], rows)


def drawn(card: ProblemCard) -> str:
    """Return what the drawing of a card shows."""
    return f"The architecture that is best by {judged_by(card)}" if card.best else "An architecture of the space"


def judged_by(card: ProblemCard) -> str:
    """Return the metric whose best architecture is drawn: the first of the validation split, if there is one."""
    return next((metric for metric in card.best if split_of(metric) == "valid"), next(iter(card.best)))


def best_graph(card: ProblemCard) -> ArchGraph:
    """Return the architecture that is drawn; any one where no best is known."""
    space: AbstractSpace = SPACES.load(card.space["name"])(**card.space["settings"])
    if not card.best:
        return space.graph(space.sample(np.random.default_rng(0), 1)[0])
    return space.graph(space.parse(card.best[judged_by(card)]["architecture"]))


def linked(text: str, id_: str) -> str:
    """Return the text with every other id that it mentions as a link to its page."""

    def link(found: re.Match[str]) -> str:
        other = found[1]
        return f"[`{other}`]({name(other)}.md)" if other in ENVIRONMENTS and other != id_ else found[0]

    return re.sub(r"`(awnas/[\w-]+)`", link, text)


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
