"""A device of which little was measured, from others of which much was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.config import check_keys
from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.hardware.abstract import AbstractDevice
from awnas_gym.hardware.agreement import agreement
from awnas_gym.hardware.models.abstract import FEWEST, AbstractCostModel
from awnas_gym.hardware.models.features import (
    LayerFeatures,
    NetworkFeatures,
    OperationCounts,
    Standardised,
    has_layers,
    layer_features,
    operation_counts,
)
from awnas_gym.hardware.models.ridge import Ridge
from awnas_gym.spaces import AbstractSpace, Archs

By = Literal["counts", "layers", "all"]
BYS: tuple[By, ...] = ("counts", "layers", "all")

POOL = 2000
"""Architectures that are drawn, for the scale of each device and to choose from."""

WEAK = 0.25
"""Size of the features of an architecture, together, beside 1 for each known device; 0.07 to 1 rank alike."""

HELD_OUT, CHOSEN = 1000, 20
"""Of a known device, by which it is decided what its costs are learned from; and how many of them are chosen."""


@final
class FromDevices(AbstractCostModel):
    """Few-shot adaptation: a ridge regression on what other devices would need [the setting of HELP, NeurIPS 2021].

    A ridge regression of each known device on how often each operation is there (or on other features) says what it
    needs for any architecture, without the noise of single measurements, and so whether it was measured there or not.
    These predictions, scaled to mean 0 and variance 1 over the space, are the inputs of the new device: its cost is
    believed to be a mixture of those that devices have. (As a prior of the slopes: their second moments over the
    devices.) What no mixture is may be learned too, from more: the features themselves are inputs, of size `WEAK`.

    Args:
        space: as of `AbstractCostModel`.
        metric: likewise.
        device: likewise; not asked.
        seed: likewise; nothing is drawn.
        by: what the known devices' costs were learned from: `"counts"` of operations, `"layers"` (`LayerFeatures`), or
            `"all"` (`NetworkFeatures`).
        known: device -> `{"intercept": float, "slopes": list}`, as `learn_devices` returns it.

    Raises:
        SettingError: there is no known device, or one of other features.
    """

    asks = False

    def __init__(
        self,
        space: AbstractSpace,
        *,
        metric: str = "latency_ms",
        device: AbstractDevice | None = None,
        seed: int = 0,
        by: By = "counts",
        known: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        super().__init__(space, metric=metric, device=device, seed=seed)
        if not known:
            raise SettingError("from_devices learns from measurements of other devices: learn_devices, --from-devices")
        self._by, self._known = by, {str(name): dict(each) for name, each in known.items()}
        self._features = _features(space, by)
        width = self._features(space.sample(np.random.default_rng(0), 1)).shape[1]
        for name, each in self._known.items():
            about = check_keys(each, where=name, required={"intercept": (int, float), "slopes": list})
            if len(about["slopes"]) != width:
                raise SettingError(f"{name} has {len(about['slopes'])} slopes; {space.name} has {width} features")
        self._slopes = np.array([each["slopes"] for each in self._known.values()], dtype=np.float64)
        self._intercepts = np.array([each["intercept"] for each in self._known.values()], dtype=np.float64)
        self._standardised = Standardised(self._features(space.sample(np.random.default_rng(0), POOL)))

    @property
    def settings(self) -> dict[str, Any]:
        """What is known of the devices."""
        return {"by": self._by, "known": self._known}

    def others(self, archs: ArrayLike) -> NDArray[np.float64]:
        """Return what the known devices are believed to need, scaled, float64 `[batch, devices]`."""
        return self._inputs(archs)[:, : len(self._known)]

    def _inputs(self, archs: ArrayLike) -> NDArray[np.float64]:
        """Return what the known devices need, and the features, float64 `[batch, devices + features]`."""
        features = self._features(archs)
        weak = self._standardised(features) * (WEAK / np.sqrt(features.shape[1]))
        return np.column_stack([features @ self._slopes.T + self._intercepts, weak])

    def choose(self, n: int, *, archs: ArrayLike | None = None, seed: int = 0) -> Archs:
        """Return the architectures to be measured: those that tell most of the slopes.

        Greedily, each one of the largest variance under the regression on those before, which is the one that
        increases the determinant of the information most (D-optimal design [Fedorov 1972]).

        Args:
            n: how many.
            archs: to choose from, int `[m, decisions]`; None for `POOL` that are drawn.
            seed: of the draw.

        Returns:
            int `[n, decisions]`, different ones, the most telling first.

        Raises:
            SettingError: there are not so many to choose from.
        """
        drawn = self.space.sample(np.random.default_rng(seed), POOL) if archs is None else self.space.check(archs)
        pool: Archs = drawn[np.sort(np.unique(drawn, axis=0, return_index=True)[1])]
        if not 0 < n <= len(pool):
            raise SettingError(f"{n} architectures cannot be chosen of {len(pool)}")
        inputs = np.column_stack([np.ones(len(pool)), self._inputs(pool)])
        left = np.arange(len(pool))
        chosen: list[int] = []
        covariance = np.eye(inputs.shape[1]) * 1e3  # of the slopes, before anything is measured, for noise of 1
        for _ in range(n):
            rows = inputs[left]
            at = int(np.einsum("ij,jk,ik->i", rows, covariance, rows).argmax())
            chosen.append(int(left[at]))
            left = np.delete(left, at)
            along = covariance @ rows[at]
            covariance -= np.outer(along, along) / (1 + rows[at] @ along)
        return pool[chosen]

    def _fit(self, archs: Archs, values: NDArray[np.float64]) -> None:
        self._ridge = Ridge(self._inputs(archs), values, standardise=False)

    def _predict(self, archs: Archs) -> NDArray[np.float64]:
        return self._ridge(self._inputs(archs))


def learn_devices(
    space: AbstractSpace,
    measured: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    by: By | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Return the settings of `FromDevices` that measurements of other devices lead to.

    Args:
        space: of the architectures.
        measured: device -> architectures, int `[n, decisions]`, and values, `[n]`; of each device others, if need be.
        by: what costs are learned from. None: what lets the known devices predict each other better, each in turn from
            `CHOSEN` of its architectures; of a single device, the first that leaves at most twice the least error.
        seed: of the architectures that give the scale.

    Raises:
        SettingError: no device, or one with fewer than `FEWEST` architectures, or whose values are all equal.
    """
    checked: dict[str, tuple[Archs, NDArray[np.float64]]] = {}
    for name, (archs, values) in measured.items():
        checked[name] = space.check(archs), np.asarray(values, dtype=np.float64)
        if len(checked[name][0]) < FEWEST or np.ptp(checked[name][1]) == 0:
            raise SettingError(f"{name}: {FEWEST} architectures or more, of different values, say what a device needs")
    if by is None:
        by = _better(space, checked, seed=seed)
    features = _features(space, by)
    population = features(space.sample(np.random.default_rng(seed), POOL))
    known = {}
    for name, (archs, values) in checked.items():
        ridge = Ridge(features(archs), values)
        over = ridge(population)
        scale = float(over.std()) or 1.0
        intercept = (ridge.intercept - float(over.mean())) / scale
        known[name] = {"intercept": intercept, "slopes": (ridge.slopes / scale).tolist()}
    return {"by": by, "known": known}


