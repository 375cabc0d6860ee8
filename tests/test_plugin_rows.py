"""What a plugin says is checked, and whatever is wrong with it is named and stays with it."""

from __future__ import annotations

import re
from types import ModuleType
from typing import Any

import pytest

from awnas_gym.agents import AGENTS
from awnas_gym.objectives import OBJECTIVES
from awnas_gym.plugin_rows import Plugin, add_rows
from awnas_gym.tables import Row

FINE = Row("fractions:Fraction", "a class that exists")


@pytest.fixture(autouse=True)
def _tables_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    for table in (AGENTS, OBJECTIVES):
        monkeypatch.setattr(table, "_rows", dict(table))


def raising(error: BaseException) -> Any:
    """Return a function that raises."""

    def load() -> object:
        raise error

    return load


def test_rows_are_added_and_know_their_plugin() -> None:
    module = ModuleType("mine")
    module.ROWS = {"agent": {"mine": FINE}, "objective": {"mine-too": FINE}}
    plugin = add_rows("mine.py", lambda: module)
    assert plugin == Plugin("mine.py", (("agent", "mine"), ("objective", "mine-too")), ())
    assert AGENTS["mine"] == Row(FINE.target, FINE.summary, plugin="mine.py")
    assert {"mine", "random"} < set(AGENTS)
    assert FINE.plugin is None


def test_an_entry_point_may_name_the_mapping_itself() -> None:
    assert add_rows("mine", lambda: {"agent": {"mine": FINE}}).rows == (("agent", "mine"),)


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (3, "ROWS: a mapping with the keys environment, space, .* is wanted; got 3"),
        ({"spaces": {}}, r"ROWS: No key named 'spaces'\. Did you mean 'space'\?"),
        ({3: {}}, "ROWS: No key named '3'"),
        ({"agent": ["mine"]}, r"ROWS: agent is \['mine'\]; it should be dict"),
        ({"agent": {"mine": "m:C"}}, r"ROWS\['agent'\]\['mine'\] is 'm:C'; it should be Row\(target, summary\)"),
        ({"agent": {"mine": Row("m.C", "a")}}, "the target is 'm.C'; it should be 'module:attribute'"),
        ({"agent": {"mine": Row("m:", "a")}}, "the target is 'm:'"),
        ({"agent": {"mine": Row(Row, "a")}}, "the target is <class"),
        ({"agent": {"mine": Row("m:C", "a\nb")}}, r"the summary is 'a\\nb'; it should be one line of text"),
        ({"agent": {"mine": Row("m:C", "")}}, "the summary is ''"),
        ({"agent": {"mine": Row("m:C", None)}}, "the summary is None"),
        ({"agent": {"mine": Row("m:C", "a", 3)}}, "the extra is 3; it should be a name or None"),
        ({"agent": {"../mine": FINE}}, "'../mine' is no name of a kind agent; legal: letters, digits, - and _"),
        ({"agent": {"": FINE}}, "'' is no name of a kind agent"),
        ({"agent": {3: FINE}}, "3 is no name of a kind agent"),
        ({"environment": {"Thing-v0": FINE}}, "'Thing-v0' is no name of a kind environment; legal: namespace/Name-v0"),
        ({"environment": {"mine/Thing": FINE}}, "'mine/Thing' is no name"),
        ({"environment": {"mine/a:b-v0": FINE}}, "'mine/a:b-v0' is no name"),
    ],
    ids=str,
)
def test_a_wrong_row_is_named_and_the_plugin_skipped(rows: Any, problem: str) -> None:
    before = dict(AGENTS)
    good_first = {"objective": {"mine": FINE}, **rows} if isinstance(rows, dict) else rows
    plugin = add_rows("mine.py", lambda: good_first)
    assert plugin.rows == ()
    (found,) = plugin.problems
    assert re.search(problem, found)
    assert dict(AGENTS) == before
    assert "mine" not in OBJECTIVES


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (ImportError("no module"), "ImportError: no module (test_plugin_rows.py:"),
        (SyntaxError("invalid\nsyntax"), "SyntaxError: invalid syntax (test_plugin_rows.py:"),
        (SystemExit(3), "SystemExit: 3 (test_plugin_rows.py:"),
        (KeyError("x"), "KeyError: 'x' (test_plugin_rows.py:"),
    ],
    ids=repr,
)
def test_whatever_a_plugin_raises_stays_with_it(error: BaseException, problem: str) -> None:
    plugin = add_rows("mine.py", raising(error))
    assert plugin.rows == ()
    assert plugin.problems[0].startswith(problem)


def test_ctrl_c_is_not_the_plugins() -> None:
    with pytest.raises(KeyboardInterrupt):
        add_rows("mine.py", raising(KeyboardInterrupt()))


def test_a_module_without_rows_is_told_what_they_are() -> None:
    (problem,) = add_rows("mine.py", lambda: ModuleType("empty")).problems
    assert problem == (
        "module 'empty' has no attribute 'ROWS'; a plugin holds ROWS = {kind: {name: Row(target, summary)}}, "
        "in a module that nobody imports before awnas_gym"
    )


def test_a_taken_name_is_refused_and_the_other_rows_are_added() -> None:
    builtin = AGENTS["random"]
    plugin = add_rows("mine.py", lambda: {"agent": {"random": FINE, "mine": FINE}})
    assert plugin.rows == (("agent", "mine"),)
    assert plugin.problems == ("agent 'random' comes with the package; choose another name",)
    assert AGENTS["random"] is builtin
    second = add_rows("yours.py", lambda: {"agent": {"mine": Row("decimal:Decimal", "another")}})
    assert second.problems == ("agent 'mine' comes from the plugin mine.py; choose another name",)
    assert AGENTS["mine"].target == FINE.target
