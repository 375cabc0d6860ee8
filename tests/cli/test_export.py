"""`awnas export`: of a training's folder and of a run with shared weights; folders that are of the other kind."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="networks need torch: pip install 'awnas-gym[torch]'")
onnxruntime = pytest.importorskip("onnxruntime", reason="needs the extra [onnx]")
pytest.importorskip("onnxscript", reason="needs the extra [onnx]")

from awnas_gym.data import DATASETS  # noqa: E402
from tests.cli.test_train import CELL, SMALL, call  # noqa: E402


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "train"
    call("train", *SMALL, "--epochs", "2", "--training-arg", "dropout=0.5", "--out", folder)
    return folder


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "search"
    sizes = ["--env-arg", "space=nasbench201", "--env-arg", "channels=2", "--env-arg", "cells=1"]
    call(
        "search", "--env", "awnas/CNN-ENAS-v0", *sizes, "--agent", "random", "--evaluations", "2",
        "--env-arg", "batch_size=500", "--out", folder,
    )  # fmt: skip
    (run,) = folder.glob("random/seed-*")
    return run


def accuracy(path: Path, split: str) -> float:
    """Return the accuracy of an ONNX file, whose metadata say how images are normalised."""
    session = onnxruntime.InferenceSession(path)
    about = session.get_modelmeta().custom_metadata_map
    mean, deviation = (np.array(json.loads(about[name]), np.float32) for name in ("mean", "deviation"))
    data = DATASETS.load("fashion14")()[split]
    images = (data.images - mean[:, None, None]) / deviation[:, None, None]
    (logits,) = session.run(["logits"], {"images": images.astype(np.float32)})
    return float((logits.argmax(axis=1) == data.labels).mean())


def test_a_training_is_exported(trained: Path, tmp_path: Path) -> None:
    text = call("export", trained, "-o", tmp_path / "net.onnx")
    summary = json.loads((trained / "summary.json").read_text())
    assert f"test_accuracy {summary['test_accuracy']:.4f}" in text
    assert "outputs differ by" in text
    assert accuracy(tmp_path / "net.onnx", "test") == pytest.approx(summary["test_accuracy"], abs=1e-3)
    about = onnxruntime.InferenceSession(tmp_path / "net.onnx").get_modelmeta().custom_metadata_map
    assert (about["genotype"], about["dataset"], about["weights"]) == (CELL, "fashion14", "final")
    assert (tmp_path / "net.safetensors").exists()
    last = json.loads((trained / "metrics.jsonl").read_text().splitlines()[-1])
    assert call("export", trained, "--weights", "last", "-o", tmp_path / "last.onnx").count("accuracy") == 0
    assert accuracy(tmp_path / "last.onnx", "valid") == pytest.approx(last["valid_accuracy"], abs=1e-3)


def test_shared_weights_are_exported(searched: Path, tmp_path: Path) -> None:
    text = call("export", searched, CELL, "-o", tmp_path / "net.onnx")
    assert text.startswith(CELL)
    printed = float(text.split("valid_accuracy ")[1].split()[0].rstrip(","))
    assert accuracy(tmp_path / "net.onnx", "valid") == pytest.approx(printed, abs=1e-3)
    kept = [path.name for path in tmp_path.iterdir()]
    assert sorted(kept) == ["net.onnx", "net.safetensors"]


def test_what_cannot_be_exported(trained: Path, searched: Path, tmp_path: Path) -> None:
    begun, out = tmp_path / "begun", tmp_path / "net.onnx"
    shutil.copytree(trained, begun)
    (begun / "weights.safetensors").unlink()
    error = call("export", begun, "-o", out, code=1)
    assert "the training is not over, and awnas train --resume --out" in error
    for path in (begun / "checkpoints").glob("*/state.json"):
        path.unlink()
    assert "holds no checkpoint that can be read" in call("export", begun, "--weights", "last", "-o", out, code=1)
    assert "Did you mean 'last'" in call("export", begun, "--weights", "lasst", "-o", out, code=1)
    assert "neither GENOTYPE nor --batch-norm" in call("export", trained, CELL, "-o", out, code=2)
    assert "--weights is for a folder of awnas train" in call(
        "export", searched, "--weights", "best", "-o", out, code=2
    )
    assert "does not end in .onnx" in call("export", trained, "-o", tmp_path / "net.pt", code=2)
    assert not out.exists()


def test_a_folder_of_the_other_kind_is_named_as_such(trained: Path, searched: Path, tmp_path: Path) -> None:
    (tmp_path / "archs.yaml").write_text(f"- {CELL}\n")
    for arguments in (
        ["derive", trained], ["sample", trained, "-o", tmp_path / "x"], ["eval-arch", trained, tmp_path / "archs.yaml"],
    ):  # fmt: skip
        assert "holds the training of one architecture and not a search" in call(*arguments, code=1)
    assert "holds a search and not the training of one architecture" in call("test", searched, code=1)
    error = call("train", *SMALL, "--load", searched, "--out", tmp_path / "train", code=1)
    assert "--load-supernet" in error
    assert not (trained / "derived.yaml").exists()
