"""Work in other processes: one interface (`AbstractPool`), here, in processes of this machine, or on Ray actors.

What comes out does not depend on how many workers there are, nor on which. A worker that is killed costs one retry.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from awnas_gym.errors import UnknownNameError
from awnas_gym.workers.abstract import AbstractPool
from awnas_gym.workers.here import Here
from awnas_gym.workers.plain import worker_pool
from awnas_gym.workers.processes import Processes

__all__ = ["POOLS", "AbstractPool", "Here", "Processes", "make_pool", "worker_pool"]

POOLS = ("processes", "ray")
"""Names for `make_pool`."""


def make_pool(
    name: str, work: Callable[[Any], Any], *, workers: int, describe: Callable[[Any], str] = str, gpus: float = 0.0
) -> AbstractPool:
    """Return a pool by its name; of `"processes"` with one worker, that is this process.

    Args:
        name: one of `POOLS`.
        work: see `AbstractPool`.
        workers: likewise.
        describe: likewise.
        gpus: that Ray gives each worker.

    Raises:
        UnknownNameError: no such pool.
        SettingError: `workers` is no whole number from 1, or this process is a worker itself.
        MissingExtraError: Ray is not installed.
    """
    if name not in POOLS:
        raise UnknownNameError("pool", name, POOLS)
    if name == "ray":
        from awnas_gym.workers.ray_actors import RayActors  # noqa: PLC0415 - an extra

        return RayActors(work, workers=workers, describe=describe, gpus=gpus)
    return (Here if workers == 1 else Processes)(work, workers=workers, describe=describe)
