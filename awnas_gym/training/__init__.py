"""Gradient loops: training one architecture from scratch, and to the end.

To add an optimiser or a scheduler: a function with keyword-only settings, and a row here.
"""

from __future__ import annotations

from awnas_gym.tables import Row, Table

__all__ = ["OPTIMISERS", "SCHEDULERS"]

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
