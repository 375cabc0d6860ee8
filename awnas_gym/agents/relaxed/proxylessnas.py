"""ProxylessNAS [Cai et al., ICLR 2019]: binary gates, of which few are run."""

from __future__ import annotations

from typing import Any, Literal, final

import gymnasium as gym
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from awnas_gym.agents.relaxed.abstract import RelaxedAgent
from awnas_gym.agents.relaxed.relaxations import draw, gates
from awnas_gym.errors import UnknownNameError

PATHS = ("two", "all")


@final
class ProxylessNAS(RelaxedAgent):
    """One operation an edge is drawn by the softmax p of its logits; its gate g is 1 and the others are 0.

    The gradient is `dL/dlogit_i = sum_j dL/dg_j p_j (delta_ij - p_i)` (equation 4 of the paper). `paths="two"` draws
    two operations and one of these by the odds of the two, which are all that is run (section 3.2): their logits are
    stepped by the same equation on the two, then shifted so that the odds of the others stay as they were.
    `paths="all"` runs all, as the authors' `full_v2`. Where weights are trained, one operation an edge is run.

    The authors take 5 steps of the weights to one of the gates (`weight_steps=5`) after warming up the network for 40
    epochs (`warmup_steps`). Their objectives are `loss_times_relative_log` and `loss_plus_relative_cost`; the cost is
    theirs in expectation: they take it of the odds, and here it is that of the gates.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        learning_rate: of Adam.
        beta1: of Adam; at 0 the logits of operations that were not drawn stay as they are.
        weight_decay: of Adam, likewise.
        paths: which operations are run in phases with a gradient: `"two"` or `"all"`.

    Raises:
        UnknownNameError: other paths.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        seed: int | None = None,
        learning_rate: float = 1e-3,
        beta1: float = 0.0,
        weight_decay: float = 0.0,
        paths: Literal["two", "all"] = "two",
    ) -> None:
        super().__init__(env, seed=seed, learning_rate=learning_rate, beta1=beta1, weight_decay=weight_decay)
        if paths not in PATHS:
            raise UnknownNameError("paths", str(paths), PATHS)
        self.paths = paths

    def _mixture(self, progress: float, rng: np.random.Generator, *, climbs: bool) -> Tensor:
        del progress
        logits, run = self.legal_logits(), None
        if climbs:
            run = self._legal
            if self.paths == "two":
                run = run & torch.zeros_like(run).scatter(1, draw(logits, 2, rng), value=True)
                logits = logits.masked_fill(~run, -torch.inf)
        return gates(torch.softmax(logits, dim=1), draw(logits, 1, rng)[:, 0], run)

    def _update(self, mixture: Tensor, gradient: NDArray[np.float64], reward: float, progress: float) -> None:
        run = mixture.detach() != 0  # where all are run, a shift of all changes nothing
        before = self._mass(run)
        super()._update(mixture, gradient, reward, progress)
        with torch.no_grad():
            self.logits += (before - self._mass(run)) * run

    def _mass(self, run: Tensor) -> Tensor:
        """Return the logarithm of what operations weigh together before normalisation, `[edges, 1]`."""
        return torch.logsumexp(self.logits.detach().masked_fill(~run, -torch.inf), dim=1, keepdim=True)
