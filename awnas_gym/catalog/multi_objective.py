"""The multi-objective twins: ids with -MO-, whose rewards are vectors."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from awnas_gym.catalog.keywords import entry_point
from awnas_gym.catalog.official import NASBENCH201, Official
from awnas_gym.catalog.tabular import (
    REQUIRED,
    Types,
    View,
    as_it_is,
    check_given,
    make_judge,
    open_evaluator,
    shell,
)
from awnas_gym.envs.abstract import Invalid
from awnas_gym.envs.multi_objective import MOBuildEnv, MOJointEnv, MultiObjective
from awnas_gym.evaluators import Trial
from awnas_gym.objectives.vector import DEFAULT, VectorObjective

KINDS: dict[str, type[MultiObjective]] = {"build": MOBuildEnv, "joint": MOJointEnv}


def multi_objective_env(
    id_: str,
    given: Mapping[str, Any],
    *,
    space: str | None,
    official: Official | None = None,
    further: Types = MappingProxyType({}),
    view: View = as_it_is,
) -> MultiObjective:
    """Return the environment of an id for the keywords `given`; the arguments are those of `tabular_env`.

    Raises:
        SettingError: a keyword of the wrong type, or a table over another space.
        UnknownNameError: no such kind, metric or table.
        MissingMetricError: the table does not hold an objective.
        MissingDataError: an official table was not imported.
    """
    required = {name: types for name, types in REQUIRED.items() if name not in {"objective", "reward"}}
    given = check_given(id_, given, required={**required, "objectives": str, **further}, kinds=KINDS)
    evaluator = view(open_evaluator(id_, given, space=space, official=official), given)
    judge = make_judge(evaluator, VectorObjective(given["objectives"], split=given["split"]), given)
    return KINDS[given["action_mode"]](judge, **shell(given))


@entry_point
def nasbench201(
    *,
    dataset: str = "fashion14",
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
    """Choose the six operations of a NAS-Bench-201 cell; the reward is a vector, for MO-Gymnasium.

    ## Description
    As `awnas/NASBench201-v0`, but several metrics count at once.

    ## Action Space
    As there: `Discrete(5)`, six steps, or with `action_mode="joint"` `MultiDiscrete([5] * 6)`, one step.

    ## Observation Space
    As there.

    ## Reward Space
    `Box`, float64, one entry an objective in the order given; finite, from what the table holds. 0 until the cell is
    finished, then the metrics; those to be minimised (latency, parameters) are negated, so more is always better.

    ## Starting State
    Every edge undecided.

    ## Episode End
    Terminates when the cell is finished; never truncates.

    ## Information
    As in `awnas/NASBench201-v0`. A cell without a record earns the worst recorded value of each objective.

    The environment (`env.unwrapped`) knows the exact front: `pareto_set()`, `pareto_front()`, `ideal`, `nadir`,
    `reference_point`, `hypervolume(points)`.

    ## Arguments
    Args:
        dataset: as in `awnas/NASBench201-v0`.
        invalid: `"repair"`, `"penalty"` or `"raise"`; in this space no action is illegal.

    ## Version History
    * v0: first version.
    """
    return multi_objective_env("awnas/NASBench201-MO-v0", locals(), space="nasbench201", official=NASBENCH201)
