"""`awnas/AnalogNASBench-v0` and its twin."""

from __future__ import annotations

from typing import Literal

from awnas_gym.catalog.keywords import entry_point
from awnas_gym.catalog.multi_objective import multi_objective_env
from awnas_gym.catalog.tabular import tabular_env
from awnas_gym.envs import ArchitectureEnv
from awnas_gym.envs.abstract import Invalid
from awnas_gym.envs.multi_objective import MultiObjective
from awnas_gym.evaluators import Trial


@entry_point
def analog_nasbench(
    *,
    dataset: str = "analog_nasbench",
    action_mode: Literal["build", "joint", "edit"] = "build",
    edits: int | None = None,
    objective: str = "analog_day_test_accuracy",
    reward: Literal["metric", "normalised"] = "metric",
    split: str = "test",
    fidelity: int | None = None,
    trial: Trial = "mean",
    hardware: str | None = None,
    invalid: Invalid = "repair",
    mask_in_obs: bool = False,
    render_mode: str | None = None,
) -> ArchitectureEnv:
    """Choose a NAS-Bench-201 cell that stays accurate on analog hardware; scores are of the package `analog-nasbench`.

    ## Description
    AnalogNAS-Bench [arXiv:2506.18495] trained each of the 15,625 cells of NAS-Bench-201 on CIFAR-10 and measured it
    again quantised and on simulated analog in-memory hardware, whose weights are noisy and drift with time. The
    finished cell earns what is left of its accuracy a day after it was written to that hardware.
    `pip install analog-nasbench` brings the numbers (3 MB); the package is read, not run, and what is read is
    kept in `$AWNAS_HOME/cache`. It states no licence, so nothing of it is shipped here.

    **Every number of this benchmark is of test images**: its authors kept none for validation. So the default reward is
    a test accuracy, by its full name and with `split="test"`; what an agent finds is reported on what it searched on.

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
    `reward="normalised"`: 0 = the mean cell, 1 = the best, by this objective.
    The edit kind pays, each step, by how much the edit raised the objective.

    ## Starting State
    Every edge undecided. In the edit kind the cell of `reset(options={"arch": [...]})`, else a random one; it is
    evaluated, which is an evaluation like any other.

    ## Episode End
    Terminates when the cell is finished, in the edit kind after the last edit; never truncates.

    ## Information
    As in `awnas/NASBench201-v0`. Metrics, each with `_test_accuracy` behind it: `clean` (floating point), `ptq` and
    `qat` (8 bits, quantised after training or trained on so), `noisy` (the clean weights on the analog hardware) and
    `analog` (trained on with its noise); `noisy_minute`, `noisy_hour`, `noisy_day`, `noisy_month` and `analog_minute`,
    `analog_hour`, `analog_day`, `analog_month` after that much drift. There is no `cost_s` and no latency.

    ## Arguments
    Args:
        dataset: `"analog_nasbench"` (CIFAR-10), a table of your own (`awnas data list`), or the path of a table file
            (`.awnas`) over this space.
        edits: steps of an episode of the edit kind; None for 6, one an edge.
        objective: a metric of the table, such as `"qat_test_accuracy"`.
        split: `"test"`, the only one there is.
        fidelity: None; the package holds one.
        trial: `"mean"`; the package holds one training a cell.
        invalid: `"repair"`, `"penalty"` or `"raise"`; in this space no action is illegal.

    ## Version History
    * v0: first version.
    """
    return tabular_env("awnas/AnalogNASBench-v0", locals(), space="nasbench201")


@entry_point
def analog_nasbench_mo(
    *,
    dataset: str = "analog_nasbench",
    action_mode: Literal["build", "joint"] = "build",
    objectives: str = "clean_test_accuracy,analog_day_test_accuracy",
    split: str = "test",
    fidelity: int | None = None,
    trial: Trial = "mean",
    hardware: str | None = None,
    invalid: Invalid = "repair",
    mask_in_obs: bool = False,
    render_mode: str | None = None,
) -> MultiObjective:
    """Choose a NAS-Bench-201 cell by its accuracy on digital and on analog hardware, for MO-Gymnasium.

    ## Description
    As `awnas/AnalogNASBench-v0`, but several metrics count at once: by default the accuracy in floating point and that
    on analog hardware after a day of drift. All are of test images, as there.

    ## Action Space
    As there: `Discrete(5)`, six steps, or with `action_mode="joint"` `MultiDiscrete([5] * 6)`, one step.

    ## Observation Space
    As there.

    ## Reward Space
    As in `awnas/NASBench201-MO-v0`.

    ## Starting State
    Every edge undecided.

    ## Episode End
    Terminates when the cell is finished; never truncates.

    ## Information
    As in `awnas/AnalogNASBench-v0`.

    ## Arguments
    Args:
        dataset: as in `awnas/AnalogNASBench-v0`.
        objectives: names of metrics of the table, separated by commas.
        split: `"test"`, the only one there is.
        fidelity: None; the package holds one.
        trial: `"mean"`; the package holds one training a cell.
        invalid: `"repair"`, `"penalty"` or `"raise"`; in this space no action is illegal.

    ## Version History
    * v0: first version.
    """
    return multi_objective_env("awnas/AnalogNASBench-MO-v0", locals(), space="nasbench201")
