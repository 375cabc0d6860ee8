"""Where the costs of mixtures come from: counted, a user's table, or HW-NAS-Bench."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from awnas_gym.envs.mixture_cost import COUNTED, MixtureCost, counted_cost, read_cost
from awnas_gym.errors import MissingDataError, SettingError, UnknownNameError
from awnas_gym.home import data_folder
from awnas_gym.ingest.official.downloads import find_download
from awnas_gym.ingest.official.hw_nas_bench import METRICS
from awnas_gym.ingest.official.hw_nas_bench_fbnet import WITHOUT, read_fbnet
from awnas_gym.spaces.fbnet import FBNet

OFFICIAL = "hw-nas-bench"
MEASURED = tuple(metric for name, metric in METRICS.items() if name not in WITHOUT)
"""What HW-NAS-Bench has of the blocks of FBNet."""


def mixture_cost(space: Any, metric: str, lookup: str | None) -> MixtureCost:  # noqa: ANN401 - an AbstractSpace that is Relaxable
    """Return a cost of the mixtures of a space.

    Args:
        space: of the mixtures.
        metric: `"macs"` or `"params"`, which are counted; of FBNet without a `lookup` also what HW-NAS-Bench has;
            of a `lookup` any metric.
        lookup: path of a table, see `envs.mixture_cost.read_cost`.

    Raises:
        SettingError: the metric is not known of mixtures, or the table is of other ones.
        UnknownNameError: no such metric.
        MissingDataError: no such file.
    """
    if lookup is not None:
        return read_cost(Path(lookup).expanduser(), metric, space)
    if metric in COUNTED or not isinstance(space, FBNet):
        return counted_cost(space, metric)
    if metric not in MEASURED:
        raise UnknownNameError("cost", metric, [*COUNTED, *MEASURED])
    return _measured(space, metric)


def _measured(space: FBNet, metric: str) -> MixtureCost:
    path = data_folder() / find_download(OFFICIAL).file
    if not path.is_file():
        raise MissingDataError(f"{metric} is of HW-NAS-Bench: no file at {path}; awnas data get {OFFICIAL}")
    found = read_fbnet(path, space.settings["variant"])[metric]
    if found.space.places[1:] != space.places[1:]:
        wanted = {name: found.space.settings[name] for name in ("variant", "channels", "image_size")}
        got = {name: space.settings[name] for name in wanted}
        raise SettingError(f"HW-NAS-Bench has {metric} of the network {wanted}; here it is {got}")
    return MixtureCost(metric, found.blocks, found.fixed)
