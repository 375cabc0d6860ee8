"""What HW-NAS-Bench measured of the blocks of FBNet: the devices of `hardware="hw-nas-bench"`."""

from __future__ import annotations

import hashlib
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from awnas_gym.errors import MissingDataError, SettingError
from awnas_gym.hardware import HW_NAS_BENCH, AbstractNetworkCost
from awnas_gym.home import data_folder
from awnas_gym.ingest.official.downloads import find_download
from awnas_gym.ingest.official.hw_nas_bench_fbnet import BlockLookup, read_fbnet
from awnas_gym.metrics import Metrics
from awnas_gym.spaces import AbstractSpace
from awnas_gym.spaces.fbnet import FBNet

OFFICIAL = HW_NAS_BENCH


@final
class MeasuredBlocks(AbstractNetworkCost):
    """Latency and energy of the networks of FBNet on the devices of HW-NAS-Bench [Li et al., ICLR 2021].

    Sums over blocks that were measured one by one; whole networks never were.

    Args:
        space: `fbnet`, of the sizes that were measured.

    Raises:
        SettingError: another space, or another size.
        MissingDataError: the file is not there.
        TableFileError: it is damaged.
    """

    def __init__(self, space: AbstractSpace) -> None:
        if not isinstance(space, FBNet):
            raise SettingError(f"hardware={OFFICIAL!r} is of blocks of fbnet; here the space is {space.name}")
        self.space, self._blocks = space, measured_blocks(space)
        self.yields = frozenset(self._blocks)
        self.card = {"device": "five devices of HW-NAS-Bench, one a metric", "model": "sum of the blocks"}
        numbers = [np.append(lookup.blocks, lookup.fixed) for _, lookup in sorted(self._blocks.items())]
        self.version = hashlib.sha256(np.stack(numbers).tobytes()).hexdigest()[:16]

    def __call__(self, archs: ArrayLike) -> Metrics:
        """Return `pixel3_latency_ms` and the others, float64 `[batch]` each."""
        return {metric: lookup(archs) for metric, lookup in self._blocks.items()}


def measured_blocks(space: FBNet) -> dict[str, BlockLookup]:
    """Return what was measured, by metric.

    Raises:
        SettingError: networks of another size were measured.
        MissingDataError: the file is not there.
        TableFileError: it is damaged.
    """
    path = data_folder() / find_download(OFFICIAL).file
    if not path.is_file():
        raise MissingDataError(f"HW-NAS-Bench: no file at {path}; awnas data get {OFFICIAL}")
    found = read_fbnet(path, space.settings["variant"])
    measured = next(iter(found.values())).space
    if measured.places[1:] != space.places[1:]:
        wanted = {name: measured.settings[name] for name in ("variant", "channels", "image_size")}
        got = {name: space.settings[name] for name in wanted}
        raise SettingError(f"HW-NAS-Bench is of the network {wanted}; here it is {got}")
    return found
