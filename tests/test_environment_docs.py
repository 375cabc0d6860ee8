"""docs/environments is what `make pages` writes, and docstrings say what a page needs."""

from __future__ import annotations

import dataclasses
import inspect
import json
import shutil
from pathlib import Path

import gymnasium as gym
import pytest

from awnas_gym.benchmarks import load_table
from awnas_gym.catalog import ENVIRONMENTS
from awnas_gym.errors import MissingDataError, MissingExtraError
from awnas_gym.tables import Table
from scripts import make_environment_docs as script
from scripts.card_text import card_text, number, table
from scripts.problem_card import ProblemCard, describe

IDS = [id_ for id_, row in ENVIRONMENTS.items() if row.plugin is None]
SECTIONS = [
    "Description",
    "Action Space",
    "Observation Space",
    "Rewards",
    "Starting State",
    "Episode End",
    "Information",
    "Arguments",
    "Version History",
]


def stored(id_: str) -> ProblemCard:
    """Return the card that an id's page was written of."""
    if id_ in script.read_facts():
        return describe(id_, script.read_facts()[id_])
    path = script.FOLDER / "cards" / f"{script.name(id_)}.json"
    return ProblemCard(**json.loads(path.read_text(encoding="utf-8")))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_pages_are_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWNAS_HOME", str(tmp_path / "home"))
    pages = tmp_path / "pages"
    shutil.copytree(script.FOLDER / "cards", pages / "cards")  # of what cannot be measured here
    script.write_pages(pages)
    made, committed = contents(pages), contents(script.FOLDER)
    assert sorted(made) == sorted(committed), "run `make pages`; remove what no environment has any more"
    assert [name for name in made if made[name] != committed[name]] == [], "run `make pages` and look at the difference"


def test_every_registered_id_has_a_page() -> None:
    assert [id_ for id_ in IDS if not (script.FOLDER / f"{script.name(id_)}.md").is_file()] == []
    assert [gym.spec(id_).entry_point for id_ in IDS] == [ENVIRONMENTS[id_].target for id_ in IDS]


@pytest.mark.parametrize("id_", IDS)
def test_a_docstring_has_every_section_in_order(id_: str) -> None:
    summary, parts = script.sections(ENVIRONMENTS.load(id_))
    wanted = ["Reward Space" if name == "Rewards" and "-MO-" in id_ else name for name in SECTIONS]
    assert [title for title in parts if title != "References"] == wanted
    assert all([summary, *parts.values()])


@pytest.mark.parametrize("id_", IDS)
def test_every_keyword_is_described_and_nothing_else(id_: str) -> None:
    make = ENVIRONMENTS.load(id_)
    described = script.arguments(make)
    assert list(described) == list(inspect.signature(make).parameters)
    assert all(described.values())


@pytest.mark.parametrize("id_", IDS)
def test_a_card_says_whose_data_it_is_and_what_is_wrong_with_it(id_: str) -> None:
    card = stored(id_)
    assert card.table["title"]
    assert card.table["licence"]
    assert card.table["limits"]
    assert len((script.FOLDER / script.drawing(card)).read_bytes()) < 40_000


def test_sections_and_arguments_of_a_docstring() -> None:
    def make(*, first: int = 1, second: str = "a|b") -> None:
        """Say it.

        ## Description
        Two
        lines.

        ## Arguments
        Args:
            first: one: `x`
                and more.
            second: two.
        """

    summary, parts = script.sections(make)
    assert (summary, parts["Description"]) == ("Say it.", "Two\nlines.")
    assert script.arguments(make) == {"first": "one: `x` and more.", "second": "two."}
    assert script.arguments_table(make).splitlines()[2:] == [
        "| `first` | `1` | one: `x` and more. |",
        '| `second` | `"a\\|b"` | two. |',
    ]


