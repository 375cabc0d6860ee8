"""The worked examples of plugins, one a kind of part, are loaded as a user loads them and used for real."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from awnas_gym.tables import KINDS

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "plugins"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "AWNAS_PLUGIN_DIR": str(EXAMPLES)}

USES = {
    "environment": """
import gymnasium as gym, awnas_gym
from awnas_gym.testing import check_env
for kind in ("build", "joint", "edit"):
    env = gym.make("examples/MLP-v0", action_mode=kind, render_mode="ansi")
    check_env(env)
    env.reset(seed=0)
    assert "input" in env.render()
envs = gym.make_vec("examples/MLP-v0", num_envs=3)
observations, infos = envs.reset(seed=0)
for _ in range(3):
    observations, rewards, *_ = envs.step([0, 0, 0])
assert rewards.shape == (3,) and (rewards == rewards[0]).all() and rewards[0] > 0.25
""",
    "space": """
import json, pathlib
from awnas_gym.benchmarks import Column, load_table, write_table
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.spaces import SPACES
from awnas_gym.testing import check_space
import numpy as np
space = SPACES.load("mlp")(classes=3)
check_space(space)
columns = {"valid_accuracy": Column(np.linspace(0, 1, space.size), ("arch",))}
write_table(pathlib.Path("mlp.awnas"), space={"name": space.name, "settings": space.settings}, card={}, columns=columns)
again = TableEvaluator(load_table("mlp.awnas")).space
assert type(again) is type(space) and again.settings == space.settings
""",
    "relaxed_objective": """
from awnas_gym.objectives import RELAXED_OBJECTIVES
capped = RELAXED_OBJECTIVES.load("capped")(reference=100.0)
assert capped(2.0, 90.0) == (-2.0, -1.0, 0.0)
reward, by_loss, by_cost = capped(2.0, 150.0)
assert (reward, by_loss, by_cost) == (-2.5, -1.0, -0.01)
""",
    "device": """
import gymnasium as gym, awnas_gym
from awnas_gym.testing import check_env
env = gym.make("awnas/NASBench201-v0", hardware="abacus", objective="latency_ms", action_mode="joint")
check_env(env.unwrapped)
env.reset(seed=0)
nothing, convolutions = (env.step([choice] * 6)[1] for choice in (0, 3) if env.reset() is not None)
assert 1000 * convolutions < 1000 * nothing < 0
""",
    "runtime": """
from click.testing import CliRunner
from awnas_gym.cli.main import group
from awnas_gym.hardware import LayerSum, LayerTable
from awnas_gym.hardware.measurements import Measurements
from awnas_gym.spaces.nasbench201 import NASBench201
import pathlib
command = ["hardware", "profile", "--space", "nasbench201", "--runtime", "rehearsal", "--threads", "2", "-o"]
for arguments in ([*command, "layers.csv"], [*command, "networks.csv", "--networks", "9"]):
    done = CliRunner().invoke(group, arguments)
    assert done.exit_code == 0, (done.output, done.exception)
found = Measurements.read(pathlib.Path("networks.csv"))
sums = LayerSum(NASBench201(), LayerTable.read(pathlib.Path("layers.csv")))(found.archs)["latency_ms"]
assert abs(sums / found.values["latency_ms"] - 1).max() < 1e-6
""",
    "cost_model": """
from awnas_gym.hardware.models import make_model
from awnas_gym.spaces.nasbench201 import NASBench201
import numpy as np
space = NASBench201()
model = make_model("nearest", space, settings={"neighbours": 2})
archs = space.unindex([0, 1, 5, 25, 125, 15624])
model.fit(archs, [1, 2, 3, 4, 5, 60])
assert model.predict(archs[-1:]) == (60 + 1) / 2  # all others are as far, and the first of them counts
assert model.settings == {"neighbours": 2}
""",
    "predictor": """
