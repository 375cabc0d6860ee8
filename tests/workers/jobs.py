"""What workers do in tests: functions that other processes can import."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from awnas_gym.errors import TrainingError


def double(job: int) -> int:
    """Return twice the job; the later it was given, the sooner."""
    time.sleep(0.05 / (1 + job))
    return 2 * job


def fail(job: int) -> int:
    """Fail at 2 and at 3, otherwise return the job."""
    if job == 2:
        raise TrainingError("the loss of job 2 is nan")
    if job == 3:
        raise KeyError("three")
    return job


def pid(job: int) -> int:
    """Return the process that does it."""
    time.sleep(0.02)
    return os.getpid()


def die(job: tuple[str, int]) -> tuple[int, int]:
    """Die over the job's first attempts, so many; return the attempt that went well, and the process."""
    path, times = Path(job[0]), job[1]
    attempts = len(path.read_text()) if path.exists() else 0
    path.write_text("x" * (attempts + 1))
    if attempts < times:
        os.kill(os.getpid(), signal.SIGKILL)
    return attempts, os.getpid()


def describe(job: tuple[str, int]) -> str:
    """Return the name of the job's file."""
    return Path(job[0]).name
