"""NAS-Bench-NLP from logs in the true layout, and from the authors' own logs on WikiText-2, where they are."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.benchmarks import load_table, own_tables
from awnas_gym.errors import GenotypeError, MissingDataError, SettingError, TableFileError
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.ingest import IMPORTERS, check_table, import_tables
from awnas_gym.ingest.official import nasbench_nlp_logs
from awnas_gym.ingest.official.nasbench_nlp_logs import NETWORK
from awnas_gym.spaces import total_params
from awnas_gym.spaces.nasbench_nlp import NASBenchNLP
from awnas_gym.testing import check_env
from experiments.official_nlp import GRU, RNN, archive, file_name, log, recipes, zipped

RNG = np.random.default_rng(0)
RECIPES = [RNN, GRU, *recipes(10, RNG)]
RENAMED = RNN.replace('"f"', '"node_7"').replace('["x", "h_prev_0"]', '["h_prev_0", "x"]')
LOGS = [
    *(log(recipe, 1_000_000 + i, RNG) for i, recipe in enumerate(RECIPES)),
    log(RENAMED, 1_002_000, RNG, run=19),
    log(RNN, 1_004_000, RNG),
    log(RNN, 1_004_001, RNG),  # one too many
]
SPACE = NASBenchNLP()
ARCHS = np.array([SPACE.parse(recipe) for recipe in RECIPES])


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWNAS_HOME", str(tmp_path / "home"))


def imported(file: Path, logs: list[dict[str, Any]] = LOGS) -> dict[str, Path]:
    return import_tables("nasbench-nlp", written(file, logs))


def written(file: Path, logs: list[dict[str, Any]]) -> Path:
    file.write_bytes(archive(logs))
    return file


# ------------------------------------------------------------------ what is read


def test_every_epoch_of_every_log(tmp_path: Path) -> None:
    tables = imported(tmp_path / "logs.zip")
    assert set(tables) == {"nasbench_nlp-ptb"}
    evaluator = check_table(tables["nasbench_nlp-ptb"])
    assert (evaluator.fidelities, evaluator.trials) == (tuple(range(1, 51)), 3)
    assert len(evaluator.population()) == len(RECIPES)
    for epoch in (1, 20, 50):
        found = evaluator.evaluate(ARCHS, fidelity=epoch, trial=0, rng=RNG)
        for theirs, ours in (
            ("train_losses", "train_loss"),
            ("val_losses", "valid_loss"),
            ("test_losses", "test_loss"),
        ):
            np.testing.assert_allclose(
                found[ours], [each[theirs][epoch - 1] for each in LOGS[: len(RECIPES)]], rtol=1e-6
            )
        seconds = [sum(each["wall_times"][:epoch]) for each in LOGS[: len(RECIPES)]]
        np.testing.assert_allclose(found["cost_s"], seconds, rtol=1e-6)
        assert found["params"].tolist() == [each["num_params"] for each in LOGS[: len(RECIPES)]]
        np.testing.assert_array_equal(found["params"], [total_params(SPACE.layers(arch)) for arch in ARCHS])


def test_recipes_that_differ_in_names_and_order_are_trainings_of_one_cell(tmp_path: Path) -> None:
    evaluator = check_table(imported(tmp_path / "logs.zip")["nasbench_nlp-ptb"])
    for trial, number in enumerate((0, -3, -2)):
        found = evaluator.evaluate(SPACE.parse(RENAMED), fidelity=10, trial=trial, rng=RNG)
        assert found["valid_loss"][0] == pytest.approx(LOGS[number]["val_losses"][9], rel=1e-6)
    counts = evaluator.card["counts"]
    assert counts["architectures"] == len(RECIPES)
    assert counts["trainings"]["50"] == {"1": len(RECIPES) - 1, "2": 1}
    assert counts["trainings"]["18"] == {"1": len(RECIPES) - 1, "3": 1}
    limits = " ".join(evaluator.card["limits"])
    assert "15 logs of 13 recipes are of 12 cells" in limits
    assert "Of a cell 3 logs are kept; 1 are not. 1 trainings diverged, 0 broke off" in limits


def test_a_training_that_diverged_is_missing_but_cost_what_it_took(tmp_path: Path) -> None:
    evaluator = check_table(imported(tmp_path / "logs.zip")["nasbench_nlp-ptb"])
    taken = sum(LOGS[-3]["wall_times"])
    for epoch, recorded in ((18, True), (19, False), (50, False)):
        found = evaluator.evaluate(SPACE.parse(RNN), fidelity=epoch, trial=1, rng=RNG)
        assert np.isfinite(found["valid_loss"][0]) == recorded
        assert (found["cost_s"][0] == pytest.approx(taken, rel=1e-6)) == (not recorded)
    # the mean is that of the others, and costs all three
    found = evaluator.evaluate(SPACE.parse(RNN), rng=RNG)
    others = (LOGS[0], LOGS[-2])
    assert found["valid_loss"][0] == pytest.approx(np.mean([each["val_losses"][-1] for each in others]), rel=1e-6)
    costs = [sum(each["wall_times"]) for each in others]
    assert found["cost_s"][0] == pytest.approx(sum(costs) + taken, rel=1e-6)


def test_a_training_that_was_stopped_has_no_cost_beyond(tmp_path: Path) -> None:
    stopped = {**log(RNN, 1, RNG, run=19), "status": "KeyboardInterrupt"}
    tables = imported(tmp_path / "logs.zip", [stopped, log(GRU, 2, RNG)])
    found = check_table(tables["nasbench_nlp-ptb"]).evaluate(SPACE.parse(RNN), rng=RNG)
    assert np.isnan([found["cost_s"][0], found["valid_loss"][0]]).all()


def test_folders_and_archives_of_both_data_sets(tmp_path: Path) -> None:
    single, multi = LOGS[: len(RECIPES)], [LOGS[0], *LOGS[len(RECIPES) :]]  # one is in both
    wiki = [log(recipe, i, RNG, dataset="wikitext-2") for i, recipe in enumerate((GRU, RNN))]
    (tmp_path / "all" / "train_logs_single_run").mkdir(parents=True)
    (tmp_path / "all" / "train_logs_single_run" / "logs.zip").write_bytes(archive(single))
    (tmp_path / "all" / "train_logs_multi_runs" / "logs").mkdir(parents=True)
    for each in multi:
        (tmp_path / "all" / "train_logs_multi_runs" / "logs" / file_name(each)).write_text(json.dumps(each))
    (tmp_path / "all" / "wiki.zip").write_bytes(zipped({f"logs/{file_name(x)}": json.dumps(x).encode() for x in wiki}))
    (tmp_path / "all" / "README.md").write_text("no log")
    (tmp_path / "all" / "datasets.zip").write_bytes(zipped({"ptb/train.txt": b"no log"}))
    tables = import_tables("nasbench-nlp", tmp_path / "all")
    assert tuple(tables) == IMPORTERS.load("nasbench-nlp").tables == ("nasbench_nlp-ptb", "nasbench_nlp-wikitext-2")
    ptb, other = (check_table(path) for path in tables.values())
    together = check_table(
        import_tables("nasbench-nlp", written(tmp_path / "logs.zip", LOGS), replace=True)["nasbench_nlp-ptb"]
    )
    for trial in range(3):
        a, b = (e.evaluate(ARCHS, fidelity=7, trial=trial, rng=RNG)["valid_loss"] for e in (ptb, together))
        np.testing.assert_array_equal(a, b)
    assert other.space.settings["tokens"] == 33_278
    assert other.evaluate(SPACE.parse(RNN), rng=RNG)["params"][0] == 15_066_078


def test_the_order_of_files_does_not_matter(tmp_path: Path) -> None:
    first = imported(tmp_path / "logs.zip")["nasbench_nlp-ptb"].read_bytes()
    import_tables("nasbench-nlp", written(tmp_path / "logs.zip", LOGS[::-1]), replace=True)
    for column in load_table("nasbench_nlp-ptb").columns.values():
        assert np.ascontiguousarray(column.values).tobytes() in first


# ------------------------------------------------------------------ what is refused


def changed(**to: Any) -> list[dict[str, Any]]:
    """Return the logs with something else in the third."""
    logs = copy.deepcopy(LOGS)
    logs[2].update(to)
    return logs


LOSSES = LOGS[2]["val_losses"]


@pytest.mark.parametrize(
    ("logs", "message"),
    [
        (changed(data="data/enwik8"), "data is 'data/enwik8'; legal: data/ptb, data/wikitext-2"),
        (changed(data=7), "data is 7; a text is wanted"),
        (changed(epochs=0), "epochs is 0; a whole number from 1 to 1,000"),
        (changed(epochs=True), "epochs is True; a whole number"),
        (changed(epochs=20), "train_losses is .*; a list of at most 20 numbers"),
        (changed(val_losses=LOSSES[:-1]), "its curves have different lengths: .*'valid_loss': 49"),
        (changed(val_losses=None), "val_losses is None; a list of at most 50 numbers"),
        (changed(val_losses=[*LOSSES[:-1], "5"]), "val_losses after epoch 50 is '5'; a number from 0 to 1e"),
        (changed(val_losses=[*LOSSES[:-1], -5.0]), r"val_losses after epoch 50 is -5\.0"),
        (changed(wall_times=[1e300] * 50), "wall_times after epoch 1 is 1e\\+300"),
        (changed(num_params=1.5), r"num_params is 1\.5; a whole number from 0"),
        (changed(nhid=0), "nhid is 0; a whole number from 1"),
        (changed(nhid=500), "is of a network .*'hidden': 500.*; that of .* is .*'hidden': 600"),
        (changed(recepie="[]"), "recepie: .* is no recipe of NAS-Bench-NLP"),
        (changed(recepie=None), "recepie is None; a text"),
        (changed(recepie=RNN), "num_params is .*; another log of the same cell has 5,731,600"),
        (changed(status=None), "status is None; a text"),
    ],
)
def test_a_wrong_part_is_named_and_nothing_is_written(tmp_path: Path, logs: Any, message: str) -> None:
    with pytest.raises(TableFileError, match=f"log_stats_model_[0-9_-]*.json:? {message}"):
        imported(tmp_path / "logs.zip", logs)
    assert own_tables() == {}


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"[1]", "is \\[1\\]; the log of a training is wanted"),
        (b"{", "is no JSON: Expecting property name"),
        (b"[" * 100_000, "is no JSON: "),
        (b"\xff", "is no JSON: "),
        (b" " * 2**21, "has more than 1,048,576 bytes"),
    ],
)
def test_a_log_that_is_none(raw: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "logs.zip").write_bytes(zipped({file_name(LOGS[0]): raw}))
    with pytest.raises(TableFileError, match=f"{file_name(LOGS[0])}:? {message}") as caught:
        import_tables("nasbench-nlp", tmp_path / "logs.zip")
    assert "\n" not in str(caught.value)


def test_two_logs_of_one_name(tmp_path: Path) -> None:
    for folder, content in (("a", LOGS[0]), ("b", {**LOGS[0], "lr": 7})):
        (tmp_path / "all" / folder).mkdir(parents=True)
        (tmp_path / "all" / folder / "logs.zip").write_bytes(zipped({file_name(LOGS[0]): json.dumps(content).encode()}))
    with pytest.raises(TableFileError, match=r"b/logs\.zip: .* is another log than .*a/logs\.zip: .* the same name"):
        import_tables("nasbench-nlp", tmp_path / "all")


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: whole[:-30],
        lambda whole: whole[:200] + bytes(50) + whole[250:],
        lambda whole: b"",
        lambda whole: json.dumps(LOGS[0]).encode(),
    ],
)
def test_a_damaged_archive_is_refused(damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    (tmp_path / "logs.zip").write_bytes(damage(archive(LOGS)))
    with pytest.raises(TableFileError, match=r"logs\.zip(: .*)? (is no archive of logs|cannot be read): "):
        import_tables("nasbench-nlp", tmp_path / "logs.zip")
    assert own_tables() == {}


def test_no_logs(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"no file or folder at .*absent"):
        import_tables("nasbench-nlp", tmp_path / "absent")
    (tmp_path / "empty").mkdir()
    (tmp_path / "other.zip").write_bytes(zipped({"train.txt": b""}))
    for name in ("empty", "other.zip"):
        with pytest.raises(MissingDataError, match=f"{name} holds no logs"):
            import_tables("nasbench-nlp", tmp_path / name)


# ------------------------------------------------------------------ environments


def test_a_reward_is_the_loss_negated(tmp_path: Path) -> None:
    imported(tmp_path / "logs.zip")
    env = gym.make("awnas/NASBenchNLP-v0", dataset="ptb", action_mode="joint", fidelity=3)
    space = env.unwrapped.space
    for recipe, content in zip(RECIPES[1:], LOGS[1:], strict=False):
        env.reset(seed=0)
        _, reward, *_, info = env.step(space.parse(recipe).astype(np.int64))
        assert -reward == info["metrics"]["valid_loss"] == pytest.approx(content["val_losses"][2], rel=1e-6)
        assert info["cost_s"] == pytest.approx(sum(content["wall_times"][:3]), rel=1e-6)
        assert info["architecture"] == SPACE.key(SPACE.parse(recipe))
        assert not [name for name in info["metrics"] if name.startswith(("test", "train"))]
    with pytest.raises(GenotypeError, match="is a legal architecture, but none of the 12 in the list"):
        space.parse(RNN.replace("tanh", "sigm"))


def test_every_cell_of_the_table_can_be_reached_and_no_other(tmp_path: Path) -> None:
    imported(tmp_path / "logs.zip")
    env = gym.make("awnas/NASBenchNLP-v0", dataset="ptb")
    env.action_space.seed(0)
    seen = Counter[str]()
    for seed in range(300):
        _, info = env.reset(seed=seed)
        finished = False
        while not finished:
            _, _, finished, _, info = env.step(env.action_space.sample(info["action_mask"]))
        assert not info.get("missing", False)
        seen[info["architecture"]] += 1
    assert set(seen) == {SPACE.key(arch) for arch in ARCHS}


def test_they_are_environments(tmp_path: Path) -> None:
    imported(
        tmp_path / "logs.zip", [*LOGS, log(RNN, 5, RNG, dataset="wikitext-2"), log(GRU, 6, RNG, dataset="wikitext-2")]
    )
    for dataset in ("ptb", "wikitext-2"):
        for action_mode in ("build", "joint", "edit"):
            check_env(gym.make("awnas/NASBenchNLP-v0", dataset=dataset, action_mode=action_mode))
    assert gym.make("awnas/NASBenchNLP-v0", reward="normalised").unwrapped.judge.reference["best"] == 1
    twin = gym.make("awnas/NASBenchNLP-MO-v0").unwrapped
    assert twin.objectives == ("valid_loss", "params")
    assert len(twin.pareto_set())
    assert gym.make_vec("awnas/NASBenchNLP-v0", num_envs=2).num_envs == 2


def test_wrong_keywords_and_missing_data(tmp_path: Path) -> None:
    with pytest.raises(
        MissingDataError, match=r"wikitext-2 of NAS-Bench-NLP is not imported: get train_logs_wikitext-2"
    ):
        gym.make("awnas/NASBenchNLP-v0")
    imported(tmp_path / "logs.zip", [*LOGS, log(RNN, 7, RNG, dataset="wikitext-2")])
    with pytest.raises(SettingError, match="nothing to choose in a list of 1 architectures"):
        gym.make("awnas/NASBenchNLP-v0")
    with pytest.raises(SettingError, match="split 'dev'; legal"):
        gym.make("awnas/NASBenchNLP-v0", dataset="ptb", split="dev")


# ------------------------------------------------------------------ the authors' logs


def test_the_published_logs(published: Callable[[str], Path]) -> None:
    """345 logs on WikiText-2, in the repository of the benchmark; the parameters of each are those of our layers."""
    path = published("nas_bench_nlp/train_logs_wikitext-2/logs.zip")
    evaluator = TableEvaluator(load_table(str(import_tables("nasbench-nlp", path)["nasbench_nlp-wikitext-2"])))
    assert evaluator.card["source"]["verified"]
    assert len(evaluator.population()) == 265
    assert "345 logs of 291 recipes are of 265 cells" in " ".join(evaluator.card["limits"])
    found = evaluator.evaluate(evaluator.population(), rng=RNG)
    for arch, params in zip(evaluator.population(), found["params"], strict=True):
        assert total_params(evaluator.space.layers(arch)) == params
    best = int(np.nanargmin(found["valid_loss"]))
    assert found["valid_loss"][best] == pytest.approx(4.569469, abs=1e-6)
    assert found["test_loss"][best] == pytest.approx(4.520791, abs=1e-6)
    assert np.nanargmin(found["test_loss"]) == best  # the LSTM
    assert found["params"][best] == 20_230_878
    assert set(NETWORK.values()) <= evaluator.space.settings.keys()
    assert nasbench_nlp_logs.TOKENS["wikitext-2"] == evaluator.space.settings["tokens"]
