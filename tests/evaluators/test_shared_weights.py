"""Shared weights are put together of names: which data they see, and whose settings are whose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.data import DATASETS, ImageFiles, Split
from awnas_gym.errors import SettingError, TrainingError, UnknownNameError
from awnas_gym.tables import Row
from tests.data import written

torch = pytest.importorskip("torch", reason="shared weights need torch: pip install 'awnas-gym[torch]'")

from awnas_gym.evaluators.shared_weights import shared_weights  # noqa: E402

SMALL: dict[str, Any] = {"space": "nasbench201", "settings": {"channels": 2, "cells": 1}, "batch_size": 8}


def one_score(evaluator: Any) -> float:
    evaluator.reset(0)
    arch = evaluator.space.parse("|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|skip_connect~0|none~1|avg_pool_3x3~2|")
    loss: float = evaluator.evaluate(arch[None], rng=np.random.default_rng(0))["valid_loss"][0]
    return loss


def test_a_data_set_gives_images_and_classes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWNAS_DATA", str(tmp_path))
    written.cifar10(tmp_path / "cifar10")
    evaluator = shared_weights(**SMALL, dataset="cifar10", valid_fraction=0.3, eval_batch_size=4)
    sizes = {"image_channels": 3, "image_size": 32, "classes": 10}
    assert sizes.items() <= evaluator.space.settings.items()
    assert np.isfinite(one_score(evaluator))
    for wrong in ({"classes": 100}, {"image_channels": 1}, {"image_size": 28}):
        settings = {**SMALL["settings"], **wrong}
        with pytest.raises(SettingError, match="cifar10 has "):
            shared_weights(**{**SMALL, "settings": settings}, dataset="cifar10", eval_batch_size=4)


def test_more_batches_than_there_are_to_score_on_are_refused() -> None:
    assert shared_weights(**SMALL, eval_batch_size=250, eval_batches=2).eval_batches == 2
    with pytest.raises(SettingError, match="eval_batches is 1 … 2, the batches of 250 that fashion14 has to score on"):
        shared_weights(**SMALL, eval_batch_size=250, eval_batches=3)


def test_steps_on_one_image_are_refused() -> None:
    with pytest.raises(SettingError, match="batch_size is 2 or more"):
        shared_weights(**{**SMALL, "batch_size": 1})


def test_a_network_too_large_for_memory_says_what_to_lower() -> None:
    with pytest.raises(TrainingError, match="out of memory; lower batch_size, channels or cells"):
        shared_weights(**{**SMALL, "settings": {**SMALL["settings"], "channels": 4_000_000}})


def test_image_files_are_decoded_in_any_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = pytest.importorskip("PIL.Image", reason="needs the extra [data]")
    labels, rng = np.arange(24) % 3, np.random.default_rng(0)
    paths = [str(tmp_path / f"{i}.png") for i in range(24)]
    for path, label in zip(paths, labels, strict=True):
        image.fromarray(rng.integers(256, size=(20, 16 + label, 3), dtype=np.uint8)).save(path)
    monkeypatch.setitem(DATASETS._rows, "files", Row("math:pi", "stands for files"))
    load = Row.load
    monkeypatch.setattr(
        Row,
        "load",
        lambda row: (lambda: {"train": ImageFiles(tuple(paths), labels)}) if row.target == "math:pi" else load(row),
    )
    settings = {**SMALL["settings"], "image_size": 12}
    keywords = {
        **SMALL,
        "settings": settings,
        "dataset": "files",
        "crop": 0,
        "eval_batch_size": 4,
        "valid_fraction": 0.25,
    }
    evaluator = shared_weights(**keywords, area=0.5)
    assert {"image_channels": 3, "image_size": 12, "classes": 3}.items() <= evaluator.space.settings.items()
    assert one_score(evaluator) != one_score(shared_weights(**keywords))  # windows are random, or in the middle


def test_images_are_square(monkeypatch: pytest.MonkeyPatch) -> None:
    split = Split(np.zeros((20, 1, 8, 9), np.uint8), np.arange(20) % 2)
    monkeypatch.setattr("awnas_gym.data.searching.DATASETS.load", lambda _: lambda: {"train": split})
    with pytest.raises(SettingError, match="images of 8x9 pixels; square ones are wanted"):
        shared_weights(**SMALL, eval_batch_size=2)


def test_a_setting_of_another_space_is_named() -> None:
    with pytest.raises(SettingError, match=r"the space fbnet: No setting named 'cells'.*variant"):
        shared_weights(space="fbnet", settings={"cells": 4})
    with pytest.raises(UnknownNameError, match="No supernet named 'ofa_mbv3'"):
        shared_weights(space="ofa_mbv3")
