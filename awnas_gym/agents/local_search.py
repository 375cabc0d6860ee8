"""Local search: climb from neighbour to better neighbour, start again at the top."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from awnas_gym.agents.ask_tell import AskTellAgent
from awnas_gym.checks import check_flag, check_whole
from awnas_gym.spaces import Archs

Row = tuple[int, ...]


@final
class LocalSearch(AskTellAgent):
    """Hill climbing over the neighbourhood of one changed decision [White et al., UAI 2021].

    A climb starts from the best of `starts` random architectures, then evaluates neighbours in random order.
    At an architecture without a better neighbour the next climb starts. What was evaluated before is not asked
    for again within a neighbourhood; its reward still counts.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        starts: random architectures before each climb; 10, as in the authors' code (naszilla).
        full_neighbourhood: move only when all neighbours are known, to the best of them (the paper's
            algorithm 1), instead of to the first better one (the default of the authors' code).
    """

    def __init__(
        self, env: gym.Env[Any, Any], *, seed: int | None = None, starts: int = 10, full_neighbourhood: bool = False
    ) -> None:
        super().__init__(env, seed=seed)
        self.starts = check_whole("starts", starts, low=1)
        self.full_neighbourhood = check_flag("full_neighbourhood", full_neighbourhood)
        self._known: dict[Row, float] = {}
        self._started: list[Row] = []
        self._top: Row | None = None
        self._neighbours: list[Row] = []

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        return {"starts": self.starts, "full_neighbourhood": self.full_neighbourhood}

    def ask(self, n: int = 1) -> Archs:
        """Return `n` neighbours that are not known yet, random architectures where those do not suffice.

        Asking changes nothing but the random stream: until `tell`, the same neighbours are returned.
        """
        unknown = [row for row in self._neighbours if row not in self._known][:n]
        fill = self.space.sample(self._rng, n - len(unknown))
        return np.concatenate([np.array(unknown, dtype=self.space.dtype).reshape(-1, fill.shape[1]), fill])

    def _tell(self, archs: Archs, rewards: NDArray[np.float64]) -> None:
        for row, reward in zip(map(tuple, archs.tolist()), rewards.tolist(), strict=True):
            # A noisy reward counts as it was first heard: climbing on luck of a second look would never end.
            self._known.setdefault(row, reward)
            if self._top is None:
                self._started.append(row)
                if len(self._started) >= self.starts:
                    self._move(max(self._started, key=self._known.__getitem__))
            self._climb()

    def _move(self, row: Row) -> None:
        self._top, self._started = row, []
        neighbours = self.space.neighbours(row)
        self._neighbours = [tuple(other) for other in self._rng.permutation(neighbours).tolist()]

    def _climb(self) -> None:
        """Go up as far as what is known allows; at a local optimum give up the climb."""
        while self._top is not None:
            known = [row for row in self._neighbours if row in self._known]
            complete = len(known) == len(self._neighbours)
            if self.full_neighbourhood and not complete:
                return
            better = [row for row in known if self._known[row] > self._known[self._top]]
            if better:
                self._move(max(better, key=self._known.__getitem__))
            elif complete:
                self._top, self._neighbours = None, []
            else:
                return

    def _state(self) -> dict[str, Any]:
        return {
            **super()._state(),
            "known": list(self._known.items()),
            "started": self._started,
            "top": self._top,
            "neighbours": self._neighbours,
        }

    def _restore(self, state: dict[str, Any]) -> None:
        super()._restore(state)
        self._known = {tuple(row): reward for row, reward in state["known"]}
        self._started = [tuple(row) for row in state["started"]]
        self._top = None if state["top"] is None else tuple(state["top"])
        self._neighbours = [tuple(row) for row in state["neighbours"]]