def _features(space: AbstractSpace, by: str) -> OperationCounts | LayerFeatures | NetworkFeatures:
    if by not in BYS:
        raise UnknownNameError("by", by, BYS)
    if by == "layers":
        return layer_features(space)
    return operation_counts(space) if by == "counts" else NetworkFeatures(space)


def _better(space: AbstractSpace, measured: Mapping[str, tuple[Archs, NDArray[np.float64]]], *, seed: int) -> By:
    """Return by which features the known devices, each left out in turn, are predicted best, if there are enough."""
    tried = BYS if has_layers(space) else ("counts", "all")
    if len(measured) < 2 or min(len(archs) for archs, _ in measured.values()) < 2 * CHOSEN:
        errors = {by: [Ridge(_features(space, by)(a), v).error for a, v in measured.values()] for by in tried}
        shares = {by: float(np.mean(np.divide(found, errors["counts"]))) for by, found in errors.items()}
        return next(by for by in tried if shares[by] <= 2 * min(shares.values()))
    taus: dict[By, list[float]] = {by: [] for by in tried}
    for by, found in taus.items():
        known = learn_devices(space, measured, by=by, seed=seed)["known"]
        for name, (archs, values) in measured.items():
            others = {other: each for other, each in known.items() if other != name}
            some = np.random.default_rng(seed).permutation(len(archs))[: HELD_OUT + CHOSEN]
            found.append(_tau(FromDevices(space, by=by, known=others), archs[some], values[some]))
    return max(tried, key=lambda by: float(np.mean(taus[by])))


def _tau(model: FromDevices, archs: Archs, values: NDArray[np.float64]) -> float:
    """Return how well a device is ranked from `CHOSEN` of its architectures."""
    chosen = {row.tobytes() for row in model.choose(CHOSEN, archs=archs)}
    picked = np.array([row.tobytes() in chosen for row in archs])
    model.fit(archs[picked], values[picked])
    return float(np.nan_to_num(agreement(values[~picked], model.predict(archs[~picked])).kendall_tau))
