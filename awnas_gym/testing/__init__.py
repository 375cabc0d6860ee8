"""Checks for parts that users write; the project's own parts pass the same ones in its tests.

    from awnas_gym.testing import check_space
    check_space(MySpace())

A check that fails raises `ContractError`, which says what was expected, what came, and why it matters.
"""

from __future__ import annotations

from awnas_gym.testing.agent import check_agent
from awnas_gym.testing.contract import ContractError
from awnas_gym.testing.env import check_env
from awnas_gym.testing.evaluator import check_evaluator
from awnas_gym.testing.space import check_space

__all__ = ["ContractError", "check_agent", "check_env", "check_evaluator", "check_space"]
