"""Every predictor keeps to its contract."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from awnas_gym.config import keywords
from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.predictors import PREDICTORS, make_predictor
from awnas_gym.spaces import SPACES
from awnas_gym.spaces.custom import Custom
from awnas_gym.spaces.nasbench201 import NASBench201

SPACE = NASBench201()
SMALL: dict[str, dict[str, Any]] = {
    "mlp": {"hidden": 32, "layers": 1, "epochs": 60, "learning_rate": 0.01},
    "lstm": {"hidden": 16, "head": 16, "epochs": 60, "learning_rate": 0.01},
    "gcn": {"hidden": 16, "layers": 3, "epochs": 60, "learning_rate": 0.01},
    "nao": {"hidden": 16, "epochs": 80, "learning_rate": 0.02},
    "gates": {"hidden": 16, "head": 16, "epochs": 60, "learning_rate": 0.01},
}
"""Settings with which each predictor learns in a moment."""


@pytest.fixture(params=sorted(PREDICTORS))
def name(request: pytest.FixtureRequest) -> str:
    """Return the name of a predictor whose packages are there."""
    if PREDICTORS[request.param].extra == "torch":
        pytest.importorskip("torch")
    return str(request.param)


def data(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return different cells and made-up rewards: a sum over their operations."""
    rows = SPACE.unindex(np.random.default_rng(seed).permutation(SPACE.size)[:n])
    return rows, np.array([0.0, 2.0, 1.0, 4.0, 3.0])[rows].sum(axis=1) / 24


def agreement(one: np.ndarray, two: np.ndarray) -> float:
    """Return the share of pairs that both order alike, among those that `two` orders."""
    signs = [np.sign(each[:, None] - each) for each in (one, two)]
    return float((signs[0] == signs[1])[signs[1] != 0].mean())


@pytest.mark.parametrize("loss", ["hinge", "mse", "mae"])
def test_it_ranks_what_it_has_not_seen_and_a_seed_repeats_it(name: str, loss: str) -> None:
    rows, rewards = data(300)
    settings = {**SMALL[name], "loss": loss}
    found = []
    for seed in (3, 3, 4):
        predictor = make_predictor(name, SPACE, seed=seed, settings=settings)
        predictor.fit(rows[:100], rewards[:100])
        np.random.seed(99)  # noqa: NPY002 - of no consequence
        found.append(predictor.predict(rows[100:]))
    assert found[0].dtype == np.float64
    assert found[0].shape == (200,)
    assert agreement(found[0], rewards[100:]) > 0.8
    assert np.array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])
    if loss != "hinge":
        assert np.abs(found[0] - rewards[100:]).mean() < 0.1


def test_a_fit_forgets_the_one_before(name: str) -> None:
    rows, rewards = data(60)
    fresh, used = (make_predictor(name, SPACE, settings=SMALL[name]) for _ in range(2))
    used.fit(rows[:30], 1000 * rewards[:30])
    for predictor in (fresh, used):
        predictor.fit(rows[30:], rewards[30:])
    assert np.array_equal(used.predict(rows), fresh.predict(rows))


def test_settings_make_the_same_predictor_again(name: str) -> None:
    rows, rewards = data(20)
    one = make_predictor(name, SPACE, settings=SMALL[name])
    assert set(one.settings) == set(keywords(type(one))) - {"seed"}
    two = make_predictor(name, SPACE, settings=json.loads(json.dumps(one.settings)))
    for predictor in (one, two):
        predictor.fit(rows, rewards)
    assert np.array_equal(one.predict(rows), two.predict(rows))


def test_one_or_equal_rewards_and_no_architectures(name: str) -> None:
    rows, rewards = data(5)
    predictor = make_predictor(name, SPACE, settings=SMALL[name])
    for n, known in ((1, rewards[:1]), (5, np.ones(5))):
        predictor.fit(rows[:n], known)
        assert np.isfinite(predictor.predict(rows)).all()
    assert predictor.predict(rows[:0]).shape == (0,)
    assert predictor.predict_each(rows).shape == (predictor.members, 5)


def test_what_is_wrong_is_refused(name: str) -> None:
    predictor = make_predictor(name, SPACE, settings=SMALL[name])
    rows, rewards = data(3)
    with pytest.raises(SettingError, match="was not fitted"):
        predictor.predict(rows)
    with pytest.raises(SettingError, match="as many rewards"):
        predictor.fit(rows, rewards[:2])
    with pytest.raises(SettingError, match="one or more"):
        predictor.fit(rows[:0], [])
    with pytest.raises(SettingError, match="is nan; rewards are finite"):
        predictor.fit(rows, [0.5, np.nan, 0.5])
    for settings, message in (
        ({"epochs": 0}, "epochs is a whole number from 1; got 0"),
        ({"margin": -1}, "margin is a number above 0; got -1"),
        ({"learning_rate": "fast"}, "learning_rate is a number above 0; got 'fast'"),
        ({"loss": "hing"}, "hinge"),
        ({"depth": 3}, "depth"),
    ):
        with pytest.raises((SettingError, UnknownNameError), match=message):
            make_predictor(name, SPACE, settings=settings)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="gates"):
        make_predictor("gate", SPACE)


@pytest.mark.parametrize("of", [*(each for each in SPACES if each != "custom"), "custom"])
def test_any_space_will_do(name: str, of: str) -> None:
    space = (
        Custom(choices={"depth": [1, 2], "width": [8, 16, 32]}, conditions={"width": {"depth": [2]}})
        if of == "custom"
        else SPACES.load(of)()
    )
    rows = space.sample(np.random.default_rng(0), 12)
    predictor = make_predictor(name, space, settings={**SMALL[name], "epochs": 2})
    predictor.fit(rows, np.arange(12.0))
    found = predictor.predict(rows)
    assert np.isfinite(found).all()
    different = {space.key(row) for row in rows}
    assert len(different) == 1 or len(set(found.tolist())) > 1
