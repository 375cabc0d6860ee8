"""Measure the inference latency of whole networks on this machine."""

from __future__ import annotations

from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.benchmark import Timer

from awnas_gym.evaluators.abstract import AbstractRecorder
from awnas_gym.spaces import AbstractSpace
from awnas_gym.spaces.reading import refuse_text
from awnas_gym.supernets import NETWORKS
from awnas_gym.supernets.copies import fold_batch_norm


@final
class LatencyRecorder(AbstractRecorder):
    """Median time of a forward pass, in milliseconds: float32 PyTorch, network as written (dead edges run).

    Batch norm is folded into the convolutions before, as for deployment.

    Args:
        space: of the architectures.
        batch_size: images a pass.
        threads: torch threads.
        min_run_s: seconds of passes behind one median, after warm-up.
        device: any torch device; CUDA is synchronised by the timer (not run on CUDA by the project so far).
    """

    def __init__(
        self,
        space: AbstractSpace,
        *,
        batch_size: int = 1,
        threads: int = 1,
        min_run_s: float = 0.01,
        device: str = "cpu",
    ) -> None:
        self.space, self.batch_size, self.threads = space, batch_size, threads
        self.min_run_s, self.device = min_run_s, device
        refuse_text(type(space))
        self._network = NETWORKS.load(space.name)
        self.dims = {"latency_ms": ()}
        self.denominators = {}

    def record(self, arch: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Time one architecture; returns `latency_ms`, float32 `[]`."""
        network = self._network(self.space, arch).eval()
        fold_batch_norm(network)
        network.to(device=self.device, memory_format=torch.channels_last)
        settings = self.space.settings
        size = settings["image_size"]
        images = torch.zeros(self.batch_size, settings["image_channels"], size, size, device=self.device)
        timer = Timer("network(images)", globals={"network": network, "images": images}, num_threads=self.threads)
        with torch.inference_mode():
            measurement = timer.blocked_autorange(min_run_time=self.min_run_s)
        return {"latency_ms": np.array(measurement.median * 1e3, dtype=np.float32)}
