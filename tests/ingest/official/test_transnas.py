"""TransNAS-Bench-101 from synthetic files in the true layout, and the environments over its tables."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.benchmarks import load_table, own_tables
from awnas_gym.errors import MissingDataError, SettingError, TableFileError, UnknownNameError
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.ingest import IMPORTERS, check_table, import_tables
from awnas_gym.ingest.official.transnas_tasks import TASKS
from awnas_gym.spaces.transnas_macro import TransNASMacro
from awnas_gym.spaces.transnas_micro import TransNASMicro
from awnas_gym.testing import check_env
from experiments.official_transnas import EPOCHS, METRICS, transnas, transnas_bytes, write_transnas

SPACE_OF = {"micro": TransNASMicro(), "macro": TransNASMacro()}
RNG = np.random.default_rng(0)
GENOTYPES = [
    genotype
    for space in SPACE_OF.values()
    for genotype in dict.fromkeys(space.genotype(arch) for arch in space.sample(RNG, 12))
]
CONTENT = transnas(GENOTYPES, RNG)
CELL = next(iter(CONTENT["data"]["micro"]))
KINDS = pytest.mark.parametrize("kind", SPACE_OF)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWNAS_HOME", str(tmp_path / "home"))


def imported(path: Path, content: Any = CONTENT) -> dict[str, Path]:
    write_transnas(path, content)
    return import_tables("transnas", path, partial=True)


@pytest.mark.parametrize("archive", [False, True])
def test_every_epoch_of_every_task(archive: bool, tmp_path: Path) -> None:
    (tmp_path / "a.pth").write_bytes(transnas_bytes(CONTENT, archive=archive))
    written = import_tables("transnas", tmp_path / "a.pth", partial=True)
    assert set(written) == set(IMPORTERS.load("transnas").tables)
    assert len(written) == 14
    for kind, space in SPACE_OF.items():
        for task, about in TASKS.items():
            evaluator = check_table(written[f"transnas_{kind}-{task}"])
            assert evaluator.fidelities == tuple(range(1, EPOCHS[task] + 1))
            assert evaluator.trials == 1
            genotypes = list(CONTENT["data"][kind])
            archs = np.array([space.parse(genotype) for genotype in genotypes])
            for epoch in (1, EPOCHS[task]):
                found = evaluator.evaluate(archs, fidelity=epoch, rng=RNG)
                for theirs, (ours, scale) in about.metrics.items():
                    for split in ("train", "valid", "test"):
                        expected = [
                            CONTENT["data"][kind][each][task]["metrics"][f"{split}_{theirs}"][epoch - 1] / scale
                            for each in genotypes
                        ]
                        np.testing.assert_allclose(found[f"{split}_{ours}"], expected, rtol=1e-6)
                clocks = [CONTENT["data"][kind][each][task]["metrics"]["time_elapsed"][epoch - 1] for each in genotypes]
                seconds = [sum(int(part) * 60**i for i, part in enumerate(c.split(":")[::-1])) for c in clocks]
                assert found["cost_s"].tolist() == seconds
                info = [CONTENT["data"][kind][each][task]["model_info"] for each in genotypes]
                np.testing.assert_allclose(found["latency_ms"], [1000 * each["inference_time"] for each in info])
                assert found["params"].tolist() == [each["model_params"] for each in info]
                assert found["macs"].tolist() == [each["model_FLOPs"] for each in info]
            classes = evaluator.space.settings["classes"]
            assert classes == {"class_scene": 47, "room_layout": 9}.get(task, 75)


def test_the_layout_is_what_the_authors_print() -> None:
    """README: names of the metrics of class_object, of the model's properties, and of the tasks."""
    printed = "train_top1 train_top5 train_loss valid_top1 valid_top5 valid_loss test_top1 test_top5 test_loss"
    assert CONTENT["metrics_dict"]["class_object"] == [*printed.split(), "time_elapsed"]
    assert set(CONTENT["info_names"]) == {
        "inference_time",
        "encoder_params",
        "model_params",
        "model_FLOPs",
        "encoder_FLOPs",
    }
    assert list(TASKS) == CONTENT["task_list"] == list(METRICS)


