"""`awnas/NASBench101-v0` and its twin."""

from __future__ import annotations

from typing import Literal

from awnas_gym.catalog.keywords import entry_point
from awnas_gym.catalog.multi_objective import multi_objective_env
from awnas_gym.catalog.official import NASBENCH101
from awnas_gym.catalog.tabular import tabular_env
from awnas_gym.envs import ArchitectureEnv
from awnas_gym.envs.abstract import Invalid
from awnas_gym.envs.multi_objective import MultiObjective
from awnas_gym.evaluators import Trial


@entry_point
def nasbench101(
    *,
    dataset: str = "nasbench101",
    action_mode: Literal["build", "joint", "edit"] = "build",
    edits: int | None = None,
    objective: str = "accuracy",
    reward: Literal["metric", "normalised"] = "metric",
    split: str = "valid",
    fidelity: int | None = None,
    trial: Trial = "mean",
    columns: str | None = None,
    hardware: str | None = None,
    invalid: Invalid = "repair",
    mask_in_obs: bool = False,
    render_mode: str | None = None,
    protocol: str | None = None,
) -> ArchitectureEnv:
    """Choose the graph of a NAS-Bench-101 cell; scores are those of the official files, which you bring.

    ## Description
    The cell of NAS-Bench-101 [Ying et al., ICML 2019] is a graph of an input, up to 5 interior vertices with one of 3
    operations each, and an output, with at most 9 edges: 423,624 different cells, each trained three times on CIFAR-10
    for 4, 12, 36 and 108 epochs. `awnas data import nasbench101 nasbench_only108.tfrecord` (or
    `nasbench_full.tfrecord`) makes the table. Any graph finds its row, whatever the order of its vertices and whatever
    hangs off its paths.

    ## Action Space
    * `action_mode="build"` (default): `Discrete(3)`, the next decision, 26 steps: 21 edges (0 no, 1 yes), edge x->y at
      x + y (y - 1) / 2, then 5 operations (0 conv3x3-bn-relu, 1 conv1x1-bn-relu, 2 maxpool3x3). Masks leave no illegal
      graph: 9 edges at most, and a path from the input to the output.
    * `action_mode="joint"`: `MultiDiscrete([2] * 21 + [3] * 5)`, all at once, one step.
    * `action_mode="edit"`: `Discrete(57)`, (decision, new value) as one number, `edits` steps.

    ## Observation Space
    `MultiDiscrete([3] * 21 + [4] * 5)`, int64: one entry a decision; 0 is undecided, choice k is k + 1.
    The edit kind adds an entry, the edits left. With `mask_in_obs=True` a dictionary of `observations` and
    `action_mask`.

    ## Rewards
    0 until the cell is finished, then the objective. `reward="metric"`: as it is, an accuracy in [0, 1].
    `reward="normalised"`: 0 = the mean cell, 1 = the best, by this objective at this split, fidelity and trial.
    The edit kind pays, each step, by how much the edit raised the objective.

    ## Starting State
    Nothing is decided. In the edit kind the cell of `reset(options={"arch": [...]})`, else a random one; it is
    evaluated, which is an evaluation like any other.

    ## Episode End
    Terminates when the cell is finished, in the edit kind after the last edit; never truncates.

    ## Information
    As in `awnas/NASBench201-v0`. Metrics are also `halfway_valid_accuracy` and its like, after half of the epochs;
    `cost_s` is the training time that the benchmark recorded, of all trainings that `trial="mean"` averages.

    ## Arguments
    Args:
        dataset: `"nasbench101"`, the imported table; a table of your own (`awnas data list`), or the path of a table
            file (`.awnas`) over this space.
        objective: a name from `awnas list objectives`, or a metric of the table, e.g. `"params"`.
        fidelity: 4, 12, 36 or 108 epochs, each a training of its own; None for 108.

    ## Version History
    * v0: first version.
    """
    return tabular_env("awnas/NASBench101-v0", locals(), space="nasbench101", official=NASBENCH101)


@entry_point
def nasbench101_mo(
    *,
    dataset: str = "nasbench101",
    action_mode: Literal["build", "joint"] = "build",
    objectives: str = "accuracy,params",
    split: str = "valid",
    fidelity: int | None = None,
    trial: Trial = "mean",
    columns: str | None = None,
    hardware: str | None = None,
    invalid: Invalid = "repair",
    mask_in_obs: bool = False,
    render_mode: str | None = None,
) -> MultiObjective:
    """Choose the graph of a NAS-Bench-101 cell by several metrics, for MO-Gymnasium.

    ## Description
    As `awnas/NASBench101-v0`, but several metrics count at once.

    ## Action Space
    As there, `action_mode="build"` or `"joint"`.

    ## Observation Space
    As there.

    ## Reward Space
    As in `awnas/NASBench201-MO-v0`.

    ## Starting State
    Nothing is decided.

    ## Episode End
    Terminates when the cell is finished; never truncates.

    ## Information
    As in `awnas/NASBench101-v0`.

    ## Arguments
    Args:
        dataset: as in `awnas/NASBench101-v0`.
        fidelity: 4, 12, 36 or 108 epochs, each a training of its own; None for 108.

    ## Version History
    * v0: first version.
    """
    return multi_objective_env("awnas/NASBench101-MO-v0", locals(), space="nasbench101", official=NASBENCH101)
