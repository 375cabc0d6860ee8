"""Layers go to another device as files, and what was measured there comes back."""

from __future__ import annotations

import ast
import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnxruntime = pytest.importorskip("onnxruntime", reason="exported layers need ONNX Runtime")
onnx = pytest.importorskip("onnx", reason="exported layers need onnx")

from awnas_gym.errors import SettingError  # noqa: E402
from awnas_gym.hardware import LayerTable, layers_of  # noqa: E402
from awnas_gym.hardware.measurements import Measurements  # noqa: E402
from awnas_gym.profiling import runner  # noqa: E402
from awnas_gym.profiling.export import export_layers, export_networks  # noqa: E402
from awnas_gym.profiling.importing import import_csv, import_folder  # noqa: E402
from awnas_gym.spaces.nasbench201 import NASBench201  # noqa: E402
from tests.profiling.fake_runtime import unwatched  # noqa: E402

SPACE = NASBench201(channels=4, cells=1, image_size=8)
LAYERS = layers_of(SPACE)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "layers"
    assert export_layers([SPACE], folder, batch_size=2, watch=unwatched) == len(LAYERS)
    return folder


def command(exported: Path, out: Path, *more: str) -> list[str]:
    return [sys.executable, str(exported / "run.py"), "-o", str(out), "--device", "this", *more]


def run(exported: Path, out: Path, *more: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command(exported, out, *more), cwd=out.parent, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def test_the_script_needs_an_old_python_numpy_and_onnx_runtime_alone(exported: Path) -> None:
    text = (exported / "run.py").read_text()
    assert text == Path(runner.__file__).read_text()
    tree = ast.parse(text, feature_version=(3, 8))
    names = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names])
    }
    assert names - set(sys.stdlib_module_names) == {"numpy", "onnxruntime"}
    new = {"removeprefix", "removesuffix", "pairwise", "cache", "zip_longest", "bit_count"}
    assert not new & {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg in {"strict", "kw_only"}]


def test_each_layer_is_a_model_and_the_manifest_says_which(exported: Path) -> None:
    manifest = json.loads((exported / "manifest.json").read_text())
    assert manifest["spaces"] == [{"name": "nasbench201", "settings": SPACE.settings}]
    assert (manifest["batch_size"], manifest["dtype"]) == (2, "float32")
    assert len(manifest["models"]) == len(LAYERS)
    for model, layer in zip(manifest["models"], LAYERS, strict=True):
        loaded = onnx.load(exported / model["file"])
        (first, *_) = loaded.graph.input
        shape = [each.dim_value for each in first.type.tensor_type.shape.dim]
        assert shape[:2] == [2, layer.c_in]
        assert model["values"][0] == layer.kind
    assert manifest["reference"] in [model["file"] for model in manifest["models"]]
    with pytest.raises(SettingError, match="is not empty"):
        export_layers([SPACE], exported, batch_size=2, watch=unwatched)


