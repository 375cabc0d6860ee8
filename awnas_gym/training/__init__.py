"""Gradient loops, data in batches, schedules, checkpoints. To add a recipe: a `NamedRecipe`, and a row here."""

from __future__ import annotations

from awnas_gym.tables import Row, Table

RECIPES = Table(
    "recipe",
    {
        "fashion14": Row("awnas_gym.training.recipes:fashion14", "6 epochs, that of the embedded benchmark"),
        "nasbench201-12ep": Row("awnas_gym.training.recipes:nasbench201_12ep", "12 epochs, with crop and flip"),
        "nasbench201-200ep": Row("awnas_gym.training.recipes:nasbench201_200ep", "200 epochs, with crop and flip"),
    },
)
"""How networks are trained from scratch."""
