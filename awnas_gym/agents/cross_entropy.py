"""The cross-entropy method: odds of each choice, moved towards those of the best architectures."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from awnas_gym.agents.ask_tell import AskTellAgent
from awnas_gym.checks import check_real, check_whole
from awnas_gym.errors import SettingError
from awnas_gym.spaces import Archs


@final
class CrossEntropy(AskTellAgent):
    """The cross-entropy method for independent choices [de Boer et al., Annals of Operations Research 2005, section 3].

    Each decision has odds of its own, equal ones at first. After every `samples` rewards the odds move by `step`
    towards how often the best `elite` of these took each choice (the paper's smoothed update), and stay at least
    `least / choices` (ours: a choice that died out could not come back). Choices that a mask forbids are left out of a
    draw.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        samples: architectures between two updates.
        elite: how many of them count; the paper takes a tenth of much larger samples.
        step: in [0, 1]; the paper has .4 to .9.
        least: in [0, 1]: how much of equal odds is left to a choice that no good architecture has.
        batch: see `AskTellAgent`.
    """

    def __init__(
        self, env: gym.Env[Any, Any], *, seed: int | None = None, samples: int = 20, elite: int = 5, step: float = 0.5,
        least: float = 0.1, batch: int = 1,
    ) -> None:  # fmt: skip
        super().__init__(env, seed=seed)
        self.batch = check_whole("batch", batch, low=1)
        self.samples, self.elite = check_whole("samples", samples, low=1), check_whole("elite", elite, low=1)
        if elite > samples:
            raise SettingError(f"elite is at most samples={samples}; got {elite}")
        self.step, self.least = check_real("step", step, high=1.0), check_real("least", least, high=1.0)
        self._odds = [np.full(n, 1 / n) for n in self.space.cardinalities]
        self._heard: list[tuple[Archs, float]] = []

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        return {
            "samples": self.samples, "elite": self.elite, "step": self.step, "least": self.least, "batch": self.batch,
        }  # fmt: skip

    @property
    def odds(self) -> list[NDArray[np.float64]]:
        """Of each decision its choices', float64 `[choices]`, 1 together."""
        return [each.copy() for each in self._odds]

    @property
    def statistics(self) -> dict[str, float]:
        """The mean entropy of a decision, in nats: 0 when the agent has made up its mind."""
        return {"entropy": float(np.mean([-(each * np.log(np.maximum(each, 1e-300))).sum() for each in self._odds]))}

    def ask(self, n: int = 1) -> Archs:
        """Return draws, int `[n, decisions]`."""
        rows = np.zeros((n, len(self._odds)), dtype=self.space.dtype)
        for i, odds in enumerate(self._odds):
            rows[:, i] = self._draw(odds, self.space.masks(rows[:, :i]))
        return rows

    def _draw(self, odds: NDArray[np.float64], legal: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return a choice a row of masks, bool `[n, choices]`."""
        weights = np.where(legal, odds, 0.0)
        weights = np.where(weights.sum(axis=1, keepdims=True) > 0, weights, legal)  # nothing legal has any odds
        ends = np.cumsum(weights, axis=1)
        found: NDArray[np.int64] = (ends > self._rng.random(len(legal))[:, None] * ends[:, -1:]).argmax(axis=1)
        return found

    def _decide(self, prefix: list[int], rng: np.random.Generator, *, deterministic: bool) -> int:
        odds = np.where(self.space.mask(prefix), self._odds[len(prefix)], 0.0)
        if not odds.sum() > 0:
            odds = self.space.mask(prefix).astype(np.float64)
        return int(odds.argmax()) if deterministic else int(rng.choice(len(odds), p=odds / odds.sum()))

    def _tell(self, archs: Archs, rewards: NDArray[np.float64]) -> None:
        for heard in zip(archs, rewards.tolist(), strict=True):
            self._heard.append(heard)
            if len(self._heard) == self.samples:
                best = sorted(self._heard, key=lambda each: -each[1])[: self.elite]
                self._learn(np.stack([arch for arch, _ in best]))
                self._heard = []

    def _learn(self, best: Archs) -> None:
        for i, odds in enumerate(self._odds):
            seen = np.bincount(best[:, i], minlength=len(odds)) / len(best)
            moved = (1 - self.step) * odds + self.step * seen
            self._odds[i] = (1 - self.least) * moved + self.least / len(odds)

    def _state(self) -> dict[str, Any]:
        return {
            **super()._state(),
            "odds": [odds.tolist() for odds in self._odds],
            "heard": [[arch.tolist(), reward] for arch, reward in self._heard],
        }

    def _restore(self, state: dict[str, Any]) -> None:
        super()._restore(state)
        self._odds = [np.array(odds) for odds in state["odds"]]
        self._heard = [(self.space.check(arch)[0], reward) for arch, reward in state["heard"]]
