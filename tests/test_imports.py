"""What importing the package costs: nothing that only an extra provides."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

HEAVY = {
    "torch",
    "torchvision",
    "safetensors",
    "matplotlib",
    "plotly",
    "stable_baselines3",
    "sb3_contrib",
    "tensorboard",
}

PLAY = """
import gymnasium as gym, awnas_gym
env = gym.make("awnas/NASBench201-v0"{arguments})
env.reset(seed=0)
while True:
    *_, terminated, truncated, info = env.step(env.action_space.sample())
    if terminated or truncated:
        break
assert info["metrics"]
"""


def all_modules_after(code: str) -> set[str]:
    """Return the modules that a fresh interpreter without plugin files holds after `code`."""
    code += "\nimport json, sys; print('\\n' + json.dumps(sorted(sys.modules)))"
    environment = {**os.environ, "AWNAS_HOME": os.devnull, "AWNAS_PLUGIN_DIR": ""}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout.splitlines()[-1]))


def modules_after(code: str) -> set[str]:
    """Return the top-level ones of these."""
    return {name.partition(".")[0] for name in all_modules_after(code)}


@pytest.mark.parametrize(
    "code",
    [
        "import awnas_gym",
        PLAY.format(arguments=""),
        PLAY.format(arguments=", action_mode='joint'"),
        PLAY.format(arguments=", render_mode='ansi'") + "assert env.render()",
        PLAY.format(arguments=", render_mode='svg'") + "assert env.render()",
        "from awnas_gym.agents import AGENTS; [AGENTS.load(name) for name in AGENTS if AGENTS[name].extra is None]",
        "import awnas_gym.cli.main",
    ],
    ids=["import", "build", "joint", "ansi", "svg", "agents", "command line"],
)
def test_nothing_of_an_extra_is_imported(code: str) -> None:
    assert modules_after(code) & HEAVY == set()


def test_importing_the_package_registers_the_environments() -> None:
    code = "import gymnasium, awnas_gym; assert 'awnas/NASBench201-v0' in gymnasium.registry"
    assert "gymnasium" in modules_after(code)


def test_importing_the_package_costs_little_beside_gymnasium() -> None:
    """Without plugins nothing is read to look for them: no `importlib.metadata`, which takes 15 ms."""
    ours = all_modules_after("import awnas_gym") - all_modules_after("import gymnasium")
    assert ours == {
        "awnas_gym",
        "awnas_gym.catalog",
        "awnas_gym.errors",
        "awnas_gym.home",
        "awnas_gym.plugins",
        "awnas_gym.tables",
    }


def test_the_check_itself_sees_a_heavy_import() -> None:
    """A gate that never fails is none: the same look at a module that is imported."""
    assert "decimal" in modules_after("import decimal")
