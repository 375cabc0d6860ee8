"""Every experiment runs small, and its committed result says how it was made."""

from __future__ import annotations

import csv
import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.tiny_table import SPACE

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = {
    "speed/table.py": ["--batch", "1000", "--repeats", "1"],
    "speed/layer_sum.py": ["--architectures", "1000", "--naive", "3", "--repeats", "1"],
    "speed/listed_table.py": ["--rows", "3000", "--batch", "1000", "--repeats", "1"],
    "speed/canonical101.py": ["--rows", "3000", "--graphs", "2000", "--hashed", "50", "--repeats", "1"],
    "speed/import_nasbench101.py": ["--rows", "500"],
    "speed/import_nats.py": ["--records", "3", "--repeats", "1", "--workers", "1"],
    "speed/startup.py": ["--repeats", "1"],
    "speed/recorder.py": ["--evaluations", "20", "--repeats", "1"],
    "speed/evolution.py": ["--seeds", "2", "--evaluations", "30", "--workers", "1"],
    "speed/vector.py": ["--envs", "8", "--steps", "12", "--repeats", "1"],
    "speed/distributed.py": ["--networks", "2", "2", "--steps", "1", "--turns", "1"],
    "speed/depthwise.py": ["--batch-size", "2", "--repeats", "1"],
    "speed/mixed_step.py": ["--batch-size", "2", "--channels", "4", "--cells", "3", "--turns", "1", "--threads", "1"],
    "speed/supernet_step.py": ["--batch-size", "2", "--turns", "1", "--architectures", "1", "--threads", "1"],
    "speed/two_paths.py": ["--batch-size", "2", "--turns", "1"],
    "speed/augment.py": ["--images", "300", "--repeats", "1"],
    "speed/scratch.py": ["--archs", "1", "--turns", "1", "--steps", "1"],
    "speed/sb3_overhead.py": ["--envs", "8", "--rollouts", "1", "--repeats", "1"],
    "science/fashion14_agents.py": ["--seeds", "2", "--evaluations", "20", "--workers", "1"],
    "science/enas_fashion14.py": ["--seeds", "1", "--evaluations", "12", "--workers", "1"],
    "science/enas_small.py": ["--seeds", "1", "--evaluations", "4", "--warmup-epochs", "0", "--workers", "1"],
    "science/agent_settings.py": ["--seeds", "1", "--evaluations", "12", "--workers", "1"],
    "science/context.py": [
        *("--episodes", "50", "300", "--seeds", "1", "--evaluations", "5", "--shown", "1", "3", "--agents", "random"),
    ],
    "science/counting.py": ["--architectures", "1", "--image-size", "8", "--spaces", "nasbench201"],
    "science/fuzz_readers.py": ["--files", "200", "--workers", "1"],
    "science/latency_cpu.py": [
        *(
            "--device",
            "roofline-raspi4",
            "--spaces",
            "nasbench201",
            "--settings",
            "channels=4",
            "cells=1",
            "image_size=8",
        ),
        *("--networks", "12", "--fitted", "6", "--rounds", "2", "--min-run-s", "0.001"),
    ],
    "science/literature.py": ["--seeds", "2", "--workers", "1"],
    "science/controllers.py": [
        *("--seeds", "2", "--heavy-seeds", "1", "--evaluations", "30", "--workers", "1"),
        *("--agents", "random", "regularized_evolution"),
    ],
    "science/sb3_settings.py": ["--seeds", "1", "--evaluations", "12", "--most", "1", "--workers", "1"],
    "science/predictors.py": ["--seeds", "2", "--test", "50", "--predictors", "mlp", "gates"],
    "science/sharing_ranking.py": [
        "--samplings",
        "fair",
        "--epochs",
        "1",
        "--seeds",
        "1",
        "--cells",
        "100",
        "--workers",
        "1",
    ],
    "science/differentiable.py": ["--seeds", "1", "--max-steps", "4", "--methods", "darts", "snas", "--workers", "1"],
    "science/gradients_epochs.py": ["--epochs", "1", "--channels", "1", "--cells", "2", "--batch-size", "500"],
    "science/devices.py": [
        *("--architectures", "20", "--held-out", "50", "--seeds", "1", "--few", "5", "--known", "40", "--pool", "30"),
        *("--skip", "lstm", "graph", "mlp", "gaussian_process"),
    ],
    "science/layers_in_turn.py": [
        *("--spaces", "nasbench_macro", "--networks", "2", "--min-run-s", "1e-4", "--rounds", "1", "--cpu-time"),
    ],
    "science/nsga2_hypervolume.py": ["--evaluations", "120", "--seeds", "2"],
    "science/sharing_search.py": ["--evaluations", "4", "--agents", "random", "--seeds", "1", "--workers", "1"],
}
NEEDS = {
    **{
        f"speed/{name}.py": "torch"
        for name in ("depthwise", "distributed", "mixed_step", "scratch", "supernet_step", "two_paths")
    },
    **{
        f"science/{name}.py": "torch"
        for name in (
            "counting",
            "differentiable",
            "enas_fashion14",
            "gradients_epochs",
            "layers_in_turn",
            "enas_small",
            "sharing_ranking",
            "sharing_search",
        )
    },
    "science/devices.py": "sklearn",
    "science/context.py": "stable_baselines3",
    "science/sb3_settings.py": "stable_baselines3",
    "science/nsga2_hypervolume.py": "pymoo",
    "science/predictors.py": "torch",
    "science/latency_cpu.py": "sklearn",
    "speed/augment.py": "torchvision",
    "speed/sb3_overhead.py": "sb3_contrib",
}
"""Packages that a script does not run without; this package alone needs none of them."""


