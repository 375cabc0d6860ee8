"""The table evaluator: split x fidelity x trial, and nothing imputed."""

import numpy as np
import pytest

from awnas_gym.benchmarks import open_table
from awnas_gym.errors import IllegalArchitectureError, SettingError
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
        three = evaluator.evaluate(EVERYTHING, fidelity=fidelity, rng=RNG)["cost_s"]
        np.testing.assert_allclose(three, 3 * seconds * share)


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
