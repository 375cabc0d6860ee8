"""What a reader should know of an environment's problem, measured on the environment with its default keywords."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final, get_args, get_type_hints

import gymnasium as gym
import numpy as np

from awnas_gym.benchmarks import Column, TableFile
from awnas_gym.benchmarks.listing import listing_columns
from awnas_gym.catalog import ENVIRONMENTS, RELAXED
from awnas_gym.catalog.tabular import KINDS
from awnas_gym.envs import ArchitectureEnv, Judge, Phases
from awnas_gym.envs.context import ContextEnv
from awnas_gym.envs.multi_objective import MultiObjective
from awnas_gym.envs.relaxed import spaces_of
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.metrics import SPLITS, Metrics, metric_info, split_of
from awnas_gym.objectives.accuracy import Accuracy
from awnas_gym.spaces import SPACES, AbstractSpace

EXAMPLE = """\
import gymnasium as gym

import awnas_gym

env = gym.make("{id}")
env.action_space.seed(0)
observation, info = env.reset(seed=0)
finished = False
while not finished:
    action = env.action_space.sample(info["action_mask"])
    observation, reward, finished, truncated, info = env.step(action)
print(info["architecture"])
print(reward, info["metrics"])
"""
"""A random episode; formatted with an id."""

RELAXED_EXAMPLE = """\
import gymnasium as gym

import awnas_gym

env = gym.make("{id}", warmup_steps=0, weight_steps=1, max_steps=4)
env.action_space.seed(0)
observation, info = env.reset(seed=0)
finished = False
while not finished:
    action = env.action_space.sample()
    observation, reward, terminated, finished, info = env.step(action)
print(info["architecture"])
print(reward, info["metrics"])
"""
"""Random mixtures; likewise."""

COMPUTED = frozenset({"reference", "multi_objective", "coverage", "classes", "fidelities"})
"""Keys of a table's card that follow from its columns."""


@final
@dataclass(frozen=True, slots=True)
class ProblemCard:
    """Plain values alone, so that it can be kept as JSON.

    Attributes:
        space: name and settings of the search space.
        cardinalities: choices of each decision.
        size: legal architectures of the space.
        unique: classes of architectures that compute the same function; None where nobody has counted them.
        recorded: architectures that have a record.
        trials: trainings an architecture has at most.
        fidelities: epochs that are recorded, ascending.
        kinds: what `action_mode` may be -> `action_space`, `observation_space` and `steps` of an episode.
        reward: lowest and highest of a step, in one context if there are several, or the reward space of a
            multi-objective environment.
        best: what the environment judges by, on each split -> the first `architecture` that is best by it, how many
            `reach` that, and its `metrics` at the highest fidelity, None where one is not recorded.
        mean: metric -> its mean over what is recorded; likewise.
        front: attribute of a multi-objective environment -> what it says of the Pareto front; else empty.
        table: what the card of the table says, but for what follows from the table's columns.
        version: of the table's numbers, e.g. its checksum; empty if nothing was measured.
        printed: by the example; likewise.
        published: what others found, with the source; for what was not measured here.
    """

    space: dict[str, Any]
    cardinalities: list[int]
    size: int
    unique: int | None
    recorded: int
    trials: int
    fidelities: list[int]
    kinds: dict[str, dict[str, Any]]
    reward: str
    best: dict[str, dict[str, Any]]
    mean: dict[str, float | None]
    front: dict[str, Any]
    table: dict[str, Any]
    version: str
    printed: str
    published: list[str] = field(default_factory=list)


def measure(id_: str) -> ProblemCard:
    """Return the card of an id.

    Raises:
        MissingExtraError: its data is of a package that is not installed.
        MissingDataError: a user has to bring its data.
    """
    env = _make(id_)
    evaluator, space = env.judge.evaluator, env.space
    everything = evaluator.evaluate(evaluator.population(), rng=np.random.default_rng(0))
    found = {name: values for name, values in everything.items() if np.isfinite(values).any()}
    by_split = [name for split in SPLITS for name in sorted(found) if split_of(name) == split]
    judged = {_whatever_split(name) for name in env.judge.objective.needs}
    metrics = {name: found[name] for name in [*by_split, *sorted(found.keys() - by_split)]}
    return ProblemCard(
        space={"name": space.name, "settings": space.settings},
        cardinalities=list(space.cardinalities),
        size=space.size,
        unique=space.unique_size,
        recorded=int(np.any([np.isfinite(metrics[name]) for name in by_split], axis=0).sum()),
        trials=evaluator.trials,
        fidelities=list(evaluator.fidelities),
        kinds={kind: _about(_make(id_, action_mode=kind)) for kind in _kinds(id_)},
        reward=_reward(env),
        best={name: _best(env, name, metrics) for name in by_split if _whatever_split(name) in judged},
        mean={name: _rounded(float(np.nanmean(values))) for name, values in metrics.items()},
        front=_front(env),
        table={key: value for key, value in evaluator.card.items() if key not in COMPUTED},
        version=evaluator.version,
        printed=_printed(id_),
    )


