"""Metrics of further tables beside those of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.benchmarks import Column, TableFile, open_table
from awnas_gym.benchmarks.listing import listing_columns
from awnas_gym.envs import JointEnv, Judge
from awnas_gym.errors import SettingError
from awnas_gym.evaluators.joined import JoinedEvaluator
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.objectives import make_objective
from awnas_gym.spaces import AbstractSpace
from awnas_gym.spaces.fbnet import FBNet
from awnas_gym.spaces.nasbench201 import NASBench201
from awnas_gym.testing import check_evaluator
from tests.tiny_table import EPOCHS, SPACE, class_rows

EVERYTHING = SPACE.enumerate()
LISTED = EVERYTHING[np.random.default_rng(0).choice(SPACE.size, 4000, replace=False)]
OF_DEVICES = SPACE.index(LISTED) / 1000 + 1
"""Made-up latency of the listed ones, which follows from the number of the architecture."""


def listing(
    name: str, *, space: AbstractSpace = SPACE, archs: np.ndarray = LISTED, **metrics: Column
) -> TableEvaluator:
    columns = {**listing_columns(space, archs)[0], **metrics}
    described = {"name": space.name, "settings": space.settings}
    return TableEvaluator(TableFile(Path(f"{name}.awnas"), described, {}, columns, f"checksum of {name}"))


def row(values: np.ndarray = OF_DEVICES) -> Column:
    return Column(values, ("row",))


DEVICES = listing("devices", pixel3_latency_ms=row(), fpga_energy_mj=row(2 * OF_DEVICES))


@pytest.fixture
def accuracy(tiny: str) -> TableEvaluator:
    return TableEvaluator(open_table(Path(tiny)))


@pytest.fixture
def joined(accuracy: TableEvaluator) -> JoinedEvaluator:
    return JoinedEvaluator(accuracy, [DEVICES])


def test_an_architecture_has_its_own_latency_and_nobody_elses(joined: JoinedEvaluator) -> None:
    """Two of three classes are listed by some member; the others of these have no latency all the same."""
    found = joined.evaluate(EVERYTHING, rng=np.random.default_rng(0))
    listed = np.isin(SPACE.index(EVERYTHING), SPACE.index(LISTED))
    own = np.where(listed, SPACE.index(EVERYTHING) / 1000 + 1, np.nan)
    np.testing.assert_array_equal(found["pixel3_latency_ms"], own)
    np.testing.assert_array_equal(found["fpga_energy_mj"], 2 * own)
    class_of = class_rows()[1]
    assert np.isin(class_of[~listed], class_of[listed]).sum() > 1000


def test_the_first_tables_numbers_are_as_they_were(accuracy: TableEvaluator, joined: JoinedEvaluator) -> None:
    some = EVERYTHING[::7]
    for trial in ("mean", 1, "random"):
        for fidelity in (1, EPOCHS):
            alone, both = (
                each.evaluate(some, fidelity=fidelity, trial=trial, rng=np.random.default_rng(3))
                for each in (accuracy, joined)
            )
            assert both.keys() == alone.keys() | {"pixel3_latency_ms", "fpga_energy_mj"}
            for name, values in alone.items():
                np.testing.assert_array_equal(both[name], values)
            expected = DEVICES.vector("fpga_energy_mj", 1, "mean")[DEVICES.own_places(some)]
            np.testing.assert_array_equal(both["fpga_energy_mj"], expected)
    assert (joined.fidelities, joined.trials) == (accuracy.fidelities, accuracy.trials)
    assert joined.coverage() == accuracy.coverage()
    np.testing.assert_array_equal(joined.population(), accuracy.population())


def test_a_table_of_the_whole_space_and_one_that_lists(tiny: str) -> None:
    first = listing("first", valid_accuracy=row(OF_DEVICES / 100), params=row())
    whole = TableEvaluator(open_table(Path(tiny)))
    found = JoinedEvaluator(first, [whole]).evaluate(EVERYTHING, rng=np.random.default_rng(0))
    assert set(found) == {"valid_accuracy", "params", "latency_ms"}
    np.testing.assert_array_equal(found["latency_ms"], whole.vector("latency_ms", EPOCHS, "mean"))


def test_the_metrics_that_are_asked_for(joined: JoinedEvaluator) -> None:
    for names in ({"latency_ms"}, {"pixel3_latency_ms", "valid_accuracy"}, set()):
        found = joined.evaluate(EVERYTHING[:5], rng=np.random.default_rng(0), metrics=frozenset(names))
        assert set(found) == names


def test_the_card_and_the_version_name_both(accuracy: TableEvaluator) -> None:
    more = [DEVICES, listing("params", params=row())]
    joined = JoinedEvaluator(accuracy, more)
    assert joined.card["title"] == "tiny"
    assert joined.card["columns"] == {"fpga_energy_mj": "devices", "params": "params", "pixel3_latency_ms": "devices"}
    assert "columns" not in accuracy.card
    assert joined.version == f"{accuracy.version}+checksum of devices+checksum of params"


def test_holds(joined: JoinedEvaluator, accuracy: TableEvaluator) -> None:
    assert joined.holds("pixel3_latency_ms", 1, 0)
    assert joined.holds("valid_accuracy", 1, 0)
    nothing = listing("nothing", raspi4_latency_ms=row(np.full(len(LISTED), np.nan)))
    assert not JoinedEvaluator(accuracy, [nothing]).holds("raspi4_latency_ms", EPOCHS, "mean")


OTHER = NASBench201(**{**SPACE.settings, "classes": 100})
CURVE = Column(np.ones((len(LISTED), 2, 3)), ("row", "trial", "epoch"))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ([listing("own", latency_ms=row())], "latency_ms is in tiny and in own; each metric comes from one table"),
        ([DEVICES, listing("own", pixel3_latency_ms=row())], "pixel3_latency_ms is in devices and in own"),
        (
            [listing("nets", space=FBNet(), archs=np.zeros((1, 22), np.int8), params=row(OF_DEVICES[:1]))],
            "nets is of other networks than tiny: name 'fbnet' instead of 'nasbench201', ",
        ),
        ([listing("own", space=OTHER, params=row())], "own is of other networks than tiny: classes 100 instead of 10"),
        ([listing("own", test_accuracy=CURVE)], "own has nothing to add: each of its metrics has trials and epochs"),
    ],
)
def test_tables_that_do_not_go_together(accuracy: TableEvaluator, more: list[TableEvaluator], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        JoinedEvaluator(accuracy, more)


def test_it_keeps_the_contract(joined: JoinedEvaluator) -> None:
    check_evaluator(joined)


@pytest.mark.parametrize(("listed", "reward"), [(True, OF_DEVICES[0]), (False, OF_DEVICES.max())])
def test_an_environment_plays_for_it(joined: JoinedEvaluator, listed: bool, reward: float) -> None:
    """Lower is better: without a record it earns the worst, the highest latency."""
    unlisted = EVERYTHING[~np.isin(SPACE.index(EVERYTHING), SPACE.index(LISTED))]
    env = JointEnv(Judge(joined, make_objective("pixel3_latency_ms", split="valid")))
    env.reset(seed=0)
    _, found, *_, info = env.step((LISTED if listed else unlisted)[0])
    assert abs(found) == pytest.approx(reward)
    assert info.get("missing", False) is not listed
    assert ("pixel3_latency_ms" in info["metrics"]) is listed


def test_rows_of_a_listing_as_written() -> None:
    """The index knows representatives that are not listed; the row of one of their members is not their own."""
    asked: Any = SPACE.canonical(LISTED)
    rows = DEVICES.own_places(asked)
    own = {int(index): row for row, index in enumerate(SPACE.index(LISTED))}
    assert rows.tolist() == [own.get(index, -1) for index in SPACE.index(asked).tolist()]
    assert ((DEVICES.places(asked) >= 0) & (rows < 0)).any()
