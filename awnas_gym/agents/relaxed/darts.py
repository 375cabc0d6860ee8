"""DARTS [Liu et al., ICLR 2019]: the softmax of learned logits."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym
import numpy as np
import torch
from torch import Tensor

from awnas_gym.agents.relaxed.abstract import RelaxedAgent
from awnas_gym.agents.relaxed.stopping import EigenvalueStop
from awnas_gym.checks import above_zero
from awnas_gym.errors import SettingError


@final
class DARTS(RelaxedAgent):
    """Weights of operations are the softmax of logits, which climb the gradient of the validation reward.

    The paper's second order is a keyword of the environment (`order=2`): the gradient is its.

    Long searches collapse: skip connections win. With `stop_ratio` the search ends when the dominant eigenvalue of the
    Hessian has grown too fast, and what is found is what was strongest before [DARTS-ES, Zela et al., ICLR 2020]; the
    environment then needs `eigenvalue_every`.

    aw_nas has `temperature`, 1 in its example, and `entropy_weight=-0.01`.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        learning_rate: of Adam.
        beta1: of Adam.
        weight_decay: of Adam.
        temperature: divides logits.
        entropy_weight: see `RelaxedAgent`.
        stop_ratio: of the mean of `stop_window` eigenvalues to that of those after them, below which the search ends;
            the paper's is 0.75. None for never.
        stop_window: eigenvalues in a mean; the paper has 5, one an epoch.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        seed: int | None = None,
        learning_rate: float = 3e-4,
        beta1: float = 0.5,
        weight_decay: float = 1e-3,
        temperature: float = 1.0,
        entropy_weight: float = 0.0,
        stop_ratio: float | None = None,
        stop_window: int = 5,
    ) -> None:
        super().__init__(
            env, seed=seed,
            learning_rate=learning_rate, beta1=beta1, weight_decay=weight_decay, entropy_weight=entropy_weight,
        )  # fmt: skip
        self.temperature = above_zero("temperature", temperature)
        self.stop_ratio, self.stop_window = stop_ratio, stop_window
        self._stop = None if stop_ratio is None else EigenvalueStop(stop_ratio, stop_window)

    def _mixture(self, progress: float, rng: np.random.Generator, *, climbs: bool) -> Tensor:
        del progress, rng, climbs
        return torch.softmax(self.legal_logits() / self.temperature, dim=1)

    def _strengths(self) -> Tensor:
        return self.probabilities() if self._stop is None or not self._stop.stopped else self._stop.strengths

    def _hear(self, metrics: dict[str, float]) -> None:
        if self._stop is None:
            return
        if not self._stop.heard and "hessian_eigenvalue" not in metrics:
            raise SettingError("stop_ratio needs eigenvalues: give the environment eigenvalue_every, e.g. 10")
        if "hessian_eigenvalue" in metrics:
            self._stop.hear(metrics["hessian_eigenvalue"], self.probabilities())

    @property
    def finished(self) -> bool:
        """Whether the eigenvalue ended the search."""
        return self._stop is not None and self._stop.stopped

    def _state(self) -> dict[str, Any]:
        return {**super()._state(), **({} if self._stop is None else {"stop": self._stop.state})}

    def _restore(self, state: dict[str, Any]) -> None:
        super()._restore(state)
        if self._stop is not None:
            self._stop.state = state["stop"]
