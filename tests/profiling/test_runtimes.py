"""The runtimes of this machine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the runtimes need PyTorch")

from awnas_gym.errors import SettingError  # noqa: E402
from awnas_gym.profiling import RUNTIMES  # noqa: E402
from awnas_gym.spaces.layers import LayerSpec  # noqa: E402
from awnas_gym.spaces.nasbench201 import NASBench201  # noqa: E402
from awnas_gym.spaces.recurrent import Recurrent  # noqa: E402

SPACE = NASBench201(channels=4, cells=1, image_size=8)


def runtime(name: str, **settings: Any) -> Any:
    if name == "onnxruntime":
        for package in ("onnx", "onnxruntime", "onnxscript"):
            pytest.importorskip(package, reason="ONNX Runtime is in the extra onnx")
    return RUNTIMES.load(name)(**{"threads": 1, "batch_size": 2, "min_run_s": 1e-3, "device": "cpu", **settings})


@pytest.mark.parametrize("name", RUNTIMES)
def test_layers_and_networks_take_time_and_threads_are_as_before(name: str) -> None:
    before = torch.get_num_threads()
    measuring = runtime(name, threads=before + 1)
    group = [
        LayerSpec("conv", 4, 8, 6, 6, kernel=3, bias=True),
        LayerSpec("conv", 128, 128, 48, 48, kernel=3, bias=True),
    ]
    small, large = measuring.layers(group, [LayerSpec("relu", 8, 8, 6, 6)])
    assert 0 < small["latency_ms"] < large["latency_ms"]
    assert small["latency_ms_iqr"] >= 0
    assert small["latency_ms_n"] >= 5
    arch = SPACE.sample(np.random.default_rng(0), 1)[0]
    assert [measuring.network(SPACE, arch)["latency_ms"] > 0 for _ in range(2)] == [True, True]
    assert torch.get_num_threads() == before
    assert (measuring.card["runtime"], measuring.card["threads"], measuring.card["batch_size"]) == (name, before + 1, 2)


@pytest.mark.parametrize("name", RUNTIMES)
def test_networks_that_read_text_are_refused(name: str) -> None:
    with pytest.raises(SettingError, match="read text"):
        runtime(name).network(Recurrent(), Recurrent().sample(np.random.default_rng(0), 1)[0])


@pytest.mark.parametrize("device", ["toaster", "meta"])
@pytest.mark.parametrize("name", RUNTIMES)
def test_devices_that_are_not_there_are_refused(name: str, device: str) -> None:
    with pytest.raises(SettingError, match=device):
        runtime(name, device=device)


def test_networks_of_other_sizes_are_other_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    measuring = runtime("onnxruntime")
    module = "awnas_gym.profiling.onnx_runtime"
    exported: list[int] = []

    def export(space: Any, arch: Any, *, batch_size: int) -> bytes:
        exported.append(space.settings["channels"])
        return b"x" * exported[-1]

    monkeypatch.setattr(f"{module}.onnx_network", export)
    monkeypatch.setattr(f"{module}.model_ms", lambda model, *_: {"latency_ms": float(len(model))})
    spaces = [SPACE, NASBench201(channels=8, cells=1, image_size=8)]
    found = [measuring.network(space, [3] * 6)["latency_ms"] for space in (*spaces, *spaces)]
    assert (found, exported) == ([4, 8, 4, 8], [4, 8])  # and each was exported once