def describe(id_: str, facts: Mapping[str, Any]) -> ProblemCard:
    """Return the card of an id whose data is not here, of what is known of it (`benchmark_facts.yaml`)."""
    space: AbstractSpace = SPACES.load(facts["space"])(**facts.get("settings", {}))
    return ProblemCard(
        space={"name": space.name, "settings": space.settings},
        cardinalities=list(space.cardinalities),
        size=space.size,
        unique=space.unique_size,
        recorded=facts["recorded"],
        trials=facts["trials"],
        fidelities=facts["fidelities"],
        kinds=_relaxed(space)
        if id_ in RELAXED
        else {kind: _about(KINDS[kind](_stand_in(space))) for kind in _kinds(id_)},
        reward=facts.get("reward") or _usual_reward(id_),
        best={},
        mean={},
        front={},
        table={key: facts[key] for key in ("title", "licence", "limits", "needs", "paper")},
        version="",
        printed="",
        published=facts["published"],
    )


def _usual_reward(id_: str) -> str:
    if id_ in RELAXED:
        return "at most 0, minus a loss"
    return "a vector, one entry an objective" if "-MO-" in id_ else "0 … 1"


def example(id_: str) -> str:
    """Return the code of an example for an id."""
    return (RELAXED_EXAMPLE if id_ in RELAXED else EXAMPLE).format(id=id_)


def _relaxed(space: Any) -> dict[str, dict[str, Any]]:  # noqa: ANN401 - an AbstractSpace that is Relaxable
    actions, observations = spaces_of(space)
    about = {"action_space": _line(actions), "observation_space": _line(observations), "steps": Phases().max_steps}
    return {"relaxed": about}


def _stand_in(space: AbstractSpace) -> Judge:
    """Return a judge over a space, whose numbers are not looked at."""
    archs = space.sample(np.random.default_rng(0), 1)
    columns = {**listing_columns(space, archs)[0], "valid_accuracy": Column(np.zeros(1), ("row",))}
    described = {"name": space.name, "settings": space.settings}
    return Judge(TableEvaluator(TableFile(Path("stand-in"), described, {}, columns, "")), Accuracy())


def _make(id_: str, **keywords: Any) -> ArchitectureEnv:  # noqa: ANN401 - whatever the environment takes
    env = gym.make(id_, **keywords).unwrapped
    assert isinstance(env, ArchitectureEnv)  # noqa: S101 - what every row of the catalog makes
    return env


def _kinds(id_: str) -> tuple[str, ...]:
    return get_args(get_type_hints(ENVIRONMENTS.load(id_))["action_mode"])


def _about(env: ArchitectureEnv) -> dict[str, Any]:
    spaces = {"action_space": _line(env.action_space), "observation_space": _line(env.observation_space)}
    return {**spaces, "steps": env.horizon}


def _reward(env: ArchitectureEnv) -> str:
    if isinstance(env, MultiObjective):
        return _line(env.reward_space)
    low, high = min(0.0, env.judge.reference["worst"]), env.judge.reference["best"]
    return f"{low:.4g} … {high:.4g}" + (f" in the context `{env.context}`" if isinstance(env, ContextEnv) else "")


def _best(env: ArchitectureEnv, name: str, metrics: Metrics) -> dict[str, Any]:
    goodness = metrics[name] if metric_info(name).maximise else -metrics[name]
    first = int(np.nanargmax(goodness))
    return {
        "architecture": env.space.genotype(env.judge.evaluator.population()[first]),
        "reach": int((goodness == goodness[first]).sum()),
        "metrics": {each: _rounded(float(values[first])) for each, values in metrics.items()},
    }


def _front(env: ArchitectureEnv) -> dict[str, Any]:
    if not isinstance(env, MultiObjective):
        return {}
    ends = {name: [_rounded(value) for value in getattr(env, name)] for name in ("ideal", "nadir", "reference_point")}
    size, volume = len(env.pareto_set()), _rounded(env.hypervolume())
    return {"objectives": list(env.objectives), **ends, "pareto_set": size, "hypervolume": volume}


def _printed(id_: str) -> str:
    code = example(id_)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def _whatever_split(name: str) -> str:
    return "_".join(word for word in name.split("_") if word not in SPLITS)


def _rounded(value: float) -> float | None:
    """Return what is the same on every machine, since sums differ in their last bits; None if it is not recorded."""
    return float(f"{value:.9g}") if np.isfinite(value) else None


def _line(value: object) -> str:
    return " ".join(repr(value).split())
