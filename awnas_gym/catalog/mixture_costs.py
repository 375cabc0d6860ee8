"""Where the costs of mixtures come from: counted, a user's table, or HW-NAS-Bench."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from awnas_gym.catalog.hw_nas_bench import OFFICIAL, MeasuredBlocks, measured_blocks
from awnas_gym.envs.mixture_cost import COUNTED, MixtureCost, counted_cost, read_cost, summed_cost
from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.hardware import LayerSum, open_device, own_models
from awnas_gym.ingest.official.hw_nas_bench import METRICS
from awnas_gym.ingest.official.hw_nas_bench_fbnet import WITHOUT
from awnas_gym.spaces.fbnet import FBNet

MEASURED = tuple(metric for name, metric in METRICS.items() if name not in WITHOUT)
"""What HW-NAS-Bench has of the blocks of FBNet."""


def mixture_cost(space: Any, metric: str, lookup: str | None, hardware: str | None = None) -> MixtureCost:  # noqa: ANN401 - an AbstractSpace that is Relaxable
    """Return a cost of the mixtures of a space.

    Args:
        space: of the mixtures.
        metric: `"macs"` or `"params"`, which are counted; of FBNet without a `lookup` also what HW-NAS-Bench has;
            of a `lookup` any metric.
        lookup: path of a table, see `envs.mixture_cost.read_cost`.
        hardware: a device, whose sums over layers it is, or `"hw-nas-bench"`.

    Raises:
        SettingError: the metric is not known of mixtures or of the device, or the table is of other ones.
        UnknownNameError: no such metric or device.
        MissingLayerError: the device does not know a layer.
        MissingDataError: no such file.
    """
    if lookup is not None and hardware is not None:
        raise SettingError(f"a cost comes from lookup or from hardware, not from both; got {lookup!r} and {hardware!r}")
    if hardware is not None:
        return _on_hardware(space, metric, hardware)
    if lookup is not None:
        return read_cost(Path(lookup).expanduser(), metric, space)
    if metric in COUNTED or not isinstance(space, FBNet):
        return counted_cost(space, metric)
    if metric not in MEASURED:
        raise UnknownNameError("cost", metric, [*COUNTED, *MEASURED])
    return _measured(space, metric)


def _on_hardware(space: Any, metric: str, hardware: str) -> MixtureCost:  # noqa: ANN401
    if hardware.endswith(".json") or hardware in own_models():
        raise SettingError(f"{hardware} is a model of whole networks; what mixtures cost is said by devices, of layers")
    costs = MeasuredBlocks(space) if hardware == OFFICIAL else LayerSum(space, open_device(hardware))
    if metric not in costs.yields:
        raise SettingError(f"cost={metric!r} is not known of {hardware}; legal: {', '.join(sorted(costs.yields))}")
    if isinstance(costs, MeasuredBlocks):
        return _measured(space, metric)
    return summed_cost(space, metric, lambda layers: costs.of_layers(layers)[metric])


def _measured(space: FBNet, metric: str) -> MixtureCost:
    found = measured_blocks(space)[metric]
    return MixtureCost(metric, found.blocks, found.fixed)
