"""Recipes: each value has a source, and is that of the paper."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from awnas_gym.config import read_yaml
from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.spaces import SPACES
from awnas_gym.training import RECIPES
from awnas_gym.training.recipe import NamedRecipe, Recipe

ROOT = Path(__file__).resolve().parents[2]
OWN = [name for name, row in RECIPES.items() if row.plugin is None]


@pytest.mark.parametrize("name", OWN)
def test_every_value_has_a_source(name: str) -> None:
    named: NamedRecipe = RECIPES.load(name)
    fields = [field.name for field in dataclasses.fields(Recipe)]
    assert sorted(named.sources) == sorted([*fields, *named.settings, "valid_fraction"])
    assert all(source.strip() for source in named.sources.values())
    space = SPACES.load(named.space)(**named.settings)
    assert named.settings.items() <= space.settings.items()


@pytest.mark.parametrize(("name", "epochs"), [("nasbench201-12ep", 12), ("nasbench201-200ep", 200)])
def test_nasbench201(name: str, epochs: int) -> None:
    """Table 1 of the paper, and its network: the defaults of the space are the paper's too."""
    named = RECIPES.load(name)
    assert named.recipe == Recipe(
        epochs=epochs, batch_size=256, learning_rate=0.1, momentum=0.9, weight_decay=0.0005, crop=4, flip=True,
        cutout=0, initialisation="pytorch",
    )  # fmt: skip
    assert named.settings == {"channels": 16, "cells": 5, "reduction": "residual"}
    assert SPACES.load(named.space)(**named.settings).settings == SPACES.load(named.space)().settings


def test_fashion14_is_what_the_embedded_table_was_made_with() -> None:
    kinds: dict[str, Any] = {"name": str, "space": dict, "passes": dict, "card": dict}
    made = read_yaml(ROOT / "experiments/science/fashion14/recipe.yaml", required=kinds)
    named = RECIPES.load("fashion14")
    assert named.recipe == Recipe(**made["passes"]["accuracy"]["settings"]["recipe"])
    assert named.settings.items() <= made["space"]["settings"].items()


@pytest.mark.parametrize(
    "wrong",
    [{"epochs": 0}, {"batch_size": 1}, {"learning_rate": 0.0}, {"epochs": 1.5}, {"batch_size": True}, {"momentum": 1.0},
     {"momentum": 0.0}, {"weight_decay": -1.0}, {"crop": -1}, {"cutout": 2.0}],
)  # fmt: skip
def test_what_trains_nothing_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match=next(iter(wrong))):
        Recipe(**wrong)


def test_an_initialisation_that_does_not_exist() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'kaiming_normal'"):
        Recipe(initialisation="kaiming")
