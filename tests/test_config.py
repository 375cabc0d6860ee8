"""YAML that people wrote is read safely: what is wrong with it is said in one error that names the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from awnas_gym.config import MAX_BYTES, brief, parse_yaml, read_items, read_yaml
from awnas_gym.errors import SettingError

BOMB = "a: &a0 [1]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 40))


def read(tmp_path: Path, content: str | bytes) -> dict[str, object]:
    """Return what a file of this content holds, where `a` and `b` may be anything."""
    path = tmp_path / "mine.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_yaml(path, required={"a": object}, optional={"b": object})


def test_aliases_and_merges_are_read(tmp_path: Path) -> None:
    assert read(tmp_path, "a: &x {c: 1}\nb: [*x, {<<: *x, d: 2}]\n") == {
        "a": {"c": 1},
        "b": [{"c": 1}, {"c": 1, "d": 2}],
    }


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (BOMB, "aliases write out to more than"),
        ("a: &a [*a]", "aliases write out to more than"),
        ("a: &a {<<: *a}", "aliases write out to more than"),
        ("a: 1\nb: 2\na: 3\n", "'a' is given twice"),
        ("a: {c: {d: 1, d: 1}}", "'d' is given twice"),
        ("[" * 100_000, "recursion"),
        ("a: " + "1" * 5000, "digits"),
        (b"\xff\xfe\x00", "no UTF-8 text"),
        (b"a: \x00", "no YAML"),
        ("a: !!bool x", "cannot read"),
        ("a: !!int ''", "cannot read"),
        ("a: !!timestamp x", "cannot read"),
        ("a: !!python/object:os.system x", "no YAML"),
        ("a: 1\n---\na: 2\n", "no YAML"),
        ("", "a mapping with the keys a, b is wanted; got None"),
        ("a: 1\n? 0x" + "f" * 9999 + "\n: 2", "No key named 'a int of too many digits'"),
        (" " * (MAX_BYTES + 1), "more than 4,194,304 bytes"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, content: str | bytes, reason: str) -> None:
    with pytest.raises(SettingError, match=reason) as error:
        read(tmp_path, content)
    assert str(tmp_path / "mine.yaml") in str(error.value)
    assert len(str(error.value)) < 1000


def test_numbers_are_those_of_yaml_1_2(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("[1e-3, -2E4, 1.5e3, .5e1, e1, 1e, '1e-3', 0x10]")
    assert [value for _, value in read_items(path, "x")] == [0.001, -20000.0, 1500.0, 5.0, "e1", "1e", "1e-3", 16]
    assert parse_yaml("1e-3") == 0.001
    with pytest.raises(SettingError, match="expected"):
        parse_yaml("[")


def test_a_file_without_end_is_refused() -> None:
    if not Path("/dev/zero").exists():
        pytest.skip("needs /dev/zero")
    with pytest.raises(SettingError, match="bytes"):
        read_yaml(Path("/dev/zero"), required={})


def test_long_values_are_cut() -> None:
    assert brief([1, "a"]) == "[1, 'a']"
    assert len(brief(["a" * 1000] * 1000)) < 2000
