"""Tables find parts by name and import them on first use."""

from __future__ import annotations

import sys
from fractions import Fraction

import pytest

from awnas_gym.errors import MissingExtraError, PluginError, SettingError, UnknownNameError
from awnas_gym.tables import Row, Table

TABLE = Table(
    "part",
    {
        "good": Row("fractions:Fraction", "a class that exists"),
        "no package": Row("not_a_package_at_all.inside:Thing", "behind an extra", "torch"),
        "no package, no extra": Row("not_a_package_at_all:Thing", "a broken row"),
        "no module of ours": Row("awnas_gym.nowhere:Thing", "a broken row behind an extra", "torch"),
        "no attribute": Row("fractions:Nothing", "a broken row"),
    },
)


def test_a_row_loads_what_it_names() -> None:
    assert TABLE.load("good") is Fraction
    assert TABLE["good"].load() is Fraction


def test_nothing_is_imported_before_it_is_asked_for() -> None:
    Table("part", {"lazy": Row("this_module_is_never_imported:X", "")})
    assert "this_module_is_never_imported" not in sys.modules


def test_unknown_names_are_answered_with_the_kind_and_a_guess() -> None:
    with pytest.raises(UnknownNameError, match=r"No part named 'goood'\. Did you mean 'good'\?"):
        TABLE["goood"]


def test_asking_whether_a_name_is_known_does_not_raise() -> None:
    assert "good" in TABLE
    assert "bad" not in TABLE
    assert TABLE.get("good") is not None


def test_a_missing_package_behind_an_extra_names_the_extra() -> None:
    with pytest.raises(MissingExtraError, match=r"not_a_package_at_all is not installed.*awnas-gym\[torch\]"):
        TABLE.load("no package")


def test_a_missing_package_without_an_extra_is_our_fault_and_stays_visible() -> None:
    with pytest.raises(ModuleNotFoundError) as error:
        TABLE.load("no package, no extra")
    assert not isinstance(error.value, MissingExtraError)


def test_a_missing_module_of_our_own_is_never_called_a_missing_extra() -> None:
    with pytest.raises(ModuleNotFoundError) as error:
        TABLE.load("no module of ours")
    assert not isinstance(error.value, MissingExtraError)


def test_a_wrong_attribute_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Nothing"):
        TABLE.load("no attribute")


def test_a_table_is_read_only_and_keeps_its_own_rows() -> None:
    rows = {"a": Row("fractions:Fraction", "")}
    table = Table("part", rows)
    rows["b"] = rows["a"]
    assert list(table) == ["a"]
    assert len(table) == 1
    with pytest.raises(TypeError):
        table["b"] = rows["a"]  # type: ignore[index]


def test_a_row_is_added_once() -> None:
    table = Table("part", {"a": Row("fractions:Fraction", "")})
    table.add("b", Row("decimal:Decimal", "", plugin="mine.py"))
    assert list(table) == ["a", "b"]
    with pytest.raises(SettingError, match="part 'a' comes with the package"):
        table.add("a", Row("decimal:Decimal", ""))
    with pytest.raises(SettingError, match=r"part 'b' comes from the plugin mine\.py"):
        table.add("b", Row("fractions:Fraction", ""))
    assert [row.target for row in table.values()] == ["fractions:Fraction", "decimal:Decimal"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (Row("fractions:Nothing", "", plugin="mine.py"), "has no attribute 'Nothing'"),
        (Row("not_a_package_at_all:X", "", plugin="mine.py"), "ModuleNotFoundError: No module named 'not_a_pack"),
        (Row("awnas_gym.plugin_folder.nothing:X", "", "torch", plugin="mine.py"), "ModuleNotFoundError"),
    ],
    ids=["attribute", "module", "its own module, behind an extra"],
)
def test_a_plugins_part_that_cannot_be_loaded_names_the_plugin(row: Row, message: str) -> None:
    with pytest.raises(PluginError, match=rf"{row.target} of the plugin mine\.py: .*{message}"):
        row.load()


def test_a_plugins_part_may_be_behind_an_extra() -> None:
    with pytest.raises(MissingExtraError, match=r"awnas-gym\[torch\]"):
        Row("not_a_package_at_all:X", "", "torch", plugin="mine.py").load()
