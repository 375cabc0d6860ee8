"""A user's own space: what its description means, counted by hand and by brute force, and what is refused."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from awnas_gym.errors import GenotypeError, IllegalArchitectureError, SettingError
from awnas_gym.spaces.custom import Custom

MLP: dict[str, Any] = {
    "choices": {"depth": [1, 2, 3], "width": [16, 32, 64], "activation": ["relu", "tanh"], "dropout": [0.0, 0.1, 0.5]},
    "conditions": {"dropout": {"depth": [2, 3]}},
}
TEXT = """
name: my_mlp
choices:
  depth: [1, 2, 3]
  width: [16, 32, 64]
  activation: [relu, tanh]
  dropout: [0.0, 0.1, 0.5]
conditions:
  dropout: {depth: [2, 3]}
"""
SPACE = Custom(**MLP)


def configurations(choices: dict[str, list[Any]], conditions: dict[str, Any]) -> dict[tuple[int, ...], list[bool]]:
    """Return all legal architectures, and which choices each asks, by the words of the definition."""
    found = {}
    for row in itertools.product(*(range(len(values)) for values in choices.values())):
        chosen = {name: choices[name][k] for name, k in zip(choices, row, strict=True)}
        asked: dict[str, bool] = {}
        for name in choices:
            needs = conditions.get(name, {}).items()
            asked[name] = all(asked[other] and any(chosen[other] is v for v in values) for other, values in needs)
        if all(is_asked or k == 0 for is_asked, k in zip(asked.values(), row, strict=True)):
            found[row] = list(asked.values())
    return found


VALUES = st.one_of(
    st.booleans(),
    st.integers(-(2**62), 2**62),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8", exclude_characters=",="), min_size=1, max_size=5).filter(
        lambda text: text.isprintable() and text == text.strip() and "e" not in text.lower()
    ),
)


@st.composite
def descriptions(draw: st.DrawFn) -> dict[str, Any]:
    """Draw valid arguments, most with conditions; a choice that is never asked may be among them."""
    names = draw(st.lists(st.from_regex(r"[A-Za-z0-9_.-]{1,6}", fullmatch=True), min_size=1, max_size=5, unique=True))
    lists = st.lists(VALUES, min_size=1, max_size=4, unique_by=lambda value: str(value).lower())
    choices = {name: draw(lists) for name in names}
    conditions = {}
    for i, name in enumerate(names):
        parents = draw(st.lists(st.sampled_from(names[:i]), max_size=2, unique=True)) if i else []
        if parents:
            conditions[name] = {
                other: draw(st.lists(st.sampled_from(choices[other]), min_size=1, unique_by=repr)) for other in parents
            }
    return {"choices": choices, "conditions": conditions}


@settings(max_examples=200)
@given(description=descriptions(), seed=st.integers(0, 2**32 - 1))
def test_any_description(description: dict[str, Any], seed: int) -> None:
    rows = configurations(**description)
    assume(len(rows) > 1)
    if not np.any(list(rows.values()), axis=0).all():
        with pytest.raises(SettingError, match="is never asked"):
            Custom(**description)
        return
    space = Custom(**description)
    assert space.size == space.unique_size == len(rows)
    assert space.enumerate().tolist() == [list(row) for row in rows]
    assert space.unconstrained == (not description["conditions"])
    again = Custom(**json.loads(json.dumps(space.settings)))
    assert repr(again.settings) == repr(space.settings)  # 1 is no 1.0
    rng = np.random.default_rng(seed)
    for arch in space.sample(rng, 4):
        assert tuple(arch.tolist()) in rows
        parts = space.genotype(arch).split(",")
        assert np.array_equal(space.parse(",".join(rng.permutation(parts))), arch)
        assert np.array_equal(space.from_values(space.values(arch)), arch)
        assert again.genotype(arch) == space.genotype(arch)


def test_a_description_from_yaml(tmp_path: Path) -> None:
    (tmp_path / "mlp.yaml").write_text(TEXT)
    space = Custom.from_yaml(tmp_path / "mlp.yaml")
    assert space.settings == SPACE.settings == MLP
    assert space.decision_names == ("depth", "width", "activation", "dropout")
    assert space.size == 1 * 3 * 2 + 2 * 3 * 2 * 3


def test_notation() -> None:
    arch = SPACE.parse("width=32,dropout=0.1,activation=relu,depth=2")
    assert arch.tolist() == [1, 1, 0, 1]
    assert SPACE.genotype(arch) == "depth=2,width=32,activation=relu,dropout=0.1"
    assert SPACE.values(arch) == {"depth": 2, "width": 32, "activation": "relu", "dropout": 0.1}
    assert SPACE.genotype([0, 0, 0, 0]) == "depth=1,width=16,activation=relu"
    assert SPACE.values([0, 2, 1, 0]) == {"depth": 1, "width": 64, "activation": "tanh"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("depth=1,width=16", "activation is missing; legal: 'relu', 'tanh'"),
        ("depth=2,width=16,activation=relu", "dropout is missing"),
        ("depth=1,width=16,activation=relu,dropout=0.0", "dropout is not asked here; it is asked with depth=2 or 3"),
        ("depth=1,width=16,activation=relu,width=16", "width is given twice"),
        ("depth=1,widht=16,activation=relu", r"No choice named 'widht'\. Did you mean 'width'"),
        ("depth=4,width=16,activation=relu", "depth has no value '4'; legal: 1, 2, 3"),
        ("depth=1,width=16,activation=relu,", "'' is no part"),
        ("depth=01,width=16,activation=relu", "depth has no value '01'"),
        ("depth = 1,width=16,activation=relu", "No choice named 'depth '"),
    ],
)
def test_what_is_no_genotype_is_refused(text: str, reason: str) -> None:
    with pytest.raises(GenotypeError, match=reason):
        SPACE.parse(text)


@pytest.mark.parametrize("wrong", [{"depth": 1.0}, {"depth": True}, {"depth": "1"}, {"depth": None}, {"depht": 1}, {}])
def test_values_of_another_type_are_other_values(wrong: dict[str, Any]) -> None:
    with pytest.raises(IllegalArchitectureError, match=r"depth has no value|No choice named 'depht'|depth is missing"):
        SPACE.from_values({"width": 16, "activation": "relu"} | wrong)


def test_values_of_numpy_are_plain_ones() -> None:
    space = Custom(choices={"a": [np.float64(0.1), np.True_, np.int8(3)]})
    assert space.settings == {"choices": {"a": [0.1, True, 3]}, "conditions": {}}
    assert space.from_values({"a": np.True_}).tolist() == [1]


def test_one_and_true_are_told_apart() -> None:
    space = Custom(choices={"a": [1, 1.0, True], "b": [0, 1]}, conditions={"b": {"a": [1.0]}})
    assert [space.genotype(arch) for arch in space.enumerate()] == ["a=1", "a=1.0,b=0", "a=1.0,b=1", "a=true"]
    assert space.settings["conditions"] == {"b": {"a": [1.0]}}
    assert type(space.settings["conditions"]["b"]["a"][0]) is float


def test_a_condition_on_what_is_not_asked_does_not_hold() -> None:
    space = Custom(choices={name: [0, 1] for name in "abc"}, conditions={"b": {"a": [1]}, "c": {"b": [0]}})
    assert space.enumerate().tolist() == [[0, 0, 0], [1, 0, 0], [1, 0, 1], [1, 1, 0]]


def test_the_graph_says_what_is_open_and_what_is_not_asked() -> None:
    assert SPACE.graph([0, 1, -1, -1]).nodes == ("depth=1", "width=32", None, None)
    assert SPACE.graph([0, 1, 0, 0]).nodes == ("depth=1", "width=32", "activation=relu", "-")
    assert SPACE.graph([1, 1, 0, 0]).edges == ((0, 1, ""), (1, 2, ""), (2, 3, ""))


# ------------------------------------------------------------------ large ones


def test_counting_large_spaces_is_quick() -> None:
    """Switches first, what they switch last: 2**300 ways to set the switches, never gone through."""
    switches = {f"use{i}": [False, True] for i in range(300)}
    sizes = {f"size{i}": [1, 2, 4] for i in range(300)}
    apart = Custom(choices=switches | sizes, conditions={f"size{i}": {f"use{i}": [True]} for i in range(300)})
    assert apart.size == (1 + 3) ** 300
    below = {f"use{i}": {"model": ["mlp"]} for i in range(300)}
    tree = Custom(
        choices={"model": ["linear", "mlp"], **switches, **sizes},
        conditions=below | {f"size{i}": {f"use{i}": [True]} for i in range(300)},
    )
    assert tree.size == 1 + 4**300


def test_the_largest_description() -> None:
    chain = Custom(
        choices={f"c{i}": [0, 1] for i in range(1000)}, conditions={f"c{i}": {f"c{i - 1}": [1]} for i in range(1, 1000)}
    )
    assert chain.size == 1001
    assert chain.masks(np.ones((2, 999), dtype=np.int8)).tolist() == [[True, True]] * 2
    wide = Custom(choices={"a": list(range(2**15)), "b": [0, 1]}, conditions={"b": {"a": [7]}})
    assert wide.size == 2**15 + 1
    assert wide.dtype == np.int16
    with pytest.raises(SettingError, match="too many to"):
        Custom(choices={f"c{i}": [0, 1] for i in range(1000)}).enumerate()


def test_too_many_conditions_are_refused() -> None:
    names = [f"c{i}" for i in range(150)]
    every = {name: {other: [1] for other in names[:i]} for i, name in enumerate(names) if i}
    with pytest.raises(SettingError, match="conditions: there are more than 10,000"):
        Custom(choices={name: [0, 1] for name in names}, conditions=every)
    many = {f"b{i}": {"a": [1]} for i in range(33)}
    with pytest.raises(SettingError, match="conditions: the choices they look at: they have 1,081,344 values together"):
        Custom(choices={"a": list(range(2**15))} | {name: [0, 1] for name in many}, conditions=many)


def test_entangled_conditions_are_refused_quickly() -> None:
    rng = np.random.default_rng(0)
    choices = {f"{kind}{i}": [0, 1] for kind in "ab" for i in range(60)}
    conditions = {f"b{i}": {f"a{j}": [1] for j in rng.permutation(60)[:6].tolist()} for i in range(60)}
    with pytest.raises(SettingError, match="takes more than 1,048,576 steps"):
        Custom(choices=choices, conditions=conditions)


# ------------------------------------------------------------------ what is refused

A = {"a": [1, 2], "b": [1, 2]}


@pytest.mark.parametrize(
    ("choices", "conditions", "reason"),
    [
        (None, None, r"Custom\(choices=\{'depth'"),
        ([], None, "choices: a mapping is wanted"),
        ({}, None, "choices: 1 to 1,000 choices are wanted; got 0"),
        ({"a": [0, 1]} | {f"c{i}": [0] for i in range(1000)}, None, "got 1,001"),
        ({"a": range(2)}, None, "choices: a: a list of values is wanted"),
        ({"a": "relu"}, None, "choices: a: a list of values is wanted"),
        ({"a": []}, None, "choices: a: a list of values is wanted, with at least one"),
        ({"a": [[1], 2]}, None, r"choices: a: the value \[1\] is no text, number, true or false"),
        ({"a": [None, 2]}, None, "choices: a: the value None is no text"),
        ({"a": [float("nan"), 2]}, None, "choices: a: the value nan is not finite"),
        ({"a": [10**5000, 2]}, None, "choices: a: the value a int of too many digits lies outside"),
        ({"a": list(range(2**15 + 1))}, None, "choices: a: it has 32,769 values; at most 32,768"),
        ({f"a{i}": list(range(2**15)) for i in range(33)}, None, "values together; at most 1,048,576"),
        ({f"a{i}": [0, 1, 2] for i in range(999)}, None, r"they make 2\*\*1583 combinations; at most 2\*\*1000"),
        ({"a": [1, 1]}, None, "choices: a: the value 1 is there twice"),
        ({"a": [1, "1"]}, None, "choices: a: the value '1' reads like the value 1"),
        ({"a": [True, "true"]}, None, "choices: a: the value 'true' reads like the value True"),
        ({"a": ["1e-3", "1e-4"]}, None, "'1e-3' is text, not a number"),
        ({"a": ["1.0e5", "b"]}, None, "'1.0e5' is text, not a number; write it without quotes"),
        *(
            ({"a": [bad, "b"]}, None, "choices: a: the value")
            for bad in ("x,y", "x=y", " x", "x ", "x\ny", "", "\ud800")
        ),
        *(
            ({bad: [1, 2]}, None, "choices: the name")
            for bad in ("a b", "a" * 101, "", "a=", "ä", 1, True, None, (1, 2))
        ),
        ({"a": [1], "b": [2]}, None, "they leave one configuration"),
        (A, [], "conditions: a mapping is wanted"),
        (A, {"c": {"a": [1]}}, "conditions: No choice named 'c'"),
        (A, {1: {"a": [1]}}, "conditions: No choice named '1'"),
        (A, {"b": {}}, "conditions: b: it has no condition"),
        (A, {"b": [1]}, "conditions: b: a mapping is wanted"),
        (A, {"b": {"a": 1}}, "conditions: b: a: a list of values is wanted"),
        (A, {"b": {"a": []}}, "conditions: b: a: a list of values is wanted, with at least one"),
        (A, {"b": {"a": [3]}}, "conditions: b: a: a has no value 3; legal: 1, 2"),
        (A, {"b": {"a": [1.0]}}, r"conditions: b: a: a has no value 1\.0"),
        (A, {"b": {"a": [10**5000]}}, "conditions: b: a: a has no value a int of too many digits"),
        (A, {"b": {"a": [1, 1]}}, "conditions: b: a: the value 1 is there twice"),
        (A, {"b": {"b": [1]}}, "conditions: b: b does not come before b; a condition names an earlier choice: a"),
        (A, {"a": {"b": [1]}}, "conditions: a: b does not come before a; .*: there is none"),
        (
            {"depth": [1, 2], "b": [1, 2]},
            {"b": {"dept": [1]}},
            "conditions: b: No choice named 'dept'. Did you mean 'de",
        ),
        (A | {"c": [1, 2]}, {"b": {"a": [1]}, "c": {"a": [2], "b": [1]}}, "conditions: c is never asked"),
    ],
)
def test_wrong_descriptions_are_refused(choices: Any, conditions: Any, reason: str) -> None:
    with pytest.raises(SettingError, match=reason) as error:
        Custom(choices=choices, conditions=conditions)
    assert len(str(error.value)) < 1000


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("- a", "a mapping with the keys choices, name, conditions is wanted"),
        ("choices: {a: [1, 2]}\ncondition: {}", "No key named 'condition'. Did you mean 'conditions'"),
        ("name: x", "the key 'choices' is missing"),
        ("choices: {a: [1, 2]}\nname: 3", "name is 3; it should be str"),
        ("choices: {a: [1, 2], a: [1, 2]}", "the key 'a' is given twice"),
        ("choices: {on: [1, 2]}", "choices: the name True is no text"),
        ("choices: {a: ['1e-3', 1e-4]}", "choices: a: the value '1e-3' is text, not a number"),
        ("choices: {a: [2020-01-01]}", "choices: a: the value datetime.date"),
        ("choices: {a: &a [*a, 1]}", "aliases write out to more than"),
    ],
)
def test_wrong_files_are_refused_by_name(text: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(SettingError, match=reason) as error:
        Custom.from_yaml(tmp_path / "mine.yaml")
    assert "mine.yaml" in str(error.value)
