"""From the folder of a run to scored architectures."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from awnas_gym.config import read_yaml
from awnas_gym.derivation import Results, Score, Scorer, open_run, ranked
from awnas_gym.errors import RunFolderError, SettingError, TrainingError, UnknownNameError
from awnas_gym.search import Run, run


def finished(tiny: str, folder: Path, *, agent: str = "regularized_evolution", **keywords: Any) -> Any:
    environment = {"id": "awnas/NASBench201-v0", "dataset": tiny, **keywords}
    settings = {"population_size": 10, "sample_size": 3} if agent == "regularized_evolution" else {}
    config = Run(environment=environment, agent={"name": agent, **settings}, budget={"evaluations": 40}, seed=2)
    run(config, folder)
    return open_run(folder)


def all_scores(opened: Any, n: int = 8, **keywords: Any) -> list[Score]:
    scorer = Scorer(opened, **keywords)
    return [scorer(row) for row in opened.propose(n, seed=0)[0]]


# ------------------------------------------------------------------ the folder


def test_the_incumbent_comes_first_then_the_agents_then_the_histories(tiny: str, tmp_path: Path) -> None:
    opened = finished(tiny, tmp_path)
    incumbent = json.loads((tmp_path / "summary.json").read_text())["incumbent"]["architecture"]
    assert opened.space.genotype(opened.best[0]) == incumbent
    archs, sources = opened.propose(25, seed=0)
    assert opened.space.genotype(archs[0]) == incumbent
    assert sources[0] == "history"
    assert len({opened.space.key(row) for row in archs}) == len(archs) == 25
    population = {opened.space.key(row) for row, _ in opened.agent.population}
    of_agent = {opened.space.key(row) for row, source in zip(archs, sources, strict=True) if source == "agent"}
    assert of_agent == population - {opened.space.key(archs[0])}
    assert sources[-1] == "history"
    assert len(opened.propose(4, seed=0)[0]) == 4


@pytest.mark.parametrize("keywords", [{"action_mode": "edit"}, {"mask_in_obs": True}])
def test_every_kind_of_environment_is_opened(tiny: str, tmp_path: Path, keywords: dict[str, Any]) -> None:
    pytest.importorskip("sb3_contrib", reason="needs the extra [sb3]")
    opened = finished(tiny, tmp_path, agent="sb3_maskable_ppo", **keywords)
    archs, sources = opened.propose(5, seed=0)
    assert len(archs) == 5
    assert ("agent" in sources) == ("action_mode" not in keywords)  # who edits has no first choice


def test_what_is_no_run_is_refused_with_those_that_there_are(tiny: str, tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match=r"is no run: it has no config\.yaml"):
        open_run(tmp_path)
    finished(tiny, tmp_path / "random" / "seed-0000", agent="random")
    assert open_run(tmp_path).config.seed == 2
    shutil.copytree(tmp_path / "random" / "seed-0000", tmp_path / "random" / "seed-0001")
    with pytest.raises(RunFolderError, match=r"holds 2 runs; give one of them: .*seed-0000, .*seed-0001"):
        open_run(tmp_path)
    config = tmp_path / "random" / "seed-0001" / "config.yaml"
    text = config.read_text()
    config.write_text(text.replace("seed: 2", "seed: many"))
    with pytest.raises(RunFolderError, match=r"seed is 'many'; it should be int"):
        open_run(config.parent)
    config.write_text(text.replace("table: ", "table: x"))
    with pytest.raises(RunFolderError, match="holds another run: its table is 'x"):
        open_run(config.parent)
    history = tmp_path / "random" / "seed-0000" / "history.jsonl"
    history.write_bytes(b"{\n")
    with pytest.raises(RunFolderError, match="is damaged: line 1"):
        open_run(history.parent).propose(3, seed=0)


# ------------------------------------------------------------------ scores


def test_a_table_answers_by_what_it_recorded(tiny: str, tmp_path: Path) -> None:
    opened = finished(tiny, tmp_path)
    plain, tested = all_scores(opened), all_scores(opened, test=True)
    assert {name for score in plain for name in score.metrics if "test" in name} == set()
    for score, other in zip(plain, tested, strict=True):
        report = opened.judge.report(opened.space.parse(score.genotype))
        assert other.metrics["test_accuracy"] == report["test_accuracy"]
        assert score.metrics["valid_accuracy"] == report["valid_accuracy"] == score.reward == other.reward


def test_losses_are_sorted_downwards(tiny: str, tmp_path: Path) -> None:
    """In aw_nas the highest loss comes first: the reward is whatever the objective returns, and is not negated."""
    opened = finished(tiny, tmp_path, objective="latency_ms")
    scores = all_scores(opened)
    latencies = [scores[i].metrics["latency_ms"] for i in ranked(scores)]
    assert latencies == sorted(latencies)
    assert len(set(latencies)) > 1
    assert scores[0].metrics["latency_ms"] == latencies[0]  # the incumbent


def test_what_is_not_recorded_comes_last() -> None:
    scores = [Score("a", None, {}), Score("b", -2.0, {}), Score("c", -1.0, {}), Score("d", None, {})]
    assert ranked(scores) == [2, 1, 0, 3]


def test_settings_of_shared_weights_are_refused_where_there_are_none(tiny: str, tmp_path: Path) -> None:
    opened = finished(tiny, tmp_path)
    with pytest.raises(SettingError, match="batch_norm is for shared weights; awnas/NASBench201-v0 trains none"):
        Scorer(opened, batch_norm="batch")
    with pytest.raises(SettingError, match="batches is a whole number from 1; got 0"):
        Scorer(opened, batches=0)


# ------------------------------------------------------------------ results


class Breaks:
    """A scorer that fails at the fourth architecture it is asked for."""

    def __init__(self, scorer: Scorer, after: int) -> None:
        self.scorer, self.space, self.how, self.left = scorer, scorer.space, scorer.how, after

    def __call__(self, arch: Any) -> Score:
        if not self.left:
            raise TrainingError("out of memory")
        self.left -= 1
        return self.scorer(arch)


def test_what_was_scored_is_kept_and_gone_on_with(tiny: str, tmp_path: Path) -> None:
    opened = finished(tiny, tmp_path / "run")
    rows = opened.propose(6, seed=0)[0]
    path = tmp_path / "scores.yaml"
    with pytest.raises(TrainingError):
        list(Results(path, Breaks(Scorer(opened), after=3)).score(rows))  # type: ignore[arg-type]
    assert len(read_yaml(path, required={"scored": dict, "architectures": list})["architectures"]) == 3
    rest = Breaks(Scorer(opened), after=3)
    found = list(Results(path, rest).score(rows))  # type: ignore[arg-type]
    assert (rest.left, len(found)) == (0, 6)
    content = yaml.safe_load(path.read_text())["architectures"]
    assert [entry["genotype"] for entry in content] == [opened.space.genotype(row) for row in rows]
    assert list(Results(path, Breaks(Scorer(opened), after=0)).score(rows[::-1])) == found[::-1]  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="were taken otherwise: test is False, not True; choose another file"):
        Results(path, Scorer(opened, test=True))
    path.write_text("- a\n")
    with pytest.raises(SettingError, match="a mapping with the keys scored, architectures is wanted"):
        Results(path, Scorer(opened))


# ------------------------------------------------------------------ shared weights


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch", reason="shared weights need torch: pip install 'awnas-gym[torch]'")
    folder = tmp_path_factory.mktemp("shared")
    small = {"channels": 2, "cells": 2, "batch_size": 20, "eval_batch_size": 25, "action_mode": "joint"}
    environment = {"id": "awnas/CNN-ENAS-v0", "objective": "valid_loss", **small}
    run(
        Run(environment=environment, agent={"name": "reinforce"}, budget={"evaluations": 6}), folder, checkpoint_every=3
    )
    return folder


def test_shared_weights_of_the_last_good_checkpoint_score_the_whole_split(shared: Path, tmp_path: Path) -> None:
    opened = open_run(shared)
    assert opened.weights == 6
    scores = all_scores(opened, 3)
    losses = [scores[i].metrics["valid_loss"] for i in ranked(scores)]
    assert losses == sorted(losses)
    assert [-score.metrics["valid_loss"] for score in scores] == [score.reward for score in scores]
    assert set(scores[0].metrics) == {"valid_accuracy", "valid_loss"}
    assert all_scores(opened, 3) == scores  # nothing was trained
    tested = all_scores(opened, 1, test=True, batches=2)[0]
    assert set(tested.metrics) == {"valid_accuracy", "valid_loss", "test_accuracy", "test_loss"}
    assert tested.metrics["valid_loss"] != scores[0].metrics["valid_loss"]
    assert tested.metrics["test_loss"] != tested.metrics["valid_loss"]
    copy = tmp_path / "copy"
    shutil.copytree(shared, copy)
    (copy / "weights/000006/state.json").write_text("{")
    older = open_run(copy)
    assert older.weights == 3
    assert all_scores(older, 3) != scores
    shutil.rmtree(copy / "weights")
    with pytest.raises(RunFolderError, match="holds no checkpoint that can be read"):
        open_run(copy)


def test_wrong_policies_are_refused_before_anything_is_scored(shared: Path) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'recalibrate'"):
        Scorer(open_run(shared), batch_norm="recalibrated")


def test_draws_of_the_agent_are_those_of_its_policy(shared: Path) -> None:
    opened = open_run(shared)
    archs, sources = opened.propose(4, seed=0)
    assert sources == ["history", "agent", "agent", "agent"]
    assert np.array_equal(archs, open_run(shared).propose(4, seed=0)[0])
    assert not np.array_equal(archs, opened.propose(4, seed=1)[0])
