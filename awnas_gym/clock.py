"""A simulated clock: when evaluations begin and end on several workers, though a table answers at once."""

from __future__ import annotations

import heapq
from typing import final

from awnas_gym.checks import check_whole


@final
class SimulatedClock:
    """Lays evaluations on workers; each goes to the one that is free first, and waits for what its agent had heard.

    Args:
        workers: evaluations at a time.

    Attributes:
        workers: as given.
        now: second before which nothing begins, as the agent had not heard enough to ask for it.
        last: second at which the evaluation that was submitted last ends.
        end: second at which all have ended.

    Raises:
        SettingError: `workers` is no whole number from 1.

    >>> clock = SimulatedClock(2)
    >>> [clock.submit(cost_s) for cost_s in (3.0, 1.0, 1.0)]
    [3.0, 1.0, 2.0]
    >>> clock.hear(clock.end)  # the agent has waited for all three
    >>> clock.submit(1.0)
    4.0
    """

    def __init__(self, workers: int = 1) -> None:
        self.workers = check_whole("simulated_workers", workers, low=1)
        self.now = self.last = self.end = 0.0
        self._free = [0.0] * workers

    def finish(self, cost_s: float) -> float:
        """Return at which second an evaluation of that cost would end if it were submitted."""
        return max(self.now, self._free[0]) + cost_s

    def submit(self, cost_s: float) -> float:
        """Give an evaluation to a worker; return at which second it ends."""
        self.last = self.finish(cost_s)
        self.end = max(self.end, self.last)
        heapq.heapreplace(self._free, self.last)
        return self.last

    def hear(self, finished_s: float) -> None:
        """Say that the agent knows what had ended at that second: what it asks for next begins no earlier."""
        self.now = max(self.now, finished_s)
