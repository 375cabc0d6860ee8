"""What agents share that evaluate architectures at several fidelities: cheap ones often, the best ones in full."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from awnas_gym.agents.ask_tell import AskTellAgent
from awnas_gym.agents.play import find_fidelities, find_fidelity
from awnas_gym.errors import AgentError, SettingError
from awnas_gym.spaces import Archs


class MultiFidelityAgent(AskTellAgent):
    """Says with each architecture at which fidelity it is to be evaluated: `ask` sets `fidelity`.

    Its evaluations differ in what they cost, so it is for budgets in `cost_s`: a budget of evaluations counts one at
    any fidelity as one. The best architecture is the best of those at the highest fidelity so far.

    Args:
        env: of the build or the joint kind, with two fidelities at least: a table with learning curves, for example.
        seed: see `AbstractAgent`.

    Attributes:
        fidelities: those of the environment up to its own, at which rewards are what is searched for; ascending.

    Raises:
        SettingError: the environment has one fidelity, or evaluates mixtures.
    """

    def __init__(self, env: gym.Env[Any, Any], *, seed: int | None = None) -> None:
        super().__init__(env, seed=seed)
        most = find_fidelity(env)
        self.fidelities = () if self.kind == "relaxed" else tuple(k for k in find_fidelities(env) if k <= most)
        if len(self.fidelities) < 2:
            raise SettingError(
                f"{type(self).__name__} evaluates architectures at two or more fidelities; this environment has "
                f"{list(self.fidelities) or 'none to choose from'} up to its own"
            )
        self._asked: Archs = np.zeros((0, len(self.space.cardinalities)), dtype=self.space.dtype)
        self.fidelity = np.zeros(0, dtype=np.int64)

    @abstractmethod
    def _ask(self, n: int) -> tuple[Archs, NDArray[np.int64]]:
        """Return `n` architectures, int `[n, decisions]`, and the fidelity of each, int64 `[n]`."""

    @abstractmethod
    def _tell_at(self, archs: Archs, rewards: NDArray[np.float64], fidelity: NDArray[np.int64]) -> None:
        """Learn from checked architectures and rewards, which were evaluated at `fidelity`, int64 `[n]`."""

    @final
    def ask(self, n: int = 1) -> Archs:
        """Return `n` architectures to evaluate, int `[n, decisions]`, each at its entry of `fidelity`."""
        self._asked, self.fidelity = self._ask(n)
        return self._asked.copy()

    @final
    def sample(self, n: int, *, seed: int) -> Archs:
        """Return `n` architectures that the agent would ask for next, int `[n, decisions]`; learn nothing."""
        before = self._state()
        try:
            return super().sample(n, seed=seed)
        finally:
            self._restore(before)

    @final
    def _asked_at(self, rows: Archs) -> NDArray[np.int64]:
        if not np.array_equal(rows, self._asked):
            raise AgentError("these are not the architectures that were asked for last; tell their fidelity too")
        return np.asarray(self.fidelity)

    @final
    def _tell(self, archs: Archs, rewards: NDArray[np.float64]) -> None:
        self._tell_at(archs, rewards, self._asked_at(archs))

    def _state(self) -> dict[str, Any]:
        return {**super()._state(), "asked": self._asked.tolist(), "fidelity": np.asarray(self.fidelity).tolist()}

    def _restore(self, state: dict[str, Any]) -> None:
        super()._restore(state)
        self._asked = np.array(state["asked"], dtype=self.space.dtype).reshape(-1, len(self.space.cardinalities))
        self.fidelity = np.array(state["fidelity"], dtype=np.int64)
