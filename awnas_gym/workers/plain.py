"""A pool of the standard library whose processes end with the one that started them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from multiprocessing.pool import Pool


def worker_pool(workers: int) -> Pool:
    """Return a pool of fresh processes; Ctrl-C is the parent's to handle, and a killed parent takes them along.

    It waits forever for what a killed worker was doing; `processes.Processes` does not.
    """
    return multiprocessing.get_context("spawn").Pool(workers, initializer=begin, initargs=(os.getpid(),))


def begin(parent: int) -> None:
    """Leave Ctrl-C to the process `parent`, and end when it has."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: int) -> None:
    """Leave at once when the parent is gone: nobody would read the result, and its resumed run needs the files."""
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)
