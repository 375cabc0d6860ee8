"""Measuring what layers and whole networks cost: on this machine, or elsewhere by files that go there and come back.

To add a way of running layers: a file with a subclass of `AbstractRuntime`, and a row of `RUNTIMES`.
"""

from __future__ import annotations

from awnas_gym.tables import Row, Table

__all__ = ["RUNTIMES"]

RUNTIMES = Table(
    "runtime",
    {
        "torch": Row("awnas_gym.profiling.torch_runtime:TorchRuntime", "PyTorch in eager mode", "torch"),
        "onnxruntime": Row("awnas_gym.profiling.onnx_runtime:OnnxRuntime", "ONNX Runtime on a CPU", "onnx"),
    },
)
"""What runs layers and networks on this machine: an `AbstractRuntime`."""
