"""REINFORCE with one row of logits a decision, in NumPy."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.agents.ask_tell import AskTellAgent
from awnas_gym.checks import above_zero, check_real
from awnas_gym.spaces import Archs

ADAM = (0.9, 0.999, 1e-8)
"""Decay of the first and second moment, and epsilon [Kingma & Ba, ICLR 2015]."""


@final
class Reinforce(AskTellAgent):
    """Policy gradient [Williams 1992] as in NAS-Bench-201 and NATS-Bench [Dong et al., TPAMI 2021].

    The policy draws the decisions from left to right, decision i from `softmax(logits[i])` over what is legal.
    The reward minus a moving average scales the gradient; Adam takes the step. One `tell` is one update.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        learning_rate: of Adam. NATS-Bench's 0.01 moves a logit by 3 at most within 300 evaluations, too little to
            settle; 0.05 learns within 300 to 500, and at 0.2 the policy settles before it has looked around
            (`experiments/science/agent_settings.py`).
        baseline_decay: of the moving average of rewards.

    Attributes:
        logits: float64 `[decisions, largest cardinality]`, started at 0.001 * normal noise.
        policy_updates: steps taken.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        seed: int | None = None,
        learning_rate: float = 0.05,
        baseline_decay: float = 0.9,
    ) -> None:
        super().__init__(env, seed=seed)
        self.learning_rate = above_zero("learning_rate", learning_rate)
        self.baseline_decay = check_real("baseline_decay", baseline_decay, high=1.0)
        shape = (len(self.space.cardinalities), max(self.space.cardinalities))
        self.logits = 1e-3 * self._rng.standard_normal(shape)
        self.policy_updates = 0
        self._baseline: float | None = None
        self._moments = np.zeros((2, *shape))

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        return {"learning_rate": self.learning_rate, "baseline_decay": self.baseline_decay}

    @property
    def statistics(self) -> dict[str, float]:
        """The moving average of rewards after the last update."""
        return {} if self._baseline is None else {"baseline": self._baseline}

    # ---------------------------------------------------------------- the policy

    def probabilities(self, prefix: ArrayLike) -> NDArray[np.float64]:
        """Return the odds of each choice after `prefix`, float64 `[largest cardinality]`; 0 where illegal."""
        mask = self.space.mask(prefix)
        logits = np.where(mask, self.logits[len(np.asarray(prefix)), : len(mask)], -np.inf)
        odds = np.zeros(self.logits.shape[1])
        odds[: len(mask)] = np.exp(logits - logits.max())
        odds /= odds.sum()
        return odds

    def log_probability_gradient(self, arch: Archs) -> NDArray[np.float64]:
        """Return d log p(arch) / d logits, float64 `[decisions, largest cardinality]`."""
        gradient = -np.stack([self.probabilities(arch[:i]) for i in range(len(arch))])
        gradient[np.arange(len(arch)), arch] += 1
        return gradient

    def _decide(self, prefix: list[int], rng: np.random.Generator, *, deterministic: bool) -> int:
        odds = self.probabilities(prefix)
        return int(odds.argmax() if deterministic else rng.choice(len(odds), p=odds))

    # ---------------------------------------------------------------- learning

    def ask(self, n: int = 1) -> Archs:
        """Return `n` draws of the policy, int `[n, decisions]`."""
        archs = np.empty((n, len(self.space.cardinalities)), dtype=self.space.dtype)
        for row in archs:
            for i in range(len(row)):
                row[i] = self._decide(row[:i].tolist(), self._rng, deterministic=False)
        return archs

    def _tell(self, archs: Archs, rewards: NDArray[np.float64]) -> None:
        mean = float(rewards.mean())
        baseline = mean if self._baseline is None else self._baseline
        gradients = [
            (reward - baseline) * self.log_probability_gradient(arch)
            for arch, reward in zip(archs, rewards.tolist(), strict=True)
        ]
        self._ascend(np.mean(gradients, axis=0))
        self._baseline = self.baseline_decay * baseline + (1 - self.baseline_decay) * mean

    def _ascend(self, gradient: NDArray[np.float64]) -> None:
        """Take one step of Adam along `gradient`, `[decisions, largest cardinality]`."""
        first, second, epsilon = ADAM
        self.policy_updates += 1
        self._moments[0] += (1 - first) * (gradient - self._moments[0])
        self._moments[1] += (1 - second) * (gradient**2 - self._moments[1])
        mean = self._moments[0] / (1 - first**self.policy_updates)
        square = self._moments[1] / (1 - second**self.policy_updates)
        self.logits += self.learning_rate * mean / (np.sqrt(square) + epsilon)

    def _state(self) -> dict[str, Any]:
        return {
            **super()._state(),
            "logits": self.logits.tolist(),
            "baseline": self._baseline,
            "moments": self._moments.tolist(),
            "policy_updates": self.policy_updates,
        }

    def _restore(self, state: dict[str, Any]) -> None:
        super()._restore(state)
        self.logits, self._moments = np.array(state["logits"]), np.array(state["moments"])
        self._baseline, self.policy_updates = state["baseline"], state["policy_updates"]
