"""Predictors: small models that learn from rewards of some architectures what others would earn.

To add one: a file with a subclass of `AbstractPredictor`, and a row here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awnas_gym.config import check_settings
from awnas_gym.predictors.abstract import AbstractPredictor
from awnas_gym.spaces import AbstractSpace
from awnas_gym.tables import Row, Table

__all__ = ["PREDICTORS", "AbstractPredictor", "make_predictor"]

_HERE = "awnas_gym.predictors"

PREDICTORS = Table(
    "predictor",
    {
        "mlp": Row(f"{_HERE}.mlp:MLP", "perceptrons on the choices or on the paths of the graph"),
        "lstm": Row(f"{_HERE}.lstm:LSTM", "a recurrent network that reads the choices in their order", "torch"),
        "gcn": Row(f"{_HERE}.gcn:GCN", "graph convolutions, read at a vertex that all others lead to", "torch"),
        "gates": Row(f"{_HERE}.gates:GATES", "information that flows through the graph, gated by operations", "torch"),
        "nao": Row(f"{_HERE}.nao:NAO", "an LSTM from whose states a second one reads the architecture off", "torch"),
    },
)


def make_predictor(
    name: str, space: AbstractSpace, *, seed: int = 0, settings: Mapping[str, Any] | None = None
) -> AbstractPredictor:
    """Return a predictor that is not yet fitted.

    Args:
        name: a row of `PREDICTORS`.
        space: of the architectures.
        seed: of whatever is drawn.
        settings: further ones, of the predictor's own.

    Raises:
        UnknownNameError: no such predictor.
        SettingError: a setting that it does not take, or a value out of its range.
        MissingExtraError: a package is missing.
    """
    kind = PREDICTORS.load(name)
    check_settings(kind, settings or {}, where=name)
    predictor: AbstractPredictor = kind(space, seed=seed, **(settings or {}))
    return predictor
