"""Environment `examples/MLP-v0`: choose a perceptron; it is trained, and earns what it reaches."""

from __future__ import annotations

from typing import Literal

from awnas_gym.envs import ArchitectureEnv, BuildEnv, EditEnv, JointEnv, Judge
from awnas_gym.errors import UnknownNameError
from awnas_gym.evaluators import EVALUATORS, Trial
from awnas_gym.objectives import make_objective
from awnas_gym.spaces import SPACES
from awnas_gym.tables import Row

ROWS = {"environment": {"examples/MLP-v0": Row(f"{__name__}:mlp", "perceptrons, trained while the agent waits")}}

KINDS = {"build": BuildEnv, "joint": JointEnv, "edit": EditEnv}


def mlp(
    *,
    dataset: str = "stripes",
    action_mode: Literal["build", "joint", "edit"] = "build",
    objective: str = "accuracy",
    split: str = "valid",
    fidelity: int | None = None,
    trial: Trial = "mean",
    render_mode: str | None = None,
) -> ArchitectureEnv:
    """Choose the widths of two hidden layers and their activation.

    Args:
        dataset: a name from `awnas list datasets`, of 8x8 images in 4 classes.
        action_mode: `"build"`, `"joint"` or `"edit"`.
        objective: a name from `awnas list objectives`, or a metric.
        split: whose accuracy counts.
        fidelity: epochs; None for 10.
        trial: `"mean"` of three trainings, `"random"`, or the number of one.
        render_mode: `"ansi"`, `"svg"` or `"rgb_array"`.
    """
    if action_mode not in KINDS:
        raise UnknownNameError("action_mode", action_mode, KINDS)
    evaluator = EVALUATORS.load("mlp_training")(SPACES.load("mlp")(), dataset=dataset)
    judge = Judge(evaluator, make_objective(objective, split=split), split=split, fidelity=fidelity, trial=trial)
    return KINDS[action_mode](judge, render_mode=render_mode)
