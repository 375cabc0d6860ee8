"""The examples of gradient methods, one a method: their budgets fit, and cut short they search."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from awnas_gym.agents import RELAXED_AGENTS
from awnas_gym.search import Run, run
from awnas_gym.sweep import Sweep, read_sweep

pytest.importorskip("torch", reason="networks need torch: pip install 'awnas-gym[torch]'")

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def example(name: str) -> tuple[Sweep, dict[str, Any]]:
    """Return an example, and its agent."""
    sweep = read_sweep(EXAMPLES / f"{name}.yaml")
    (agent,) = sweep.agents
    assert agent["name"] == name
    return sweep, agent


@pytest.mark.parametrize("name", sorted(RELAXED_AGENTS))
def test_the_budget_is_the_gradients_of_an_episode(name: str) -> None:
    sweep, agent = example(name)
    env = Run(environment=sweep.environment, agent=agent).make_env()
    assert sweep.budget == {"evaluations": env.get_wrapper_attr("evaluations")}
    env.close()


@pytest.mark.parametrize("name", sorted(RELAXED_AGENTS))
def test_cut_short_it_searches(name: str) -> None:
    sweep, agent = example(name)
    short = {"batch_size": 8, "eval_batch_size": 25, "warmup_steps": 0, "weight_steps": 1, "max_steps": 4}
    environment = {**sweep.environment, **short}
    outcome = run(Run(environment=environment, agent=agent))
    assert len(outcome.records) == (4 if environment.get("joint") else 2)
    assert 0 <= outcome.summary["incumbent"]["report"]["valid_accuracy"] <= 1
