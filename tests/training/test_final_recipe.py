"""Recipes of final trainings: what they refuse, learning rates, groups of parameters, augmentation by size."""

from __future__ import annotations

import math

import numpy as np
import pytest

from awnas_gym.data import Split
from awnas_gym.errors import SettingError, UnknownNameError

torch = pytest.importorskip("torch", reason="training needs torch: pip install 'awnas-gym[torch]'")

from awnas_gym.training import schedules  # noqa: E402
from awnas_gym.training.final_data import augmentation  # noqa: E402
from awnas_gym.training.final_recipe import FinalRecipe  # noqa: E402
from awnas_gym.training.language_recipe import LanguageRecipe  # noqa: E402
from awnas_gym.training.optimisers import parameter_groups  # noqa: E402
from awnas_gym.training.schedulers import learning_rates  # noqa: E402


def rates(epochs: int, warmup_epochs: int = 0, **scheduler: object) -> list[float]:
    return learning_rates(scheduler, highest=1.0, epochs=epochs, warmup_epochs=warmup_epochs)


def test_rates_by_hand() -> None:
    assert rates(3, name="constant") == [1.0, 1.0, 1.0]
    assert rates(5, name="step", every=2, factor=0.5) == [1.0, 1.0, 0.5, 0.5, 0.25]
    assert rates(5, name="multistep", at=[1, 4], factor=0.5) == [1.0, 0.5, 0.5, 0.5, 0.25]
    assert rates(3, name="exponential", factor=0.5) == [1.0, 0.5, 0.25]
    assert rates(4, 2, name="constant") == [0.5, 1.0, 1.0, 1.0]


def test_cosines_are_those_of_shared_weights() -> None:
    found = rates(600, name="cosine", lowest_rate=0.04)
    assert found == pytest.approx([schedules.cosine(e / 600, high=1.0, low=0.04) for e in range(600)])
    found = rates(75, 5, name="cosine_restarts", lowest_rate=0.002)[5:]
    wanted = [schedules.cosine_with_restarts(e, high=1.0, low=0.002, first=10) for e in range(70)]
    assert found == pytest.approx(wanted)


def test_the_630_epochs_of_enas_end_with_a_whole_cosine() -> None:
    found = rates(631, name="cosine_restarts", lowest_rate=0.0)
    assert found[629] < 1e-4
    assert found[630] == 1.0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "epochs is a whole number from 1; got 0"),
        ({"batch_size": 2.5}, "batch_size is a whole number from 2"),
        ({"learning_rate": 0}, "learning_rate is above 0"),
        ({"learning_rate": math.nan}, "learning_rate is a number from 0"),
        ({"epochs": 3, "warmup_epochs": 4}, "warmup_epochs some of the epochs"),
        ({"drop_path": 1.0}, "drop_path is a number from 0 and below 1; got 1.0"),
        ({"cutout": 1.5}, "cutout is a whole number from 0"),
        ({"flip": 1}, "flip is true or false"),
        ({"no_bias_decay": 1}, "no_bias_decay is true or false"),
        ({"average_after": -1}, "average_after is a whole number from 0"),
        ({"ema": 0.9, "average_after": 5}, "ema and average_after are two means"),
        ({"precision": "float16"}, "Known: bfloat16, float32"),
        ({"optimiser": "adamww"}, "Did you mean 'adamw'"),
        ({"scheduler": {"name": "cosine", "lowest": 1}}, "Did you mean 'lowest_rate'"),
        ({"scheduler": "multistep"}, "missing 1 required keyword-only argument: 'at'"),
        ({"scheduler": {"lowest_rate": 1}}, "scheduler is a name, or a mapping with 'name'"),
        ({"optimiser": {"name": "sgd", "momentum": -1}}, "Invalid momentum"),
        ({"optimiser": {"name": "sgd", "momentum": 0, "nesterov": True}}, "Nesterov"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_wrong_is_refused_at_once(settings: dict[str, object], message: str) -> None:
    with pytest.raises((SettingError, UnknownNameError)) as error:
        FinalRecipe(**settings)  # type: ignore[arg-type]
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"eval_batch_size": 0}, "eval_batch_size is a whole number from 1; got 0"),
        ({"length": 2.5}, "length is a whole number from 1"),
        ({"dropout_states": 1}, "dropout_states is a number from 0 and below 1; got 1"),
        ({"slowness": -1e-3}, "slowness is a number from 0"),
        ({"optimiser": {"name": "sgd", "momentun": 0}}, "Did you mean 'momentum'"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_wrong_for_text_is_refused_at_once(settings: dict[str, object], message: str) -> None:
    with pytest.raises((SettingError, UnknownNameError)) as error:
        LanguageRecipe(**settings)  # type: ignore[arg-type]
    assert message in str(error.value)


def test_the_recipe_of_darts_on_penn_treebank() -> None:
    recipe = LanguageRecipe()
    assert (recipe.epochs, recipe.batch_size, recipe.length, recipe.eval_batch_size) == (8000, 64, 35, 10)
    assert (recipe.learning_rate, recipe.clip, recipe.weight_decay, recipe.average_after) == (20, 0.25, 8e-7, 5)
    assert (recipe.optimiser, recipe.scheduler) == ({"name": "sgd", "momentum": 0.0}, {"name": "constant"})
    found = [getattr(recipe, f"dropout_{name}") for name in ("outputs", "states", "inputs", "embedding", "words")]
    assert found == [0.75, 0.25, 0.75, 0.2, 0.1]
    assert recipe.slowness == 1e-3


def test_biases_and_norms_are_spared_weight_decay() -> None:
    network = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.Linear(2, 2))
    (whole,) = parameter_groups(network, weight_decay=0.1, no_bias_decay=False)
    assert len(whole["params"]) == 6
    decayed, spared = parameter_groups(network, weight_decay=0.1, no_bias_decay=True)
    assert [p.shape for p in decayed["params"]] == [network[0].weight.shape, network[2].weight.shape]
    assert (decayed["weight_decay"], spared["weight_decay"], len(spared["params"])) == (0.1, 0.0, 4)


def test_crop_and_cutout_are_those_of_darts_on_cifar_and_smaller_on_smaller_images() -> None:
    def split(size: int) -> Split:
        return Split(np.zeros((1, 1, size, size), np.uint8), np.zeros(1, np.int64))

    found = augmentation(FinalRecipe(), split(32))
    assert (found.crop, found.flip, found.cutout) == (4, True, 16)
    assert (augmentation(FinalRecipe(), split(14)).crop, augmentation(FinalRecipe(), split(14)).cutout) == (2, 7)
    assert augmentation(FinalRecipe(crop=0, cutout=3), split(14)).cutout == 3
