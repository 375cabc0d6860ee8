"""`awnas/NASBench301-v0` and its twin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from awnas_gym.catalog.keywords import entry_point
from awnas_gym.catalog.multi_objective import KINDS as MO_KINDS
from awnas_gym.catalog.tabular import KINDS, REQUIRED, check_given, hardware_costs, shell
from awnas_gym.envs import ArchitectureEnv, Judge
from awnas_gym.envs.abstract import Invalid
from awnas_gym.envs.multi_objective import MultiObjective
from awnas_gym.errors import MissingDataError
from awnas_gym.evaluators import Trial
from awnas_gym.evaluators.surrogate301 import make_surrogate301
from awnas_gym.objectives import AbstractObjective, make_objective
from awnas_gym.objectives.vector import VectorObjective


@entry_point
def nasbench301(
    *,
    models: str | None = None,
    runtime: str | None = None,
    action_mode: Literal["build", "joint", "edit"] = "build",
    edits: int | None = None,
    objective: str = "accuracy",
    split: str = "valid",
    fidelity: int | None = None,
    trial: Trial = "mean",
    hardware: str | None = None,
    invalid: Invalid = "repair",
    mask_in_obs: bool = False,
    render_mode: str | None = None,
) -> ArchitectureEnv:
    """Choose the cells of DARTS; scores are predicted by the surrogate models of NAS-Bench-301, which you bring.

    ## Description
    NAS-Bench-301 [Zela et al., ICLR 2022] trained some 60,000 networks of the space of DARTS on CIFAR-10 and fitted
    ensembles to them, which predict the accuracy of all 1.1e18. The package `nasbench301` loads them; it needs
    old versions of many packages, so give it a Python environment of its own.

    ## Action Space
    * `action_mode="build"` (default): `Discrete(10)`, the next decision, 22 steps: of each node of the normal, then of
      the reduction cell the pair of values it reads (the first node has no choice) and the operations on them.
    * `action_mode="joint"`: `MultiDiscrete([7, 7, 3, 7, 7, 6, 7, 7, 10, 7, 7] * 2)`, all at once, one step.
    * `action_mode="edit"`: `Discrete(150)`, (decision, new value) as one number, `edits` steps.

    Operations: 0 max_pool_3x3, 1 avg_pool_3x3, 2 skip_connect, 3 sep_conv_3x3, 4 sep_conv_5x5, 5 dil_conv_3x3,
    6 dil_conv_5x5.

    ## Observation Space
    `MultiDiscrete`, int64: one entry a decision; 0 is undecided, choice k is k + 1. The edit kind adds an entry, the
    edits left. With `mask_in_obs=True` a dictionary of `observations` and `action_mask`.

    ## Rewards
    0 until the architecture is finished, then the objective, an accuracy in [0, 1]. The edit kind pays, each step, by
    how much the edit raised the objective. Nobody knows the best of so many, so there are no normalised rewards.

    ## Starting State
    Nothing is decided. In the edit kind the architecture of `reset(options={"arch": [...]})`, else a random one; it is
    evaluated, which is an evaluation like any other.

    ## Episode End
    Terminates when the architecture is finished, in the edit kind after the last edit; never truncates.

    ## Information
    As in `awnas/NASBench201-v0`. Metrics are the predicted `valid_accuracy`, and parameters and multiply-accumulates of
    the network; `cost_s` is the predicted training time, if `runtime` is given.

    ## Arguments
    Args:
        models: folder of a performance model, e.g. `nb_models/xgb_v1.0`. Its pickles are run: load the authors' alone.
        runtime: folder of a runtime model, e.g. `nb_models/lgb_runtime_v1.0`; None for no `cost_s`.
        objective: a name from `awnas list objectives`, or `"valid_accuracy"`, `"params"`, `"macs"`, `"cost_s"`.
        split: `"valid"`; the models know no other.
        fidelity: None; the models predict the end of training.
        trial: `"mean"` of the ensemble, or `"random"`: with the noise of its members' disagreement.

    ## Version History
    * v0: first version.
    """
    given = check_given("awnas/NASBench301-v0", locals(), required=_required("objective"), kinds=KINDS)
    judge = _judge(given, make_objective(given["objective"], split=given["split"]))
    edits_left = {"edits": given["edits"]} if "edits" in given else {}
    return KINDS[given["action_mode"]](judge, **edits_left, **shell(given))


@entry_point
def nasbench301_mo(
    *,
    models: str | None = None,
    runtime: str | None = None,
    action_mode: Literal["build", "joint"] = "build",
    objectives: str = "accuracy,params",
    split: str = "valid",
    fidelity: int | None = None,
    trial: Trial = "mean",
    hardware: str | None = None,
    invalid: Invalid = "repair",
    mask_in_obs: bool = False,
    render_mode: str | None = None,
) -> MultiObjective:
    """Choose the cells of DARTS by several predicted metrics, for MO-Gymnasium.

    ## Description
    As `awnas/NASBench301-v0`, but several metrics count at once.

    ## Action Space
    As there, `action_mode="build"` or `"joint"`.

    ## Observation Space
    As there.

    ## Reward Space
    `Box`, float64, one entry an objective in the order given; those to be minimised are negated. Fractions lie in
    [0, 1], the others are not bounded: the space is too large to go through, and so its Pareto front is not known.

    ## Starting State
    Nothing is decided.

    ## Episode End
    Terminates when the architecture is finished; never truncates.

    ## Information
    As in `awnas/NASBench301-v0`.

    ## Arguments
    Args:
        models: as in `awnas/NASBench301-v0`.
        runtime: likewise.
        objectives: of `accuracy`, `params`, `macs` and `cost_s`, separated by commas.
        split: `"valid"`; the models know no other.
        fidelity: None; the models predict the end of training.
        trial: `"mean"` of the ensemble, or `"random"`.

    ## Version History
    * v0: first version.
    """
    given = check_given("awnas/NASBench301-MO-v0", locals(), required=_required("objectives"), kinds=MO_KINDS)
    judge = _judge(given, VectorObjective(given["objectives"], split=given["split"]))
    return MO_KINDS[given["action_mode"]](judge, **shell(given))


def _required(objective: str) -> dict[str, type | tuple[type, ...]]:
    names = {"action_mode", "split", "trial", "invalid", "mask_in_obs"}
    return {**{name: types for name, types in REQUIRED.items() if name in names}, objective: str}


def _judge(given: Mapping[str, Any], objective: AbstractObjective) -> Judge:
    if "models" not in given:
        raise MissingDataError(
            "NAS-Bench-301 predicts by models that you bring: models='nb_models/xgb_v1.0', a folder out of "
            "nasbench301_models_v1_0.zip (awnas data get nasbench301)"
        )
    evaluator = make_surrogate301(given["models"], given.get("runtime"))
    return Judge(
        evaluator,
        objective,
        split=given["split"],
        fidelity=given.get("fidelity"),
        trial=given["trial"],
        costs=hardware_costs(given, evaluator.space),
    )
