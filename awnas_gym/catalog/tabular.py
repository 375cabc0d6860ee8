"""What all environments over a table share: keywords, their checks, and how the parts are wired together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awnas_gym.benchmarks import load_table
from awnas_gym.config import check_keys
from awnas_gym.envs import ArchitectureEnv, BuildEnv, EditEnv, JointEnv, Judge
from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.objectives import OBJECTIVES, AbstractObjective, Normalised

KINDS = {"build": BuildEnv, "joint": JointEnv, "edit": EditEnv}
REWARDS = ("metric", "normalised")

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


def tabular_env(id_: str, given: Mapping[str, Any], *, space: str) -> ArchitectureEnv:
    """Return the environment of an id for the keywords `given`, over a table whose space is called `space`.

    Raises:
        SettingError: a keyword of the wrong type, or a table over another space.
        UnknownNameError: no such kind, reward, objective or table.
    """
    given = {name: value for name, value in given.items() if value is not None or name not in OPTIONAL}
    check_keys(given, where=id_, required=REQUIRED, optional=OPTIONAL)
    if given["action_mode"] not in KINDS:
        raise UnknownNameError("action_mode", given["action_mode"], KINDS)
    if given["reward"] not in REWARDS:
        raise UnknownNameError("reward", given["reward"], REWARDS)
    evaluator = TableEvaluator(load_table(given["dataset"]))
    if evaluator.space.name != space:
        raise SettingError(f"{given['dataset']} is a table over {evaluator.space.name}; {id_} wants {space}")
    objective: AbstractObjective = OBJECTIVES.load(given["objective"])(split=given["split"])
    asked = {"split": given["split"], "fidelity": given.get("fidelity"), "trial": given["trial"]}
    judge = Judge(evaluator, objective, **asked)
    if given["reward"] == "normalised":
        scale = Normalised(objective, mean_random=judge.reference["mean_random"], best=judge.reference["best"])
        judge = Judge(evaluator, scale, **asked)
    edits = {"edits": given["edits"]} if "edits" in given else {}
    if edits and given["action_mode"] != "edit":
        raise SettingError(f"edits={given['edits']} needs action_mode='edit'; got {given['action_mode']!r}")
    return KINDS[given["action_mode"]](
        judge,
        **edits,
        invalid=given["invalid"],
        mask_in_obs=given["mask_in_obs"],
        render_mode=given.get("render_mode"),
    )
