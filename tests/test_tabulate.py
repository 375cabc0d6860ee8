"""Measuring a table: resumable, the same with any number of workers, and honest about what is missing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="measuring needs torch: pip install 'awnas-gym[torch]'")

from awnas_gym.benchmarks import TableFile, open_table, write_table
from awnas_gym.errors import RunFolderError, SettingError, TableFileError, UnknownNameError
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.pack import fit_training_seconds, pack_table, reliability
from awnas_gym.spaces import total_params
from awnas_gym.spaces.nasbench201 import NASBench201
from awnas_gym.tabulate import Pass, Results, TabulateRecipe, machine, read_recipe, run_pass, tie_to_recipe
from tests.tiny_table import SPACE

RECIPE = """
name: tiny
space: {name: nasbench201, settings: {channels: 2, cells: 1, image_channels: 1, image_size: 14, reduction: projection}}
passes:
  accuracy:
    recorder: scratch
    over: classes
    settings: {dataset: fashion14, trials: 2, recipe: {epochs: 2, batch_size: 500}}
  latency: {recorder: latency, rounds: 2, settings: {min_run_s: 0.0001}}
  training_time:
    recorder: training_time
    over: 12
    settings: {dataset: fashion14, epochs: 1, recipe: {epochs: 2, batch_size: 500}}
card: {title: tiny}
"""


@pytest.fixture
def plan(tmp_path: Path) -> TabulateRecipe:
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    return read_recipe(tmp_path / "recipe.yaml")


def measure(plan: TabulateRecipe, folder: Path, name: str, **keywords: Any) -> dict[tuple[int, int], dict[str, Any]]:
    run_pass(plan.space, plan.passes[name], Results(folder, name), **keywords)
    return Results(folder, name).records


def test_resume_and_workers_give_the_same_measurements(plan: TabulateRecipe, tmp_path: Path) -> None:
    whole = measure(plan, tmp_path / "whole", "accuracy", limit=4)
    measure(plan, tmp_path / "cut", "accuracy", limit=3)
    file = tmp_path / "cut" / "accuracy" / "00000.jsonl"
    file.write_bytes(file.read_bytes()[:-20])  # a kill in the middle of the third line
    assert len(Results(tmp_path / "cut", "accuracy").records) == 2
    resumed = measure(plan, tmp_path / "cut", "accuracy", limit=2, workers=2)
    assert resumed == whole
    assert len(whole) == 4
    counts = np.array([values["valid_accuracy"] for values in whole.values()])
    assert counts.shape == (4, 2, 2)
    assert counts.min() >= 0
    assert counts.max() <= 500


def test_passes_cover_what_they_say(plan: TabulateRecipe) -> None:
    classes = plan.passes["accuracy"].tasks(plan.space)
    assert len(classes) == len(set(classes)) == plan.space.unique_size
    latency = plan.passes["latency"].tasks(plan.space)
    assert len(set(latency)) == 2 * plan.space.size
    orders = [[index for turn, index in latency if turn == k] for k in range(2)]
    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != orders[1]
    assert len(plan.passes["training_time"].tasks(plan.space)) == 12


def test_pack_keeps_what_was_measured_and_marks_the_rest(plan: TabulateRecipe, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    accuracy = measure(plan, folder, "accuracy", limit=5)
    measure(plan, folder, "latency", limit=6)
    latency = Results(folder, "latency")
    space, rng = plan.space, np.random.default_rng(0)
    owners = space.index(space.canonical(space.unindex(np.arange(space.size))))
    for index in np.flatnonzero(np.isin(owners, [index for _, index in accuracy])).tolist():
        latency.append((1, index), {"latency_ms": np.float32(rng.random())})  # made up: for the Pareto front
    measure(plan, folder, "training_time")
    pack_table(plan, folder, tmp_path / "tiny.awnas")
    table = open_table(tmp_path / "tiny.awnas")
    evaluator = TableEvaluator(table)
    for (_, index), values in accuracy.items():
        arch = plan.space.unindex(index)
        for trial in range(2):
            for epoch in (1, 2):
                found = evaluator.evaluate(arch, fidelity=epoch, trial=trial, rng=rng)
                assert found["test_accuracy"][0] == values["test_accuracy"][trial][epoch - 1] / 1500
    measured = {index for _, index in accuracy}
    assert evaluator.coverage() == pytest.approx(np.isin(owners, list(measured)).mean())
    assert table.card["passes"]["accuracy"]["measured"] == 5
    everything = evaluator.evaluate(plan.space.unindex(np.arange(plan.space.size)), rng=rng)
    valid, latency_ms = everything["valid_accuracy"], everything["latency_ms"]
    reference = table.card["reference"]["valid_accuracy"]
    assert reference["best"] == np.nanmax(valid)
    assert reference["mean_random"] == pytest.approx(np.nanmean(valid))
    best = plan.space.index(plan.space.parse(reference["best_architecture"]))[0]
    assert valid[best] == reference["best"]
    known = np.isfinite(valid) & np.isfinite(latency_ms)
    rewards = np.stack([valid, -latency_ms, -everything["params"]], axis=1)[known]
    dominated = [((rewards >= row).all(axis=1) & (rewards > row).any(axis=1)).any() for row in rewards]
    front = rewards[~np.array(dominated)]
    card = table.card["multi_objective"]
    assert card["objectives"] == ["valid_accuracy", "latency_ms", "params"]
    assert card["pareto_size"] == len(front) > 0
    assert card["ideal"] == front.max(axis=0).tolist()
    assert card["nadir"] == front.min(axis=0).tolist()
    assert card["reference_point"] == rewards.min(axis=0).tolist()
    assert table.card["passes"]["latency"]["planned"] == 2 * plan.space.size
    assert np.isfinite(table.columns["latency_ms"].values).sum() == len(
        {i for _, i in Results(folder, "latency").records}
    )
    params = table.columns["params"].values
    assert params[777] == total_params(plan.space.layers(plan.space.unindex(777)[0]))


OWN = {"valid_accuracy": [[0.25, 0.5], [0.5, 0.75]], "layer_s": [[0.5, 1.5], [2.5, 3.5]], "spikes": [[3, 4], [5, 6]]}


def pack_own(plan: TabulateRecipe, folder: Path, values: dict[str, Any], *, rounds: int = 1) -> TableFile:
    """Pack measurements of a user's recorder, whose settings name no data set."""
    results = Results(folder / "results", "own")
    index = int(plan.passes["accuracy"].tasks(plan.space)[0][1])
    for turn in range(rounds):
        results.append((turn, index), {name: np.asarray(value) for name, value in values.items()})
    work = Pass(recorder="latency", over="classes", rounds=rounds)
    pack_table(replace(plan, passes={"own": work}), folder / "results", folder / "own.awnas")
    return open_table(folder / "own.awnas")


