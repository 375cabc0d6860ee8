"""Layers and networks in ONNX Runtime, on a CPU."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, final

import numpy as np
import onnxruntime
import torch
from numpy.typing import ArrayLike, NDArray

from awnas_gym import __version__
from awnas_gym.errors import SettingError
from awnas_gym.profiling.abstract import AbstractRuntime
from awnas_gym.profiling.layer_shapes import input_shapes
from awnas_gym.profiling.onnx_layers import INPUTS, OUTPUT, onnx_layer
from awnas_gym.profiling.runner import HOW, time_ms
from awnas_gym.spaces import AbstractSpace
from awnas_gym.spaces.layers import LayerSpec
from awnas_gym.spaces.reading import refuse_text
from awnas_gym.supernets import NETWORKS
from awnas_gym.supernets.copies import fold_batch_norm
from awnas_gym.tabulate import machine
from awnas_gym.training import export


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
        self.card = {
            "device": machine()["processor"],
            "runtime": "onnxruntime",
            "on": "CPUExecutionProvider",
            "threads": threads,
            "batch_size": batch_size,
            "dtype": "float32",
            "min_run_s": min_run_s,
            "how": f"{HOW}; inputs and outputs are bound before",
            "machine": machine(),
            "versions": {"awnas_gym": __version__, "onnxruntime": onnxruntime.__version__},
        }

    def layer(self, layer: LayerSpec) -> dict[str, float]:
        """Return the latency of a layer; `SettingError` for one that is not measured."""
        model = onnx_layer(layer, batch_size=self.batch_size).SerializeToString()
        rng = np.random.default_rng(0)
        shapes = input_shapes(layer, batch_size=self.batch_size)
        arrays = [rng.standard_normal(shape, dtype=np.float32) for shape in shapes]
        return self._time(model, dict(zip(INPUTS, arrays, strict=False)), OUTPUT)

    def network(self, space: AbstractSpace, arch: ArrayLike) -> dict[str, float]:
        """Return the latency of a network, a row of `NETWORKS`, as torch exports it; that takes seconds, once each."""
        refuse_text(type(space))
        row, settings = space.check(arch)[0], space.settings
        shape = (self.batch_size, settings["image_channels"], *[settings["image_size"]] * 2)
        path = Path(self._exported.name) / f"{space.name}-{int(space.fingerprint(row)[0])}.onnx"
        if not path.exists():
            network = NETWORKS.load(space.name)(space, row).eval()
            fold_batch_norm(network)
            model = export.onnx_model(network, torch.zeros(shape), any_batch=False)
            path.write_bytes(model.SerializeToString())
        timed = self._time(path.read_bytes(), {export.INPUT: np.zeros(shape, dtype=np.float32)}, export.OUTPUT)
        return {"latency_ms": timed["latency_ms"]}

    def _time(self, model: bytes, arrays: dict[str, NDArray[Any]], output: str) -> dict[str, float]:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = self.threads, 1
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        binding = session.io_binding()
        for name, array in arrays.items():
            binding.bind_ortvalue_input(name, onnxruntime.OrtValue.ortvalue_from_numpy(array))
        binding.bind_output(output)
        return time_ms(lambda: session.run_with_iobinding(binding), self.min_run_s)