def test_a_card_agrees_with_what_was_packed_into_its_table() -> None:
    card, packed = stored("awnas/NASBench201-MO-v0"), load_table("fashion14").card
    assert set(card.best) == set(packed["reference"])
    for metric, said in packed["reference"].items():
        best = card.best[metric]
        assert (best["architecture"], best["reach"]) == (said["best_architecture"], 1)
        assert best["metrics"][metric] == pytest.approx(said["best"], rel=1e-8)
        assert card.mean[metric] == pytest.approx(said["mean_random"], rel=1e-8)
    front = packed["multi_objective"]
    assert (card.front["objectives"], card.front["pareto_set"]) == (front["objectives"], front["pareto_size"])
    assert card.front["nadir"] == pytest.approx(front["nadir"], rel=1e-8)
    assert (card.size, card.unique, card.recorded) == (15_625, packed["classes"], 15_625)
    assert {kind: about["steps"] for kind, about in card.kinds.items()} == {"build": 6, "joint": 1}


@pytest.mark.parametrize("error", [MissingExtraError("a_package", "graph"), MissingDataError("no file")])
def test_the_pages_are_the_same_where_nothing_can_be_measured(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measure(id_: str) -> ProblemCard:
        raise error

    monkeypatch.setattr(script, "measure", measure)
    with pytest.raises(type(error)):
        script.write_pages(tmp_path)
    shutil.copytree(script.FOLDER / "cards", tmp_path / "cards")
    script.write_pages(tmp_path)
    assert contents(tmp_path) == contents(script.FOLDER)


def test_nothing_is_printed_of_what_has_no_licence() -> None:
    page = (script.FOLDER / "AnalogNASBench-v0.md").read_text(encoding="utf-8")
    assert "Optimum" not in page
    assert "```text" not in page
    assert not (script.FOLDER / "cards" / "AnalogNASBench-v0.json").exists()


def test_facts_agree_with_the_spaces() -> None:
    for id_, facts in script.read_facts().items():
        card = describe(id_, facts)
        assert id_ in ENVIRONMENTS
        assert card.recorded in {card.size, card.unique, 0}
        if "relaxed" in card.kinds:
            assert "Box(0.0, 1.0" in card.kinds["relaxed"]["action_space"]
        else:
            assert card.kinds["build"]["steps"] == len(card.cardinalities)


def test_what_a_plugin_adds_has_no_page_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = dataclasses.replace(ENVIRONMENTS[IDS[0]], plugin="theirs")
    monkeypatch.setattr(script, "ENVIRONMENTS", Table("environment", {"theirs/Mine-v0": row}))
    script.write_pages(tmp_path)
    assert list(contents(tmp_path)) == ["index.md"]


def test_other_ids_become_links() -> None:
    text = "`awnas/Table-v0` and `awnas/NASBench201-v0`, not `awnas/None-v0`"
    linked = "[`awnas/Table-v0`](Table-v0.md) and `awnas/NASBench201-v0`, not `awnas/None-v0`"
    assert script.linked(text, "awnas/NASBench201-v0") == linked


def test_a_card_of_little_says_little() -> None:
    card = dataclasses.replace(stored(IDS[0]), table={"title": "t"}, unique=None, fidelities=list(range(1, 201)))
    text = card_text(card)
    assert "| Size | 15,625 architectures, nobody has counted its functions |" in text
    assert "| Fidelities | epochs 1, …, 200 |" in text
    assert "| Licence | not stated |" in text
    assert [line for line in text.splitlines() if line.startswith("#")] == ["### Optimum of each split"]


def test_numbers_and_tables() -> None:
    given = [
        ("valid_accuracy", 0.79533),
        ("params", 13118.0),
        ("latency_ms", 0.38070),
        ("cost_s", 12345.6),
        ("macs", None),
    ]
    assert [number(*each) for each in given] == ["0.7953", "13,118", "0.3807", "12,346", "not recorded"]
    assert table(["a", "b"], [["x|y", "z"]]) == "| a | b |\n| --- | --- |\n| x\\|y | z |"
