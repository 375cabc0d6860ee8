"""Successive halving: many architectures at a low fidelity, the best of them at the next one, and so on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from awnas_gym.agents.multi_fidelity import MultiFidelityAgent
from awnas_gym.checks import check_whole
from awnas_gym.errors import SettingError
from awnas_gym.spaces import Archs

Rung = tuple[int, int]
"""How many architectures are evaluated, and at which fidelity."""


def rung_fidelities(fidelities: Sequence[int], eta: int) -> list[int]:
    """Return the fidelities that lie apart by a factor `eta` at least, from the highest down, ascending.

    >>> rung_fidelities((4, 12, 36, 108), 3), rung_fidelities((1, 2, 3, 4, 5, 6), 3)
    ([4, 12, 36, 108], [2, 6])
    """
    chosen: list[int] = []
    for fidelity in sorted(fidelities, reverse=True):
        if not chosen or fidelity * eta <= chosen[-1]:
            chosen.append(fidelity)
    return chosen[::-1]


def make_brackets(fidelities: Sequence[int], eta: int) -> list[list[Rung]]:
    """Return the brackets of Hyperband [Li et al., JMLR 2018, algorithm 1], that of the most rungs first.

    With s + 1 rungs of S + 1 fidelities a bracket begins with ceil((S + 1) / (s + 1) eta^s) architectures, and a share
    of 1 / eta, rounded down, goes on from each rung to the next.

    >>> make_brackets((4, 12, 36, 108), 3)[1]
    [(12, 12), (4, 36), (1, 108)]
    """
    levels = rung_fidelities(fidelities, eta)
    brackets = []
    for s in reversed(range(len(levels))):
        first = -(-len(levels) * eta**s // (s + 1))
        brackets.append([(first // eta**i, level) for i, level in enumerate(levels[len(levels) - 1 - s :])])
    return brackets


@dataclass
class Bracket:
    """One successive halving on its way; rows are lists of decisions.

    Attributes:
        rungs: of it, the lowest fidelity first.
        rung: the number of the present one.
        drawn: architectures that the first rung has drawn.
        waiting: of the present rung, not asked for yet.
        asked: asked for and not heard of.
        heard: rows and their rewards.
    """

    rungs: list[Rung]
    rung: int = 0
    drawn: int = 0
    waiting: list[list[int]] = field(default_factory=list)
    asked: list[list[int]] = field(default_factory=list)
    heard: list[tuple[list[int], float]] = field(default_factory=list)

    @property
    def finished(self) -> bool:
        """Whether the last rung is known."""
        return self.rung == len(self.rungs)

    @property
    def fidelity(self) -> int:
        """That of the present rung."""
        return self.rungs[self.rung][1]

    def ask(self, draw: Callable[[], Archs]) -> list[int] | None:
        """Return what the present rung evaluates next, the first one by `draw`; None if it can only wait."""
        if self.rung == 0 and self.drawn < self.rungs[0][0]:
            self.drawn += 1
            self.waiting.append(draw().tolist())
        if not self.waiting:
            return None
        self.asked.append(self.waiting.pop(0))
        return self.asked[-1]

    def hear(self, row: list[int], reward: float) -> None:
        """Learn the reward of a row that was asked for; of a whole rung the best go on, the first of equals."""
        self.asked.remove(row)
        self.heard.append((row, reward))
        if len(self.heard) == self.rungs[self.rung][0]:
            best = sorted(self.heard, key=lambda each: -each[1])
            self.rung, self.heard = self.rung + 1, []
            if not self.finished:
                self.waiting = [row for row, _ in best[: self.rungs[self.rung][0]]]


class HalvingAgent(MultiFidelityAgent):
    """Goes through brackets, one after the other and again; asked for more than a rung has, it begins the next one.

    Args:
        env: see `MultiFidelityAgent`.
        seed: see `AbstractAgent`.
        eta: what the fidelities of rungs lie apart by at least, and the share 1 / eta that goes on.
        batch: see `AskTellAgent`.

    Attributes:
        brackets: what is gone through.

    Raises:
        SettingError: no two fidelities lie that far apart, see also `MultiFidelityAgent`.
    """

    def __init__(self, env: gym.Env[Any, Any], *, seed: int | None = None, eta: int = 3, batch: int = 1) -> None:
        super().__init__(env, seed=seed)
        self.eta, self.batch = check_whole("eta", eta, low=2), check_whole("batch", batch, low=1)
        self.brackets = make_brackets(self.fidelities, eta)
        if len(self.brackets) < 2:
            raise SettingError(f"no two of the fidelities {list(self.fidelities)} lie a factor eta={eta} apart")
        self._begun = 0
        self._open: list[Bracket] = []

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        return {"eta": self.eta, "batch": self.batch}

    def _draw(self) -> Archs:
        """Return an architecture for a first rung, int `[decisions]`: here a random one."""
        row: Archs = self.space.sample(self._rng, 1)[0]
        return row

    def _ask(self, n: int) -> tuple[Archs, NDArray[np.int64]]:
        found = [self._next() for _ in range(n)]
        rows = np.array([row for row, _ in found], dtype=self.space.dtype)
        return rows, np.array([fidelity for _, fidelity in found], dtype=np.int64)

    def _next(self) -> tuple[list[int], int]:
        for bracket in self._open:
            row = bracket.ask(self._draw)
            if row is not None:
                return row, bracket.fidelity
        self._open.append(Bracket(self.brackets[self._begun % len(self.brackets)]))
        self._begun += 1
        return self._next()

    def _tell_at(self, archs: Archs, rewards: NDArray[np.float64], fidelity: NDArray[np.int64]) -> None:
        for row, reward, level in zip(archs.tolist(), rewards.tolist(), fidelity.tolist(), strict=True):
            for bracket in self._open:
                if bracket.fidelity == level and row in bracket.asked:
                    bracket.hear(row, reward)
                    break
            self._open = [bracket for bracket in self._open if not bracket.finished]

    def _state(self) -> dict[str, Any]:
        return {**super()._state(), "begun": self._begun, "open": [asdict(bracket) for bracket in self._open]}

    def _restore(self, state: dict[str, Any]) -> None:
        super()._restore(state)
        self._begun = state["begun"]
        self._open = [
            Bracket(**{**fields, "rungs": [tuple(rung) for rung in fields["rungs"]],
                       "heard": [tuple(each) for each in fields["heard"]]})
            for fields in state["open"]
        ]  # fmt: skip
