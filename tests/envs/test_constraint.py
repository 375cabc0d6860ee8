"""Constraints: what infos say, what histories keep, and who is the best."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from awnas_gym.envs import Budget, History, Recorder
from awnas_gym.errors import SettingError
from awnas_gym.search import Run, run
from tests.envs.episodes import make, play
from tests.envs.test_vector import MODES, play_both
from tests.tiny_table import MISSING_INDEX, SPACE, class_rows

TARGET = 0.15
LIMITED = f"constrained(target={TARGET})"


@pytest.mark.parametrize("kind", ["build", "joint"])
def test_infos_say_by_how_much_the_constraint_is_broken(tiny: str, kind: str) -> None:
    env, plain = make(tiny, objective=LIMITED, action_mode=kind), make(tiny, action_mode=kind)
    assert env.get_wrapper_attr("constrained")
    assert not plain.get_wrapper_attr("constrained")
    costs = []
    for arch in SPACE.sample(np.random.default_rng(0), 30):
        _, info = env.reset(seed=0)
        assert "cost" not in info
        plain.reset(seed=0)
        found, other = play(env, arch), play(plain, arch)
        assert found[1] == other[1]
        assert found[4]["cost"] == max(0.0, found[4]["metrics"]["latency_ms"] / TARGET - 1)
        assert "cost" not in other[4]
        costs.append(found[4]["cost"])
    assert 5 < np.count_nonzero(costs) < 25


def test_every_edit_says_it(tiny: str) -> None:
    env = make(tiny, objective=LIMITED, action_mode="edit", edits=3)
    _, info = env.reset(seed=0)
    infos = [info, *(env.step(int(np.flatnonzero(info["action_mask"])[k]))[4] for k in (0, 9, 17))]
    assert [each["cost"] for each in infos] == [max(0.0, e["metrics"]["latency_ms"] / TARGET - 1) for e in infos]


def test_the_environment_passes_the_checker(tiny: str) -> None:
    check_env(make(tiny, objective=LIMITED).unwrapped, skip_render_check=True)


def test_a_cost_that_nobody_recorded_is_the_worst(tmp_path: Path) -> None:
    from awnas_gym.benchmarks import Column, write_table

    rng = np.random.default_rng(0)
    latency = rng.random(SPACE.size)
    latency[7] = np.nan
    columns = {
        "valid_accuracy": Column(rng.random((SPACE.size, 1, 1)), ("arch", "trial", "epoch")),
        "latency_ms": Column(latency, ("arch",)),
    }
    space = {"name": SPACE.name, "settings": SPACE.settings}
    write_table(tmp_path / "gap.awnas", space=space, card={}, columns=columns)
    env = make(str(tmp_path / "gap.awnas"), objective="constrained(target=0.5)", action_mode="joint")
    env.reset(seed=0)
    info = env.step(SPACE.unindex(7)[0])[4]
    assert info["cost"] == pytest.approx(np.nanmax(latency) / 0.5 - 1)
    assert "latency_ms" not in info["metrics"]


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
@pytest.mark.parametrize("kind", ["build", "joint", "edit"])
@pytest.mark.parametrize("trial", ["mean", "random"])
def test_many_say_what_each_alone_does(tiny: str, mode: Any, kind: str, trial: str) -> None:
    keywords = {"dataset": tiny, "objective": LIMITED, "action_mode": kind, "trial": trial}
    ours = play_both(lambda: gym.make("awnas/NASBench201-v0", **keywords), mode, steps=30)
    assert ours.single.constrained


def test_many_have_a_cost(tiny: str) -> None:
    env = gym.make_vec("awnas/NASBench201-v0", num_envs=3, dataset=tiny, objective=LIMITED, action_mode="joint")
    env.reset(seed=0)
    archs = SPACE.sample(np.random.default_rng(0), 3)
    final = env.step(archs)[4]["final_info"]
    assert final["_cost"].all()
    np.testing.assert_array_equal(final["cost"], np.maximum(0.0, final["metrics"]["latency_ms"] / TARGET - 1))


def test_best_and_scale_are_of_what_keeps_the_constraint(tiny: str) -> None:
    env = make(tiny, objective=LIMITED).unwrapped
    archs = env.judge.evaluator.population()
    found = env.judge.evaluator.evaluate(archs, rng=np.random.default_rng(0))
    kept = found["latency_ms"] <= TARGET
    assert env.judge.reference["best"] == np.nanmax(found["valid_accuracy"][kept])
    assert env.judge.reference["best"] <= make(tiny).unwrapped.judge.reference["best"]
    assert env.judge.reference["worst"] == np.nanmin(found["valid_accuracy"])
    scaled = make(tiny, objective=LIMITED, reward="normalised").unwrapped
    assert scaled.judge.reference["best"] == pytest.approx(1.0)
    assert scaled.constrained
    impossible = "constrained(target=0.001)"
    assert make(tiny, objective=impossible).unwrapped.judge.reference["best"] is None
    with pytest.raises(SettingError, match="no recorded architecture keeps this constraint"):
        make(tiny, objective=impossible, reward="normalised")


def test_a_history_keeps_violations_and_answers_with_them(tiny: str, tmp_path: Path) -> None:
    infos = []
    for evaluations in (6, 12):
        history = History(Budget(evaluations=evaluations), tmp_path / "history.jsonl")
        env = Recorder(make(tiny, objective=LIMITED, action_mode="joint"), history)
        env.reset(seed=0)
        infos = []
        for arch in SPACE.sample(np.random.default_rng(0), 12)[:evaluations]:
            env.reset()
            infos.append(env.step(arch)[4])
        history.close()
    written = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    assert [line["violation"] for line in written] == [info["cost"] for info in infos]
    assert len(written) == 12
    plain = History(Budget(evaluations=1))
    env = Recorder(make(tiny, action_mode="joint"), plain)
    env.reset(seed=0)
    env.step([0] * 6)
    assert "violation" not in plain.records[0]


def test_the_incumbent_keeps_the_constraint(tiny: str, tmp_path: Path) -> None:
    environment = {
        "id": "awnas/NASBench201-v0",
        "dataset": tiny,
        "objective": "constrained(target=0.12)",
        "action_mode": "joint",
    }
    outcome = run(Run(environment=environment, agent={"name": "random"}, budget={"evaluations": 40}), tmp_path)
    kept = [line for line in outcome.records if line["violation"] == 0 and "missing" not in line]
    incumbent = outcome.summary["incumbent"]
    assert incumbent["reward"] == max(line["reward"] for line in kept)
    assert incumbent["reward"] < max(line["reward"] for line in outcome.records)
    assert incumbent["report"]["latency_ms"] <= 0.12
    assert incumbent["violation"] == 0
    from awnas_gym.derivation import Scorer, open_run, ranked

    opened = open_run(tmp_path)
    assert SPACE.genotype(opened.best[0]) == incumbent["architecture"]
    scores = [Scorer(opened)(row) for row in opened.best]
    order = [scores[i].violation > 0 for i in ranked(scores)]
    assert order == sorted(order)
    assert True in order


def test_without_one_that_keeps_it_the_incumbent_is_the_nearest(tiny: str) -> None:
    environment = {"id": "awnas/NASBench201-v0", "dataset": tiny, "objective": "constrained(target=0.05)"}
    outcome = run(Run(environment=environment, agent={"name": "random"}, budget={"evaluations": 10}))
    assert outcome.summary["incumbent"]["violation"] == min(line["violation"] for line in outcome.records) > 0
    assert outcome.summary["reference"]["best"] is None


def test_missing_ones_are_judged_by_their_cost(tiny: str) -> None:
    env = make(tiny, objective=LIMITED, action_mode="joint")
    env.reset(seed=0)
    info = env.step(SPACE.unindex(class_rows()[0][MISSING_INDEX])[0])[4]
    assert info["missing"]
    assert info["cost"] == max(0.0, info["metrics"]["latency_ms"] / TARGET - 1)
