"""`awnas/NASBench1Shot1-v0` and its twin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from awnas_gym.catalog.keywords import entry_point
from awnas_gym.catalog.multi_objective import multi_objective_env
from awnas_gym.catalog.official import NASBENCH101
from awnas_gym.catalog.tabular import tabular_env
from awnas_gym.envs import ArchitectureEnv
from awnas_gym.envs.abstract import Invalid
from awnas_gym.envs.multi_objective import MultiObjective
from awnas_gym.evaluators import Trial
from awnas_gym.evaluators.joined import JoinedEvaluator
from awnas_gym.evaluators.subspace import SubspaceEvaluator
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.spaces.nasbench_1shot1 import NASBench1Shot1

_FURTHER = {"variant": int}


@entry_point
def nasbench_1shot1(
    *,
    dataset: str = "nasbench101",
    variant: int = 1,
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
) -> ArchitectureEnv:
    """Choose a NAS-Bench-101 cell out of a space in which weights can be shared; scores are those of NAS-Bench-101.

    ## Description
    NAS-Bench-1Shot1 [Zela et al., ICLR 2020] cuts three spaces out of NAS-Bench-101, in which every vertex reads a
    fixed number of earlier ones, so that a one-shot network can be trained on them and its ranking compared with the
    records. Here they are played on the records. `awnas data import nasbench101 nasbench_only108.tfrecord` (or
    `nasbench_full.tfrecord`) makes the table; there is no other file.

    | `variant` | interior vertices | vertices that each reads; the output | architectures | different cells |
    | --- | --- | --- | --- | --- |
    | 1 | 4 | 1, 2, 2, 2; 2 | 14,580 | 2,685 |
    | 2 | 4 | 1, 1, 2, 2; 3 | 29,160 | 7,773 |
    | 3 | 5 | 1, 1, 1, 2, 2; 2 | 1,312,200 | 55,854 |

    All choices are counted, also graphs with loose ends, vertices that nobody reads; these are cut off, so that many
    architectures are one cell. The paper counts 6,240, 29,160 and 363,648; only the second is one of the numbers above.

    ## Action Space
    Of variant 1:

    * `action_mode="build"` (default): `Discrete(10)`, the next decision, 7 steps: vertex by vertex which earlier ones
      it reads (where there is a choice) and its operation (0 conv3x3-bn-relu, 1 conv1x1-bn-relu, 2 maxpool3x3), last
      what the output reads. Choices of what is read are in the order of `itertools.combinations`.
    * `action_mode="joint"`: `MultiDiscrete([3, 3, 3, 3, 6, 3, 10])`, all at once, one step.
    * `action_mode="edit"`: `Discrete(31)`, (decision, new value) as one number, `edits` steps.

    Variant 2 has the decisions `[3, 2, 3, 3, 3, 6, 3, 10]`, variant 3 `[3, 2, 3, 3, 3, 6, 3, 10, 3, 15]`.

    ## Observation Space
    `MultiDiscrete`, int64: one entry a decision; 0 is undecided, choice k is k + 1. The edit kind adds an entry, the
    edits left. With `mask_in_obs=True` a dictionary of `observations` and `action_mask`.

    ## Rewards
    0 until the cell is finished, then the objective. `reward="metric"`: as it is, an accuracy in [0, 1].
    `reward="normalised"`: 0 = the mean architecture of the variant, 1 = the best, by this objective at this split,
    fidelity and trial; of variant 3 that takes some seconds once. The edit kind pays, each step, by how much the edit
    raised the objective.

    ## Starting State
    Nothing is decided. In the edit kind the cell of `reset(options={"arch": [...]})`, else a random one; it is
    evaluated, which is an evaluation like any other.

    ## Episode End
    Terminates when the cell is finished, in the edit kind after the last edit; never truncates.

    ## Information
    As in `awnas/NASBench101-v0`. `architecture` is the graph with its loose ends in the notation of NAS-Bench-101,
    `arch_key` that of the first architecture of the variant which is the same cell.

    ## Arguments
    Args:
        dataset: as in `awnas/NASBench101-v0`.
        variant: 1, 2 or 3, the paper's search space of that number.
        objective: a name from `awnas list objectives`, or a metric of the table, e.g. `"params"`.
        fidelity: 4, 12, 36 or 108 epochs, each a training of its own; None for 108.
        invalid: `"repair"`, `"penalty"` or `"raise"`; in these spaces every choice of a decision is legal.

    ## Version History
    * v0: first version.
    """
    return tabular_env(
        "awnas/NASBench1Shot1-v0", locals(), space="nasbench101", official=NASBENCH101, further=_FURTHER, view=_view
    )


@entry_point
def nasbench_1shot1_mo(
    *,
    dataset: str = "nasbench101",
    variant: int = 1,
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
    """Choose a cell of NAS-Bench-1Shot1 by several metrics, for MO-Gymnasium.

    ## Description
    As `awnas/NASBench1Shot1-v0`, but several metrics count at once.

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
    As in `awnas/NASBench1Shot1-v0`.

    ## Arguments
    Args:
        dataset: as in `awnas/NASBench101-v0`.
        variant: 1, 2 or 3, the paper's search space of that number.
        fidelity: 4, 12, 36 or 108 epochs, each a training of its own; None for 108.
        invalid: as in `awnas/NASBench1Shot1-v0`.

    ## Version History
    * v0: first version.
    """
    return multi_objective_env(
        "awnas/NASBench1Shot1-MO-v0", locals(), space="nasbench101", official=NASBENCH101, further=_FURTHER, view=_view
    )


def _view(recorded: TableEvaluator | JoinedEvaluator, given: Mapping[str, Any]) -> SubspaceEvaluator:
    """Return what the table says of the variant's architectures, in the table's own network."""
    space = NASBench1Shot1(variant=given["variant"], **recorded.space.settings)
    return SubspaceEvaluator(recorded, space, space.to_nasbench101)
