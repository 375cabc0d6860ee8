"""Layers and networks in PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, final

import numpy as np
import torch
from numpy.typing import ArrayLike

from awnas_gym import __version__
from awnas_gym.errors import SettingError
from awnas_gym.evaluators.latency import LatencyRecorder
from awnas_gym.profiling.abstract import AbstractRuntime
from awnas_gym.profiling.runner import HOW as HOW_ALONE
from awnas_gym.profiling.runner import time_ms
from awnas_gym.profiling.together import HOW, time_together_ms
from awnas_gym.profiling.torch_layers import torch_layer
from awnas_gym.spaces import AbstractSpace
from awnas_gym.spaces.layers import LayerSpec
from awnas_gym.tabulate import machine
from awnas_gym.training.threads import torch_threads


@final
class TorchRuntime(AbstractRuntime):
    """PyTorch as it is, operator by operator: float32, `channels_last`, no gradients.

    Args:
        threads: of torch, on a CPU.
        batch_size: images a pass.
        min_run_s: seconds of passes behind one median, after a warm-up.
        device: any torch device. (The project has run it on CPUs only so far.)

    Raises:
        SettingError: no such device here.
    """

    of_networks = MappingProxyType({"how": "median over blocks of runs (torch.utils.benchmark, blocked_autorange)"})

    def __init__(self, *, threads: int, batch_size: int, min_run_s: float, device: str) -> None:
        self.threads, self.batch_size, self.min_run_s, self.device = threads, batch_size, min_run_s, device
        try:
            torch.zeros(1, device=device).item()  # on meta, nothing is computed and there are no numbers
            gpu = torch.cuda.get_device_name(device) if torch.device(device).type == "cuda" else None
        except (RuntimeError, AssertionError) as error:
            raise SettingError(f"torch has no device {device!r} here: {' '.join(str(error).split())}") from error
        self.card = {
            "device": gpu or machine()["processor"],
            "runtime": "torch",
            "on": device,
            "threads": threads,
            "batch_size": batch_size,
            "dtype": "float32",
            "memory_format": "channels_last",
            "min_run_s": min_run_s,
            "how": HOW if device == "cpu" else HOW_ALONE,
            "machine": machine(),
            "versions": {"awnas_gym": __version__, "torch": torch.__version__},
        }

    def layers(self, group: Sequence[LayerSpec], company: Sequence[LayerSpec]) -> list[dict[str, float]]:
        """Return the latencies of layers: on a CPU in each other's company, elsewhere each by itself."""
        with torch.inference_mode(), torch_threads(self.threads):
            if torch.device(self.device).type != "cpu":
                wait = torch.cuda.synchronize if torch.device(self.device).type == "cuda" else None
                return [time_ms(self._run(layer), self.min_run_s, wait) for layer in group]
            runs = [self._run(layer) for layer in (*group, *company)]
            timed = time_together_ms(runs, len(group) * self.min_run_s, np.random.default_rng(0))
            return timed[: len(group)]

    def network(self, space: AbstractSpace, arch: ArrayLike) -> dict[str, float]:
        """Return the latency of a network, a row of `NETWORKS`, batch norms folded into convolutions."""
        settings: dict[str, Any] = {
            "batch_size": self.batch_size,
            "threads": self.threads,
            "min_run_s": self.min_run_s,
            "device": self.device,
        }
        record = LatencyRecorder(space, **settings).record(space.check(arch)[0])
        return {"latency_ms": float(record["latency_ms"])}

    def _run(self, layer: LayerSpec) -> Callable[[], torch.Tensor]:
        run, inputs = torch_layer(layer, batch_size=self.batch_size, device=self.device)
        return partial(run, *inputs)
