"""The environment of mixtures: phases, rewards and their gradients, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.envs import Budget, History, Judge, Phases, Recorder, RelaxedEnv
from awnas_gym.envs.gradients import from_text, to_text
from awnas_gym.envs.relaxed import PHASES
from awnas_gym.errors import AgentError, BudgetExhausted, SettingError
from awnas_gym.objectives.accuracy import Accuracy
from awnas_gym.objectives.relaxed import RELAXED_OBJECTIVES
from awnas_gym.testing import check_env
from awnas_gym.testing.mixtures import Mixtures, mixtures_env
from tests.toy import toy_env

REFERENCE = {"reference": 1e5}
OBJECTIVES = {name: (REFERENCE if "relative" in name else {}) for name in RELAXED_OBJECTIVES}


def weights(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.05, 0.9, size=28 * 8)


def test_it_keeps_the_contract() -> None:
    for joint in (False, True):
        check_env(mixtures_env(joint=joint, max_steps=6))


@pytest.mark.parametrize(
    ("phases", "expected"),
    [
        (Phases(max_steps=6), "wgwgwg"),
        (Phases(weight_steps=2, gradient_steps=1, warmup_steps=1, max_steps=7), "wwwgwwg"),
        (Phases(weight_steps=0, max_steps=3), "ggg"),
        (Phases(weight_steps=1, gradient_steps=3, max_steps=5), "wgggw"),
    ],
)
def test_phases_come_as_they_are_asked_for(phases: Phases, expected: str) -> None:
    env = RelaxedEnv(Judge(Mixtures(), Accuracy()), phases=phases)
    observation, info = env.reset(seed=0)
    seen = ""
    for _ in range(env.horizon):
        seen += info["phase"][0]
        assert PHASES[observation["phase"]] == info["phase"]
        observation, _, _, truncated, info = env.step(weights())
    assert (seen, truncated) == (expected, True)
    assert env.evaluations == expected.count("g")
    assert env.judge.evaluator.steps == expected.count("w")


def test_joint_phases_do_both() -> None:
    env = mixtures_env(joint=True, max_steps=5, warmup_steps=2)
    _, info = env.reset(seed=0)
    phases = [info["phase"]]
    for _ in range(4):
        info = env.step(weights())[4]
        phases.append(info["phase"])
    assert phases == ["weights", "weights", "joint", "joint", "joint"]
    assert (info["split"], sorted(info["metrics"])) == ("train", ["train_accuracy", "train_loss"])
    assert (env.evaluations, env.judge.evaluator.steps) == (3, 4)


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("cost", ["macs", "params"])
def test_the_gradient_is_that_of_the_reward(name: str, cost: str) -> None:
    """Central differences, of the loss, the expected cost, and what an objective makes of both."""
    objective = RELAXED_OBJECTIVES.load(name)(**OBJECTIVES[name])
    phases = Phases(weight_steps=0, max_steps=3)

    def reward(matrix: np.ndarray) -> tuple[float, np.ndarray]:
        env = RelaxedEnv(Judge(Mixtures(), Accuracy()), objective=objective, cost=cost, phases=phases)
        env.reset(seed=1)
        _, value, _, _, info = env.step(matrix)
        return value, info["gradient"]

    point, step = weights(3), 1e-4
    _, gradient = reward(point)
    for i in (1, 13, 100, 200):
        moved = np.zeros_like(point)
        moved[i] = step
        slope = (reward(point + moved)[0] - reward(point - moved)[0]) / (2 * step)
        assert gradient.ravel()[i] == pytest.approx(slope, rel=1e-5, abs=1e-9)


def test_what_is_not_run_has_no_gradient_and_no_cost() -> None:
    env = RelaxedEnv(
        Judge(Mixtures(), Accuracy()),
        objective=RELAXED_OBJECTIVES.load("loss_plus_cost")(),
        phases=Phases(weight_steps=0, max_steps=3),
    )
    env.reset(seed=0)
    space = env.space
    for arch in space.sample(np.random.default_rng(0), 3):
        info = env.step(space.relax(arch))[4]
        total = sum(layer.macs for layer in space.layers(arch))
        assert info["metrics"]["macs"] == total
        assert not info["gradient"][space.relax(arch) == 0].any()
        assert info["architecture"] == space.genotype(arch)


def test_observed_gradients_are_bounded_and_exact_ones_are_not() -> None:
    objective = RELAXED_OBJECTIVES.load("loss_plus_cost")(scale=100.0)
    env = RelaxedEnv(
        Judge(Mixtures(), Accuracy()), objective=objective, phases=Phases(weight_steps=0, max_steps=2), bound=0.5
    )
    env.reset(seed=0)
    observation, _, _, _, info = env.step(weights())
    assert np.abs(observation["gradient"]).max() == 0.5
    assert np.abs(info["gradient"]).max() > 0.5
    assert env.observation_space.contains(observation)


def test_reset_keeps_the_weights_unless_it_has_a_seed() -> None:
    env = mixtures_env()
    env.reset(seed=0)
    env.step(weights())
    env.reset()
    assert env.judge.evaluator.steps == 1
    env.reset(options={"weights": "init"})
    assert env.judge.evaluator.steps == 0


def test_the_budget_ends_the_search_before_the_evaluation_over_it() -> None:
    env = mixtures_env()
    history = History(Budget(evaluations=2))
    recorded = Recorder(env, history)
    recorded.reset(seed=0)
    for _ in range(7):
        recorded.step(weights())
    with pytest.raises(BudgetExhausted):
        recorded.step(weights())
    assert len(history.records) == 2
    assert env.judge.evaluator.steps == 4, "two to warm up and two before gradients; none for what is not asked for"
    assert all(record["cost_s"] > 0 for record in history.records)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"max_steps": 3, "warmup_steps": 2}, "max_steps=3 has no gradient after warmup_steps=2 and weight_steps=1"),
        ({"gradient_steps": 0}, "gradient_steps is a whole number from 1; got 0"),
        ({"weight_steps": True}, "weight_steps is a whole number from 0; got True"),
    ],
)
def test_wrong_phases_are_named(keywords: dict[str, int], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        Phases(**keywords)


def test_wrong_settings_and_actions_are_named() -> None:
    judge = Judge(Mixtures(), Accuracy())
    for keywords, message in (
        ({"bound": 0.0}, "bound is a number above 0"),
        ({"cost": "latency_ms"}, r"cost='latency_ms' is not known of mixtures; legal: macs \(count\), params"),
        ({"render_mode": "human"}, "render_mode='human'"),
    ):
        with pytest.raises(SettingError, match=message):
            RelaxedEnv(judge, **keywords)
    with pytest.raises(SettingError, match="does not mix operations"):
        RelaxedEnv(toy_env().judge)
    env = RelaxedEnv(judge)
    env.reset(seed=0)
    for action, message in (
        (np.ones(5), r"28 edges by 8 operations, or it flat; got shape \(5,\)"),
        (np.full(224, np.nan), "the weight of none on normal 0->2 is nan"),
        (np.full(224, -0.5), r"weights are in \[0, 1\]; got -0.5"),
        (np.full(224, "a"), "weights are a matrix"),
    ):
        with pytest.raises(AgentError, match=message):
            env.step(action)
    with pytest.raises(SettingError, match="reset options"):
        env.reset(options={"arch": [0]})


def test_it_renders_what_the_last_action_stands_for() -> None:
    env = RelaxedEnv(Judge(Mixtures(), Accuracy()), render_mode="ansi")
    env.reset(seed=0)
    assert "?" in env.render() or env.render()
    arch = env.space.sample(np.random.default_rng(0), 1)[0]
    before = env.render()
    env.step(env.space.relax(arch))
    assert env.render() != before


@pytest.mark.parametrize("kind", ["f4", "f8"])
def test_gradients_are_kept_exactly(kind: str) -> None:
    gradient = np.random.default_rng(0).standard_normal((3, 4))
    gradient = gradient.astype(np.float32).astype(np.float64) if kind == "f4" else gradient
    text = to_text(gradient)
    assert text.startswith(kind)
    assert np.array_equal(from_text(text), gradient.ravel())
    for damaged in ("", "f2:AAAA", f"{kind}:A", f"{kind}:%%%%", f"{kind}:QUJD"):
        with pytest.raises(ValueError):  # noqa: PT011 - of several libraries
            from_text(damaged)