def made_up_csv(path: Path) -> Path:
    """Write a CSV of the published form with made-up accuracies."""
    rng = np.random.default_rng(0)
    datasets = ("cifar10", "cifar100", "imagenet16")
    columns = [f"{d}_{c}" for d in datasets for c in ("valid_12", "test_12", "test_200")]
    with gzip.open(path, "wt") as file:
        writer = csv.writer(file)
        writer.writerow(["index", "arch", *columns])
        for i, arch in enumerate(rng.permutation(SPACE.unindex(np.arange(SPACE.size)))):
            writer.writerow([i, SPACE.genotype(arch), *rng.uniform(10, 90, len(columns)).round(3)])
    return path


def test_every_script_is_listed() -> None:
    found = {f"{path.parent.name}/{path.name}" for path in (ROOT / "experiments").glob("*/*.py")}
    assert found == set(SCRIPTS)


@pytest.mark.parametrize("script", SCRIPTS)
def test_script_runs_small(script: str, tmp_path: Path) -> None:
    if script in NEEDS:
        pytest.importorskip(NEEDS[script])
    arguments = [*SCRIPTS[script], "--out", str(tmp_path / "result.json")]
    on_published = ("agent_settings", "controllers", "literature", "nsga2_hypervolume", "predictors")
    if script in {f"science/{name}.py" for name in on_published}:
        arguments += ["--csv", str(made_up_csv(tmp_path / "nb201.csv.gz"))]
    if script == "science/nsga2_hypervolume.py":
        np.savez(tmp_path / "latency.npz", **{"1080ti_1": np.random.default_rng(1).uniform(2, 9, SPACE.size)})
        arguments += ["--npz", str(tmp_path / "latency.npz")]
    done = subprocess.run(
        [sys.executable, str(ROOT / "experiments" / script), *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "result.json").read_text())
    assert {"command", "versions", "machine"} < set(result)


@pytest.mark.parametrize("result", sorted((ROOT / "experiments").glob("*/results/*.json")), ids=lambda path: path.stem)
def test_committed_results_say_how_they_were_made(result: Path) -> None:
    content = json.loads(result.read_text())
    script = content["command"].split()[1]
    assert (ROOT / script).is_file()
    assert content["versions"]["awnas_gym"]
    assert str(ROOT.parent) not in result.read_text()
