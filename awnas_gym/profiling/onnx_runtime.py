"""Layers and networks in ONNX Runtime, on a CPU."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import final

import onnxruntime
from numpy.typing import ArrayLike

from awnas_gym import __version__
from awnas_gym.errors import SettingError
from awnas_gym.profiling.abstract import AbstractRuntime
from awnas_gym.profiling.onnx_layers import onnx_layer
from awnas_gym.profiling.onnx_networks import onnx_network
from awnas_gym.profiling.runner import HOW_BOUND, model_ms
from awnas_gym.spaces import AbstractSpace
from awnas_gym.spaces.layers import LayerSpec
from awnas_gym.tabulate import machine

PROVIDER = "CPUExecutionProvider"


@final
class OnnxRuntime(AbstractRuntime):
    """ONNX Runtime with all its optimisations: a model a layer, or of a whole network.

    Args:
        threads: of a session, within operators.
        batch_size: images a pass.
        min_run_s: seconds of passes behind one median, after a warm-up.
        device: `"cpu"`.

    Raises:
        SettingError: another device.
    """

    def __init__(self, *, threads: int, batch_size: int, min_run_s: float, device: str = "cpu") -> None:
        if device != "cpu":
            raise SettingError(
                f"ONNX Runtime is measured on cpu here; got {device!r}. `awnas hardware export` writes a script that "
                "measures with any of its providers"
            )
        self.threads, self.batch_size, self.min_run_s = threads, batch_size, min_run_s
        self._exported = tempfile.TemporaryDirectory(prefix="awnas-onnx-")
        self._paths: dict[str, Path] = {}  # of networks, by space with its settings and by decisions
        self.card = {
            "device": machine()["processor"],
            "runtime": "onnxruntime",
            "on": PROVIDER,
            "threads": threads,
            "batch_size": batch_size,
            "dtype": "float32",
            "min_run_s": min_run_s,
            "how": HOW_BOUND,
            "machine": machine(),
            "versions": {"awnas_gym": __version__, "onnxruntime": onnxruntime.__version__},
        }

    def layers(self, group: Sequence[LayerSpec], company: Sequence[LayerSpec]) -> list[dict[str, float]]:
        """Return the latencies of layers, each by itself: sessions side by side would disturb each other's threads."""
        del company
        models = (onnx_layer(layer, batch_size=self.batch_size) for layer in group)
        return [self._time(model.SerializeToString()) for model in models]

    def network(self, space: AbstractSpace, arch: ArrayLike) -> dict[str, float]:
        """Return the latency of a network, a row of `NETWORKS`, as torch exports it; that takes seconds, once each."""
        row = space.check(arch)[0].tolist()
        key = json.dumps([space.name, space.settings, row], sort_keys=True)
        path = self._paths.setdefault(key, Path(self._exported.name) / f"{len(self._paths)}.onnx")
        if not path.exists():
            path.write_bytes(onnx_network(space, arch, batch_size=self.batch_size))
        return {"latency_ms": self._time(path.read_bytes())["latency_ms"]}

    def _time(self, model: bytes) -> dict[str, float]:
        return model_ms(model, PROVIDER, self.threads, self.min_run_s)
