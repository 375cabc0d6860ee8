"""Objectives as text: what is read, and what is said of what is not."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.objectives import make_objective
from awnas_gym.objectives.hinge_cost import HingeCost
from awnas_gym.objectives.text import parse


@pytest.mark.parametrize(
    ("text", "name", "settings"),
    [
        ("accuracy", "accuracy", {}),
        (" accuracy ", "accuracy", {}),
        ("accuracy()", "accuracy", {}),
        ("f(a=1)", "f", {"a": 1}),
        ("f( a = 1 ,b=-2.5,c=.5e-3 , d=7.)", "f", {"a": 1, "b": -2.5, "c": 0.0005, "d": 7.0}),
        ("f(a=true, b=false, c=latency_ms, d=nan)", "f", {"a": True, "b": False, "c": "latency_ms", "d": "nan"}),
    ],
)
def test_what_is_read(text: str, name: str, settings: dict[str, Any]) -> None:
    assert parse(text) == (name, settings)
    assert [type(value) for value in parse(text)[1].values()] == [type(value) for value in settings.values()]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"an objective is name or name\(setting=value, …\); got ''"),
        ("f(", "got 'f\\('"),
        ("f(a=1", "got 'f\\(a=1'"),
        ("f)a=1(", "got"),
        ("f(a=1) x", "got"),
        ("a b", "got"),
        ("f(5)", "'5' in 'f\\(5\\)' is no setting=value"),
        ("f(a=1,)", "'' in"),
        ("f(a=1, a=2)", "a is given twice"),
        ("f(a=b=c)", "a is a number, true, false or a word; got 'b=c'"),
        ("f(a='x')", "got \"'x'\""),
        ("f(a=g(b=1))", "got 'g\\(b=1\\)'"),
        ("f(a=1)(b=2)", "is no setting=value|is a number, true"),
        ("f(a=1__0)", "is a number, true"),
        ("f(a=__import__)(b)", "is no setting=value|is a number, true"),
        ("f(a=1e9999)", "is a number, true"),
        ("f(é=1)", "is no setting=value"),
    ],
)
def test_what_is_not_read(text: str, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        parse(text)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("hinge_cots(target=1)", UnknownNameError, "Did you mean 'hinge_cost'"),
        ("hinge_cost(targt=1, weight=1)", SettingError, "objective hinge_cost: No setting named 'targt'. Did you mean"),
        ("hinge_cost(weight=1)", SettingError, r"target is missing, e.g. hinge_cost\(target=…\)"),
        ("hinge_cost", SettingError, r"target is missing, e.g. hinge_cost\(target=…, weight=…\)"),
        ("hinge_cost(target=0, weight=1)", SettingError, "objective hinge_cost: target is a number above 0; got 0"),
        ("hinge_cost(target=big, weight=1)", SettingError, "target is a number above 0; got 'big'"),
        ("hinge_cost(target=1, weight=nan)", SettingError, "weight is a number above 0; got 'nan'"),
        ("hinge_cost(target=1, weight=1, cost=latency)", UnknownNameError, "Did you mean 'latency_ms'"),
        ("hinge_cost(target=1, weight=1, cost=7)", SettingError, "cost is a word; got 7"),
        ("hinge_cost(target=1, weight=1, cost=train_accuracy)", SettingError, "of which less is better"),
        ("soft_cost(target=1, exponent=small)", SettingError, "exponent is a number; got 'small'"),
        ("soft_cost(target=1, exponent=0.1)", SettingError, "exponent is a number below 0; got 0.1"),
        ("soft_cost(target=1, score=valid_loss)", SettingError, "SoftCost multiplies the score"),
        ("hard_cost(target=1, score=valid_loss)", SettingError, "HardCost multiplies the score"),
        ("accuracy(split=test)", SettingError, "the split is a keyword of the environment"),
        ("accuracy(weight=1)", SettingError, "objective accuracy: it has no settings; got weight"),
        ("latency_ms(target=1)", SettingError, "latency_ms is a metric and takes no settings; got target"),
        ("weighted_sum", SettingError, "a weighted sum is of different metrics"),
        ("weighted_sum(accuracy=1, valid_accuracy=2)", SettingError, "a weighted sum is of different metrics"),
        ("weighted_sum(accuracy=1, latency=2)", UnknownNameError, "Did you mean 'latency_ms'"),
        ("weighted_sum(self=1)", UnknownNameError, "No metric named 'self'"),
        ("weighted_sum(accuracy=1, params=-2)", SettingError, "the weight of params is a number above 0; got -2"),
    ],
)
def test_settings_that_do_not_fit(text: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make_objective(text, split="valid")


def test_settings_arrive() -> None:
    objective = make_objective("hinge_cost(target=5, weight=0.1, cost=params)", split="train")
    assert isinstance(objective, HingeCost)
    assert (objective.target, objective.weight, objective.cost) == (5.0, 0.1, "params")
    assert objective.needs == {"train_accuracy", "params"}


def test_an_environment_takes_them() -> None:
    text = "hinge_cost(cost=params, target=5000, weight=0.1)"
    env = gym.make("awnas/NASBench201-v0", objective=text, action_mode="joint")
    env.reset(seed=0)
    _, reward, _, _, info = env.step(np.full(6, 3))
    excess = max(0.0, info["metrics"]["params"] / 5000 - 1)
    assert excess > 1
    assert reward == pytest.approx(info["metrics"]["valid_accuracy"] - 0.1 * excess)
    again = gym.make(gym.envs.registration.EnvSpec.from_json(env.spec.to_json()))
    assert again.unwrapped.judge.objective.target == 5000
