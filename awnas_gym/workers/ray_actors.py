"""Workers that are actors of Ray, on this machine or on a cluster."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, ClassVar, final

from awnas_gym.errors import MissingExtraError
from awnas_gym.workers.abstract import Answer, MortalPool, attempt

try:
    import ray
    from ray.exceptions import RayActorError
except ModuleNotFoundError as error:
    raise MissingExtraError("ray", "ray") from error


class _Actor:
    """Does jobs."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        self.work = work

    def do(self, job: Any) -> Answer:  # noqa: ANN401 - what travels
        """Return what comes of a job."""
        return attempt(self.work, job)


class _Handle:
    """An actor and its answer to come."""

    def __init__(self, actor: Any) -> None:  # noqa: ANN401 - Ray's handle
        self.actor = actor
        self.coming: Any = None


@final
class RayActors(MortalPool[_Handle]):
    """Does jobs on actors of Ray, which start with the first job and stay for the next.

    Where Ray does not run yet, it is started: the cluster that `RAY_ADDRESS` names, where each worker takes a CPU, or
    this machine. On a cluster this package has to be installed on every machine.

    Args:
        work: see `AbstractPool`.
        workers: likewise.
        describe: likewise.
        gpus: that each takes.
    """

    _started: ClassVar[bool] = False
    """Whether Ray runs on this machine alone, for pools: then it counts no CPUs, which other pools may have taken."""

    def __init__(
        self, work: Callable[[Any], Any], *, workers: int, describe: Callable[[Any], str] = str, gpus: float = 0.0
    ) -> None:
        super().__init__(work, workers=workers, describe=describe)
        self._gpus = gpus

    def _start(self) -> _Handle:
        if not ray.is_initialized():
            RayActors._started = "RAY_ADDRESS" not in os.environ
            local: dict[str, Any] = {"num_cpus": self.workers, "include_dashboard": False} if RayActors._started else {}
            ray.init(log_to_driver=False, **local)
        actor = ray.remote(num_cpus=0 if RayActors._started else 1, num_gpus=self._gpus)(_Actor)
        return _Handle(actor.remote(self.work))

    def _send(self, worker: _Handle, job: Any) -> None:  # noqa: ANN401 - what travels
        worker.coming = worker.actor.do.remote(job)

    def _wait(self, workers: list[_Handle]) -> list[_Handle]:
        done, _ = ray.wait([worker.coming for worker in workers], num_returns=1)
        return [worker for worker in workers if worker.coming in done]

    def _receive(self, worker: _Handle) -> Answer | str:
        try:
            answer: Answer = ray.get(worker.coming)
        except RayActorError as error:
            return f"Ray says: {str(error).strip().splitlines()[0]}"
        return answer

    def _end(self, worker: _Handle) -> None:
        ray.kill(worker.actor)
