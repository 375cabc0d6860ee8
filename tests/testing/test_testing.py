"""The checks for users' parts: the project's own parts pass, planted faults are named."""

from __future__ import annotations

import copy
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.agents import AGENTS, CONSTRAINED_AGENTS, VECTOR_AGENTS
from awnas_gym.agents.random_search import RandomSearch
from awnas_gym.benchmarks import load_table
from awnas_gym.catalog import ENVIRONMENTS, RELAXED
from awnas_gym.envs import BuildEnv, Judge
from awnas_gym.errors import AwnasError, IllegalArchitectureError, MissingDataError, MissingExtraError
from awnas_gym.evaluators import AbstractEvaluator
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.objectives.accuracy import Accuracy
from awnas_gym.spaces import Role
from awnas_gym.testing import ContractError, check_agent, check_env, check_evaluator, check_space
from tests.toy import ToyEvaluator, ToySpace, toy_env


@pytest.mark.parametrize("constrained", [True, False])
def test_the_toy_space_passes(constrained: bool) -> None:
    check_space(ToySpace(constrained=constrained))


def broken(**members: Any) -> ToySpace:
    """Return the toy with some members replaced."""
    return type("Broken", (ToySpace,), members)(constrained=True)


@pytest.mark.parametrize(
    ("space", "message"),
    [
        (broken(decision_names=("a",) * 5), "one name a decision, all different"),
        (broken(roles=()), "one entry a decision; got 0 for 5"),
        (broken(roles=(Role("input", "cell", 2),) * 5), "choice 0: node 2 reads one of 2 values before it; it has 3"),
        (broken(roles=(Role("operation", "cell", 2),) * 5), r"all operations have the same choices; .* \[2, 3, 4\]"),
        (broken(roles=(Role("output", "cell", 2),) * 5), "a role is 'input' or 'operation'; got 'output'"),
        (broken(settings={"colour": 1}), "settings: .*raised TypeError"),
        (broken(size=7), "size is 7; .* tuples are legal"),
        (broken(unique_size=3), "unique_size is 3; canonical tells"),
        (broken(unconstrained=True), "a mask rules a choice out"),
        (broken(_check_constraints=lambda *_: None), "which the masks forbid"),
        (broken(genotype=lambda *_: "same"), "parse|same genotype"),
        (broken(parse=lambda *_: np.zeros(5, dtype=np.int8)), "parse"),
        (broken(canonical=lambda self, archs: self.check(archs)[:, ::-1]), "canonical"),
        (broken(mask=lambda self, prefix: np.zeros(self.cardinalities[len(prefix)], dtype=bool)), "masks: "),
    ],
)
def test_a_broken_space_is_told_what_is_wrong(space: ToySpace, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        check_space(space)


def test_no_space_at_all_is_told() -> None:
    with pytest.raises(ContractError, match="dict is no AbstractSpace"):
        check_space({})  # type: ignore[arg-type]


class Percent(ToyEvaluator):
    def evaluate(self, archs: Any, **asked: Any) -> dict[str, Any]:
        return {name: values * 100 for name, values in super().evaluate(archs, **asked).items()}


class Careless(ToyEvaluator):
    version = "1"

    def evaluate(self, archs: Any, **asked: Any) -> dict[str, Any]:
        return {"valid_accuracy": np.random.default_rng().random(len(archs))}


class Misnamed(ToyEvaluator):
    yields = frozenset({"accuracy"})


class Checked(ToyEvaluator):
    def evaluate(self, archs: Any, *, fidelity: Any = None, trial: Any = "mean", rng: Any) -> dict[str, Any]:
        self.check_fidelity(fidelity), self.check_trial(trial)
        return super().evaluate(archs, rng=rng)


@pytest.mark.parametrize(
    ("evaluator", "message"),
    [
        (Percent, r"valid_accuracy is a fraction in \[0, 1\], not percent"),
        (Careless, "differs between two calls with equal generators"),
        (Misnamed, "'accuracy' is no metric name"),
        (ToyEvaluator, "accepts {'fidelity': 2}; call check_fidelity"),
    ],
)
def test_a_broken_evaluator_is_told_what_is_wrong(evaluator: type[AbstractEvaluator], message: str) -> None:
    with pytest.raises(ContractError, match=message):
        check_evaluator(evaluator(ToySpace(constrained=True)))  # type: ignore[call-arg]


def test_good_evaluators_pass(tiny: str) -> None:
    check_evaluator(Checked(ToySpace(constrained=True)))
    for name in ("fashion14", tiny):
        check_evaluator(TableEvaluator(load_table(name)))


@pytest.mark.parametrize("kind", ["build", "joint", "edit"])
def test_environments_pass(kind: str) -> None:
    check_env(toy_env(kind))
    check_env(gym.make("awnas/NASBench201-v0", action_mode=kind, trial="random"))


SMALL = {"weight_steps": 1, "max_steps": 5, "batch_size": 8, "eval_batch_size": 8}


@pytest.mark.parametrize("id_", ENVIRONMENTS)
def test_the_ids_pass(id_: str) -> None:
    try:
        check_env(gym.make(id_, **(SMALL if id_ in RELAXED else {})))
    except (MissingDataError, MissingExtraError) as error:
        pytest.skip(str(error))


class Leaky(BuildEnv):  # type: ignore[misc]
    def _earn(self) -> Any:
        reward, info = super()._earn()
        if "metrics" in info:
            info["metrics"]["test_accuracy"] = 1.0
        return reward, info


class Silent(BuildEnv):  # type: ignore[misc]
    def _earn(self) -> Any:
        return super()._earn()[0], {}


@pytest.mark.parametrize(
    ("env", "message"), [(Leaky, "sees metrics of another split"), (Silent, "the last info lacks architecture")]
)
def test_a_broken_environment_is_told_what_is_wrong(env: type[BuildEnv], message: str) -> None:
    with pytest.raises(ContractError, match=message):
        check_env(env(Judge(ToyEvaluator(ToySpace(constrained=True)), Accuracy())))


@pytest.mark.parametrize("name", AGENTS)
def test_the_agents_pass(name: str) -> None:
    try:
        agent = AGENTS.load(name)
    except MissingExtraError as error:
        pytest.skip(str(error))
    ids = dict.fromkeys(VECTOR_AGENTS, "awnas/NASBench201-MO-v0") | dict.fromkeys(CONSTRAINED_AGENTS, limited())
    check_agent(agent, id_=ids.get(name, "awnas/NASBench201-v0"))


def limited() -> gym.envs.registration.EnvSpec:
    """Return the specification of an environment with a constraint."""
    spec = copy.deepcopy(gym.spec("awnas/NASBench201-v0"))
    spec.kwargs["objective"] = "constrained(target=0.25)"
    return spec


class Seedless(RandomSearch):  # type: ignore[misc]
    def __init__(self, env: Any, *, seed: Any = None) -> None:
        super().__init__(env, seed=1)


class Deaf(RandomSearch):  # type: ignore[misc]
    def learn(self, total_timesteps: int, callback: Any = None) -> Any:
        return super().learn(total_timesteps)


class Forgetful(RandomSearch):  # type: ignore[misc]
    def learn(self, total_timesteps: int, callback: Any = None) -> Any:
        super().learn(total_timesteps, callback)


@pytest.mark.parametrize(
    ("agent", "message"),
    [
        (Seedless, "the seed is not used"),
        (Deaf, "it was called 0 times"),
        (Forgetful, "learn returns the agent itself; got None"),
        (IllegalArchitectureError, "no subclass of AbstractAgent"),
    ],
)
def test_a_broken_agent_is_told_what_is_wrong(agent: Any, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        check_agent(agent)


def test_the_error_is_both_ours_and_an_assertion() -> None:
    assert issubclass(ContractError, AwnasError)
    assert issubclass(ContractError, AssertionError)
