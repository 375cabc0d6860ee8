"""A small space with real constraints, and an evaluator whose every number can be computed in the head."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.envs import ArchitectureEnv, BuildEnv, EditEnv, JointEnv, Judge, MOBuildEnv, MOJointEnv
from awnas_gym.errors import GenotypeError, IllegalArchitectureError
from awnas_gym.evaluators import AbstractEvaluator, Trial
from awnas_gym.metrics import Metrics
from awnas_gym.objectives import make_objective
from awnas_gym.objectives.accuracy import Accuracy
from awnas_gym.objectives.vector import VectorObjective
from awnas_gym.spaces import AbstractSpace, ArchGraph, Archs, LayerSpec


class ToySpace(AbstractSpace):
    """A chain of five choices; constrained, no choice equals the one before it."""

    name = "toy"
    cardinalities = (3, 4, 3, 2, 4)
    decision_names = tuple(f"choice {i}" for i in range(5))

    def __init__(self, *, constrained: bool = True) -> None:
        self.constrained = constrained

    @property
    def settings(self) -> dict[str, Any]:
        return {"constrained": self.constrained}

    @property
    def unconstrained(self) -> bool:
        return not self.constrained

    @functools.cached_property
    def everything(self) -> Archs:
        """All legal architectures, int8 `[size, 5]`."""
        rows = itertools.product(*(range(n) for n in self.cardinalities))
        legal = [row for row in rows if not self.constrained or all(a != b for a, b in itertools.pairwise(row))]
        return np.array(legal, dtype=np.int8)

    @property
    def size(self) -> int:
        return len(self.everything)

    @property
    def unique_size(self) -> int:
        return self.size

    def mask(self, prefix: ArrayLike) -> NDArray[np.bool_]:
        row = np.asarray(prefix, dtype=np.int64)
        mask = np.ones(self.cardinalities[len(row)], dtype=np.bool_)
        if self.constrained and len(row) and row[-1] < len(mask):
            mask[row[-1]] = False
        return mask

    def _check_constraints(self, rows: Archs) -> None:
        if self.constrained and (rows[:, 1:] == rows[:, :-1]).any():
            raise IllegalArchitectureError(f"two neighbours are equal in one of {rows.tolist()}")

    def canonical(self, archs: ArrayLike) -> Archs:
        return self.check(archs)

    def genotype(self, arch: ArrayLike) -> str:
        return "-".join(map(str, self.check(arch)[0].tolist()))

    def parse(self, text: str) -> Archs:
        try:
            return self.check([int(part) for part in text.split("-")])[0]
        except ValueError as error:
            raise GenotypeError(f"{text!r} is no toy: {error}") from error

    def graph(self, arch: ArrayLike) -> ArchGraph:
        labels = [None if choice < 0 else str(choice) for choice in np.asarray(arch).tolist()]
        return ArchGraph(("input", *labels, "output"), tuple((i, i + 1, "") for i in range(len(labels) + 1)))

    def layers(self, arch: ArrayLike) -> list[LayerSpec]:
        self.check(arch)
        return []


TARGET = np.array([2, 3, 1, 0, 2])
"""The best architecture; legal with and without the constraint."""


class ToyEvaluator(AbstractEvaluator):
    """`valid_accuracy` = the share of choices that agree with `TARGET`: one hill."""

    yields = frozenset({"valid_accuracy"})
    fidelities = (1,)
    trials = 1

    def __init__(self, space: ToySpace) -> None:
        self.space = space
        self.card: dict[str, Any] = {}

    def evaluate(
        self, archs: ArrayLike, *, fidelity: int | None = None, trial: Trial = "mean", rng: np.random.Generator
    ) -> Metrics:
        return {"valid_accuracy": (self.space.check(archs) == TARGET).mean(axis=1)}


class CostlyToyEvaluator(ToyEvaluator):
    """The toy, and `latency_ms` = 1 + the sum of all choices: 9 of `TARGET`."""

    yields = frozenset({"valid_accuracy", "latency_ms"})

    def evaluate(self, archs: ArrayLike, **asked: Any) -> Metrics:
        latency_ms = 1.0 + np.asarray(self.space.check(archs)).sum(axis=1)
        return {**super().evaluate(archs, **asked), "latency_ms": latency_ms}


class FidelityToyEvaluator(ToyEvaluator):
    """The toy, trained for 1, 3 or 9 epochs of a second each: the errors grow with them, the ranks stay."""

    yields = frozenset({"valid_accuracy", "cost_s"})
    fidelities = (1, 3, 9)

    def evaluate(
        self, archs: ArrayLike, *, fidelity: int | None = None, trial: Trial = "mean", rng: np.random.Generator
    ) -> Metrics:
        epochs = self.check_fidelity(fidelity)
        errors = (self.space.check(archs) != TARGET).mean(axis=1)
        return {"valid_accuracy": 1 - errors * epochs / 9, "cost_s": np.full(len(errors), float(epochs))}


def toy_env(kind: str = "build", *, constrained: bool = True, **keywords: Any) -> ArchitectureEnv:
    """Return the toy as an environment of the kind."""
    judge = Judge(ToyEvaluator(ToySpace(constrained=constrained)), Accuracy())
    return {"build": BuildEnv, "joint": JointEnv, "edit": EditEnv}[kind](judge, **keywords)


def fidelity_toy_env(kind: str = "build", *, constrained: bool = True, **keywords: Any) -> ArchitectureEnv:
    """Return the toy with three fidelities."""
    judge = Judge(FidelityToyEvaluator(ToySpace(constrained=constrained)), Accuracy())
    return {"build": BuildEnv, "joint": JointEnv, "edit": EditEnv}[kind](judge, **keywords)


def limited_toy_env(
    kind: str = "build", *, constrained: bool = True, target: float = 9.0, **keywords: Any
) -> ArchitectureEnv:
    """Return the toy whose latency must not be above a target; the best one keeps the default one."""
    evaluator = CostlyToyEvaluator(ToySpace(constrained=constrained))
    judge = Judge(evaluator, make_objective(f"constrained(target={target})", split="valid"))
    return {"build": BuildEnv, "joint": JointEnv, "edit": EditEnv}[kind](judge, **keywords)


def vector_toy_env(kind: str = "build", *, constrained: bool = True, **keywords: Any) -> ArchitectureEnv:
    """Return the toy whose rewards are accuracy and minus latency; of the edit kind, which has none, the scalar one."""
    if kind == "edit":
        return toy_env("edit", constrained=constrained, **keywords)
    judge = Judge(CostlyToyEvaluator(ToySpace(constrained=constrained)), VectorObjective("accuracy,latency_ms"))
    return {"build": MOBuildEnv, "joint": MOJointEnv}[kind](judge, **keywords)


class Spy(gym.Wrapper):
    """Count steps, and keep every finished architecture and its reward."""

    def __init__(self, env: gym.Env) -> None:
        super().__init__(env)
        self.steps = 0
        self.seeds: list[int] = []
        self.archs: list[tuple[int, ...]] = []
        self.rewards: list[float] = []

    def reset(self, *, seed=None, options=None):
        if seed is not None:
            self.seeds.append(seed)
        return super().reset(seed=seed, options=options)

    def step(self, action):
        observation, reward, terminated, truncated, info = super().step(action)
        self.steps += 1
        if terminated:
            self.archs.append(tuple(self.get_wrapper_attr("space").parse(info["architecture"]).tolist()))
            self.rewards.append(reward)
        return observation, reward, terminated, truncated, info
