"""Shared weights: schedules, batch norm, checkpoints, what goes wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.data import Split, searching
from awnas_gym.errors import CheckpointError, RunFolderError, SettingError, TrainingError, UnknownNameError

torch = pytest.importorskip("torch", reason="shared weights need torch: pip install 'awnas-gym[torch]'")

from awnas_gym.data.fashion14 import fashion14  # noqa: E402
from awnas_gym.evaluators.batch_norm import batch_norm_policy  # noqa: E402
from awnas_gym.evaluators.keeper import WeightKeeper  # noqa: E402
from awnas_gym.evaluators.shared_weights import shared_weights  # noqa: E402
from awnas_gym.training.batches import Batches  # noqa: E402

SIZES = {"channels": 2, "cells": 2}
SMALL: dict[str, Any] = {"settings": SIZES, "batch_size": 100, "eval_batch_size": 25}
RNG = np.random.default_rng(0)


def started(seed: int = 0, **keywords: Any) -> Any:
    evaluator = shared_weights(**{**SMALL, **keywords})
    evaluator.reset(seed)
    return evaluator


def archs(evaluator: Any, n: int, seed: int = 0) -> Any:
    return evaluator.space.sample(np.random.default_rng(seed), n)


def scores(evaluator: Any, rows: Any) -> list[float]:
    found: list[float] = evaluator.evaluate(rows, rng=RNG)["valid_loss"].tolist()
    return found


def test_what_is_asked_together_is_scored_on_the_same_images() -> None:
    evaluator = started(weight_steps=0)
    arch = archs(evaluator, 1)
    first, second = scores(evaluator, np.repeat(arch, 2, axis=0))
    assert first == second
    assert scores(evaluator, arch)[0] != first  # the next batch


def test_interleaved_trains_before_it_scores() -> None:
    evaluator = started(weight_steps=3)
    scores(evaluator, archs(evaluator, 2))
    assert evaluator._training.position == 6


def test_epochs_pass_over_all_images_after_some_scores() -> None:
    evaluator = started(schedule="epochs", episodes=3, pool=2, warmup_epochs=1)
    positions = []
    for arch in archs(evaluator, 6):
        scores(evaluator, arch[None])
        positions.append(evaluator._training.position)
    assert positions == [20, 20, 40, 40, 40, 60]  # 2,000 images in batches of 100
    assert len(evaluator._finished) == 2


def test_scores_of_whole_splits_train_nothing_and_move_nothing() -> None:
    one, other = (started(measures=("weight_noise",), weight_steps=1) for _ in range(2))
    rows = archs(one, 3)
    for evaluator in (one, other):
        scores(evaluator, rows)
    before = {name: tensor.clone() for name, tensor in one.supernet.state_dict().items()}
    first, again = (one.score(rows) for _ in range(2))
    assert first.keys() == one.yields
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert all(torch.equal(before[name], tensor) for name, tensor in one.supernet.state_dict().items())
    assert scores(one, rows) == scores(other, rows)  # as if nobody had asked


def test_scores_of_whole_splits_are_those_of_all_images() -> None:
    evaluator = started(weight_steps=0)
    evaluator.train(archs(evaluator, 3))
    arch = archs(evaluator, 1)
    splits = fashion14()
    with torch.no_grad():
        evaluator.supernet.eval()
        data = Batches(splits["valid"], 25, seed=0, shuffle=False, reference=splits["train"])
        nats = [
            torch.nn.functional.cross_entropy(evaluator.supernet(images, arch[0]), labels)
            for images, labels in data.epoch(0)
        ]
    whole, part, test = (
        evaluator.score(arch, batch_norm="inherit", **keywords)["valid_loss"][0]
        for keywords in ({}, {"batches": 2}, {"split": splits["test"]})
    )
    assert whole == pytest.approx(float(torch.stack(nats).double().mean()), abs=1e-5)
    assert whole not in {part, test}
    assert part != test
    assert evaluator.score(arch)["valid_loss"][0] != evaluator.score(arch, batch_norm="recalibrate")["valid_loss"][0]
    with pytest.raises(UnknownNameError, match="Did you mean 'inherit'"):
        evaluator.score(arch, batch_norm="inherited")


@pytest.mark.parametrize("policy", ["batch", "recalibrate", "inherit"])
def test_scores_leave_no_trace(policy: str) -> None:
    evaluator = started(weight_steps=0, batch_norm=policy)
    evaluator.train(archs(evaluator, 3))
    before = {name: tensor.clone() for name, tensor in evaluator.supernet.state_dict().items()}
    scores(evaluator, archs(evaluator, 2))
    after = evaluator.supernet.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_batch_norm_policies_on_a_network_by_hand() -> None:
    norm = torch.nn.BatchNorm1d(1, affine=False, eps=1e-12)
    norm.running_mean.fill_(5.0), norm.running_var.fill_(4.0)
    x = torch.tensor([[1.0], [3.0]])
    training = [torch.tensor([[0.0], [2.0]]), torch.tensor([[2.0], [8.0]])]
    found = {}
    for policy in ("batch", "recalibrate", "inherit"):
        with batch_norm_policy(policy, norm, norm, training):
            found[policy] = norm(x).ravel().tolist()
    assert found["batch"] == pytest.approx([-1.0, 1.0])
    assert found["inherit"] == pytest.approx([-2.0, -1.0])
    deviation = ((2 + 18) / 2) ** 0.5  # the mean of the batches' unbiased variances
    assert found["recalibrate"] == pytest.approx([(1 - 3) / deviation, 0.0], abs=1e-6)  # their means are 1 and 5
    assert (norm.running_mean.item(), norm.running_var.item(), norm.momentum) == (5.0, 4.0, 0.1)


def test_a_loss_that_is_not_finite_stops_and_names_the_architecture() -> None:
    evaluator = started()
    arch = archs(evaluator, 1)
    with torch.no_grad():
        list(evaluator.supernet.parameters())[-1].fill_(float("nan"))
    with pytest.raises(TrainingError, match="lower learning_rate") as error:
        scores(evaluator, arch)
    assert evaluator.space.genotype(arch[0]) in str(error.value)


def test_what_was_saved_goes_on_alike(tmp_path: Path) -> None:
    first, second = started(measures=["weight_noise"]), started(seed=9, measures=["weight_noise"])
    rows = archs(first, 8)
    scores(first, rows[:4])
    first.save(tmp_path)
    wanted = scores(first, rows[4:])
    scores(second, rows[:1])
    second.load(tmp_path)
    assert scores(second, rows[4:]) == wanted


@pytest.mark.parametrize("damage", ["truncated", "altered", "missing", "no JSON", "elsewhere"])
def test_a_damaged_checkpoint_is_refused_and_nothing_is_changed(tmp_path: Path, damage: str) -> None:
    evaluator = started()
    scores(evaluator, archs(evaluator, 1))
    evaluator.save(tmp_path)
    (tensors,), state = list(tmp_path.glob("*.safetensors")), tmp_path / "state.json"
    raw = tensors.read_bytes()
    if damage == "truncated":
        tensors.write_bytes(raw[:-9])
    elif damage == "altered":
        tensors.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    elif damage == "missing":
        tensors.unlink()
    elif damage == "no JSON":
        state.write_text("{")
    else:
        state.write_text(state.read_text().replace(tensors.name, f"../{tensors.name}"))
    other = started(seed=5)
    before = {name: tensor.clone() for name, tensor in other.supernet.state_dict().items()}
    with pytest.raises(CheckpointError):
        other.load(tmp_path)
    assert all(torch.equal(before[name], tensor) for name, tensor in other.supernet.state_dict().items())


@pytest.mark.parametrize("keywords", [{"space": "darts"}, {"settings": {**SIZES, "channels": 4}}])
def test_a_checkpoint_of_another_space_is_refused(tmp_path: Path, keywords: dict[str, Any]) -> None:
    evaluator = started(**keywords)
    evaluator.save(tmp_path)
    with pytest.raises(CheckpointError, match=r"is of another training: (space|settings) .*, here "):
        started().load(tmp_path)


def test_a_keeper_holds_two_and_falls_back_to_the_one_before(tmp_path: Path) -> None:
    evaluator = started()
    keeper = WeightKeeper(tmp_path, evaluator, every=2)
    assert keeper.resumable(0) == 0
    for n, arch in enumerate(archs(evaluator, 7), start=1):
        scores(evaluator, arch[None])
        keeper.after(n)
    assert sorted(path.name for path in (tmp_path / "weights").iterdir()) == ["000004", "000006"]
    again = WeightKeeper(tmp_path, started(), every=2)
    assert again.resumable(7) == 6
    assert again.resumable(5) == 4
    (tmp_path / "weights" / "000006" / "state.json").write_text("{")
    assert again.resumable(7) == 4
    assert again.load_last() == 4
    (tmp_path / "weights" / "000004" / "state.json").write_text("{")
    for read in (again.load_last, lambda: again.resumable(7)):
        with pytest.raises(RunFolderError, match=r"holds no checkpoint that can be read \(.*000006.*begin anew"):
            read()
    assert again.resumable(3) == 0  # before the first checkpoint there is nothing to lose


def test_a_checkpoint_of_other_data_of_the_same_sizes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started().save(tmp_path)
    started().load(tmp_path)
    turned = {name: Split(split.images[:, :, ::-1], split.labels) for name, split in fashion14().items()}
    monkeypatch.setattr(searching, "images_of", lambda _: turned)
    other = started()
    with pytest.raises(CheckpointError, match="is of another training: data "):
        other.load(tmp_path)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"schedule": "epochs", "weight_steps": 2}, "weight_steps=2 is of schedule='interleaved'; here it is 'epochs'"),
        ({"episodes": 5}, "episodes=5 is of schedule='epochs'; here it is 'interleaved'"),
        ({"schedule": "interleaved", "pool": 5}, "pool=5 is of schedule='epochs'"),
    ],
)
def test_a_setting_of_the_other_schedule_is_refused(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(SettingError, match=reason):
        started(**settings)