from awnas_gym.predictors import make_predictor
from awnas_gym.spaces.nasbench201 import NASBench201
space = NASBench201()
predictor = make_predictor("similar", space, settings={"sharpness": 20})
predictor.fit([[0] * 6, [1] * 6], [3.0, 7.0])
same, between, far = predictor.predict([[1] * 6, [0, 0, 0, 1, 1, 1], [4] * 6])
assert abs(same - 7) < 1e-6 and between == far == 5
assert predictor.settings == {"sharpness": 20}
""",
    "agent": """
import gymnasium as gym, awnas_gym
from awnas_gym.agents import AGENTS
from awnas_gym.testing import check_agent
climber = AGENTS.load("climber")
check_agent(climber, patience=4)
env = gym.make("awnas/NASBench201-v0", action_mode="joint")
def learned(agent, steps):
    heard = []
    agent.learn(steps, lambda agent, arch, reward: heard.append((arch.tolist(), reward)))
    return heard
whole = learned(climber(env, seed=0, patience=4), 60)
for half in range(25, 35):
    agent = climber(env, seed=0, patience=4)
    first = learned(agent, half)
    agent.save("agent")
    assert first + learned(climber.load("agent", env), 60 - half) == whole
""",
    "objective": """
import gymnasium as gym, numpy as np, awnas_gym
from awnas_gym.testing import check_env
env = gym.make("awnas/NASBench201-v0", objective="lean", action_mode="joint")
check_env(env)
env.reset(seed=0)
_, reward, *_, info = env.step([3] * 6)
metrics = info["metrics"]
assert abs(reward - (metrics["valid_accuracy"] - 0.05 * np.log10(metrics["params"]))) < 1e-12
""",
    "table": """
import gymnasium as gym, awnas_gym
from awnas_gym.testing import check_env
env = gym.make("awnas/Table-v0", table="mlp_stripes", action_mode="joint", fidelity=5)
check_env(env)
trained = gym.make("examples/MLP-v0", action_mode="joint", fidelity=5)
for arch in ([0, 0, 0], [3, 2, 1]):
    env.reset(seed=0), trained.reset(seed=0)
    assert abs(env.step(arch)[1] - trained.step(arch)[1]) < 1e-12
""",
    "importer": """
import gymnasium as gym, awnas_gym
from pathlib import Path
from awnas_gym.ingest import check_table, import_tables
Path("mlp.log").write_text("32-16-relu 0.81\\n8-0-tanh 0.4\\n")
(path,) = import_tables("mlp-log", Path("mlp.log")).values()
assert check_table(path).card["source"]["file"] == "mlp.log"
env = gym.make("awnas/Table-v0", table="mlp_log", action_mode="joint")
env.reset(seed=0)
assert env.step([2, 2, 0])[1] == 0.81
""",
    "evaluator": """
from awnas_gym.evaluators import EVALUATORS
from awnas_gym.spaces import SPACES
from awnas_gym.testing import check_evaluator
check_evaluator(EVALUATORS.load("mlp_training")(SPACES.load("mlp")()))
""",
    "dataset": """
from awnas_gym.data import DATASETS
import numpy as np
splits, again = DATASETS.load("stripes")(), DATASETS.load("stripes")()
assert {name: len(split.labels) for name, split in splits.items()} == {"train": 400, "valid": 200, "test": 400}
for name, split in splits.items():
    assert split.images.dtype == np.uint8 and split.images.shape[1:] == (1, 8, 8)
    assert np.array_equal(split.images, again[name].images) and np.bincount(split.labels).std() == 0
assert not np.array_equal(splits["valid"].images, splits["train"].images[:200])
""",
    "network": """
from awnas_gym.evaluators import RECORDERS
from awnas_gym.spaces import SPACES, total_params
from awnas_gym.supernets import NETWORKS
space = SPACES.load("mlp")()
for arch in space.enumerate():
    network = NETWORKS.load("mlp")(space, arch, copies=2)
    assert sum(p.numel() for p in network.parameters()) == 2 * total_params(space.layers(arch))
arch = space.parse("64-32-relu")
assert RECORDERS.load("latency")(space).record(arch)["latency_ms"] > 0
recipe = {"epochs": 5, "batch_size": 20}
curves = RECORDERS.load("scratch")(space, dataset="stripes", recipe=recipe).record(arch)
assert (curves["test_accuracy"][:, -1] > 250).all()
""",
    "supernet": """