def test_counts_and_best_are_of_the_tasks_own_score(tmp_path: Path) -> None:
    written = imported(tmp_path / "a.pth")
    card = load_table("transnas_micro-room_layout").card
    assert card["score"] == "mse"
    assert "failed_trainings" not in card["counts"]
    n = str(len(CONTENT["data"]["micro"]))
    assert card["counts"]["trainings"]["25"] == {"1": int(n)}
    losses = {each: of["room_layout"]["metrics"]["valid_loss"][-1] for each, of in CONTENT["data"]["micro"].items()}
    assert card["reference"]["valid_mse"]["best_architecture"] == min(losses, key=losses.__getitem__)
    assert "failed_trainings" in load_table("transnas_macro-jigsaw").card["counts"]
    assert len(written) == 14


def test_missing_networks_have_to_be_asked_for(tmp_path: Path) -> None:
    write_transnas(tmp_path / "a.pth", CONTENT)
    with pytest.raises(MissingDataError, match=rf"lacks {7352 - len(GENOTYPES):,} of 7,352 networks"):
        import_tables("transnas", tmp_path / "a.pth")
    assert own_tables() == {}


def test_times_that_do_not_ascend_are_no_costs(tmp_path: Path) -> None:
    imported(tmp_path / "a.pth", changed("jigsaw", "metrics", "time_elapsed", to=[60.0] * 9 + [50.0]))
    for task, has in (("jigsaw", False), ("normal", True)):
        evaluator = TableEvaluator(load_table(f"transnas_micro-{task}"))
        assert ("cost_s" in evaluator.yields) == has
    assert any("no cost_s" in line for line in load_table("transnas_micro-jigsaw").card["limits"])


def test_what_was_not_measured_or_diverged_is_missing(tmp_path: Path) -> None:
    content = changed("normal", "model_info", to=dict.fromkeys(CONTENT["info_names"], ""))
    content["data"]["micro"][CELL]["normal"]["metrics"]["valid_l1_loss"] = [0.5] * 29 + [float("nan")]
    imported(tmp_path / "a.pth", content)
    evaluator = TableEvaluator(load_table("transnas_micro-normal"))
    found = evaluator.evaluate(SPACE_OF["micro"].parse(CELL), rng=RNG)
    assert np.isnan(found["params"][0])
    assert np.isnan(found["valid_mae"][0])
    assert np.isfinite(found["valid_ssim"][0])


def changed(*keys: str, to: Any) -> dict[str, Any]:
    """Return the content with another value under some keys of one cell."""
    content = copy.deepcopy(CONTENT)
    found = content["data"]["micro"][CELL]
    for key in keys[:-1]:
        found = found[key]
    found[keys[-1]] = to
    return content


