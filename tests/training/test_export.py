"""Networks as ONNX and safetensors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awnas_gym.errors import TrainingError, UnknownNameError

torch = pytest.importorskip("torch", reason="networks need torch: pip install 'awnas-gym[torch]'")
onnxruntime = pytest.importorskip("onnxruntime", reason="needs the extra [onnx]")
pytest.importorskip("onnxscript", reason="needs the extra [onnx]")

import safetensors  # noqa: E402

from awnas_gym.evaluators.shared_weights import shared_weights  # noqa: E402
from awnas_gym.training.export import export_onnx, export_weights  # noqa: E402


def network() -> torch.nn.Module:
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, 3, 3), torch.nn.BatchNorm2d(3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(12, 2)
    )


def test_a_derived_network_gives_the_same_outputs_for_any_batch(tmp_path: Path) -> None:
    evaluator = shared_weights(settings={"channels": 2, "cells": 2}, batch_size=100)
    evaluator.reset(0)
    rows = evaluator.space.sample(np.random.default_rng(0), 2)
    evaluator.train(rows)
    derived = evaluator.derive(rows[0])
    assert not derived.training
    with pytest.raises(UnknownNameError, match="batch_norm of a network"):
        evaluator.derive(rows[0], batch_norm="batch")
    path = tmp_path / "net.onnx"
    assert export_onnx(derived, torch.randn(4, 1, 14, 14), path, about={"genotype": "x"}) < 1e-4
    session = onnxruntime.InferenceSession(path)
    assert session.get_modelmeta().custom_metadata_map["genotype"] == "x"
    images = torch.randn(7, 1, 14, 14)
    (found,) = session.run(["logits"], {"images": images.numpy()})
    with torch.no_grad():
        np.testing.assert_allclose(found, derived(images).numpy(), atol=1e-4)
    score = evaluator.score(rows[0], batch_norm="recalibrate")["valid_accuracy"][0]
    valid = evaluator._validation.data.whole()
    with torch.no_grad():
        hits = torch.cat([derived(some).argmax(dim=1) == labels for some, labels in valid.epoch(0)])
    assert float(hits.double().mean()) == pytest.approx(score)  # what is printed is what the file does


def test_outputs_that_differ_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = onnxruntime.InferenceSession.run
    monkeypatch.setattr(onnxruntime.InferenceSession, "run", lambda *args: [run(*args)[0] + 0.01])
    part = network()
    with pytest.raises(TrainingError, match=r"differs from torch's by 0\.01"):
        export_onnx(part, torch.randn(4, 1, 4, 4), tmp_path / "net.onnx", about={})
    assert list(tmp_path.iterdir()) == []
    assert part.training


def test_weights_are_written_with_what_they_are_of(tmp_path: Path) -> None:
    part = network()
    export_weights(part, tmp_path / "net.safetensors", about={"space": "toy"})
    with safetensors.safe_open(tmp_path / "net.safetensors", "pt") as file:
        assert file.metadata() == {"space": "toy"}
        assert {name: file.get_tensor(name).shape for name in file.keys()} == {  # noqa: SIM118 - it is no dictionary
            name: tensor.shape for name, tensor in part.state_dict().items()
        }
