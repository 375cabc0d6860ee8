"""Measure whole networks of a space into a file of `Measurements`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from awnas_gym.errors import SettingError
from awnas_gym.hardware.measurements import Measurements
from awnas_gym.profiling.abstract import AbstractRuntime
from awnas_gym.profiling.journal import Journal
from awnas_gym.profiling.layers import Watch, today
from awnas_gym.seeding import generator
from awnas_gym.spaces import AbstractSpace


def profile_networks(
    space: AbstractSpace, archs: ArrayLike, runtime: AbstractRuntime, path: Path, *, rounds: int, watch: Watch
) -> Measurements:
    """Measure networks in several rounds over all of them, and write what each round found.

    A round has its own order, so that a slow minute of the machine meets no network twice. What was measured is kept
    beside the file, a line at a time, until all is.

    Args:
        space: of the networks.
        archs: int `[networks, decisions]`, each once.
        runtime: runs the networks.
        path: of the file, which must not be there.
        rounds: how often each network is measured; two say how far apart measurements are.
        watch: is told of each measurement.

    Raises:
        SettingError: the file is there, or measurements beside it were made otherwise.
        RunFolderError: the files cannot be written.
    """
    if path.exists():
        raise SettingError(f"{path} is there; choose another file, or delete it")
    rows = space.check(archs)
    about = {"name": space.name, "settings": space.settings}
    card = {**runtime.card, **runtime.of_networks, "date": today(), "space": about, "rounds": rounds}
    genotypes = [space.genotype(row) for row in rows]
    orders = [generator(0, "rounds", turn).permutation(len(rows)) for turn in range(rounds)]
    with Journal(path.with_name(f"{path.name}.partial"), card) as journal:
        work = [(f"{turn} {genotypes[i]}", rows[i]) for turn, order in enumerate(orders) for i in order]
        left = [(name, row) for name, row in work if name not in journal.values]

        def measure() -> Iterator[None]:
            for name, row in left:
                journal.append(name, runtime.network(space, row))
                yield

        for _ in watch(measure(), len(left)):
            pass
        values = np.array(
            [[journal.values[f"{turn} {name}"]["latency_ms"] for turn in range(rounds)] for name in genotypes]
        )
        found = Measurements(space, rows, {"latency_ms": values}, card)
        found.write(path)
        journal.remove()
    return found
