"""BOHB: Hyperband, whose new architectures are drawn from a model of the good ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from awnas_gym.agents.halving import HalvingAgent
from awnas_gym.checks import check_real, check_whole
from awnas_gym.spaces import Archs


@final
class BOHB(HalvingAgent):
    """Hyperband with two kernel densities [Falkner et al., ICML 2018].

    A new architecture is random with odds `random_fraction`. Otherwise `samples` are drawn from the density of the good
    architectures, and the one is taken whose density there is highest beside that among the others. Good are the best
    `top` of those that were evaluated at the highest fidelity at which there are decisions + 1 good and as many others,
    and at least so many.

    Args:
        env: see `MultiFidelityAgent`.
        seed: see `AbstractAgent`.
        eta: see `HalvingAgent`; 3, as in the paper.
        samples: draws to choose from; 64, as in the script of NAS-Bench-101's authors for BOHB.
        random_fraction: odds in [0, 1]; 1/3, as in that script.
        min_bandwidth: the least share of other choices in a kernel; .3, as in that script. Its `bandwidth_factor`
            widens kernels of numbers, and all decisions are categories here.
        top: share of good ones; .15, as in the authors' hpbandster 0.7.4. Both densities are of
            one more architecture than there are decisions, at least, and share none.
        batch: see `AskTellAgent`.
    """

    def __init__(
        self, env: gym.Env[Any, Any], *, seed: int | None = None, eta: int = 3, samples: int = 64,
        random_fraction: float = 1 / 3, min_bandwidth: float = 0.3, top: float = 0.15, batch: int = 1,
    ) -> None:  # fmt: skip
        super().__init__(env, seed=seed, eta=eta, batch=batch)
        self.samples = check_whole("samples", samples, low=1)
        self.random_fraction = check_real("random_fraction", random_fraction, high=1.0)
        self.min_bandwidth = check_real("min_bandwidth", min_bandwidth, high=1.0)
        self.top = check_real("top", top, high=1.0, exclude_low=True)
        self._evaluated: dict[int, list[tuple[list[int], float]]] = {}

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        return {
            **super().settings, "samples": self.samples, "random_fraction": self.random_fraction,
            "min_bandwidth": self.min_bandwidth, "top": self.top,
        }  # fmt: skip

    def _draw(self) -> Archs:
        densities = None if self._rng.random() < self.random_fraction else self._densities()
        if densities is None:
            return super()._draw()
        good, bad = densities
        rows = np.stack([self.space.complete(row) for row in good.draw(self._rng, self.samples)])
        best: Archs = rows[np.argmax(good(rows) / np.maximum(bad(rows), 1e-32))]
        return best

    def _densities(self) -> tuple[Density, Density] | None:
        """Return the densities of the good and the other architectures; None where too few are known."""
        least = len(self.space.cardinalities) + 1
        for fidelity in sorted(self._evaluated, reverse=True):
            known = sorted(self._evaluated[fidelity], key=lambda each: -each[1])
            if len(known) >= 2 * least:
                n = max(least, int(self.top * len(known)))
                rows = np.array([row for row, _ in known])
                return self._density(rows[:n]), self._density(rows[n:])
        return None

    def _density(self, rows: NDArray[np.int64]) -> Density:
        return make_density(rows, self.space.cardinalities, least=self.min_bandwidth)

    def _tell_at(self, archs: Archs, rewards: NDArray[np.float64], fidelity: NDArray[np.int64]) -> None:
        for row, reward, level in zip(archs.tolist(), rewards.tolist(), fidelity.tolist(), strict=True):
            self._evaluated.setdefault(level, []).append((row, reward))
        super()._tell_at(archs, rewards, fidelity)

    def _state(self) -> dict[str, Any]:
        return {**super()._state(), "evaluated": list(self._evaluated.items())}

    def _restore(self, state: dict[str, Any]) -> None:
        super()._restore(state)
        self._evaluated = {level: [(row, reward) for row, reward in known] for level, known in state["evaluated"]}


@final
@dataclass(frozen=True, slots=True)
class Density:
    """A kernel density over categories [Aitchison & Aitken, Biometrika 1976].

    Attributes:
        points: int `[n, decisions]`.
        keep: odds that a kernel gives to its point's own choice, `[decisions]`.
        other: odds that it gives to each other choice, `[decisions]`.
        cardinalities: of the decisions, `[decisions]`.
    """

    points: NDArray[np.int64]
    keep: NDArray[np.float64]
    other: NDArray[np.float64]
    cardinalities: NDArray[np.int64]

    def __call__(self, rows: Archs) -> NDArray[np.float64]:
        """Return the density of each row, float64 `[rows]`."""
        same = rows[:, None] == self.points[None]
        found: NDArray[np.float64] = np.where(same, self.keep, self.other).prod(axis=2).mean(axis=1)
        return found

    def draw(self, rng: np.random.Generator, n: int) -> NDArray[np.int64]:
        """Return `n` draws, int64 `[n, decisions]`: a point's choices, some of them replaced by any."""
        rows = self.points[rng.integers(len(self.points), size=n)]
        kept = rng.random(rows.shape) < self.keep - self.other
        return np.where(kept, rows, rng.integers(self.cardinalities, size=rows.shape))


def make_density(points: NDArray[np.int64], cardinalities: tuple[int, ...], *, least: float) -> Density:
    """Return the density of `points`, int `[n, decisions]`.

    A kernel gives other choices a share of 1.06 s n^(-1 / (4 + decisions)), s being the deviation of the choices'
    numbers: the rule that statsmodels, which hpbandster uses, takes for categories too (`normal_reference`). It
    is at least `least`, and at most what makes all choices equal.
    """
    n, decisions = points.shape
    choices = np.array(cardinalities)
    share = np.maximum(1.06 * points.std(axis=0) * n ** (-1 / (4 + decisions)), least)
    share = np.minimum(share, (choices - 1) / choices)
    return Density(points, 1 - share, share / np.maximum(choices - 1, 1), choices)
