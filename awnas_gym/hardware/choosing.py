"""Which model to fit: the one that predicts best what it was not fitted to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.errors import MissingExtraError, SettingError
from awnas_gym.hardware.abstract import AbstractDevice
from awnas_gym.hardware.agreement import Agreement, agreement
from awnas_gym.hardware.models import COST_MODELS, make_model
from awnas_gym.hardware.models.abstract import FEWEST, AbstractCostModel
from awnas_gym.spaces import AbstractSpace

FOLDS = 5

MARGIN = 0.005
"""Of Kendall tau, that a few hundred networks do not tell from noise."""


@final
class CrossValidation:
    """Predictions of each of some measured architectures by models that were fitted to others [Stone, JRSS 1974].

    Args:
        archs: int `[n, decisions]`.
        values: of the metric, `[n]`.
        folds: parts of equal size that are left out in turn.
        seed: of the parts.

    Raises:
        SettingError: too few architectures to leave any out.
    """

    def __init__(self, archs: ArrayLike, values: ArrayLike, *, folds: int = FOLDS, seed: int = 0) -> None:
        self._archs, self._values = np.asarray(archs), np.asarray(values, dtype=np.float64)
        if len(self._archs) < 2 * FEWEST:
            raise SettingError(f"cross-validation needs {2 * FEWEST} architectures; got {len(self._archs)}")
        fold = np.random.default_rng(seed).permutation(len(self._archs)) % folds
        self._parts: list[NDArray[np.bool_]] = [fold == i for i in range(folds)]

    def __call__(self, make: Callable[[], AbstractCostModel]) -> Agreement:
        """Return how well the predictions agree with the values.

        Args:
            make: returns a model that is not yet fitted; all of them alike.
        """
        predicted = np.empty(len(self._values))
        for part in self._parts:
            model = make()
            model.fit(self._archs[~part], self._values[~part])
            predicted[part] = model.predict(self._archs[part])
        return agreement(self._values, predicted)


def candidates(
    space: AbstractSpace, *, metric: str = "latency_ms", device: AbstractDevice | None = None, seed: int = 0
) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return what can be fitted and is fast: label -> name and settings of a model.

    Left out are models whose packages are missing, those that need a device if there is none, and those that say they
    are slow.

    Args:
        space: of the architectures.
        metric: that is predicted.
        device: says what layers cost.
        seed: of whatever is drawn.
    """
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for name in COST_MODELS:
        try:
            kind = COST_MODELS.load(name)
            if kind.slow:
                continue
            for settings in kind.variants:
                make_model(name, space, metric=metric, device=device, seed=seed, settings=settings)
                label = " ".join([name, *(f"{key}={value}" for key, value in settings.items())])
                found[label] = (name, dict(settings))
        except (MissingExtraError, SettingError):
            continue
    return found


def best(found: Mapping[str, Agreement]) -> str:
    """Return the name of the least median error among those whose Kendall tau is at most `MARGIN` below the highest.

    Of what ranks alike, the one that also gets the numbers right: a sum of layers ranks as its linear correction does.
    """
    taus = {name: -1.0 if np.isnan(each.kendall_tau) else each.kendall_tau for name, each in found.items()}
    close = [name for name, tau in taus.items() if tau >= max(taus.values()) - MARGIN]
    return min(close, key=lambda name: found[name].median_error)