import torch
from awnas_gym.evaluators import EVALUATORS
from awnas_gym.spaces import SPACES
from awnas_gym.supernets import SUPERNETS
space = SPACES.load("mlp")()
supernet = SUPERNETS.load("mlp")(space)
supernet.initialise(torch.Generator().manual_seed(0))
images = torch.randn(5, 1, 8, 8, generator=torch.Generator().manual_seed(1))
for arch in space.enumerate():
    assert torch.allclose(supernet.derive(arch)(images), supernet(images, arch), atol=1e-5)
""",
    "operation": """
import torch
from awnas_gym.spaces import total_params
from awnas_gym.supernets.operations import make_operation, operation_layers
for stride in (1, 2):
    ghost = make_operation("ghost_conv_3x3", 8, 8, stride=stride)
    assert ghost(torch.zeros(2, 8, 9, 9)).shape == (2, 8, *[-(-9 // stride)] * 2)
    layers = operation_layers("ghost_conv_3x3", 8, 8, 9, stride=stride)
    assert sum(p.numel() for p in ghost.parameters()) == total_params(layers)
""",
    "recipe": """
import gymnasium as gym, awnas_gym
found = []
for workers in (1, 2):
    envs = gym.make_vec("awnas/Scratch-v0", num_envs=2, space="mlp", dataset="stripes", recipe="stripes-5ep",
                        action_mode="joint", workers=workers)
    envs.reset(seed=0)
    found.append(envs.step([[3, 2, 0], [0, 0, 1]])[1].tolist())
    envs.close()
assert found[0] == found[1] and found[0][0] > 0.5, found
""",
    "task": """
import torch
from awnas_gym.tasks import TASKS
task = TASKS.load("margins")()
logits, labels = torch.tensor([[2.0, 1.5, 0.0], [0.0, 3.0, 0.0]]), torch.tensor([0, 1])
assert abs(float(task.loss(logits, labels)) - 0.5 / 3 / 2) < 1e-6
assert task.metrics(lambda images: images, [(logits, labels)])["accuracy"] == 1
""",
    "measure": """
import torch
from awnas_gym.tasks import MEASURES
from awnas_gym.tasks.classification import Classification
images = torch.randn(4000, 2, generator=torch.Generator().manual_seed(0))
batches = [(images, images.argmax(dim=1))]
def blurred(strength):
    generator = torch.Generator().manual_seed(1)
    measure = MEASURES.load("image_noise")(strength=strength)
    return measure.measure(Classification(), None, lambda x: x, batches, generator)["blurred_accuracy"]
assert blurred(0) == 1 and 1 > blurred(0.5) > blurred(2) > 0.5
""",
    "optimiser": """
from awnas_gym.training.final_config import FinalTraining
training = FinalTraining(
    space={"name": "nasbench201", "channels": 2, "cells": 1},
    genotype="|skip_connect~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|",
    dataset="fashion14", training={"epochs": 2, "optimiser": "rmsprop", "learning_rate": 0.01, "batch_size": 100},
)
trainer = training.trainer(training.splits())
assert trainer.train_epoch()["train_loss"] > trainer.train_epoch()["train_loss"]
""",
    "scheduler": """
from awnas_gym.training.schedulers import learning_rates
rates = learning_rates({"name": "polynomial", "power": 1.0}, highest=1.0, epochs=4)
assert [round(rate, 6) for rate in rates] == [1.0, 0.75, 0.5, 0.25]
""",
}


def run(arguments: list[str], folder: Path, *, code: int = 0) -> str:
    """Run Python in a folder with the examples as plugins; return what it printed, errors at the end."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**ENVIRONMENT, "AWNAS_HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def awnas(folder: Path, *arguments: str, code: int = 0) -> str:
    """Run the command line."""
    return run(["-c", "from awnas_gym.cli.main import main; main()", *arguments], folder, code=code)


def test_there_is_an_example_of_every_kind(tmp_path: Path) -> None:
    code = "import json, awnas_gym.plugins as p; print(json.dumps([[x.rows, x.problems] for x in p.load_plugins()]))"
    plugins = json.loads(run(["-W", "error", "-c", code], tmp_path))
    assert sorted(kind for rows, _ in plugins for kind, _ in rows) == sorted(KINDS)
    assert [problems for _, problems in plugins] == [[]] * len(plugins)
    assert set(USES) | {"recorder"} == set(KINDS)


@pytest.mark.parametrize("kind", USES)
def test_example(kind: str, tmp_path: Path) -> None:
    if kind in {"network", "operation", "optimiser", "recipe", "scheduler", "supernet", "task", "measure"}:
        pytest.importorskip("torch", reason="needs the extra [torch]")
    run(["-W", "error::UserWarning", "-c", USES[kind]], tmp_path)


def test_the_examples_make_importing_the_package_no_heavier(tmp_path: Path) -> None:
    code = "import sys, awnas_gym; assert 'torch' not in sys.modules and 'awnas_gym.plugin_folder.lean' in sys.modules"
    run(["-c", code], tmp_path)


def test_names_that_nobody_knows_are_answered_with_those_of_plugins(tmp_path: Path) -> None:
    for option, wrong, right in (("--env", "examples/MPL-v0", "examples/MLP-v0"), ("--agent", "climbr", "climber")):
        assert f"Did you mean '{right}'?" in awnas(tmp_path, "search", option, wrong, code=1)


def test_the_recorder_fills_a_table_in_worker_processes(tmp_path: Path) -> None:
    recipe = str(EXAMPLES / "mlp_recipe.yaml")
    assert "curves: complete" in awnas(tmp_path, "tabulate", recipe, "--results", "m", "--workers", "2")
    assert "written: mlp.awnas" in awnas(tmp_path, "tabulate", recipe, "--results", "m", "--pack", "mlp.awnas")
    measured, shown = (
        awnas(tmp_path, "show", "32-8-relu", "--dataset", table) for table in ("mlp.awnas", "mlp_stripes")
    )
    (line,) = [line for line in shown.splitlines() if "valid_accuracy" in line]
    assert line in measured.splitlines()


def test_a_search_by_plugins_alone(tmp_path: Path) -> None:
    """A plugin's agent plays a plugin's environment by a plugin's objective."""
    parts = ["--agent", "climber", "--env", "examples/MLP-v0", "--env-arg", "objective=lean", "--evaluations", "20"]
    assert "climber" in awnas(tmp_path, "search", *parts, "--out", "runs")
    folder = tmp_path / "runs" / "climber" / "seed-0000"
    lines = [json.loads(line) for line in (folder / "history.jsonl").open()]
    assert len(lines) == 20
    best = max(line["reward"] for line in lines)
    assert 0.5 < best <= json.loads((folder / "summary.json").read_text())["reference"]["best"]


def test_a_search_with_the_agent_resumes(tmp_path: Path) -> None:
    """In worker processes, and with the history of an unbroken run."""
    parts = ["--agent", "climber", "--agent-arg", "patience=4", "--env-arg", "objective=lean"]
    command = ["search", *parts, "--evaluations", "60", "--seeds", "2", "--workers", "2"]
    awnas(tmp_path, *command, "--out", "whole")
    shutil.copytree(tmp_path / "whole", tmp_path / "broken")
    for seed, left in ((0, 7), (1, 59)):
        history = tmp_path / f"broken/climber/seed-000{seed}/history.jsonl"
        lines = history.read_text().splitlines(keepends=True)
        assert len(lines) == 60
        history.write_text("".join(lines[:left]))
    awnas(tmp_path, *command, "--out", "broken", "--resume")
    for seed in (0, 1):
        whole, broken = (
            [json.loads(line) for line in (tmp_path / out / f"climber/seed-000{seed}/history.jsonl").open()]
            for out in ("whole", "broken")
        )
        assert [{**line, "wall_s": 0} for line in broken] == [{**line, "wall_s": 0} for line in whole]
