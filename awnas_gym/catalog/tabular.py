"""What all environments over a table share: keywords, their checks, and how the parts are wired together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from awnas_gym.benchmarks import load_table
from awnas_gym.config import check_keys
from awnas_gym.envs import ArchitectureEnv, BuildEnv, EditEnv, JointEnv, Judge
from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.objectives import AbstractObjective, Normalised, make_objective

KINDS = {"build": BuildEnv, "joint": JointEnv, "edit": EditEnv}
REWARDS = ("metric", "normalised")

SHELL = ("invalid", "mask_in_obs", "render_mode")

REQUIRED: dict[str, type | tuple[type, ...]] = {
    "dataset": str,
    "action_mode": str,
    "objective": str,
    "reward": str,
    "split": str,
    "trial": (str, int),
    "invalid": str,
    "mask_in_obs": bool,
}
OPTIONAL: dict[str, type | tuple[type, ...]] = {"fidelity": int, "edits": int, "render_mode": str}
"""Types of the keywords; those of `OPTIONAL` may be None."""


Make = TypeVar("Make", bound=Callable[..., ArchitectureEnv])


def entry_point(make: Make) -> Make:
    """Say of a function that makes an environment what `render_mode` may be.

    Gymnasium looks for it here, and so knows that it can make "rgb_array_list" of "rgb_array".
    """
    make.__dict__["metadata"] = ArchitectureEnv.metadata
    return make


def tabular_env(id_: str, given: Mapping[str, Any], *, space: str | None) -> ArchitectureEnv:
    """Return the environment of an id for the keywords `given`, over a table whose space is called `space`.

    Raises:
        SettingError: a keyword of the wrong type, or a table over another space (None: any will do).
        UnknownNameError: no such kind, reward, objective or table.
    """
    given = check_given(id_, given, required=REQUIRED, kinds=KINDS)
    if given["reward"] not in REWARDS:
        raise UnknownNameError("reward", given["reward"], REWARDS)
    edits = {"edits": given["edits"]} if "edits" in given else {}
    if edits and given["action_mode"] != "edit":
        raise SettingError(f"edits={given['edits']} needs action_mode='edit'; got {given['action_mode']!r}")
    evaluator = open_evaluator(id_, given["dataset"], space=space)
    objective = make_objective(given["objective"], split=given["split"])
    judge = make_judge(evaluator, objective, given)
    if given["reward"] == "normalised":
        scale = Normalised(objective, mean_random=judge.reference["mean_random"], best=judge.reference["best"])
        judge = make_judge(evaluator, scale, given)
    return KINDS[given["action_mode"]](judge, **edits, **shell(given))


def check_given(
    id_: str,
    given: Mapping[str, Any],
    *,
    required: Mapping[str, type | tuple[type, ...]],
    kinds: Mapping[str, Callable[..., ArchitectureEnv]],
) -> dict[str, Any]:
    """Return the keywords without those that may be None and are; `SettingError`, `UnknownNameError` for wrong ones."""
    present = {name: value for name, value in given.items() if value is not None or name not in OPTIONAL}
    check_keys(present, where=id_, required=required, optional=OPTIONAL)
    if present["action_mode"] not in kinds:
        raise UnknownNameError("action_mode", present["action_mode"], kinds)
    return present


def open_evaluator(id_: str, dataset: str, *, space: str | None) -> TableEvaluator:
    """Return the evaluator of a table; `SettingError` if it is over another space than `space`."""
    evaluator = TableEvaluator(load_table(dataset))
    if space is not None and evaluator.space.name != space:
        raise SettingError(f"{dataset} is a table over {evaluator.space.name}; {id_} wants {space}")
    return evaluator


def make_judge(evaluator: TableEvaluator, objective: AbstractObjective, given: Mapping[str, Any]) -> Judge:
    """Return the judge of an environment's keywords; `SettingError` if nothing is recorded at fidelity and trial."""
    judge = Judge(evaluator, objective, split=given["split"], fidelity=given.get("fidelity"), trial=given["trial"])
    trial = "mean" if judge.trial == "random" else judge.trial
    for name in sorted(objective.needs):
        if not evaluator.holds(name, judge.fidelity, trial):
            found = [str(each) for each in evaluator.fidelities if evaluator.holds(name, each, trial)]
            raise SettingError(
                f"{given['dataset']} holds no {name} at fidelity {judge.fidelity}, trial {trial!r}; "
                f"fidelities that it holds: {', '.join(found) or 'none'}"
            )
    return judge


def shell(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keywords that are the environment's own, whatever it plays."""
    return {name: given[name] for name in SHELL if name in given}
