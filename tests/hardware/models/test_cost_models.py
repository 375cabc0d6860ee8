"""Every model keeps to its contract."""

from __future__ import annotations

import json

import numpy as np
import pytest

from awnas_gym.errors import MissingLayerError, SettingError, UnknownNameError
from awnas_gym.hardware import LayerSum, LayerTable
from awnas_gym.hardware.models import COST_MODELS, make_model
from awnas_gym.ranking import ranking
from tests.hardware.made_up import SPACE, archs, by_counts, device, settings_of

PACKAGES = {"hardware": "sklearn", "torch": "torch"}
NAMES = sorted(COST_MODELS)


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    """Return the name of a model whose packages are there."""
    extra = COST_MODELS[request.param].extra
    if extra is not None:
        pytest.importorskip(PACKAGES[extra], reason=f"the extra {extra}")
    return str(request.param)


def test_it_ranks_what_it_has_not_seen_and_a_seed_repeats_it(name: str) -> None:
    pytest.importorskip("scipy", reason="the extra ranking")
    rows = archs(260)
    values = LayerSum(SPACE, device())(rows)["latency_ms"] + 2
    models = [make_model(name, SPACE, device=device(), seed=3, settings=settings_of(name)) for _ in range(2)]
    for model in models:
        model.fit(rows[:60], values[:60])
    found = models[0].predict(rows[60:])
    assert found.dtype == np.float64
    assert found.shape == (200,)
    assert (found > 0).all()
    assert ranking(values[60:], found).kendall_tau > 0.75
    assert np.array_equal(found, models[1].predict(rows[60:]))
    assert models[0].predict(rows[:0]).shape == (0,)


def test_settings_and_what_was_learned_make_the_same_model_again(name: str) -> None:
    rows = archs(60)
    values = by_counts(rows, noise=0.5)
    model = make_model(name, SPACE, device=device(), settings=settings_of(name))
    model.fit(rows[:40], values[:40])
    again = make_model(name, SPACE, device=device(), settings=json.loads(json.dumps(model.settings)))
    again.restore(rows[:40], values[:40], model.learned)
    assert again.predict(rows) == pytest.approx(model.predict(rows), rel=1e-6)


def test_a_fit_forgets_the_one_before(name: str) -> None:
    rows = archs(60)
    fresh, used = (make_model(name, SPACE, device=device(), settings=settings_of(name)) for _ in range(2))
    used.fit(rows[:30], 1 + 100 * by_counts(rows[:30]))
    for model in (fresh, used):
        model.fit(rows[30:], by_counts(rows[30:]))
    assert used.predict(rows) == pytest.approx(fresh.predict(rows), rel=1e-6)


def test_few_or_wrong_measurements_are_refused(name: str) -> None:
    model = make_model(name, SPACE, device=device(), settings=settings_of(name))
    with pytest.raises(SettingError, match="was not fitted"):
        model.predict(archs(4))
    with pytest.raises(SettingError, match="5 architectures or more; got 4"):
        model.fit(archs(4), np.ones(4))
    with pytest.raises(SettingError, match="have as many values"):
        model.fit(archs(10), np.ones(9))
    for wrong in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(SettingError, match="not > 0"):
            model.fit(archs(10), [*np.ones(9), wrong])


@pytest.mark.parametrize("name", ["lookup", "linear"])
def test_a_missing_layer_is_an_error(name: str) -> None:
    known = {layer: row for layer, row in device().rows.items() if layer.kind != "avg_pool"}
    with pytest.raises(MissingLayerError):
        make_model(name, SPACE, device=LayerTable("poor", known, {})).fit(archs(50), np.ones(50))


def test_a_linear_correction_finds_slope_and_intercept() -> None:
    rows = archs(300)
    sums = LayerSum(SPACE, device())(rows)["latency_ms"]
    values = 1.2 * sums + 3 + 0.05 * np.random.default_rng(0).standard_normal(300)
    model = make_model("linear", SPACE, device=device())
    model.fit(rows, values)
    low, high = model.predict(rows[[sums.argmin(), sums.argmax()]])
    slope = (high - low) / (sums.max() - sums.min())
    assert slope == pytest.approx(1.2, rel=0.02)
    assert low - slope * sums.min() == pytest.approx(3, rel=0.02)


def test_slopes_of_groups_correct_a_device_that_is_wrong_about_one() -> None:
    rows, truth = archs(200), device()
    skewed = {
        layer: {"latency_ms": row["latency_ms"] * (9 if layer.kind == "avg_pool" else 1)}
        for layer, row in truth.rows.items()
    }
    values = LayerSum(SPACE, truth)(rows)["latency_ms"]
    errors = {}
    for by in ("sum", "group"):
        model = make_model("linear", SPACE, device=LayerTable("skewed", skewed, {}), settings={"by": by})
        model.fit(rows[:100], values[:100])
        errors[by] = np.abs(model.predict(rows[100:]) - values[100:]).max()
    assert errors["group"] < 0.01
    assert errors["sum"] > 0.5


def test_counts_of_operations_are_all_there_is_to_a_cost_of_counts() -> None:
    rows = archs(300)
    model = make_model("operation_counts", SPACE)
    model.fit(rows[:50], by_counts(rows[:50]))
    assert model.predict(rows) == pytest.approx(by_counts(rows), rel=1e-3)


def test_no_cost_is_believed_to_be_0_or_less() -> None:
    cells = SPACE.check([[3] * 6, [3] * 5 + [0], [3] * 5 + [1], [3] * 4 + [2, 1], [3, 3, 3, 3, 1, 1]])
    model = make_model("operation_counts", SPACE)
    model.fit(cells, [12.0, 9, 9, 8, 2])
    assert model.predict([[0] * 6])[0] == pytest.approx(0.2)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'linear'"):
        make_model("linaer", SPACE)
    with pytest.raises(SettingError, match=r"No setting named 'bye'\. Did you mean 'by'"):
        make_model("linear", SPACE, settings={"bye": "group"})
    with pytest.raises(UnknownNameError, match="Did you mean 'group'"):
        make_model("linear", SPACE, device=device(), settings={"by": "groups"})
    with pytest.raises(SettingError, match="name one"):
        make_model("linear", SPACE, settings={"by": "group"})
    with pytest.raises(SettingError, match="name one"):
        make_model("lookup", SPACE)