def test_a_killed_script_goes_on_and_its_file_comes_back(exported: Path, tmp_path: Path) -> None:
    out, more = tmp_path / "this.csv", ["--min-run-s", "0.02", "--threads", "2"]
    process = subprocess.Popen(command(exported, out, *more), stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (out.exists() and out.read_bytes().count(b"\n") > 3) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = out.read_text().splitlines()
    assert 3 < len(before) < 2 + len(LAYERS)
    out.write_text("\n".join([*before, before[-1][:20]]))  # a line that a kill cuts off
    assert "threads was 2, is 1" in run(exported, out, "--min-run-s", "0.02", code=1).stderr
    done = run(exported, out, *more)
    assert f"{len(LAYERS)}/{len(LAYERS)}: " in done.stdout
    assert f"awnas hardware import {out} --name this" in done.stdout
    after = out.read_text().splitlines()
    calm = [line for line in before[2:] if abs(float(line.rpartition(",")[2])) <= runner.DRIFT]
    assert after[2 : 2 + len(calm)] == calm
    table = import_csv(out, "this", drifted=True)  # other programs may have made this machine slower
    assert isinstance(table, LayerTable)
    assert set(table.rows) == set(LAYERS)
    assert table.yields == {"latency_ms"}
    assert table.columns == ("latency_ms", "latency_ms_iqr", "latency_ms_n")
    assert (table.card["device"], table.card["threads"], table.card["batch_size"]) == ("this", 2, 2)
    assert table.card["spaces"] == [{"name": "nasbench201", "settings": SPACE.settings}]
    assert table.card["reference_ms"] > 0


def test_what_is_wrong_with_a_script_s_options_is_said(exported: Path, tmp_path: Path) -> None:
    text = run(exported, tmp_path / "x.csv", "--provider", "ToasterExecutionProvider", code=1).stderr
    assert "no provider ToasterExecutionProvider here; there are " in text
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    assert "was measured otherwise" in run(exported, tmp_path / "other.csv", code=1).stderr


# Two measurements of the reference to begin with, ten layers, one, ten layers, and up to three where it is slow.


def fake_run(exported: Path, out: Path, monkeypatch: pytest.MonkeyPatch, slow: set[int]) -> None:
    """Run the script here with times that are made up; after so many models, the reference is slow."""
    manifest = json.loads((exported / "manifest.json").read_text())
    measured: list[str] = []

    def model_ms(model: str, *_: object) -> dict[str, float]:
        name = os.path.relpath(model, exported)
        factor = 1.0
        if name == manifest["reference"]:
            factor = 1.5 if len(measured) in slow else 1.0
        measured.append(name)
        return {"latency_ms": factor * (1 + int(Path(name).stem)), "latency_ms_iqr": 0.0, "latency_ms_n": 9.0}

    monkeypatch.setattr(runner, "model_ms", model_ms)
    monkeypatch.setattr(runner, "FOLDER", str(exported))
    monkeypatch.setattr(runner, "temperature_c", lambda: "71.5")
    monkeypatch.setattr(sys, "argv", ["run.py", "-o", str(out), "--device", "this"])
    runner.main()


def test_what_was_measured_on_a_hot_device_is_measured_again(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "this.csv"
    fake_run(exported, out, monkeypatch, slow={23, 24, 25})
    told = capsys.readouterr().out
    assert "10 were measured while the reference took over 10% more or less" in told
    assert "71.5 C" in told
    rows = list(csv.DictReader(out.read_text().splitlines()[1:]))
    assert [float(row["drift"]) for row in rows] == [0.0] * 10 + [0.5] * 10 + [0.0] * (len(LAYERS) - 20)
    assert {row["temperature_c"] for row in rows} == {"71.5"}
    with pytest.raises(SettingError, match="10 lines, the first of them 13, were measured while the reference"):
        import_csv(out, "this")
    assert len(import_csv(out, "this", drifted=True).rows) == len(LAYERS)  # type: ignore[union-attr]
    fake_run(exported, out, monkeypatch, slow=set(range(99)))  # it is still hot, compared with the first run
    with pytest.raises(SettingError, match="10 lines, the first of them 18, were measured while the reference"):
        import_csv(out, "this")
    capsys.readouterr()
    fake_run(exported, out, monkeypatch, slow=set())
    table = import_csv(out, "this")
    assert isinstance(table, LayerTable)
    assert [table.rows[layer]["latency_ms"] for layer in LAYERS] == [1.0 + i for i in range(len(LAYERS))]
    assert "were measured while" not in capsys.readouterr().out
    fake_run(exported, out, monkeypatch, slow=set())
    assert table.rows == import_csv(out, "this").rows  # type: ignore[union-attr]


def test_the_reference_is_steady_before_it_counts() -> None:
    times = iter([9.0, 5.0, 3.0, 2.0, 1.99, 7.0])
    assert runner.steady_ms(lambda: {"latency_ms": next(times)}) == 1.99


def test_a_blip_is_no_drift() -> None:
    for given, drift in (([1.05], 0.05), ([1.5, 0.98], -0.02), ([1.5, 1.2, 1.3, 1.0], 0.2), ([0.5, 0.6, 0.7], -0.3)):
        times = iter(given)
        assert runner.drift_of(lambda times=times: {"latency_ms": 2 * next(times)}, 2.0) == pytest.approx(drift)


def test_networks_go_and_come_too(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="networks need PyTorch")
    pytest.importorskip("onnxscript", reason="torch exports with onnxscript")
    archs = SPACE.unindex([5, 15624])
    assert export_networks(SPACE, archs, tmp_path / "nets", batch_size=1, watch=unwatched) == 2
    run(tmp_path / "nets", tmp_path / "nets.csv", "--min-run-s", "0.001")
    found = import_csv(tmp_path / "nets.csv", "this", drifted=True)
    assert isinstance(found, Measurements)
    assert np.array_equal(found.archs, archs)
    assert found.space.settings == SPACE.settings
    assert (found.values["latency_ms"] > 0).all()


LOG = """[11/30/2026-10:00:00] [I] === Performance summary ===
[11/30/2026-10:00:00] [I] Throughput: 8202.41 qps
[11/30/2026-10:00:00] [I] Latency: min = 0.2 ms, max = 0.4 ms, mean = 0.25 ms, median = 0.24 ms, percentile(99%) = 0.4 ms
[11/30/2026-10:00:00] [I] GPU Compute Time: min = 0.11 ms, max = 0.18 ms, mean = 0.13 ms, median = {} ms, percentile(99%) = 0.2 ms
[11/30/2026-10:00:00] [I] Total GPU Compute Time: 2.9606 s
&&&& PASSED TensorRT.trtexec [TensorRT v8601] # trtexec --onnx=x.onnx
"""  # noqa: E501 - as it is printed


def test_logs_of_trtexec_become_a_table(exported: Path, tmp_path: Path) -> None:
    for i in range(len(LAYERS)):
        (tmp_path / f"{i:04d}.log").write_text(LOG.format(0.125 * (1 + i)))
    table = import_folder(tmp_path, "orin", form="trtexec", exported=exported, device="Jetson Orin Nano, FP16")
    assert isinstance(table, LayerTable)
    assert [table.rows[layer] for layer in LAYERS] == [{"latency_ms": 0.125 * (1 + i)} for i in range(len(LAYERS))]
    assert (table.name, table.card["device"], table.card["runtime"]) == ("orin", "Jetson Orin Nano, FP16", "tensorrt")
    (tmp_path / "0003.log").write_text(LOG.format(1).replace("PASSED", "FAILED"))
    with pytest.raises(SettingError, match=r"0003\.log: .*trtexec failed"):
        import_folder(tmp_path, "orin", form="trtexec", exported=exported)
    (tmp_path / "0003.log").write_text("nothing")
    with pytest.raises(SettingError, match=r"0003\.log: .*there is no line 'GPU Compute Time"):
        import_folder(tmp_path, "orin", form="trtexec", exported=exported)


def test_times_of_trtexec_become_a_table(exported: Path, tmp_path: Path) -> None:
    for i in range(len(LAYERS)):
        runs = [
            {"startComputeMs": 1.0, "endComputeMs": 2.0, "computeMs": float(each + i), "latencyMs": 9.0}
            for each in (4, 1, 3, 2, 5)
        ]
        (tmp_path / f"{i:04d}.json").write_text(json.dumps(runs))
    table = import_folder(tmp_path, "orin", form="trtexec", exported=exported)
    assert isinstance(table, LayerTable)
    assert table.rows[LAYERS[2]] == {"latency_ms": 5.0, "latency_ms_iqr": 2.0, "latency_ms_n": 5.0}
    (tmp_path / "0001.json").write_text("[]")
    with pytest.raises(SettingError, match=r"0001\.json: .*there is no run"):
        import_folder(tmp_path, "orin", form="trtexec", exported=exported)


def test_profiles_of_onnx_runtime_become_a_table(exported: Path, tmp_path: Path) -> None:
    manifest = json.loads((exported / "manifest.json").read_text())
    for model in manifest["models"]:
        options = onnxruntime.SessionOptions()
        options.enable_profiling = True
        options.profile_file_prefix = str(tmp_path / Path(model["file"]).stem)
        session = onnxruntime.InferenceSession(exported / model["file"], options, providers=["CPUExecutionProvider"])
        fed = {each.name: np.ones(each.shape, dtype=np.float32) for each in session.get_inputs()}
        for _ in range(12):
            session.run(None, fed)
        session.end_profiling()
    table = import_folder(tmp_path, "this", form="onnxruntime", exported=exported)
    assert isinstance(table, LayerTable)
    assert set(table.rows) == set(LAYERS)
    assert all(0 < row["latency_ms_n"] <= 11 and row["latency_ms"] < 10 for row in table.rows.values())
    assert max(row["latency_ms"] for row in table.rows.values()) > 0
    assert table.card["how"].startswith("ONNX Runtime's profiler")


def event(name: str, cat: str, ts: float, dur: float) -> dict[str, Any]:
    return {"cat": cat, "pid": 1, "tid": 1, "dur": dur, "ts": ts, "ph": "X", "name": name, "args": {"op_name": "Conv"}}


def test_runs_whose_whole_is_off_their_parts_do_not_count(tmp_path: Path) -> None:
    from awnas_gym.profiling import onnx_profiles

    events = [event("session_initialization", "Session", 0, 900)]
    # the first; three as usual, 40 us beside their kernels' 100; one that something else interrupted; one slow alike
    for i, (kernels, whole) in enumerate([(900, 999), (100, 140), (102, 142), (98, 140), (100, 260), (200, 280)]):
        start = 1000 * (i + 1)
        events.append(event("conv_kernel_time", "Node", start + 1, kernels - 10))
        events.append(event("conv_fence_after", "Node", start + 1, 77))
        events.append(event("reorder_kernel_time", "Node", start + 5, 10))
        events.append(event("model_run", "Session", start, whole))
    (tmp_path / "0000_2026-11-30_10-00-00.json").write_text(json.dumps(events))
    timed = onnx_profiles.read(tmp_path, "0000")
    assert timed == {"latency_ms": pytest.approx(0.101), "latency_ms_iqr": pytest.approx(0.027), "latency_ms_n": 4.0}
    (tmp_path / "0001.json").write_text(json.dumps(events[:5]))
    with pytest.raises(SettingError, match=r"0001\.json: .*two runs at least"):
        onnx_profiles.read(tmp_path, "0001")
    (tmp_path / "0002.json").write_text('{"cat": 1}')
    with pytest.raises(SettingError, match=r"0002\.json: "):
        onnx_profiles.read(tmp_path, "0002")
    (tmp_path / "0000.json").write_text("[]")
    with pytest.raises(SettingError, match="has 2 files of the model 0000"):
        onnx_profiles.read(tmp_path, "0000")
