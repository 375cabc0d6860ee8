"""Workers in processes of this machine."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
from collections.abc import Callable
from multiprocessing import connection
from typing import Any, final

from awnas_gym.errors import SettingError
from awnas_gym.workers.abstract import Answer, MortalPool, attempt
from awnas_gym.workers.plain import begin

READY = "ready"
"""The first message of a process."""

GUARD = "what it wrote says why; a script that uses workers does so under if __name__ == '__main__':"


class _Process:
    """A process and this end of the pipe to it."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, work, os.getpid()), daemon=True)
        self.process.start()
        theirs.close()
        self.is_ready = False


@final
class Processes(MortalPool[_Process]):
    """Does jobs in fresh processes, which start with the first job and stay for the next.

    They end with this process, however it ends. A script that uses them is imported by each of them, so what it does
    stands under `if __name__ == "__main__":`.

    Args:
        work: see `AbstractPool`.
        workers: likewise.
        describe: likewise.

    Raises:
        SettingError: this process is such a worker itself.
    """

    def __init__(self, work: Callable[[Any], Any], *, workers: int, describe: Callable[[Any], str] = str) -> None:
        super().__init__(work, workers=workers, describe=describe)
        if multiprocessing.current_process().daemon:
            raise SettingError(
                f"workers={workers} within a worker: there would be too many; give workers to the whole or to its parts"
            )

    def _start(self) -> _Process:
        return _Process(self.work)

    def _send(self, worker: _Process, job: Any) -> None:  # noqa: ANN401 - what travels
        with contextlib.suppress(OSError):  # it is dead, which `_receive` says
            worker.pipe.send(job)

    def _wait(self, workers: list[_Process]) -> list[_Process]:
        while True:
            readable = connection.wait([worker.pipe for worker in workers])
            found = [worker for worker in workers if worker.pipe in readable]
            starting = [worker for worker in found if not worker.is_ready]
            for worker in starting:
                with contextlib.suppress(EOFError, OSError):
                    worker.is_ready = worker.pipe.recv() == READY
            if answered := [worker for worker in found if worker not in starting or not worker.is_ready]:
                return answered

    def _receive(self, worker: _Process) -> Answer | str:
        try:
            answer: Answer = worker.pipe.recv()
        except (EOFError, OSError):
            worker.process.join()
            code = worker.process.exitcode or 0
            how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
            return how if worker.is_ready else f"{how} while it started: {GUARD}"
        return answer

    def _end(self, worker: _Process) -> None:
        worker.process.kill()
        worker.process.join()
        worker.pipe.close()


def _serve(pipe: connection.Connection, work: Callable[[Any], Any], parent: int) -> None:
    """Do jobs until the parent is gone."""
    begin(parent)
    pipe.send(READY)
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        pipe.send(attempt(work, job))
