"""Gradient loops: training one architecture from scratch, and to the end.

To add an optimiser or a scheduler: a function with keyword-only settings, and a row here. To add a recipe: a
`NamedRecipe`, and a row here.
"""

from __future__ import annotations

from awnas_gym.tables import Row, Table

__all__ = ["OPTIMISERS", "RECIPES", "SCHEDULERS"]

OPTIMISERS = Table(
    "optimiser",
    {
        "sgd": Row("awnas_gym.training.optimisers:sgd", "stochastic gradient descent with momentum", "torch"),
        "adam": Row("awnas_gym.training.optimisers:adam", "Adam; weight decay is added to the gradient", "torch"),
        "adamw": Row("awnas_gym.training.optimisers:adamw", "Adam with decoupled weight decay", "torch"),
    },
)

SCHEDULERS = Table(
    "scheduler",
    {
        "cosine": Row("awnas_gym.training.schedulers:cosine", "half a cosine over all epochs", "torch"),
        "cosine_restarts": Row(
            "awnas_gym.training.schedulers:cosine_restarts", "cosines that begin anew, each longer", "torch"
        ),
        "step": Row("awnas_gym.training.schedulers:step", "lower by a factor every some epochs", "torch"),
        "multistep": Row("awnas_gym.training.schedulers:multistep", "lower by a factor at given epochs", "torch"),
        "exponential": Row("awnas_gym.training.schedulers:exponential", "lower by a factor each epoch", "torch"),
        "constant": Row("awnas_gym.training.schedulers:constant", "always the same", "torch"),
    },
)

RECIPES = Table(
    "recipe",
    {
        "fashion14": Row("awnas_gym.training.recipes:fashion14", "6 epochs, that of the embedded benchmark"),
        "nasbench201-12ep": Row("awnas_gym.training.recipes:nasbench201_12ep", "12 epochs, with crop and flip"),
        "nasbench201-200ep": Row("awnas_gym.training.recipes:nasbench201_200ep", "200 epochs, with crop and flip"),
    },
)
"""How networks are trained from scratch."""
