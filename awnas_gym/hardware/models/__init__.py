"""Models of whole networks: from measured architectures to all others.

To add one: a file with a subclass of `AbstractCostModel`, and a row here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awnas_gym.config import check_settings
from awnas_gym.hardware.abstract import AbstractDevice
from awnas_gym.hardware.models.abstract import AbstractCostModel
from awnas_gym.spaces import AbstractSpace
from awnas_gym.tables import Row, Table

__all__ = ["COST_MODELS", "AbstractCostModel", "make_model"]

_HERE = "awnas_gym.hardware.models"

COST_MODELS = Table(
    "cost_model",
    {
        "operation_counts": Row(
            f"{_HERE}.operation_counts:OperationCountsModel", "linear in how often each operation is there"
        ),
        "lookup": Row(f"{_HERE}.lookup:Lookup", "the sum of a device's layers as it is"),
        "linear": Row(f"{_HERE}.linear:Linear", "a linear correction of the sum of a device's layers, or of counts"),
        "boosting": Row(f"{_HERE}.boosting:Boosting", "linear, and boosted trees on the rest", "hardware"),
        "gaussian_process": Row(
            f"{_HERE}.gaussian_process:GaussianProcess", "linear, and a Gaussian process on the rest", "hardware"
        ),
        "mlp": Row(f"{_HERE}.mlp:MLP", "a perceptron of three hidden layers", "hardware"),
        "lstm": Row(f"{_HERE}.lstm:LSTM", "a recurrent network that reads the layers in their order", "torch"),
        "graph": Row(f"{_HERE}.graph:Graph", "a graph convolutional network [BRP-NAS]", "torch"),
        "from_devices": Row(f"{_HERE}.from_devices:FromDevices", "linear in what other devices would need [HELP]"),
    },
)


def make_model(
    name: str,
    space: AbstractSpace,
    *,
    metric: str = "latency_ms",
    device: AbstractDevice | None = None,
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
) -> AbstractCostModel:
    """Return a model that is not yet fitted.

    Args:
        name: a row of `COST_MODELS`.
        space: of the architectures.
        metric: that is predicted.
        device: says what layers cost; only models that ask one get it.
        seed: of whatever is drawn.
        settings: further ones, of the model's own.

    Raises:
        UnknownNameError: no such model.
        SettingError: a setting that it does not take, or what it needs is not there.
        MissingExtraError: a package is missing.
    """
    kind = COST_MODELS.load(name)
    check_settings(kind, settings or {}, where=name)
    model: AbstractCostModel = kind(
        space, metric=metric, device=device if kind.asks else None, seed=seed, **(settings or {})
    )
    return model
