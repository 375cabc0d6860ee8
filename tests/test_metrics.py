"""Metric names carry split and unit, and have one direction."""

from __future__ import annotations

import pytest

from awnas_gym.errors import UnknownNameError
from awnas_gym.metrics import METRICS, SPLITS, is_metric, metric_info, split_of

UNIT_OF_SUFFIX = {"_accuracy": "fraction", "_ms": "ms", "_mj": "mJ", "_s": "s", "_bytes": "bytes"}


@pytest.mark.parametrize("name", METRICS)
def test_the_suffix_is_the_unit(name: str) -> None:
    suffix = next((s for s in UNIT_OF_SUFFIX if name.endswith(s)), None)
    assert METRICS[name].unit == (UNIT_OF_SUFFIX[suffix] if suffix and name != "params" else "count")


@pytest.mark.parametrize("name", [name for name in METRICS if name.endswith("_accuracy")])
def test_an_accuracy_says_its_split_and_is_maximised(name: str) -> None:
    assert name.removesuffix("_accuracy") in SPLITS
    assert METRICS[name].maximise


@pytest.mark.parametrize("name", [name for name in METRICS if not name.endswith("_accuracy")])
def test_costs_are_minimised(name: str) -> None:
    assert not METRICS[name].maximise


def test_an_unknown_metric_gets_a_guess() -> None:
    with pytest.raises(UnknownNameError, match=r"No metric named 'valid_acc'\. Did you mean 'valid_accuracy'\?"):
        metric_info("valid_acc")


def test_a_known_one_its_row() -> None:
    assert metric_info("latency_ms") is METRICS["latency_ms"]


def test_the_vocabulary_is_read_only() -> None:
    with pytest.raises(TypeError):
        METRICS["x"] = METRICS["params"]  # type: ignore[index]
    with pytest.raises(AttributeError):
        METRICS["params"].unit = "M"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "unit", "maximise"),
    [
        ("pixel3_latency_ms", "ms", False),
        ("valid_robust_accuracy", "fraction", True),
        ("test_roc_auc", "fraction", True),
        ("test_loss", "nats", False),
        ("fpga_energy_mj", "mJ", False),
    ],
)
def test_an_ending_says_unit_and_direction(name: str, unit: str, maximise: bool) -> None:
    assert is_metric(name)
    assert (metric_info(name).unit, metric_info(name).maximise) == (unit, maximise)


@pytest.mark.parametrize(
    "name", ["accuracy", "", "_", "latency", "a b_accuracy", "ü_accuracy", "1_accuracy", "train_s_model"]
)
def test_other_names_are_no_metrics(name: str) -> None:
    assert not is_metric(name)
    with pytest.raises(UnknownNameError, match="No metric named"):
        metric_info(name)


@pytest.mark.parametrize(
    ("name", "split"),
    [("test_accuracy", "test"), ("analog_test_accuracy", "test"), ("latency_ms", None), ("contest_accuracy", None)],
)
def test_a_name_carries_its_split_anywhere(name: str, split: str | None) -> None:
    assert split_of(name) == split