def test_a_users_recorder_needs_no_data_set(plan: TabulateRecipe, tmp_path: Path) -> None:
    table = pack_own(plan, tmp_path, OWN)
    kinds = {name: (table.columns[name].values.dtype.name, table.columns[name].denominator) for name in OWN}
    assert kinds == {"valid_accuracy": ("float32", 1), "layer_s": ("float32", 1), "spikes": ("uint16", 1)}
    row = np.flatnonzero(np.isfinite(table.columns["layer_s"].values).all(axis=(1, 2)))
    assert len(row) == 1
    for name, values in OWN.items():
        np.testing.assert_array_equal(table.columns[name].values[row[0]], values)
    assert (np.delete(table.columns["spikes"].values, row, axis=0) == 65535).all()


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({"valid_accuracy": [[3, 4]]}, SettingError, "valid_accuracy of the recorder latency holds counts"),
        ({**OWN, "spikes": [[3, 70000]]}, TableFileError, "spikes counts 70000; a table holds 0 … 65534"),
        ({**OWN, "spikes": [[-3, 7]]}, TableFileError, "spikes counts -3; a table"),
    ],
)
def test_counts_that_say_nothing_are_refused(
    plan: TabulateRecipe, tmp_path: Path, values: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        pack_own(plan, tmp_path, values)
    assert not (tmp_path / "own.awnas").exists()


@pytest.mark.parametrize("measured", [[], ["latency"]])
def test_nothing_to_pack_leaves_the_old_table(plan: TabulateRecipe, tmp_path: Path, measured: list[str]) -> None:
    for name in measured:
        measure(plan, tmp_path / "results", name, limit=3)
    (tmp_path / "good.awnas").write_bytes(b"a good table")
    with pytest.raises(TableFileError, match=r"good\.awnas was not written: .*results holds no .*valid_accuracy"):
        pack_table(plan, tmp_path / "results", tmp_path / "good.awnas")
    assert (tmp_path / "good.awnas").read_bytes() == b"a good table"


def test_measurements_of_other_architectures_are_nothing_to_pack(plan: TabulateRecipe, tmp_path: Path) -> None:
    representatives = {index for _, index in plan.passes["accuracy"].tasks(plan.space)}
    foreign = next(index for index in range(plan.space.size) if index not in representatives)
    Results(tmp_path, "accuracy").append((0, foreign), {"valid_accuracy": np.ones((2, 2), dtype=int)})
    with pytest.raises(TableFileError, match=r"t\.awnas was not written: no measurement in .* is of this recipe"):
        pack_table(plan, tmp_path, tmp_path / "t.awnas")
    assert not (tmp_path / "t.awnas").exists()


def test_pack_writes_the_table_once(plan: TabulateRecipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writes = []

    def counted(path: Path, **parts: Any) -> str:
        writes.append(path)
        return write_table(path, **parts)

    monkeypatch.setattr("awnas_gym.pack.write_table", counted)
    measure(plan, tmp_path / "results", "accuracy", limit=1)
    checksum = pack_table(plan, tmp_path / "results", tmp_path / "t.awnas")
    assert writes == [tmp_path / "t.awnas"]
    assert open_table(tmp_path / "t.awnas").checksum == checksum


def test_measurements_stay_with_their_recipe(plan: TabulateRecipe, tmp_path: Path) -> None:
    folder, space, work = tmp_path / "results", plan.space, plan.passes["latency"]
    measure(plan, folder, "latency", limit=1)
    made = json.loads((folder / "latency" / "recipe.json").read_text())
    assert made["space"] == {"name": "nasbench201", "settings": space.settings}
    assert (made["recorder"], made["settings"]) == ("latency", {"min_run_s": 0.0001})
    assert (made["machine"], made["adopted"]) == (machine(), False)
    assert made["versions"].keys() == {"awnas_gym", "numpy", "torch"}
    tie_to_recipe(space, work, Results(folder, "latency"))
    before = (folder / "latency" / "00000.jsonl").read_bytes()
    slower = replace(work, settings={"min_run_s": 0.0001, "threads": 2})
    wider = NASBench201(**{**space.settings, "channels": 3})
    for other_space, other, message in (
        (space, slower, "settings.threads was 'not given', is 2; measure into another folder"),
        (wider, work, "space.settings.channels was 2, is 3"),
        (space, replace(work, recorder="scratch"), "recorder was 'latency', is 'scratch'"),
    ):
        with pytest.raises(SettingError, match=message):
            run_pass(other_space, other, Results(folder, "latency"), limit=1)
    assert (folder / "latency" / "00000.jsonl").read_bytes() == before


def test_a_folder_without_a_recipe_is_adopted_and_one_without_measurements_is_free(
    plan: TabulateRecipe, tmp_path: Path
) -> None:
    (tmp_path / "latency").mkdir()
    line = '{"round":0,"index":5,"values":{"latency_ms":0.5}}\n'
    (tmp_path / "latency" / "00000.jsonl").write_text(line)
    tie_to_recipe(plan.space, plan.passes["latency"], Results(tmp_path, "latency"))
    assert json.loads((tmp_path / "latency" / "recipe.json").read_text())["adopted"] is True
    assert (tmp_path / "latency" / "00000.jsonl").read_text() == line
    wrong = replace(plan.passes["accuracy"], settings={"dataset": "fashion15"})
    tie_to_recipe(plan.space, wrong, Results(tmp_path, "accuracy"))  # and then the recorder refuses the data set
    tie_to_recipe(plan.space, plan.passes["accuracy"], Results(tmp_path, "accuracy"))
    (tmp_path / "latency" / "recipe.json").write_text("[]")
    with pytest.raises(RunFolderError, match=r"recipe\.json: a recipe is a mapping; got list"):
        tie_to_recipe(plan.space, plan.passes["latency"], Results(tmp_path, "latency"))


def test_the_card_names_versions_and_machine_of_the_measurements_not_of_the_packing(
    plan: TabulateRecipe, tmp_path: Path
) -> None:
    measure(plan, tmp_path / "results", "accuracy", limit=1)
    path = tmp_path / "results" / "accuracy" / "recipe.json"
    made = json.loads(path.read_text()) | {"versions": {"torch": "0.4"}, "machine": {"processor": "abacus"}}
    path.write_text(json.dumps(made))
    pack_table(plan, tmp_path / "results", tmp_path / "t.awnas")
    card = open_table(tmp_path / "t.awnas").card
    assert card["passes"]["accuracy"]["versions"] == {"torch": "0.4"}
    assert card["passes"]["accuracy"]["machine"] == {"processor": "abacus"}
    assert "machine" not in card["passes"]["latency"]
    assert card.keys().isdisjoint({"versions", "machine"})


def test_training_seconds_recover_a_planted_law(tmp_path: Path) -> None:
    results = Results(tmp_path, "training_time")
    law = {"conv3": 2.0, "conv1": 0.7, "pool": 0.3}
    rng = np.random.default_rng(0)

    def seconds(arch: np.ndarray) -> float:
        return (
            1.5 + law["conv3"] * (arch == 3).sum() + law["conv1"] * (arch == 2).sum() + law["pool"] * (arch == 4).sum()
        )

    for index in rng.choice(SPACE.size, 200, replace=False).tolist():
        noise = 1 + 0.01 * rng.standard_normal()
        results.append((0, index), {"train_s": np.float64(seconds(SPACE.unindex(index)[0]) * noise)})
    fitted, card = fit_training_seconds(SPACE, results)
    true = np.array([seconds(arch) for arch in SPACE.unindex(np.arange(SPACE.size))])
    assert np.median(np.abs(fitted / true - 1)) < 0.01
    assert 0.3 < card["median_error_percent"] < 1.5


def test_reliability_is_spearman_brown_of_rank_agreement(plan: TabulateRecipe, tmp_path: Path) -> None:
    results = Results(tmp_path, "accuracy")
    rng = np.random.default_rng(0)
    truth = rng.permutation(300)
    for (turn, index), level in zip(plan.passes["accuracy"].tasks(plan.space)[:300], truth, strict=False):
        noisy = (level + rng.normal(0, 60, 2)).round().clip(0, 500)
        results.append((turn, index), {"valid_accuracy": np.stack([np.zeros(2), noisy], axis=1).astype(int)})
    line = reliability(plan, "accuracy", results)[0]
    scipy = pytest.importorskip("scipy.stats", reason="cross-check with SciPy")
    last = np.array([values["valid_accuracy"] for values in results.records.values()])[:, :, -1]
    r = scipy.spearmanr(last[:, 0], last[:, 1])[0]
    assert f"r = {r:.3f} over the classes, their mean of 2 at {2 * r / (1 + r):.3f}" in line


def test_bad_recipes_and_folders(plan: TabulateRecipe, tmp_path: Path) -> None:
    def read(text: str) -> TabulateRecipe:
        (tmp_path / "bad.yaml").write_text(text)
        return read_recipe(tmp_path / "bad.yaml")

    with pytest.raises(SettingError, match="the key 'card' is missing"):
        read(RECIPE.replace("card: {title: tiny}", ""))
    with pytest.raises(SettingError, match=r"No key named 'pases'\. Did you mean 'passes'"):
        read(RECIPE.replace("passes:", "pases:"))
    with pytest.raises(UnknownNameError, match="Did you mean 'scratch'"):
        read(RECIPE.replace("recorder: scratch", "recorder: scratsch"))
    with pytest.raises(SettingError, match="over is 'all', 'classes' or a number"):
        Pass(recorder="latency", over=0)
    with pytest.raises(SettingError, match="is no YAML"):
        read("a: [1")
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match="cannot write"):
        Results(tmp_path / "file", "latency").append((0, 0), {"latency_ms": np.float32(1)})
    assert json.dumps(plan.card) == '{"title": "tiny"}'


GOOD = '{"round":0,"index":5,"values":{"latency_ms":0.5}}'


@pytest.mark.parametrize(
    "line",
    [
        *("5", "[]", "null", "NaN", "{}", "[" * 50000),
        *(GOOD.replace('"round":0', f'"round":{wrong}') for wrong in ("NaN", "-1", "1.0", "true", "[0]", '"0"')),
        GOOD.replace('"index":5', f'"index":{"1" * 5000}'),
        *(GOOD.replace('{"latency_ms":0.5}', wrong) for wrong in ("5", "[]", "{}", '{"other":1}')),
        *(
            GOOD.replace("0.5", wrong)
            for wrong in ('"y"', "null", "true", "[]", "[0.5]", '{"y":1}', "[[1],[1,2]]", "Infinity", "1" * 400)
        ),
        GOOD.replace("0.5", "[" * 90 + "]" * 90),
    ],
    ids=lambda line: line[:60],
)
def test_a_line_of_the_wrong_shape_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "latency").mkdir()
    (tmp_path / "latency" / "00000.jsonl").write_text(f"{GOOD}\n{line}\n")
    with pytest.raises(RunFolderError, match=r"00000\.jsonl: line 2 is no measurement"):
        Results(tmp_path, "latency")
