"""An environment as a problem of pymoo, for its algorithms."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from awnas_gym.agents.play import find_objectives, find_space, play
from awnas_gym.errors import MissingExtraError

try:
    from pymoo.core.problem import Problem
except ModuleNotFoundError as error:
    raise MissingExtraError("pymoo", "mo") from error


@final
class ArchitectureProblem(Problem):  # type: ignore[misc] # pymoo has no types
    """Architectures as vectors of whole numbers, which pymoo minimises: objectives are rewards with the sign changed.

    A decision that earlier ones rule out becomes the legal one that `space.complete` takes, from left to right. What a
    recorder counts is what pymoo asks for; a budget that is spent ends `minimize` with `BudgetExhausted`.

    Args:
        env: of the build or the joint kind, with number or vector rewards; its reset is seeded by the caller.
    """

    def __init__(self, env: gym.Env[Any, Any]) -> None:
        self.env, self.space = env, find_space(env)
        highest = np.array(self.space.cardinalities) - 1
        super().__init__(
            n_var=len(highest), n_obj=find_objectives(env) or 1, xl=np.zeros(len(highest)), xu=highest, vtype=int
        )

    def archs(self, x: NDArray[Any]) -> NDArray[Any]:
        """Return the architectures of pymoo's vectors `[n, decisions]`, int `[n, decisions]`."""
        rows = np.clip(np.rint(np.atleast_2d(x)), self.xl, self.xu).astype(np.int64)
        return np.stack([self.space.complete(row) for row in rows])

    def _evaluate(self, x: NDArray[Any], out: dict[str, Any], *_: object, **__: object) -> None:
        out["F"] = -play(self.env, self.archs(x)).reshape(len(x), -1)
