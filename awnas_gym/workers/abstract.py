"""What every pool of workers is, and what those share that can lose one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar, final

from awnas_gym.checks import check_whole
from awnas_gym.errors import AwnasError, WorkerError, in_one_line

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

Worker = TypeVar("Worker")

Answer = tuple[bool, Any]
"""Whether a job was done, and its result; or what went wrong."""

Lost = Callable[[Any, WorkerError], Any]

DEATHS = 2
"""Of workers over one job, that end it."""


class AbstractPool(ABC):
    """Does jobs, some at a time.

    Args:
        work: from a job to its result; both travel between processes, as do the errors of this package.
        workers: jobs at a time.
        describe: what an error calls a job.

    Raises:
        SettingError: `workers` is no whole number from 1.
    """

    def __init__(self, work: Callable[[Any], Any], *, workers: int, describe: Callable[[Any], str] = str) -> None:
        self.work, self.workers, self.describe = work, check_whole("workers", workers, low=1), describe

    @abstractmethod
    def run(self, jobs: Iterable[Any], *, lost: Lost | None = None) -> Iterator[tuple[int, Any]]:
        """Yield (number of the job, result) as each is done; what is not done when the iteration ends is given up.

        Args:
            jobs: what is to be done.
            lost: from a job that two workers died over, and the error, to what counts as its result; None raises it.

        Raises:
            AwnasError: what `work` raised; anything else it raised, with the place, as a `WorkerError`.
            WorkerError: two workers died over the same job.
        """

    def close(self) -> None:
        """End the workers; another `run` starts new ones."""

    @final
    def __enter__(self) -> Self:
        """Return itself."""
        return self

    @final
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the workers."""
        self.close()


class MortalPool(AbstractPool, Generic[Worker]):
    """A pool whose workers may die: out of memory, killed, on a machine that went away.

    Each worker has one job, so it is known whose job a dead one had. The job is done once more, by a new worker; if
    that dies too, it is the job's fault.
    """

    def __init__(self, work: Callable[[Any], Any], *, workers: int, describe: Callable[[Any], str] = str) -> None:
        super().__init__(work, workers=workers, describe=describe)
        self._idle: list[Worker] = []

    # ---------------------------------------------------------------- what a kind must say

    @abstractmethod
    def _start(self) -> Worker:
        """Return a new worker."""

    @abstractmethod
    def _send(self, worker: Worker, job: Any) -> None:  # noqa: ANN401 - what travels
        """Give a worker a job; one that is dead is found out by `_receive`."""

    @abstractmethod
    def _wait(self, workers: list[Worker]) -> list[Worker]:
        """Wait until some of the workers have an answer or are dead, and return these."""

    @abstractmethod
    def _receive(self, worker: Worker) -> Answer | str:
        """Return the answer of one of these, or, if it is dead, how it died."""

    @abstractmethod
    def _end(self, worker: Worker) -> None:
        """End a worker, whatever it is doing."""

    # ---------------------------------------------------------------- the loop

    @final
    def run(self, jobs: Iterable[Any], *, lost: Lost | None = None) -> Iterator[tuple[int, Any]]:
        """Yield (number of the job, result) as each is done; see `AbstractPool`."""
        waiting = deque(enumerate(jobs))
        deaths: Counter[int] = Counter()
        busy: dict[int, tuple[Worker, int, Any]] = {}  # by identity: workers need no hash
        try:
            while waiting or busy:
                while waiting and len(busy) < self.workers:
                    worker = self._idle.pop() if self._idle else self._start()
                    number, job = waiting.popleft()
                    busy[id(worker)] = worker, number, job
                    self._send(worker, job)
                for ready in self._wait([worker for worker, _, _ in busy.values()]):
                    _, number, job = busy[id(ready)]
                    answer = self._receive(ready)
                    if isinstance(answer, str):
                        del busy[id(ready)]
                        self._end(ready)
                        deaths[number] += 1
                        if deaths[number] < DEATHS:
                            waiting.appendleft((number, job))
                        else:
                            yield number, self._lost(job, answer, lost)
                        continue
                    del busy[id(ready)]
                    self._idle.append(ready)
                    yield number, self._result(job, answer)
        finally:
            for worker, _, _ in busy.values():
                self._end(worker)

    @final
    def close(self) -> None:
        """End the workers."""
        while self._idle:
            self._end(self._idle.pop())

    def _lost(self, job: Any, answer: str, lost: Lost | None) -> Any:  # noqa: ANN401 - what travels
        error = WorkerError(
            f"{DEATHS} workers died over {self.describe(job)} ({answer}); lack of memory is the usual reason: lower "
            "workers"
        )
        if lost is None:
            raise error
        return lost(job, error)

    def _result(self, job: Any, answer: Answer) -> Any:  # noqa: ANN401 - what travels
        done, result = answer
        if done:
            return result
        if isinstance(result, AwnasError):
            raise result
        raise WorkerError(f"{self.describe(job)}: {result}")


def attempt(work: Callable[[Any], Any], job: Any) -> Answer:  # noqa: ANN401 - what travels
    """Return what `work` makes of a job, in a form that travels: errors that are not this package's as text."""
    try:
        return True, work(job)
    except AwnasError as error:
        return False, error
    except Exception as error:  # noqa: BLE001 - the worker goes on
        return False, in_one_line(error)
