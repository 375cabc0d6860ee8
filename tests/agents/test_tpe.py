"""Optuna's sampler as an agent: silent, and it learns from whoever evaluated."""

from __future__ import annotations

import logging
import warnings
from typing import Any

import numpy as np
import pytest

from tests.toy import TARGET, toy_env

optuna = pytest.importorskip("optuna", reason="needs optuna: pip install 'awnas-gym[bo]'")

from awnas_gym.agents.tpe import TPE  # noqa: E402


def test_nothing_is_logged_or_warned_of_and_the_library_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    before, heard = optuna.logging.get_verbosity(), []
    handler = logging.Handler()
    handler.emit = heard.append  # type: ignore[method-assign]
    monkeypatch.setattr(logging.getLogger("optuna"), "handlers", [handler])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TPE(toy_env(), seed=0).learn(20 * 5)
    assert optuna.logging.get_verbosity() == before
    assert heard == []


def test_it_learns_from_what_others_evaluated() -> None:
    agent: Any = TPE(toy_env(constrained=False), seed=0)
    rows = agent.space.sample(np.random.default_rng(0), 100)
    agent.tell(rows, (rows == TARGET).mean(axis=1))
    asked = agent.ask(10)
    assert (asked == TARGET).mean() > 0.5, "random ones agree in 1 / 3"
