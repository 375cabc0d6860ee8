"""The pool that is no pool: this process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, final

from awnas_gym.workers.abstract import AbstractPool, Lost


@final
class Here(AbstractPool):
    """Does one job after the other in this process, each when it is asked for; errors are those of the work."""

    def run(self, jobs: Iterable[Any], *, lost: Lost | None = None) -> Iterator[tuple[int, Any]]:
        """Yield (number of the job, result); nothing is ever lost."""
        for number, job in enumerate(jobs):
            yield number, self.work(job)
