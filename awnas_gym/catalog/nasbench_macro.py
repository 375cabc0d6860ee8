"""`awnas/NASBenchMacro-v0` and its twin."""

from __future__ import annotations

from typing import Literal

from awnas_gym.catalog.keywords import entry_point
from awnas_gym.catalog.multi_objective import multi_objective_env
from awnas_gym.catalog.official import NASBENCH_MACRO
from awnas_gym.catalog.tabular import tabular_env
from awnas_gym.envs import ArchitectureEnv
from awnas_gym.envs.abstract import Invalid
from awnas_gym.envs.multi_objective import MultiObjective
from awnas_gym.evaluators import Trial


@entry_point
def nasbench_macro(
    *,
    dataset: str = "nasbench_macro",
    action_mode: Literal["build", "joint", "edit"] = "build",
    edits: int | None = None,
    objective: str = "accuracy",
    reward: Literal["metric", "normalised"] = "metric",
    split: str = "test",
    fidelity: int | None = None,
    trial: Trial = "mean",
    hardware: str | None = None,
    invalid: Invalid = "repair",
    mask_in_obs: bool = False,
    render_mode: str | None = None,
) -> ArchitectureEnv:
    """Choose the block of 8 layers; scores are those of NAS-Bench-Macro, whose file you bring.

    ## Description
    NAS-Bench-Macro [Su et al., CVPR 2021]: 8 layers with one of 3 mobile blocks each, 6,561 networks, each trained
    three times on CIFAR-10. `awnas data import nasbench-macro nas-bench-macro_cifar10.json` makes the table.

    **Every accuracy of this benchmark is of test images**: its authors published no other. So `split` is `"test"` here,
    and what an agent finds is optimistic by as much as it has searched.

    ## Action Space
    * `action_mode="build"` (default): `Discrete(3)`, the block of the next layer, eight steps.
    * `action_mode="joint"`: `MultiDiscrete([3] * 8)`, all eight at once, one step.
    * `action_mode="edit"`: `Discrete(24)`, 3 * layer + choice: that layer gets that block, `edits` steps.

    0 identity, 1 kernel 3 and expansion 3, 2 kernel 5 and expansion 6. Where the shape changes, 0 is a 1x1 convolution.

    ## Observation Space
    `MultiDiscrete([4] * 8)`, int64: one entry a layer; 0 is undecided, choice k is k + 1.
    The edit kind adds an entry, the edits left. With `mask_in_obs=True` a dictionary of `observations` and
    `action_mask`.

    ## Rewards
    0 until the network is finished, then the objective. `reward="metric"`: as it is, an accuracy in [0, 1].
    `reward="normalised"`: 0 = the mean network, 1 = the best, by this objective at this split, fidelity and trial.
    The edit kind pays, each step, by how much the edit raised the objective.

    ## Starting State
    Nothing is decided. In the edit kind the network of `reset(options={"arch": [...]})`, else a random one; it is
    evaluated, which is an evaluation like any other.

    ## Episode End
    Terminates when the network is finished, in the edit kind after the last edit; never truncates.

    ## Information
    As in `awnas/NASBench201-v0`. There is no `cost_s`: nobody recorded training times.

    ## Arguments
    Args:
        dataset: `"nasbench_macro"`, the imported table; a table of your own (`awnas data list`), or the path of a table
            file (`.awnas`) over this space.
        objective: a name from `awnas list objectives`, or a metric of the table, e.g. `"params"`.
        split: `"test"`, the only one there is.
        fidelity: None; the benchmark holds one.

    ## Version History
    * v0: first version.
    """
    return tabular_env("awnas/NASBenchMacro-v0", locals(), space="nasbench_macro", official=NASBENCH_MACRO)


@entry_point
def nasbench_macro_mo(
    *,
    dataset: str = "nasbench_macro",
    action_mode: Literal["build", "joint"] = "build",
    objectives: str = "accuracy,params",
    split: str = "test",
    fidelity: int | None = None,
    trial: Trial = "mean",
    hardware: str | None = None,
    invalid: Invalid = "repair",
    mask_in_obs: bool = False,
    render_mode: str | None = None,
) -> MultiObjective:
    """Choose the block of 8 layers by several metrics, for MO-Gymnasium.

    ## Description
    As `awnas/NASBenchMacro-v0`, but several metrics count at once.

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
    As in `awnas/NASBenchMacro-v0`.

    ## Arguments
    Args:
        dataset: as in `awnas/NASBenchMacro-v0`.
        split: `"test"`, the only one there is.
        fidelity: None; the benchmark holds one.

    ## Version History
    * v0: first version.
    """
    return multi_objective_env("awnas/NASBenchMacro-MO-v0", locals(), space="nasbench_macro", official=NASBENCH_MACRO)
