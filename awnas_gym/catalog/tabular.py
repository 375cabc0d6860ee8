"""What all environments over a table share: keywords, their checks, and how the parts are wired together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from awnas_gym.benchmarks import load_table
from awnas_gym.catalog import ENVIRONMENTS
from awnas_gym.catalog.hw_nas_bench import OFFICIAL, MeasuredBlocks
from awnas_gym.catalog.official import Official
from awnas_gym.catalog.protocols import apply_protocol
from awnas_gym.config import check_keys, keywords
from awnas_gym.envs import ArchitectureEnv, BuildEnv, EditEnv, JointEnv, Judge
from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.evaluators.joined import JoinedEvaluator
from awnas_gym.evaluators.subspace import SubspaceEvaluator
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.hardware import AbstractNetworkCost, open_cost
from awnas_gym.objectives import AbstractObjective, Normalised, make_objective
from awnas_gym.spaces import AbstractSpace

KINDS: dict[str, Callable[..., ArchitectureEnv]] = {"build": BuildEnv, "joint": JointEnv, "edit": EditEnv}
REWARDS = ("metric", "normalised")

Recorded = TableEvaluator | JoinedEvaluator | SubspaceEvaluator
"""Evaluators that answer from tables."""

Types = Mapping[str, type | tuple[type, ...]]
View = Callable[[TableEvaluator | JoinedEvaluator, Mapping[str, Any]], Recorded]
"""Makes of what a table answers, and of an environment's keywords, what the environment plays."""

SHELL = ("invalid", "mask_in_obs", "render_mode")

REQUIRED: Types = {
    "dataset": str,
    "action_mode": str,
    "objective": str,
    "reward": str,
    "split": str,
    "trial": (str, int),
    "invalid": str,
    "mask_in_obs": bool,
}
OPTIONAL: Types = {
    "fidelity": int,
    "edits": int,
    "columns": str,
    "hardware": str,
    "protocol": str,
    "models": str,
    "runtime": str,
    "context": str,
    "render_mode": str,
}
"""Types of the keywords; those of `OPTIONAL` may be None."""


def as_it_is(recorded: TableEvaluator | JoinedEvaluator, _given: Mapping[str, Any]) -> Recorded:
    """Return the evaluator of the table: the environment plays the table's own space."""
    return recorded


def tabular_env(
    id_: str,
    given: Mapping[str, Any],
    *,
    space: str | None,
    official: Official | None = None,
    further: Types = MappingProxyType({}),
    view: View = as_it_is,
) -> ArchitectureEnv:
    """Return the environment of an id for the keywords `given`.

    Args:
        id_: a row of `ENVIRONMENTS`.
        given: keywords of its entry point.
        space: name of the space that the table is over; None: any will do.
        official: the benchmark whose data sets have names of their own.
        further: types of keywords that this id alone has.
        view: of the table.

    Raises:
        SettingError: a keyword of the wrong type, or a table over another space.
        UnknownNameError: no such kind, reward, objective, protocol or table.
        MissingDataError: an official table was not imported.
    """
    given = check_given(id_, given, required={**REQUIRED, **further}, kinds=KINDS)
    if given["reward"] not in REWARDS:
        raise UnknownNameError("reward", given["reward"], REWARDS)
    edits = {"edits": given["edits"]} if "edits" in given else {}
    if edits and given["action_mode"] != "edit":
        raise SettingError(f"edits={given['edits']} needs action_mode='edit'; got {given['action_mode']!r}")
    evaluator = view(open_evaluator(id_, given, space=space, official=official), given)
    objective = make_objective(given["objective"], split=given["split"])
    judge = make_judge(evaluator, objective, given)
    if given["reward"] == "normalised":
        if judge.reference["best"] is None:
            raise SettingError(f"{given['objective']}: no recorded architecture keeps this constraint; it has no scale")
        scale = Normalised(objective, mean_random=judge.reference["mean_random"], best=judge.reference["best"])
        judge = make_judge(evaluator, scale, given)
    return KINDS[given["action_mode"]](judge, **edits, **shell(given))


def check_given(
    id_: str,
    given: Mapping[str, Any],
    *,
    required: Types,
    kinds: Mapping[str, Callable[..., ArchitectureEnv]],
) -> dict[str, Any]:
    """Return the keywords without those that may be None and are; `SettingError`, `UnknownNameError` for wrong ones."""
    if given.get("protocol") is not None:
        check_keys({"protocol": given["protocol"]}, where=id_, required={"protocol": str})
        defaults = {name: p.default for name, p in keywords(ENVIRONMENTS.load(id_)).items()}
        given = apply_protocol(id_, given, defaults)
    present = {name: value for name, value in given.items() if value is not None or name not in OPTIONAL}
    check_keys(present, where=id_, required=required, optional=OPTIONAL)
    if present["action_mode"] not in kinds:
        raise UnknownNameError("action_mode", present["action_mode"], kinds)
    return present


def open_evaluator(
    id_: str, given: Mapping[str, Any], *, space: str | None, official: Official | None
) -> TableEvaluator | JoinedEvaluator:
    """Return the evaluator of the table `given["dataset"]`, with the metrics of the tables in `given["columns"]`.

    Raises:
        SettingError: it is over another space than `space`, or one of the further tables is.
        UnknownNameError: no such table.
        MissingDataError: it was not imported.
    """
    dataset = given["dataset"]
    evaluator = TableEvaluator(load_table(dataset if official is None else official.table(dataset)))
    if space is not None and evaluator.space.name != space:
        raise SettingError(f"{dataset} is a table over {evaluator.space.name}; {id_} wants {space}")
    more = [TableEvaluator(load_table(name.strip())) for name in given.get("columns", "").split(",") if name.strip()]
    return JoinedEvaluator(evaluator, more) if more else evaluator


def make_judge(evaluator: Recorded, objective: AbstractObjective, given: Mapping[str, Any]) -> Judge:
    """Return the judge of an environment's keywords; `SettingError` if nothing is recorded at fidelity and trial."""
    costs = hardware_costs(given, evaluator.space)
    judge = Judge(
        evaluator,
        objective,
        split=given["split"],
        fidelity=given.get("fidelity"),
        trial=given["trial"],
        costs=costs,
    )
    trial = "mean" if judge.trial == "random" else judge.trial
    for name in sorted(objective.needs - (costs.yields if costs else set())):
        if not evaluator.holds(name, judge.fidelity, trial):
            found = [str(each) for each in evaluator.fidelities if evaluator.holds(name, each, trial)]
            raise SettingError(
                f"{given['dataset']} holds no {name} at fidelity {judge.fidelity}, trial {trial!r}; "
                f"fidelities that it holds: {', '.join(found) or 'none'}"
            )
    return judge


def hardware_costs(given: Mapping[str, Any], space: AbstractSpace) -> AbstractNetworkCost | None:
    """Return what the keyword `hardware` names, for the networks of a space; None without the keyword.

    Raises:
        UnknownNameError: no such device or model.
        SettingError: the space does not know its layers.
        MissingLayerError: the device does not know a layer of the space.
    """
    name = given.get("hardware")
    if name is None:
        return None
    return MeasuredBlocks(space) if name == OFFICIAL else open_cost(name, space)


def shell(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keywords that are the environment's own, whatever it plays."""
    return {name: given[name] for name in SHELL if name in given}