def renamed(genotype: str) -> dict[str, Any]:
    content = copy.deepcopy(CONTENT)
    content["data"]["micro"][genotype] = content["data"]["micro"].pop(CELL)
    return content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1], "holds no networks under data"),
        ({"data": {"macro": {}, "micro": {}}}, "holds no networks under data"),
        ({"data": {"micro": {7: {"a": 1, "b": 2}, 8: {"a": 1, "b": 2}}}}, "holds no networks under data"),
        (renamed("64-41414-1_02_433"), "is no network of the benchmark: .*has operation 4"),
        (renamed("64-11-basic"), "is no network of the benchmark"),
        (changed("jigsaw", to=7), "has no metrics of jigsaw"),
        (changed("jigsaw", "total_epochs", to=True), "jigsaw: total_epochs is True"),
        (changed("jigsaw", "total_epochs", to=11), "jigsaw: train_top1 is .*; 11 numbers are wanted, one an epoch"),
        (changed("jigsaw", "metrics", "valid_top1", to=None), "jigsaw: valid_top1 is None; 10 numbers"),
        (changed("jigsaw", "metrics", "valid_top1", to=[1.0] * 9 + [101.0]), "valid_top1 after epoch 10 is 101.0"),
        (
            changed("jigsaw", "metrics", "valid_top1", to=[-1.0] * 10),
            "valid_top1 after epoch 1 is -1.0; .* from 0 to 100",
        ),
        (changed("jigsaw", "metrics", "valid_top1", to=["1"] * 10), "valid_top1 after epoch 1 is '1'"),
        (changed("normal", "metrics", "test_ssim", to=[1.5] * 30), "test_ssim after epoch 1 is 1.5; .* from -1 to 1"),
        (changed("jigsaw", "metrics", "time_elapsed", to=["soon"] * 10), "time_elapsed after epoch 1 is 'soon'"),
        (changed("jigsaw", "metrics", to={"train_top1": [1.0] * 10}), "no metric of the validation images"),
    ],
)
def test_a_wrong_part_is_named_and_nothing_is_written(tmp_path: Path, content: Any, message: str) -> None:
    write_transnas(tmp_path / "a.pth", content)
    with pytest.raises(TableFileError, match=message):
        import_tables("transnas", tmp_path / "a.pth", partial=True)
    assert own_tables() == {}


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match=r"no file or folder at .*absent"):
        import_tables("transnas", tmp_path / "absent.pth")


# ------------------------------------------------------------------ environments


@KINDS
@pytest.mark.parametrize("task", TASKS)
def test_a_reward_is_the_tasks_own_score(kind: str, task: str, tmp_path: Path) -> None:
    imported(tmp_path / "a.pth")
    env = gym.make(f"awnas/TransNAS{kind.capitalize()}-v0", task=task, action_mode="joint", fidelity=3)
    genotype, entry = next(iter(CONTENT["data"][kind].items()))
    env.reset(seed=0)
    _, reward, *_, info = env.step(SPACE_OF[kind].parse(genotype))
    metrics = entry[task]["metrics"]
    theirs = {"segmentsemantic": "mIoU", "normal": "ssim", "autoencoder": "ssim", "room_layout": "loss"}.get(
        task, "top1"
    )
    scale = {"loss": -1, "ssim": 1}.get(theirs, 100)
    assert reward == pytest.approx(metrics[f"valid_{theirs}"][2] / scale, rel=1e-6)
    assert info["architecture"] == genotype
    assert not [name for name in info["metrics"] if name.startswith("test")]


@KINDS
def test_they_are_environments(kind: str, tmp_path: Path) -> None:
    imported(tmp_path / "a.pth")
    name = f"TransNAS{kind.capitalize()}"
    for action_mode in ("build", "joint", "edit"):
        check_env(gym.make(f"awnas/{name}-v0", task="normal", action_mode=action_mode))
    env = gym.make(f"awnas/{name}-v0", task="room_layout", reward="normalised").unwrapped
    assert env.judge.reference["best"] == 1
    twin = gym.make(f"awnas/{name}-MO-v0", task="autoencoder").unwrapped
    assert twin.objectives == ("valid_ssim", "params")
    assert len(twin.pareto_set())
    assert gym.make_vec(f"awnas/{name}-v0", num_envs=2, task="jigsaw").num_envs == 2


def test_wrong_keywords_and_missing_data(tmp_path: Path) -> None:
    with pytest.raises(
        MissingDataError, match=r"class_object of TransNAS-Bench-101 is not imported: get transnas-bench"
    ):
        gym.make("awnas/TransNASMicro-v0")
    with pytest.raises(UnknownNameError, match=r"No task named 'jigsw'\. Did you mean 'jigsaw'"):
        gym.make("awnas/TransNASMacro-v0", task="jigsw")
    imported(tmp_path / "a.pth")
    with pytest.raises(SettingError, match="split 'dev'; legal"):
        gym.make("awnas/TransNASMicro-v0", split="dev")
