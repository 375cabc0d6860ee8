"""GDAS [Dong & Yang, CVPR 2019]: one operation an edge, by a hard draw of a concrete distribution."""

from __future__ import annotations

from typing import Any, Literal, final

import gymnasium as gym
import numpy as np
from torch import Tensor

from awnas_gym.agents.relaxed.abstract import RelaxedAgent
from awnas_gym.agents.relaxed.relaxations import concrete, gates, linear
from awnas_gym.checks import above_zero
from awnas_gym.errors import UnknownNameError

PATHS = ("chosen", "all")


@final
class GDAS(RelaxedAgent):
    """The largest entry of `p = softmax((logits + g) / temperature)` is 1 and the others 0; gradients are those of p.

    That is its authors' `one_hot - p.detach() + p`; that they take the logarithm of the softmax first changes nothing.
    One operation an edge is run, so a phase costs what a plain network does.

    What is not run has the gradient 0 here. In the authors' code an operation that is not run adds its weight, of the
    value 0, to every number of the output, so that it gets the sum of the output's gradient: a term that says nothing
    about the operation, and is left out. They draw again where noise is infinite; here it never is.

    aw_nas runs them all (`paths="all"`, at the cost of DARTS): each gets its own gradient.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        learning_rate: of Adam.
        beta1: of Adam.
        weight_decay: of Adam.
        temperature: at the beginning; it falls linearly.
        final_temperature: at the end.
        paths: which operations are run in phases with a gradient: `"chosen"` or `"all"`.
        entropy_weight: see `RelaxedAgent`.

    Raises:
        UnknownNameError: other paths.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        seed: int | None = None,
        learning_rate: float = 3e-4,
        beta1: float = 0.5,
        weight_decay: float = 1e-3,
        temperature: float = 10.0,
        final_temperature: float = 0.1,
        paths: Literal["chosen", "all"] = "chosen",
        entropy_weight: float = 0.0,
    ) -> None:
        super().__init__(
            env, seed=seed,
            learning_rate=learning_rate, beta1=beta1, weight_decay=weight_decay, entropy_weight=entropy_weight,
        )  # fmt: skip
        self.temperature = above_zero("temperature", temperature)
        self.final_temperature = above_zero("final_temperature", final_temperature)
        if paths not in PATHS:
            raise UnknownNameError("paths", str(paths), PATHS)
        self.paths = paths

    def _mixture(self, progress: float, rng: np.random.Generator, *, climbs: bool) -> Tensor:
        temperature = linear(progress, self.temperature, self.final_temperature)
        soft = concrete(self.legal_logits(), temperature, rng)
        return gates(soft, soft.argmax(dim=1), self._legal if climbs and self.paths == "all" else None)
