"""Let an agent learn until the budget is spent."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import gymnasium as gym

from awnas_gym.agents import AskTellAgent
from awnas_gym.agents.asynchronous import learn_asynchronously
from awnas_gym.agents.play import find_kind, steps_per_evaluation
from awnas_gym.envs import Budget, History
from awnas_gym.errors import AgentError, BudgetExhausted, SettingError
from awnas_gym.evaluators.abstract import TrainableEvaluator
from awnas_gym.search.config import Run


def is_asynchronous(agent: Any, config: Run) -> bool:  # noqa: ANN401 - any agent
    """Tell whether several simulated workers evaluate, and the agent asks anew as soon as one is free."""
    return config.simulated_workers > 1 and isinstance(agent, AskTellAgent)


def budget_of(config: Run, env: gym.Env[Any, Any]) -> Budget:
    """Return the budget; a search by mixtures is one episode, whose end ends it too."""
    budget = Budget(**config.budget)
    if find_kind(env) != "relaxed":
        return budget
    evaluations = int(env.get_wrapper_attr("evaluations"))
    return replace(budget, evaluations=min(evaluations, budget.evaluations or evaluations))


def learn(
    agent: Any,  # noqa: ANN401 - any agent
    env: gym.Env[Any, Any],
    history: History,
    *,
    mean_cost_s: float,
    asynchronous: bool,
) -> None:
    """Call `learn` until the budget ends it, it used exactly the budget, or the agent says that it is done.

    `mean_cost_s` of an evaluation says how many a budget in seconds may pay for.
    """
    if asynchronous:
        with contextlib.suppress(BudgetExhausted):
            learn_asynchronously(agent, history.clock)
        return
    steps = steps_per_evaluation(env)
    try:
        while left := _left(history, mean_cost_s):
            if getattr(agent, "finished", False):
                return
            before = len(history.records)
            agent.learn(total_timesteps=steps * left)
            if len(history.records) == before and not getattr(agent, "finished", False):
                raise AgentError(f"{type(agent).__name__}.learn() returned without evaluating an architecture")
    except BudgetExhausted:
        pass


def mean_cost_s(config: Run, env: gym.Env[Any, Any]) -> float:
    """Return what an evaluation costs on average, in seconds; 0 where nobody asks, or each is measured as it is done.

    Raises:
        SettingError: a budget is in seconds, or there are several workers on the simulated clock, and nobody knows how
            long an evaluation takes.
    """
    on_clock = config.simulated_workers > 1 or "simulated_s" in config.budget
    if not on_clock and set(config.budget) == {"evaluations"}:
        return 0.0
    judge = env.get_wrapper_attr("judge")
    evaluator, mean = judge.evaluator, judge.mean_cost_s
    trained = isinstance(evaluator, TrainableEvaluator)
    if on_clock and (trained or mean is None):
        raise SettingError(
            f"simulated_workers and simulated_s need a table that says what each evaluation would have cost; "
            f"{config.environment['id']} has none here"
        )
    if mean is not None:
        return float(mean)
    by_doing = trained or ("cost_s" in evaluator.yields and not evaluator.version)
    if by_doing and "evaluations" in config.budget:
        return 0.0
    raise SettingError(
        f"budget: {' and '.join(config.budget)}, but this environment does not know what an evaluation costs; use "
        f"evaluations{', with or without cost_s' if by_doing else ''}"
    )


def _left(history: History, mean_cost_s: float) -> int:
    """Return how many evaluations the budget still pays for: what schedules of agents are laid over.

    Of a budget in seconds that is an estimate, and one at least: going over it is what ends the run.
    """
    budget = history.budget
    if budget.evaluations is not None:
        return budget.evaluations - len(history.records)
    left = [] if budget.cost_s is None else [budget.cost_s - history.cost_s]
    if budget.simulated_s is not None:
        left.append(history.clock.workers * (budget.simulated_s - history.clock.end))
    return max(1, round(min(left) / mean_cost_s))
