"""Fronts and volumes against brute force and pymoo."""

from __future__ import annotations

import importlib.util
import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from awnas_gym.errors import MissingExtraError, SettingError
from awnas_gym.pareto import hypervolume, non_dominated, summarise

# Few values, so that ties and equal points are common.
few = st.integers(1, 4).flatmap(
    lambda k: arrays(np.float64, st.tuples(st.integers(0, 25), st.just(k)), elements=st.integers(-3, 3))
)


def by_definition(points: np.ndarray) -> list[bool]:
    return [not any((other >= point).all() and (other > point).any() for other in points) for point in points]


def volume_by_cells(points: np.ndarray, reference: np.ndarray) -> float:
    """Add the cells of the grid of all coordinates that some point covers."""
    axes = [np.unique([low, *column[column > low]]) for column, low in zip(points.T, reference, strict=True)]
    total = 0.0
    for cell in itertools.product(*(itertools.pairwise(axis.tolist()) for axis in axes)):
        if any(all(value >= top for value, (_, top) in zip(point, cell, strict=True)) for point in points.tolist()):
            total += float(np.prod([top - bottom for bottom, top in cell]))
    return total


@given(few)
def test_the_front_is_that_of_the_definition(points: np.ndarray) -> None:
    assert non_dominated(points).tolist() == by_definition(points)


def test_the_front_is_pymoos() -> None:
    sorting = pytest.importorskip("pymoo.util.nds.non_dominated_sorting", reason="compared with pymoo's if installed")
    rng = np.random.default_rng(0)
    for k in (2, 3, 4):
        points = np.round(rng.normal(size=(600, k)), 2)
        theirs = sorting.NonDominatedSorting().do(-points, only_non_dominated_front=True)
        assert sorted(theirs) == np.flatnonzero(non_dominated(points)).tolist()


def test_the_front_of_a_whole_space() -> None:
    points = np.random.default_rng(0).random((15_625, 3))
    assert 50 < non_dominated(points).sum() < 1000


@given(few.filter(lambda points: points.shape[1] > 1))
def test_the_volume_is_that_of_the_cells(points: np.ndarray) -> None:
    pytest.importorskip("moocore", reason="needs the extra [mo]")
    reference = np.full(points.shape[1], -1.0)
    assert hypervolume(points, reference) == pytest.approx(volume_by_cells(points, reference))


def test_the_volume_is_pymoos() -> None:
    pytest.importorskip("moocore", reason="needs the extra [mo]")
    hv = pytest.importorskip("pymoo.indicators.hv", reason="compared with pymoo's if installed")
    points = np.random.default_rng(1).random((60, 3))
    theirs = hv.HV(ref_point=np.full(3, 0.1))(-points)  # pymoo minimises
    assert hypervolume(points, np.full(3, -0.1)) == pytest.approx(theirs)


def test_a_summary() -> None:
    points = [[1.0, 5.0], [3.0, 3.0], [3.0, 3.0], [2.0, 2.0], [5.0, 0.5], [0.0, 4.0]]
    found = summarise(["a", "b"], points)
    volume = found.pop("hypervolume", None)
    assert found == {
        "objectives": ["a", "b"],
        "ideal": [5.0, 5.0],
        "nadir": [1.0, 0.5],
        "reference_point": [0.0, 0.5],
        "pareto_size": 4,
    }
    if importlib.util.find_spec("moocore") is None:
        assert volume is None
        return
    assert volume == pytest.approx(1 * 4.5 + 2 * 2.5)  # columns of width 1 and 2; the last point lies on the edge


@pytest.mark.parametrize("points", [[1.0, 2.0], [[1.0, np.nan]], [[np.inf, 1.0]]])
def test_what_is_no_point_is_refused(points: Any) -> None:
    with pytest.raises(SettingError, match="points are finite numbers"):
        non_dominated(points)


@pytest.mark.parametrize("reference", [[0.0], [0.0, np.nan], 0.0])
def test_what_is_no_reference_point_is_refused(reference: Any) -> None:
    with pytest.raises(SettingError, match="a reference point for 2 objectives"):
        hypervolume([[1.0, 2.0]], reference)


def test_without_moocore_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "moocore", None)
    with pytest.raises(MissingExtraError, match=r"awnas-gym\[mo\]"):
        hypervolume([[1.0, 2.0]], [0.0, 0.0])
    assert "hypervolume" not in summarise(["a", "b"], [[1.0, 2.0]])
