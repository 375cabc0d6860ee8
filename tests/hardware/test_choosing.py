from __future__ import annotations

import pytest

from awnas_gym.errors import SettingError

pytest.importorskip("scipy", reason="the extra ranking")

from awnas_gym.hardware.agreement import Agreement
from awnas_gym.hardware.choosing import CrossValidation, best, candidates
from awnas_gym.hardware.models import make_model
from tests.hardware.made_up import SPACE, archs, by_counts, device


def test_what_is_left_out_is_predicted_by_the_others() -> None:
    rows = archs(40)
    validate = CrossValidation(rows, by_counts(rows), seed=1)
    counts = validate(lambda: make_model("operation_counts", SPACE))
    assert counts.n == 40
    assert counts.median_error < 0.01
    lookup = validate(lambda: make_model("lookup", SPACE, device=device()))
    assert best({"lookup": lookup, "counts": counts}) == "counts"


def test_a_model_that_says_the_same_of_all_is_never_the_best() -> None:
    flat, bad = Agreement(5, float("nan"), float("nan"), 0, 0, 1), Agreement(5, -0.5, -0.5, 1, 1, 0)
    assert best({"flat": flat, "bad": bad}) == "bad"


def test_ten_architectures_are_the_fewest() -> None:
    with pytest.raises(SettingError, match="needs 10 architectures; got 9"):
        CrossValidation(archs(9), by_counts(archs(9)))


def test_of_models_that_rank_alike_the_one_with_the_right_numbers_is_the_best() -> None:
    found = {"sum": Agreement(9, 0.98, 1, 0.3, 1, 0), "line": Agreement(9, 0.976, 1, 0.01, 1, 1)}
    assert best(found) == "line"
    assert best({**found, "better": Agreement(9, 0.99, 1, 0.2, 1, 0)}) == "better"


def test_candidates_are_what_can_be_fitted_fast() -> None:
    without = candidates(SPACE)
    assert without["linear by=layers"] == ("linear", {"by": "layers"})
    assert {"lookup", "linear by=sum"}.isdisjoint(without)
    assert {"operation_counts", "lookup", "linear by=sum", "linear by=group"} <= set(candidates(SPACE, device=device()))
    assert "lookup" not in candidates(SPACE, device=device(), metric="energy_mj")
