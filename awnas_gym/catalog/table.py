"""`awnas/Table-v0` and its twin: any table, over any space."""

from __future__ import annotations

from typing import Literal

from awnas_gym.catalog.keywords import entry_point
from awnas_gym.catalog.multi_objective import multi_objective_env
from awnas_gym.catalog.tabular import tabular_env
from awnas_gym.envs import ArchitectureEnv
from awnas_gym.envs.abstract import Invalid
from awnas_gym.envs.multi_objective import MultiObjective
from awnas_gym.evaluators import Trial
from awnas_gym.objectives.vector import DEFAULT


@entry_point
def table(
    *,
    table: str = "fashion14",
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
    """Choose an architecture of any space; scores are looked up in a table of your own.

    ## Description
    `awnas data add FILE --space nasbench201 --name mine` makes a table of a CSV, Parquet or NPZ file with a column of
    architectures and columns of metrics; `gym.make("awnas/Table-v0", table="mine")` plays it. The table says which
    space that is; `env.unwrapped.space` tells its decisions.

    ## Action Space
    * `action_mode="build"` (default): `Discrete(n)`, the next decision; n is the largest number of choices.
    * `action_mode="joint"`: `MultiDiscrete`, all decisions at once, one step.
    * `action_mode="edit"`: `Discrete`, (decision, new value) as one number, `edits` steps.

    ## Observation Space
    `MultiDiscrete`, int64: one entry a decision; 0 is undecided, choice k is k + 1. The edit kind adds an entry, the
    edits left. With `mask_in_obs=True` a dictionary of `observations` and `action_mask`.

    ## Rewards
    0 until the architecture is finished, then the objective. `reward="metric"`: as it is. `reward="normalised"`: 0 =
    the mean architecture of the table, 1 = the best. The edit kind pays by how much an edit raised the objective.

    ## Starting State
    Nothing is decided. In the edit kind the architecture of `reset(options={"arch": [...]})`, else a random one.

    ## Episode End
    Terminates when the architecture is finished, in the edit kind after the last edit; never truncates.

    ## Information
    As in `awnas/NASBench201-v0`. An architecture that the table does not list has the record of one listed that
    computes the same function; if there is none, `missing` says so, and it earns the lowest recorded reward.

    ## Arguments
    Args:
        table: the name of a table (`awnas data list`), `"fashion14"`, or the path of a table file (`.awnas`).
        objective: a name from `awnas list objectives`, or a metric of the table, e.g. `"pixel3_latency_ms"`.

    ## Version History
    * v0: first version.
    """
    given = locals()
    return tabular_env("awnas/Table-v0", {"dataset": given.pop("table"), **given}, space=None)


@entry_point
def table_mo(
    *,
    table: str = "fashion14",
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
    """Choose an architecture of any space by several metrics of a table of your own, for MO-Gymnasium.

    ## Description
    As `awnas/Table-v0`, but several metrics count at once.

    ## Action Space
    As there, `action_mode="build"` or `"joint"`.

    ## Observation Space
    As there.

    ## Reward Space
    As in `awnas/NASBench201-MO-v0`.

    ## Starting State
    Nothing is decided.

    ## Episode End
    Terminates when the architecture is finished; never truncates.

    ## Information
    As in `awnas/Table-v0`.

    ## Arguments
    Args:
        table: the name of a table (`awnas data list`), `"fashion14"`, or the path of a table file (`.awnas`).

    ## Version History
    * v0: first version.
    """
    given = locals()
    return multi_objective_env("awnas/Table-MO-v0", {"dataset": given.pop("table"), **given}, space=None)
