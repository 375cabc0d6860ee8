"""`awnas/NATSBenchSSS-v0` and its twin."""

from __future__ import annotations

from typing import Literal

from awnas_gym.catalog.keywords import entry_point
from awnas_gym.catalog.multi_objective import multi_objective_env
from awnas_gym.catalog.official import NATS_SSS
from awnas_gym.catalog.tabular import tabular_env
from awnas_gym.envs import ArchitectureEnv
from awnas_gym.envs.abstract import Invalid
from awnas_gym.envs.multi_objective import MultiObjective
from awnas_gym.evaluators import Trial
from awnas_gym.objectives.vector import DEFAULT


@entry_point
def nats_sss(
    *,
    dataset: str = "cifar10",
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
    """Choose the widths of five layers; scores are those of NATS-Bench, whose files you bring.

    ## Description
    The size space of NATS-Bench [Dong et al., TPAMI 2021]: how many channels, 8 to 64, each of five layers has, three
    cells and two reductions, 32,768 networks. `awnas data import nats-sss NATS-sss-v1_0-50262-simple` makes the tables.

    ## Action Space
    * `action_mode="build"` (default): `Discrete(8)`, the width of the next layer, five steps; choice k is 8 (k + 1)
      channels.
    * `action_mode="joint"`: `MultiDiscrete([8] * 5)`, all five at once, one step.
    * `action_mode="edit"`: `Discrete(40)`, 8 * layer + choice: that layer gets that width, `edits` steps.

    ## Observation Space
    `MultiDiscrete([9] * 5)`, int64: one entry a layer; 0 is undecided, choice k is k + 1.
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
    As in `awnas/NASBench201-v0`. `cost_s` is the time of the training and of one validation, as NATS-Bench counts it.

    ## Arguments
    Args:
        dataset: `"cifar10"`, `"cifar100"` or `"ImageNet16-120"` (with `-curves12` or `-curves90` behind, every epoch of
            that training), a table of your own (`awnas data list`), or the path of a table file (`.awnas`) over this
            space.
        fidelity: 1, 12 or 90 epochs, each a training of its own; None for 90.

    ## Version History
    * v0: first version.
    """
    return tabular_env("awnas/NATSBenchSSS-v0", locals(), space="nats_size", official=NATS_SSS)


@entry_point
def nats_sss_mo(
    *,
    dataset: str = "cifar10",
    action_mode: Literal["build", "joint"] = "build",
    objectives: str = DEFAULT,
    split: str = "valid",
    fidelity: int | None = None,
    trial: Trial = "mean",
    columns: str | None = None,
    hardware: str | None = None,
    invalid: Invalid = "repair",
    mask_in_obs: bool = False,
    render_mode: str | None = None,
) -> MultiObjective:
    """Choose the widths of five layers by several metrics, for MO-Gymnasium.

    ## Description
    As `awnas/NATSBenchSSS-v0`, but several metrics count at once.

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
    As in `awnas/NATSBenchSSS-v0`.

    ## Arguments
    Args:
        dataset: as in `awnas/NATSBenchSSS-v0`.
        fidelity: 1, 12 or 90 epochs, each a training of its own; None for 90.

    ## Version History
    * v0: first version.
    """
    return multi_objective_env("awnas/NATSBenchSSS-MO-v0", locals(), space="nats_size", official=NATS_SSS)
