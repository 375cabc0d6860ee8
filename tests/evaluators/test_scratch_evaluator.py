"""Training from scratch as an evaluator: each architecture once, whoever trains it."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs torch: pip install 'awnas-gym[torch]'")

from awnas_gym.data import DATASETS
from awnas_gym.errors import RunFolderError, SettingError, TrainingError, UnknownNameError, WorkerError
from awnas_gym.evaluators import EVALUATORS, RECORDERS
from awnas_gym.evaluators.scratch_evaluator import ScratchEvaluator
from awnas_gym.spaces import total_params
from awnas_gym.tables import Row
from awnas_gym.testing import check_evaluator
from awnas_gym.training import trainer
from awnas_gym.training.recipe import Recipe

TINY: dict[str, Any] = {
    "dataset": "small_images",
    "settings": {"channels": 2},
    "changes": {"epochs": 2, "batch_size": 40},
}
EMBEDDED: dict[str, Any] = {**TINY, "dataset": "fashion14", "changes": {"epochs": 1, "batch_size": 500}}
"""Of a data set that worker processes know too."""
ARCHS = np.array([[3, 1, 2, 2, 4, 3], [1, 0, 4, 2, 0, 1], [4, 4, 1, 1, 1, 2]])
MEASURED = {"cost_s"}


@pytest.fixture(scope="module", autouse=True)
def small_images() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DATASETS._rows, "small_images", Row("tests.evaluators.small_images:small_images", "stripes"))
        yield


def make(**keywords: Any) -> ScratchEvaluator:
    evaluator: ScratchEvaluator = EVALUATORS.load("scratch")(**{**TINY, **keywords})
    return evaluator


def ask(evaluator: ScratchEvaluator, archs: Any = ARCHS, **keywords: Any) -> dict[str, list[float]]:
    metrics = evaluator.evaluate(archs, rng=np.random.default_rng(0), **keywords)
    return {name: values.tolist() for name, values in metrics.items() if name not in MEASURED}


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[int], int]]:
    """What is trained in this process from now on: seeds and epochs."""
    calls = []
    real = trainer.train

    def watched(*args: Any, **keywords: Any) -> Any:
        calls.append((keywords["seeds"], keywords["epochs"]))
        return real(*args, **keywords)

    monkeypatch.setattr(trainer, "train", watched)
    return calls


@pytest.fixture(scope="module")
def expected(small_images: None) -> dict[str, list[float]]:
    return ask(make())


@pytest.fixture(scope="module")
def embedded() -> dict[str, list[float]]:
    return ask(make(**EMBEDDED))


@pytest.fixture(scope="module", autouse=True)
def stop_ray() -> Any:
    yield
    if "ray" in sys.modules:
        sys.modules["ray"].shutdown()


def test_it_keeps_the_contract() -> None:
    check_evaluator(make(trials=2))


@pytest.mark.parametrize("space", ["darts", "enas"])
def test_networks_without_copies_are_trained_one_after_the_other(space: str, trained: list[Any]) -> None:
    evaluator = make(space=space, settings={"channels": 2, "cells": 1}, trials=2, first_seed=5)
    archs = evaluator.space.sample(np.random.default_rng(0), 2)
    by_trial = [ask(evaluator, archs, trial=k)["valid_loss"] for k in (0, 1)]
    assert trained == [([5], 2), ([6], 2)] * 2
    assert ask(evaluator, archs)["valid_loss"] == np.mean(by_trial, axis=0).tolist()
    assert by_trial[0] != by_trial[1]
    again = make(space=space, settings={"channels": 2, "cells": 1}, first_seed=6)
    assert ask(again, archs)["valid_loss"] == by_trial[1]  # a trial is that of its seed, alone or beside others


def test_it_measures_what_made_the_embedded_benchmark() -> None:
    evaluator = make(trials=3)
    settings = {"epochs": 2, "batch_size": 40}
    recorder = RECORDERS.load("scratch")(evaluator.space, dataset="small_images", trials=3, recipe=settings)
    row = evaluator.space.canonical(ARCHS[:1])[0]
    recorded = recorder.record(row)
    for split, images in (("train", 80), ("valid", 40), ("test", 40)):
        for epoch in (1, 2):
            for k in range(3):
                found = ask(evaluator, ARCHS[:1], fidelity=epoch, trial=k)[f"{split}_accuracy"]
                assert found == [recorded[f"{split}_accuracy"][k, epoch - 1] / images]


def test_nothing_is_trained_twice(trained: list[Any], expected: Any) -> None:
    evaluator = make()
    assert ask(evaluator, ARCHS[[0, 1, 0]])["valid_loss"] == [expected["valid_loss"][i] for i in (0, 1, 0)]
    assert len(trained) == 2
    assert ask(evaluator) == expected
    assert len(trained) == 3
    same = evaluator.space.parse("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|skip_connect~2|")
    other = evaluator.space.parse("|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|")
    assert evaluator.space.key(same) == evaluator.space.key(other)
    scores = ask(evaluator, [same, other])
    assert scores["valid_loss"][0] == scores["valid_loss"][1]
    assert len(trained) == 4
    assert scores["params"] == [total_params(evaluator.space.layers(row)) for row in (same, other)]


def test_a_lower_fidelity_is_the_beginning_of_the_curve_and_costs_less(trained: list[Any], expected: Any) -> None:
    evaluator, whole = make(), make()
    first = evaluator.evaluate(ARCHS, fidelity=1, rng=np.random.default_rng(0))
    assert [epochs for _, epochs in trained] == [1, 1, 1]
    assert ask(evaluator) == expected  # trained anew, to the end
    assert [epochs for _, epochs in trained] == [1, 1, 1, 2, 2, 2]
    both = [whole.evaluate(ARCHS, fidelity=e, rng=np.random.default_rng(0)) for e in (2, 1)]
    assert first["valid_loss"].tolist() == both[1]["valid_loss"].tolist()
    assert (both[1]["cost_s"] < both[0]["cost_s"]).all()
    assert len(trained) == 9


def test_random_trials_are_drawn_by_the_generator() -> None:
    evaluator = make(trials=4)
    single = [ask(evaluator, trial=k)["valid_loss"] for k in range(4)]
    drawn = np.random.default_rng(0).integers(4, size=3)
    assert ask(evaluator, trial="random")["valid_loss"] == [single[k][i] for i, k in enumerate(drawn)]


def test_curves_on_disk_are_found_by_another_evaluator(tmp_path: Path, trained: list[Any], expected: Any) -> None:
    first = make(cache=str(tmp_path))
    costs = first.evaluate(ARCHS, rng=np.random.default_rng(0))["cost_s"].tolist()
    assert len(trained) == 3
    second = make(cache=str(tmp_path), workers=2)
    assert ask(second) == expected
    assert second.evaluate(ARCHS, rng=np.random.default_rng(0))["cost_s"].tolist() == costs
    assert multiprocessing.active_children() == []  # no worker had to start
    others = [
        make(cache=str(tmp_path), first_seed=1),
        make(cache=str(tmp_path), changes={"epochs": 3, "batch_size": 40}),
    ]
    for other in others:
        ask(other, ARCHS[:1], fidelity=1)
    assert len(trained) == 5  # neither seeds nor recipes are mixed up


def test_the_folder_of_a_run_keeps_what_was_trained_before(tmp_path: Path, trained: list[Any], expected: Any) -> None:
    early, cached = make(), make(cache=str(tmp_path / "own"))
    ask(early)
    for evaluator in (early, cached):
        evaluator.keep_in(tmp_path / "run")
    late = make()
    late.keep_in(tmp_path / "run")
    assert ask(late) == expected
    assert len(trained) == 3
    ask(cached)
    assert len(trained) == 6
    assert len(list((tmp_path / "run").rglob("*.json"))) == len(list((tmp_path / "own").rglob("*.json"))) == 4


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: text.replace('"seconds": [', '"seconds": [1.0, '),
        lambda text: text.replace('"architecture": "|', '"architecture": "'),
        lambda text: json.dumps({**json.loads(text), "loss": {}}),
        lambda text: text.replace('"valid": [[', '"valid": [[NaN, '),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, damage: Any) -> None:
    ask(make(cache=str(tmp_path)), ARCHS[:1])
    (path,) = [path for path in tmp_path.rglob("*.json") if path.name != "setup.json"]
    path.write_text(damage(path.read_text()))
    with pytest.raises(RunFolderError, match=f"{path.name} is damaged .*delete it, and it is trained again"):
        ask(make(cache=str(tmp_path)), ARCHS[:1])
    path.unlink()
    assert ask(make(cache=str(tmp_path)), ARCHS[:1])


@pytest.mark.parametrize("keywords", [{"workers": 2}, {"worker_pool": "ray", "workers": 2}, {"worker_pool": "ray"}])
def test_scores_do_not_depend_on_the_workers(keywords: Any, embedded: Any) -> None:
    if "worker_pool" in keywords:
        pytest.importorskip("ray", reason="needs the extra [ray]")
    evaluator = make(**EMBEDDED, **keywords)
    try:
        assert ask(evaluator) == embedded
    finally:
        evaluator.close()


def kill_one(pids: list[int]) -> None:
    """Kill a worker of this process as soon as there are two."""
    deadline = time.monotonic() + 60
    while len(children := multiprocessing.active_children()) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.3)
    pids.append(children[0].pid or 0)
    os.kill(pids[0], signal.SIGKILL)


def test_a_worker_that_is_killed_costs_a_retry(embedded: Any) -> None:
    evaluator = make(**EMBEDDED, workers=2)
    pids: list[int] = []
    killer = threading.Thread(target=kill_one, args=(pids,))
    killer.start()
    try:
        assert ask(evaluator) == embedded
        killer.join()
        assert pids
        assert pids[0] not in {process.pid for process in multiprocessing.active_children()}
    finally:
        evaluator.close()


def test_an_architecture_that_kills_its_workers_is_named() -> None:
    evaluator = make(**EMBEDDED, workers=2)
    stop = threading.Event()

    def kill_all() -> None:
        while not stop.is_set():
            for process in multiprocessing.active_children():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid or 0, signal.SIGKILL)
            time.sleep(0.01)

    killer = threading.Thread(target=kill_all)
    killer.start()
    genotype = evaluator.space.genotype(evaluator.space.canonical(ARCHS[:1])[0])
    try:
        with pytest.raises(WorkerError) as error:
            ask(evaluator, ARCHS[:1])
        assert f"2 workers died over the training of {genotype} (killed by signal 9" in str(error.value)
    finally:
        stop.set()
        killer.join()
        evaluator.close()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_loss_that_is_no_number_names_the_architecture(workers: int, tmp_path: Path) -> None:
    changes = {"epochs": 2, "batch_size": 500, "learning_rate": 1e30}
    evaluator = make(dataset="fashion14", workers=workers, changes=changes)
    evaluator.keep_in(tmp_path)
    with pytest.raises(TrainingError, match=r"^\|nor_conv_3x3~0\|.*loss is nan in epoch 1; lower learning_rate"):
        ask(evaluator, [[3] * 6])
    evaluator.close()


def test_a_trainer_travels_without_its_data() -> None:
    known = trainer.Trainer(
        space="nasbench201", settings={}, dataset="fashion14", valid_fraction=0.1, recipe=Recipe(), seeds=(0,)
    )
    assert known.data.images["train"] == 2000
    assert len(pickle.dumps(known)) < 2000


def test_where_there_is_no_validation_split_the_training_images_are_shared_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = trainer.images_of("fashion14")
    without = {name: split for name, split in whole.items() if name != "valid"}
    found = trainer.with_valid(without, 0.25)
    assert {name: len(split) for name, split in found.items()} == {"train": 1500, "valid": 500, "test": 1500}
    assert trainer.with_valid(whole, 0.25) is whole
    with pytest.raises(SettingError, match=r"above 0 and below 1; got 1\.5"):
        trainer.with_valid(without, 1.5)


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"space": "nasbench20"}, UnknownNameError, "No network named 'nasbench20'. Did you mean 'nasbench201'"),
        ({"dataset": "fashion"}, UnknownNameError, "Did you mean 'fashion14'"),
        ({"recipe": "nasbench201-12"}, UnknownNameError, "Did you mean 'nasbench201-12ep'"),
        ({"worker_pool": "rai", "workers": 2}, UnknownNameError, "No pool named 'rai'"),
        ({"settings": {"width": 3}}, SettingError, "the space nasbench201: No setting named 'width'"),
        ({"trials": 0}, SettingError, "trials is a whole number from 1"),
        ({"first_seed": -1}, SettingError, "first_seed"),
        ({"workers": 0}, SettingError, "workers is a whole number from 1"),
        ({"changes": {"epochs": 0}}, SettingError, "epochs"),
        ({"changes": {"batch_size": 3000}}, SettingError, "at most the 80 training images"),
        ({"device": "cudda"}, SettingError, "device 'cudda' cannot be used"),
    ],
)
def test_what_does_not_fit_is_refused(keywords: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make(**keywords)
