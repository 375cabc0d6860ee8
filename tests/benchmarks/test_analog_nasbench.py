"""AnalogNAS-Bench: of a made-up package every number, of the real one what its own reader says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.benchmarks import load_table
from awnas_gym.benchmarks.analog_nasbench import DRIFTS, SCORES, analog_nasbench
from awnas_gym.errors import TableFileError
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.metrics import split_of
from awnas_gym.spaces.nasbench201 import NASBench201
from awnas_gym.testing import check_evaluator
from tests.fake_packages import analog_entries, analog_pickle, install, write_analog

Entries = dict[tuple[int, ...], dict[str, Any]]

SPACE = NASBench201()
NAMES = ("skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3")
"""Operation of each number in the package's keys."""


def cell(key: tuple[int, ...]) -> np.ndarray:
    """Return the architecture of a key, whose edges are 0>1, 0>2, 0>3, 1>2, 1>3, 2>3."""
    a, b, c, d, e, f = (NAMES[k] for k in key)
    return SPACE.parse(f"|{a}~0|+|{b}~0|{d}~1|+|{c}~0|{e}~1|{f}~2|")


def values(evaluator: TableEvaluator, archs: list[np.ndarray]) -> dict[str, np.ndarray]:
    return evaluator.evaluate(np.array(archs), rng=np.random.default_rng(0))


@pytest.mark.usefixtures("packages")
def test_every_number_of_a_package() -> None:
    evaluator = TableEvaluator(load_table("analog_nasbench"))
    entries = analog_entries()
    found = values(evaluator, [cell(key) for key in entries])
    metrics = {**SCORES, **DRIFTS}
    assert found.keys() == set(metrics.values())
    for field, metric in metrics.items():
        np.testing.assert_allclose(found[metric], [entry[field] / 100 for entry in entries.values()], rtol=1e-12)
    check_evaluator(evaluator)


@pytest.mark.usefixtures("packages")
def test_every_metric_is_of_the_test_split() -> None:
    evaluator = TableEvaluator(load_table("analog_nasbench"))
    assert {split_of(name) for name in evaluator.yields} == {"test"}
    assert evaluator.coverage() == 1


def changed(entries: Entries, **fields: Any) -> Entries:
    first = next(iter(entries))
    return entries | {first: entries[first] | fields}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda entries: dict(list(entries.items())[1:]), "holds 15,624 entries; 15,625 cells are wanted"),
        (
            lambda entries: {(*key[:5], 5 if not any(key) else key[5]): e for key, e in entries.items()},
            "is no key of a",
        ),
        (
            lambda entries: {key if any(key) else (0,) * 5: e for key, e in entries.items()},
            r"\(0, 0, 0, 0, 0\) is no key",
        ),
        (lambda entries: changed(entries, qat_accuracy=101.0), "qat_accuracy of .* is 101.0; a number from 0 to 100"),
        (lambda entries: changed(entries, analog_drift_60=-1.0), "value of .* is -1.0"),
    ],
)
def test_a_file_that_holds_something_else_is_refused(
    change: Callable[[Entries], Entries], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWNAS_HOME", str(tmp_path / "home"))
    path = write_analog(tmp_path) / "data.anb"
    path.write_bytes(analog_pickle(change(analog_entries())))
    install(tmp_path, monkeypatch)
    with pytest.raises(TableFileError, match=f"{re.escape(str(path))}.*{message}"):
        analog_nasbench("analog_nasbench")
    assert not (tmp_path / "home").exists()


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, TableEvaluator]:
    """Return the real package's own reader, and ours."""
    reason = "needs the package and what it imports: pip install analog-nasbench 'setuptools<81'"
    package = pytest.importorskip("analognasbench", reason=reason, exc_type=ImportError)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWNAS_HOME", str(tmp_path_factory.mktemp("home")))
        return package.AnalogNASBench(), TableEvaluator(analog_nasbench("analog_nasbench"))


def test_the_real_package(real: tuple[Any, TableEvaluator]) -> None:
    theirs, evaluator = real
    keys = theirs.list_available_architectures()
    found = values(evaluator, [cell(key) for key in keys])
    for field, metric in {**SCORES, **DRIFTS}.items():
        wanted = [theirs.query_metric(key, field) for key in keys]
        np.testing.assert_allclose(found[metric] * 100, [getattr(each, "value", each) for each in wanted], rtol=1e-12)


def test_the_cells_without_a_path_are_at_chance_in_the_real_package_and_no_others(
    real: tuple[Any, TableEvaluator],
) -> None:
    """So the order of edges and operations is that of the numbers."""
    _, evaluator = real
    archs = SPACE.enumerate()
    clean = evaluator.evaluate(archs, rng=np.random.default_rng(0))["clean_test_accuracy"]
    zero = (SPACE.canonical(archs) == SPACE.canonical(np.zeros(6, dtype=int))).all(axis=1)
    np.testing.assert_array_equal(clean == 0.1, zero)
