"""The table evaluator: split x fidelity x trial, and nothing imputed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.benchmarks import Column, TableFile, open_table
from awnas_gym.errors import IllegalArchitectureError, SettingError, TableFileError
from awnas_gym.evaluators.abstract import AbstractEvaluator
from awnas_gym.evaluators.table import TableEvaluator
from tests.tiny_table import EPOCHS, MISSING_INDEX, SPACE, class_rows, counts, write_tiny_table


@pytest.fixture(scope="module")
def evaluator(tmp_path_factory: pytest.TempPathFactory) -> TableEvaluator:
    return TableEvaluator(open_table(write_tiny_table(tmp_path_factory.mktemp("table") / "tiny.awnas")))


RNG = np.random.default_rng(0)
EVERYTHING = SPACE.unindex(np.arange(SPACE.size))


@pytest.mark.parametrize(("split", "images", "seed"), [("valid", 500, 1), ("test", 1500, 2), ("train", 2000, 3)])
@pytest.mark.parametrize("fidelity", [1, 3, EPOCHS])
def test_each_split_fidelity_and_trial_is_its_own_number(
    evaluator: TableEvaluator, split: str, images: int, seed: int, fidelity: int
) -> None:
    class_of = class_rows()[1]
    whole = (class_of != MISSING_INDEX) & (class_of != 6)
    true = counts(images, seed)[class_of][:, :, fidelity - 1] / images  # [arch, trial]
    name = f"{split}_accuracy"
    for trial in range(3):
        found = evaluator.evaluate(EVERYTHING, fidelity=fidelity, trial=trial, rng=RNG)[name]
        np.testing.assert_array_equal(found[whole], true[whole, trial])
    mean = evaluator.evaluate(EVERYTHING, fidelity=fidelity, rng=RNG)[name]
    np.testing.assert_allclose(mean[whole], true[whole].mean(axis=1), rtol=1e-12)


def test_missing_records_are_nan_and_a_missing_trial_is_not_imputed(evaluator: TableEvaluator) -> None:
    class_of = class_rows()[1]
    absent, partial = EVERYTHING[class_of == MISSING_INDEX], EVERYTHING[class_of == 6]
    assert np.isnan(evaluator.evaluate(absent, rng=RNG)["valid_accuracy"]).all()
    assert np.isnan(evaluator.evaluate(partial, trial=1, rng=RNG)["valid_accuracy"]).all()
    two = counts(500, 1)[6][[0, 2], -1].mean() / 500
    np.testing.assert_allclose(evaluator.evaluate(partial, rng=RNG)["valid_accuracy"], two)


def test_cost_is_that_of_the_trainings_behind_the_answer(evaluator: TableEvaluator) -> None:
    seconds = evaluator.table.columns["train_s_model"].values.astype(float)
    for fidelity in (1, EPOCHS):
        share = fidelity / EPOCHS
        one = evaluator.evaluate(EVERYTHING, fidelity=fidelity, trial=2, rng=RNG)["cost_s"]
        np.testing.assert_allclose(one, seconds * share)
        trainings = np.full(SPACE.size, 3)
        trainings[class_rows()[1] == 6] = 2  # one of its trainings is missing
        trainings[class_rows()[1] == MISSING_INDEX] = 1  # nothing is recorded: what it costs to try
        mean = evaluator.evaluate(EVERYTHING, fidelity=fidelity, rng=RNG)["cost_s"]
        np.testing.assert_allclose(mean, trainings * seconds * share)


def test_random_trials_come_from_the_generator_alone(evaluator: TableEvaluator) -> None:
    class_of = class_rows()[1]
    some = np.concatenate([EVERYTHING[1000:1500], np.repeat(EVERYTHING[class_of == 6][:1], 50, axis=0)])
    one, two, other = (
        evaluator.evaluate(some, trial="random", rng=np.random.default_rng(seed))["test_accuracy"] for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, two)
    assert (one != other).mean() > 0.3
    by_trial = [evaluator.evaluate(some, trial=k, rng=RNG)["test_accuracy"] for k in range(3)]
    recorded = class_rows()[1][SPACE.index(some)] != MISSING_INDEX
    assert np.isin(one[recorded], by_trial).all()
    assert len(np.unique(one[-50:])) == 2  # a missing training is never drawn


def test_wrong_arguments_name_what_is_legal(evaluator: TableEvaluator) -> None:
    with pytest.raises(SettingError, match=r"fidelity 7 .* legal: \[1, 2, 3, 4\]"):
        evaluator.evaluate(EVERYTHING[:1], fidelity=7, rng=RNG)
    for trial in (3, -1, "best", True):
        with pytest.raises(SettingError, match="legal: 'mean', 'random' or 0 … 2"):
            evaluator.evaluate(EVERYTHING[:1], trial=trial, rng=RNG)
    with pytest.raises(
        IllegalArchitectureError, match=r"decision 2 \(edge 1->2\) is 5; legal after \(0, 0\): \[0, 1, 2, 3, 4\]"
    ):
        evaluator.evaluate([[0, 0, 5, 0, 0, 0]], rng=RNG)


def test_coverage(evaluator: TableEvaluator) -> None:
    missing = (class_rows()[1] == MISSING_INDEX).mean()
    assert evaluator.coverage() == pytest.approx(1 - missing)


def test_the_version_is_the_checksum_of_the_numbers(evaluator: TableEvaluator) -> None:
    assert evaluator.version == evaluator.table.checksum
    assert AbstractEvaluator.version == ""


def made_table(columns: dict[str, Column], card: dict[str, Any] | None = None, **settings: Any) -> TableFile:
    space = {"name": SPACE.name, "settings": {**SPACE.settings, **settings}}
    return TableFile(Path("made.awnas"), space, card or {}, columns, checksum="")


def test_a_random_one_of_many_trials() -> None:
    trials = 80
    accuracy = np.tile(np.arange(trials, dtype=np.float32) / trials, (SPACE.size, 1))[:, :, None]
    evaluator = TableEvaluator(made_table({"valid_accuracy": Column(accuracy, ("arch", "trial", "epoch"))}))
    found = evaluator.evaluate(EVERYTHING[:4000], trial="random", rng=np.random.default_rng(0))["valid_accuracy"]
    assert len(np.unique(found)) == trials


CURVES = np.ones((SPACE.size, 2, 3), np.float32)
CURVE = {"valid_accuracy": Column(CURVES, ("arch", "trial", "epoch"))}
CLASS_OF = np.zeros(SPACE.size, np.int32)
BY_CLASS = {"valid_accuracy": Column(CURVES[:4], ("class", "trial", "epoch"))}


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"valid_accuracy": Column(CURVES, ("arch", "epoch", "trial"))}, "has the axes .*; legal"),
        ({"valid_accuracy": Column(CURVES, ("trial", "arch", "epoch"))}, "has the axes"),
        ({**CURVE, "latency_ms": Column(CURVES[:, :, 0], ("arch", "trial"))}, "latency_ms has the axes"),
        ({**CURVE, "train_s_model": Column(CURVES, ("arch", "trial", "epoch"))}, "train_s_model has the axes"),
        ({**CURVE, "latency_ms": Column(CURVES[:7, 0, 0], ("arch",))}, "latency_ms has 7 rows for 15,625 arch"),
        ({**CURVE, "test_accuracy": Column(CURVES[:, :1], ("arch", "trial", "epoch"))}, r"disagree about \(trials"),
        (BY_CLASS, "need class_of_arch"),
        ({**BY_CLASS, "class_of_arch": Column(CLASS_OF[:9], ("arch",))}, "class_of_arch has 9 rows for 15,625"),
        ({**BY_CLASS, "class_of_arch": Column(CLASS_OF + 4, ("arch",))}, r"holds 4 … 4; legal: 0 … 3"),
        ({**BY_CLASS, "class_of_arch": Column(CLASS_OF - 1, ("arch",))}, r"holds -1 … -1; legal: 0 … 3"),
        ({**BY_CLASS, "class_of_arch": Column(CLASS_OF + 0.5, ("arch",))}, "whole numbers"),
        (
            {**BY_CLASS, "class_of_arch": Column(CLASS_OF, ("arch",)), "params": Column(CLASS_OF[:5], ("class",))},
            r"equally many rows; they have \[4, 5\]",
        ),
        ({"class_of_arch": Column(CLASS_OF, ("arch",))}, "holds no metric; its columns are class_of_arch"),
    ],
)
def test_columns_that_do_not_fit_are_refused(columns: dict[str, Column], message: str) -> None:
    with pytest.raises(TableFileError, match=message):
        TableEvaluator(made_table(columns))


@pytest.mark.parametrize("fidelities", [[1, 2], [3, 2, 1], [1, 1, 2], [0, 1, 2], "abc", 5, [1, 2, 3.5], [1, [2], 3]])
def test_fidelities_that_do_not_fit_are_refused(fidelities: Any) -> None:
    with pytest.raises(TableFileError, match="fidelities are 3 whole numbers above 0, ascending; got"):
        TableEvaluator(made_table(CURVE, {"fidelities": fidelities}))


def test_a_space_that_cannot_be_built_is_named() -> None:
    with pytest.raises(TableFileError, match=r"made\.awnas: its space cannot be built: .*colour"):
        TableEvaluator(made_table(CURVE, colour="red"))
