"""`awnas/TransNASMicro-v0`, `awnas/TransNASMacro-v0` and their twins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from awnas_gym.catalog.keywords import entry_point, scored
from awnas_gym.catalog.multi_objective import multi_objective_env
from awnas_gym.catalog.official import TRANSNAS_MACRO, TRANSNAS_MICRO
from awnas_gym.catalog.tabular import tabular_env
from awnas_gym.envs import ArchitectureEnv
from awnas_gym.envs.abstract import Invalid
from awnas_gym.envs.multi_objective import MultiObjective
from awnas_gym.errors import UnknownNameError
from awnas_gym.evaluators import Trial
from awnas_gym.ingest.official.transnas_tasks import TASKS


@entry_point
def transnas_micro(
    *,
    task: str = "class_object",
    action_mode: Literal["build", "joint", "edit"] = "build",
    edits: int | None = None,
    objective: str | None = None,
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
    """Choose a cell for one of seven vision tasks; scores are those of TransNAS-Bench-101, whose file you bring.

    ## Description
    TransNAS-Bench-101 [Duan et al., CVPR 2021] trained 4,096 cells of four nodes on seven tasks over the images of
    Taskonomy, once each. `awnas data import transnas transnas-bench_v10141024.pth` makes the tables.

    | `task` | what is predicted | judged by |
    | --- | --- | --- |
    | `class_scene`, `class_object` | 47 scenes, 75 objects | accuracy |
    | `jigsaw` | which of 1,000 permutations nine tiles are in | accuracy |
    | `room_layout` | nine numbers that describe a room | mean squared error `mse`, negated |
    | `segmentsemantic` | the class of each pixel | mean intersection over union `miou` |
    | `normal`, `autoencoder` | surface normals, the image itself | structural similarity `ssim` |

    ## Action Space
    * `action_mode="build"` (default): `Discrete(4)`, the operation of the next edge, six steps.
    * `action_mode="joint"`: `MultiDiscrete([4] * 6)`, all six at once, one step.
    * `action_mode="edit"`: `Discrete(24)`, 4 * edge + operation: that edge gets that operation, `edits` steps.

    Edges in the order 0>1, 0>2, 1>2, 0>3, 1>3, 2>3; operations 0 none, 1 skip, 2 conv1x1, 3 conv3x3.

    ## Observation Space
    `MultiDiscrete([5] * 6)`, int64: one entry an edge; 0 is undecided, choice k is k + 1.
    The edit kind adds an entry, the edits left. With `mask_in_obs=True` a dictionary of `observations` and
    `action_mask`.

    ## Rewards
    0 until the cell is finished, then the objective, by default what the task is judged by. `reward="metric"`: as it
    is. `reward="normalised"`: 0 = the mean cell, 1 = the best, by this objective at this split, fidelity and trial.
    The edit kind pays, each step, by how much the edit raised the objective.

    ## Starting State
    Nothing is decided. In the edit kind the cell of `reset(options={"arch": [...]})`, else a random one; it is
    evaluated, which is an evaluation like any other.

    ## Episode End
    Terminates when the cell is finished, in the edit kind after the last edit; never truncates.

    ## Information
    As in `awnas/NASBench201-v0`. `cost_s` is the file's time since the training began. Further metrics are losses
    (`valid_loss`; `valid_mae` of `normal` and `autoencoder`), `valid_top5_accuracy`, `latency_ms`, `params`, `macs`.

    ## Arguments
    Args:
        task: one of the seven.
        objective: a name from `awnas list objectives`, or a metric of the table, e.g. `"valid_ssim"`; None for what the
            task is judged by.
        fidelity: epochs, from 1 on, all of one training; None for the last.

    ## Version History
    * v0: first version.
    """
    given = _given(locals(), objective="{split}_{score}")
    return tabular_env("awnas/TransNASMicro-v0", given, space="transnas_micro", official=TRANSNAS_MICRO)


@entry_point
def transnas_micro_mo(
    *,
    task: str = "class_object",
    action_mode: Literal["build", "joint"] = "build",
    objectives: str | None = None,
    split: str = "valid",
    fidelity: int | None = None,
    trial: Trial = "mean",
    columns: str | None = None,
    hardware: str | None = None,
    invalid: Invalid = "repair",
    mask_in_obs: bool = False,
    render_mode: str | None = None,
) -> MultiObjective:
    """Choose a cell of TransNAS-Bench-101 by several metrics, for MO-Gymnasium.

    ## Description
    As `awnas/TransNASMicro-v0`, but several metrics count at once.

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
    As in `awnas/TransNASMicro-v0`.

    ## Arguments
    Args:
        task: as in `awnas/TransNASMicro-v0`.
        objectives: names of metrics of the table, separated by commas; None for what the task is judged by, and
            `params`.
        fidelity: epochs, from 1 on, all of one training; None for the last.

    ## Version History
    * v0: first version.
    """
    given = _given(locals(), objectives="{split}_{score},params")
    return multi_objective_env("awnas/TransNASMicro-MO-v0", given, space="transnas_micro", official=TRANSNAS_MICRO)


@entry_point
def transnas_macro(
    *,
    task: str = "class_object",
    action_mode: Literal["build", "joint", "edit"] = "build",
    edits: int | None = None,
    objective: str | None = None,
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
    """Choose where a network widens and shrinks, for one of seven vision tasks; scores are TransNAS-Bench-101's.

    ## Description
    The macro space of TransNAS-Bench-101 [Duan et al., CVPR 2021]: 4 to 6 modules that may double the channels or halve
    the image, 3,256 networks. Tasks and file are those of `awnas/TransNASMicro-v0`.

    ## Action Space
    * `action_mode="build"` (default): `Discrete(5)`, the type of the next module, six steps. Choices of modules 1 to 4
      are types 1 to 4 (normal, channels x2, resolution /2, both); of modules 5 and 6 first "absent", then those. Masks
      leave networks that double the channels 1 to 3 times and halve the image 1 to 4 times.
    * `action_mode="joint"`: `MultiDiscrete([4, 4, 4, 4, 5, 5])`, all at once, one step.
    * `action_mode="edit"`: `Discrete(26)`, (decision, new value) as one number, `edits` steps.

    ## Observation Space
    `MultiDiscrete([5, 5, 5, 5, 6, 6])`, int64: one entry a module; 0 is undecided, choice k is k + 1.
    The edit kind adds an entry, the edits left. With `mask_in_obs=True` a dictionary of `observations` and
    `action_mask`.

    ## Rewards
    As in `awnas/TransNASMicro-v0`.

    ## Starting State
    Nothing is decided. In the edit kind the network of `reset(options={"arch": [...]})`, else a random one; it is
    evaluated, which is an evaluation like any other.

    ## Episode End
    Terminates when the network is finished, in the edit kind after the last edit; never truncates.

    ## Information
    As in `awnas/TransNASMicro-v0`.

    ## Arguments
    Args:
        task: as in `awnas/TransNASMicro-v0`.
        objective: as in `awnas/TransNASMicro-v0`.
        fidelity: epochs, from 1 on, all of one training; None for the last.

    ## Version History
    * v0: first version.
    """
    given = _given(locals(), objective="{split}_{score}")
    return tabular_env("awnas/TransNASMacro-v0", given, space="transnas_macro", official=TRANSNAS_MACRO)


@entry_point
def transnas_macro_mo(
    *,
    task: str = "class_object",
    action_mode: Literal["build", "joint"] = "build",
    objectives: str | None = None,
    split: str = "valid",
    fidelity: int | None = None,
    trial: Trial = "mean",
    columns: str | None = None,
    hardware: str | None = None,
    invalid: Invalid = "repair",
    mask_in_obs: bool = False,
    render_mode: str | None = None,
) -> MultiObjective:
    """Choose a network of TransNAS-Bench-101's macro space by several metrics, for MO-Gymnasium.

    ## Description
    As `awnas/TransNASMacro-v0`, but several metrics count at once.

    ## Action Space
    As there, `action_mode="build"` or `"joint"`.

    ## Observation Space
    As there.

    ## Reward Space
    As in `awnas/NASBench201-MO-v0`.

    ## Starting State
    Nothing is decided.

    ## Episode End
    Terminates when the network is finished; never truncates.

    ## Information
    As in `awnas/TransNASMicro-v0`.

    ## Arguments
    Args:
        task: as in `awnas/TransNASMicro-v0`.
        objectives: as in `awnas/TransNASMicro-MO-v0`.
        fidelity: epochs, from 1 on, all of one training; None for the last.

    ## Version History
    * v0: first version.
    """
    given = _given(locals(), objectives="{split}_{score},params")
    return multi_objective_env("awnas/TransNASMacro-MO-v0", given, space="transnas_macro", official=TRANSNAS_MACRO)


def _given(keywords: Mapping[str, Any], **open_ones: str) -> dict[str, Any]:
    """Return the keywords of a table: the task names it, and an objective that was left open is the task's own.

    Raises:
        UnknownNameError: there is no such task.
    """
    given = dict(keywords)
    task = given["dataset"] = given.pop("task")
    if task not in TASKS:
        raise UnknownNameError("task", task, TASKS)
    return scored(given, **{name: form.replace("{score}", TASKS[task].score) for name, form in open_ones.items()})
