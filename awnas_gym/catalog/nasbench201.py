"""`awnas/NASBench201-v0`."""

from __future__ import annotations

from typing import Literal

from awnas_gym.catalog.keywords import entry_point
from awnas_gym.catalog.official import NASBENCH201
from awnas_gym.catalog.tabular import tabular_env
from awnas_gym.envs import ArchitectureEnv
from awnas_gym.envs.abstract import Invalid
from awnas_gym.evaluators import Trial


@entry_point
def nasbench201(
    *,
    dataset: str = "fashion14",
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
    """Choose the six operations of a NAS-Bench-201 cell; scores are looked up in a table, nothing is trained.

    ## Description
    The cell of NAS-Bench-201 [Dong & Yang, ICLR 2020] has 4 nodes and 6 edges; each edge carries one of 5
    operations. The finished cell earns the accuracy that a network built of it reached, read from a table.

    ## Action Space
    * `action_mode="build"` (default): `Discrete(5)`, the operation of the next edge, six steps.
    * `action_mode="joint"`: `MultiDiscrete([5] * 6)`, all six at once, one step.
    * `action_mode="edit"`: `Discrete(30)`, 5 * edge + operation: that edge gets that operation, `edits` steps.

    0 none, 1 skip_connect, 2 nor_conv_1x1, 3 nor_conv_3x3, 4 avg_pool_3x3.

    ## Observation Space
    `MultiDiscrete([6] * 6)`, int64: one entry an edge in the order 0->1, 0->2, 1->2, 0->3, 1->3, 2->3;
    0 is undecided, operation k is k + 1. The edit kind adds an entry, the edits left.
    With `mask_in_obs=True` a dictionary of `observations` and `action_mask`.

    ## Rewards
    0 until the cell is finished, then the objective. `reward="metric"`: as it is, an accuracy in [0, 1].
    `reward="normalised"`: 0 = the mean cell, 1 = the best, by this objective at this split, fidelity and trial (of
    `"random"`, the best training); the scale stays when `reset(options=...)` changes fidelity or trial.
    The edit kind pays, each step, by how much the edit raised the objective.

    ## Starting State
    Every edge undecided. In the edit kind the cell of `reset(options={"arch": [...]})`, else a random one; it is
    evaluated, which is an evaluation like any other.

    ## Episode End
    Terminates when the cell is finished, in the edit kind after the last edit; never truncates.

    ## Information
    Each step: `action_mask`, `invalid`. With an evaluation (at the end; in the edit kind at each step and in the
    info of `reset`, and there also `value`, the objective) also `architecture` (genotype), `arch_key` (equal for cells
    that compute the same function), `metrics` (of the chosen split, and latency, parameters, MACs), `cost_s`
    (seconds the trainings behind the answer take on the machine of the card), `split`, `fidelity`, `trial`;
    `missing` where the table holds no record: such a cell earns the lowest recorded reward; `cost` where the objective
    has a constraint: by how much it is broken.

    ## Arguments
    Args:
        dataset: `"fashion14"` (embedded); `"cifar10"`, `"cifar100"` or `"ImageNet16-120"`, the official tables, whose
            files you bring (with `-curves12` or `-curves200` behind, every epoch of the short or the long training); a
            table of your own (`awnas data list`), or the path of a table file (`.awnas`) over this space.
        edits: steps of an episode of the edit kind; None for 6, one an edge.
        invalid: `"repair"`, `"penalty"` or `"raise"`; in this space no action is illegal.

    ## Version History
    * v0: first version.
    """
    return tabular_env("awnas/NASBench201-v0", locals(), space="nasbench201", official=NASBENCH201)
