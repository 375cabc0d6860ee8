"""Folders of final trainings: what is in them, resume after a stop at any place, first weights, scores afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from awnas_gym.data import ImageFiles, Split
from awnas_gym.data.searching import train_and_valid
from awnas_gym.errors import (
    CheckpointError,
    GenotypeError,
    RunFolderError,
    SettingError,
    TrainingError,
    UnknownNameError,
)
from awnas_gym.files import write_atomically
from awnas_gym.spaces import SPACES
from awnas_gym.spaces.foreign_genotypes import write_aw_nas
from awnas_gym.tables import Table
from tests.data import written

torch = pytest.importorskip("torch", reason="training needs torch: pip install 'awnas-gym[torch]'")

from awnas_gym.evaluators.shared_weights import shared_weights  # noqa: E402
from awnas_gym.training import final_folder  # noqa: E402
from awnas_gym.training.checkpoints import load_checkpoint  # noqa: E402
from awnas_gym.training.final import Trainer  # noqa: E402
from awnas_gym.training.final_config import FinalTraining, check_images, load_splits, read_training  # noqa: E402
from awnas_gym.training.final_folder import train_in_folder  # noqa: E402
from awnas_gym.training.final_start import read_weights, supernet_weights  # noqa: E402
from awnas_gym.training.trained import score_folder, trained_network  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
CELL = "|nor_conv_3x3~0|+|none~0|avg_pool_3x3~1|+|nor_conv_1x1~0|none~1|nor_conv_1x1~2|"
OTHER = CELL.replace("avg_pool", "nor_conv")
SIZES: dict[str, Any] = {"name": "nasbench201", "channels": 2, "cells": 1}


def config(**changes: Any) -> FinalTraining:
    training = {"epochs": 3, "batch_size": 500, "ema": 0.5, "recalibration_batches": 1, **changes.pop("training", {})}
    fields = {"space": SIZES, "genotype": CELL, "dataset": "fashion14", "training": training, **changes}
    return FinalTraining(**fields)


def curve(folder: Path) -> list[dict[str, float]]:
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{name: value for name, value in line.items() if name != "wall_s"} for line in lines]


def summary(folder: Path) -> dict[str, Any]:
    return {**json.loads((folder / "summary.json").read_text()), "wall_s": 0}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "train"
    train_in_folder(config(), folder)
    return folder


def test_what_a_training_leaves(done: Path) -> None:
    assert sorted(path.name for path in done.iterdir()) == [
        "checkpoints", "config.yaml", "metrics.jsonl", "summary.json", "weights.safetensors",
    ]  # fmt: skip
    assert sorted(path.name for path in (done / "checkpoints").iterdir()) == ["000002", "000003"]
    lines, found = curve(done), json.loads((done / "summary.json").read_text())
    assert [line["epoch"] for line in lines] == [1, 2, 3]
    best = max(lines, key=lambda line: line["ema_valid_accuracy"])
    assert found["best"] == {"epoch": best["epoch"], "valid_accuracy": best["ema_valid_accuracy"]}
    assert {"params": found["params"], "macs": found["macs"]} == config().sizes()
    assert {"valid_accuracy", "valid_loss", "test_accuracy", "test_loss", "wall_s"} <= found.keys()
    assert FinalTraining(**read_training(done / "config.yaml")) == config()


def test_scores_of_a_folder_are_those_of_the_summary(done: Path) -> None:
    found = summary(done)
    scores = score_folder(done, ["test", "valid", "train"])
    assert scores["test"] == {"accuracy": found["test_accuracy"], "loss": found["test_loss"]}
    assert scores["valid"]["accuracy"] == found["valid_accuracy"]
    last = curve(done)[-1]
    assert score_folder(done, ["valid"], weights="last")["valid"]["loss"] == last["valid_loss"]
    assert score_folder(done, ["valid"], weights="ema")["valid"]["loss"] == last["ema_valid_loss"]
    best = score_folder(done, ["valid"], weights="best")["valid"]["accuracy"]
    assert best == max(line["ema_valid_accuracy"] for line in curve(done))


def test_what_a_folder_cannot_be_asked(done: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'test'"):
        score_folder(done, ["tests"])
    with pytest.raises(UnknownNameError, match="Did you mean 'best'"):
        score_folder(done, ["test"], weights="bets")
    with pytest.raises(RunFolderError, match=r"holds no training: it has no config\.yaml"):
        score_folder(tmp_path, ["test"])
    with pytest.raises(UnknownNameError, match="Did you mean 'fashion14'"):
        score_folder(done, ["test"], dataset="fashion41")


class Killed(Exception):  # noqa: N818 - it is no error
    """Ends a training where a test wants it."""


def kill(*_: Any, **__: Any) -> None:
    raise Killed


def after_the_second(line: dict[str, float]) -> None:
    if line["epoch"] == 2:
        raise Killed


def save_but_for_the_third_time() -> Callable[[Trainer, Path], None]:
    save, saves = Trainer.save, []

    def count(self: Trainer, folder: Path) -> None:
        saves.append(folder)
        kill() if len(saves) == 3 else save(self, folder)

    return count


def write_all_but_the_network(path: Path, content: Any) -> None:
    kill() if path.name == "weights.safetensors" else write_atomically(path, content)


@pytest.mark.parametrize("every", [1, 2])
@pytest.mark.parametrize("when", ["first batch", "line", "checkpoint", "network"])
def test_a_training_that_is_killed_goes_on_to_the_same_end(
    when: str, every: int, done: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks: dict[str, Any] = {"first batch": {"on_batch": kill}, "line": {"on_epoch": after_the_second}}
    with monkeypatch.context() as patch:
        if when == "checkpoint":
            patch.setattr(Trainer, "save", save_but_for_the_third_time())
        if when == "network":
            patch.setattr(final_folder, "write_atomically", write_all_but_the_network)
        with pytest.raises(Killed):
            train_in_folder(config(), tmp_path, checkpoint_every=every, **hooks.get(when, {}))
    train_in_folder(config(), tmp_path, checkpoint_every=every)
    assert curve(tmp_path) == curve(done)
    for name in ("weights.safetensors", "config.yaml"):
        assert (tmp_path / name).read_bytes() == (done / name).read_bytes()
    found, wanted = (load_checkpoint(folder / "checkpoints" / "000003") for folder in (tmp_path, done))
    assert found[1] == wanted[1]
    assert all(torch.equal(found[0][name], tensor) for name, tensor in wanted[0].items())
    assert summary(tmp_path) == summary(done)


def test_half_a_line_is_cut_and_a_lost_one_is_an_error(done: Path, tmp_path: Path) -> None:
    stopped(tmp_path)
    path = tmp_path / "metrics.jsonl"
    whole = path.read_text()
    path.write_text(whole + '{"epoch": 3, "wa')
    train_in_folder(config(), tmp_path)
    assert curve(tmp_path) == curve(done)
    (tmp_path / "summary.json").unlink()
    path.write_text(whole)
    with pytest.raises(RunFolderError, match=r"the checkpoint is of epoch 3, the lines of \[1, 2\]"):
        train_in_folder(config(), tmp_path)


def stopped(folder: Path) -> None:
    """Leave what a training has in the folder when it is killed after its second epoch."""
    with pytest.raises(Killed):
        train_in_folder(config(), folder, on_epoch=after_the_second)


def damage(folder: Path) -> None:
    """Truncate the tensors of a checkpoint."""
    (file,) = folder.glob("*.safetensors")
    file.write_bytes(file.read_bytes()[:-100])


def test_in_place_of_a_damaged_checkpoint_the_one_before_is_gone_on_from(
    done: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stopped(tmp_path)
    damage(tmp_path / "checkpoints" / "000002")
    scores = score_folder(tmp_path, ["valid"], weights="last")["valid"]
    assert scores["accuracy"] == curve(tmp_path)[0]["valid_accuracy"]
    caplog.clear()
    epochs: list[float] = []
    train_in_folder(config(), tmp_path, on_epoch=lambda line: epochs.append(line["epoch"]))
    assert epochs == [2, 3]
    assert "000002" in caplog.text
    assert "truncated or altered" in caplog.text
    assert curve(tmp_path) == curve(done)
    assert (tmp_path / "weights.safetensors").read_bytes() == (done / "weights.safetensors").read_bytes()


def test_where_all_checkpoints_are_damaged_nothing_is_changed(tmp_path: Path) -> None:
    stopped(tmp_path)
    damage(tmp_path / "checkpoints" / "000001")
    (tmp_path / "checkpoints" / "000002" / "state.json").write_text("{")
    before = (tmp_path / "metrics.jsonl").read_bytes()
    with pytest.raises(CheckpointError, match=r"000002/state\.json is no checkpoint: .*; --overwrite begins anew"):
        train_in_folder(config(), tmp_path)
    assert (tmp_path / "metrics.jsonl").read_bytes() == before


def test_the_network_of_a_folder(done: Path, tmp_path: Path) -> None:
    found, network = trained_network(done)
    assert found == config()
    assert not network.training
    assert torch.equal(network.state_dict()["classifier.weight"], read_weights(done)["classifier.weight"])
    last = load_checkpoint(done / "checkpoints" / "000003")[0]
    for kind, prefix in (("last", "network."), ("ema", "ema.module."), ("best", "best.")):
        weights = trained_network(done, weights=kind)[1].state_dict()
        assert all(torch.equal(tensor, last[prefix + name]) for name, tensor in weights.items())
    stopped(tmp_path)
    with pytest.raises(
        CheckpointError, match=r"has no weights\.safetensors: the training is not over, and awnas train"
    ):
        trained_network(tmp_path)
    with pytest.raises(Killed):
        train_in_folder(config(training={"ema": 0}), tmp_path / "begun", on_batch=kill)
    for kind, words in (("best", "no epoch is the best so far, .* use 'last'"), ("ema", "no running mean")):
        with pytest.raises(CheckpointError, match=words):
            trained_network(tmp_path / "begun", weights=kind)


def test_a_checkpoint_of_other_images_of_the_same_sizes_is_refused(tmp_path: Path) -> None:
    stopped(tmp_path)
    splits = config().splits()
    train = splits["train"]
    splits["train"] = Split(train.images[:, :, ::-1], train.labels)
    with pytest.raises(CheckpointError, match=r"of another training: data '[0-9a-f]{8}', here '[0-9a-f]{8}'"):
        config().trainer(splits).load(tmp_path / "checkpoints" / "000002")
    config().trainer(config().splits()).load(tmp_path / "checkpoints" / "000002")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"genotype": OTHER}, "genotype is "),
        ({"training": {"epochs": 4}}, r"training\.epochs is 3, not 4"),
        ({"seed": 1}, "seed is 0, not 1"),
        ({"space": {**SIZES, "channels": 3}}, r"space\.channels is 2, not 3"),
        ({"start": {"weights": "x"}}, r"start\.weights is None, not 'x'"),
    ],
)
def test_a_folder_of_another_training_is_refused(changes: dict[str, Any], message: str, done: Path) -> None:
    with pytest.raises(RunFolderError, match=f"holds another training: its {message}"):
        train_in_folder(config(**changes), done)


def test_a_checkpoint_of_another_architecture_is_refused(done: Path) -> None:
    other = config(genotype=OTHER)
    with pytest.raises(CheckpointError, match="of another training: genotype"):
        other.trainer(other.splits()).load(done / "checkpoints" / "000003")


def test_no_number_keeps_the_last_good_checkpoint(tmp_path: Path) -> None:
    explodes = {"name": "multistep", "at": [1], "factor": 1e40}
    wild = config(training={"learning_rate": 1e-3, "clip": 0, "ema": 0, "scheduler": explodes})
    with pytest.raises(TrainingError, match="the last good checkpoint, of epoch 1, is in") as error:
        train_in_folder(wild, tmp_path)
    assert "lower learning_rate or clip" in str(error.value)
    tensors, state = load_checkpoint(tmp_path / "checkpoints" / "000001")
    assert state["epochs"] == 1
    assert all(torch.isfinite(tensor).all() for tensor in tensors.values())


def test_one_process_at_a_time(tmp_path: Path) -> None:
    first = final_folder._Curve(tmp_path / "metrics.jsonl")
    try:
        with pytest.raises(RunFolderError, match="another process is writing"):
            train_in_folder(config(), tmp_path)
    finally:
        first.close()


# ---------------------------------------------------------------- first weights


def test_weights_of_another_training(done: Path, tmp_path: Path) -> None:
    begun = config(start={"weights": str(done)}, training={"epochs": 1, "learning_rate": 1e-30, "weight_decay": 0})
    train_in_folder(begun, tmp_path)
    before, after = read_weights(done), read_weights(tmp_path)
    assert torch.equal(before["classifier.weight"], after["classifier.weight"])
    other = config(genotype=OTHER, start={"weights": str(done)})
    with pytest.raises(CheckpointError, match="of another network"):
        train_in_folder(other, tmp_path / "other")
    with pytest.raises(CheckpointError, match="holds no weights"):
        train_in_folder(config(start={"weights": str(tmp_path / "none")}), tmp_path / "another")


def test_weights_of_a_supernet(tmp_path: Path) -> None:
    shared = shared_weights(space="darts", settings={"channels": 2, "cells": 3}, batch_size=500)
    shared.reset(0)
    shared.train(shared.space.sample(np.random.default_rng(0), 2))
    shared.save(tmp_path / "run" / "weights" / "000020")
    start = {"supernet": str(tmp_path / "run")}
    arch = shared.space.sample(np.random.default_rng(2), 1)[0]
    cells: dict[str, Any] = {
        "genotype": shared.space.genotype(arch),
        "space": {"name": "darts", "channels": 2, "cells": 3},
    }
    begun = config(**cells, start=start, training={"epochs": 1, "learning_rate": 1e-30, "weight_decay": 0, "ema": 0})
    train_in_folder(begun, tmp_path / "train")
    wanted = shared.supernet.derive(arch).state_dict()
    found = read_weights(tmp_path / "train")
    weights = [name for name in wanted if "running" not in name and "num_batches" not in name]
    assert all(torch.allclose(found[name], wanted[name], atol=1e-12) for name in weights)
    wider = config(**{**cells, "space": {**cells["space"], "channels": 3}}, start=start)
    with pytest.raises(CheckpointError, match="of another training: settings"):
        train_in_folder(wider, tmp_path / "wider")
    with pytest.raises(CheckpointError, match="of another training: dataset 'fashion14', here 'mine'"):
        supernet_weights(tmp_path / "run", shared.space, arch, dataset="mine")
    damage(tmp_path / "run" / "weights" / "000020")
    with pytest.raises(CheckpointError, match="truncated or altered"):
        train_in_folder(begun, tmp_path / "again")
    with pytest.raises(CheckpointError, match="is no checkpoint"):
        train_in_folder(config(**cells, start={"supernet": str(tmp_path / "wider")}), tmp_path / "nothing")


# ---------------------------------------------------------------- configurations


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"space": "dart"}, "Did you mean 'darts'"),
        ({"space": "nats_size"}, "No network named 'nats_size'"),
        ({"space": "recurrent"}, "fashion14 holds images; text is wanted here"),
        ({"dataset": "shakespeare"}, "shakespeare holds text; images are wanted here"),
        ({"space": {"channels": 2}}, "space is a name, or a mapping with 'name'"),
        ({"space": {"name": "darts", "channel": 2}}, "Did you mean 'channels'"),
        ({"space": {**SIZES, "classes": 7}}, "classes is 7; that of fashion14 is 10. Leave it out."),
        ({"genotype": "Genotype(normal=[])"}, "is no nasbench201 genotype"),
        ({"dataset": "fashion41"}, "Did you mean 'fashion14'"),
        ({"training": {"epoch": 2}}, "Did you mean 'epochs'"),
        ({"seed": -1}, "seed is a whole number from 0"),
        ({"start": {"weights": "a", "supernet": "b"}}, "weights or supernet, one of them"),
        ({"start": {"weight": "a"}}, "Did you mean 'weights'"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_wrong_configurations_are_refused_at_once(changes: dict[str, Any], message: str) -> None:
    with pytest.raises((SettingError, UnknownNameError, GenotypeError)) as error:
        config(**changes)
    assert message in str(error.value)


def test_genotypes_of_aw_nas_are_read_and_kept_in_our_notation() -> None:
    space = SPACES.load("darts")(channels=2, cells=3)
    arch = space.sample(np.random.default_rng(0), 1)[0]
    found = config(space={"name": "darts", "channels": 2, "cells": 3}, genotype=write_aw_nas(space, arch))
    assert found.genotype == space.genotype(arch)


def test_a_network_without_head_or_paths() -> None:
    with pytest.raises(SettingError, match="the network of nasbench201 has no auxiliary head; leave it out, or set 0"):
        config(training={"auxiliary_weight": 0.4})
    with pytest.raises(SettingError, match="the network of nasbench201 has no paths to drop"):
        config(training={"drop_path": 0.2}).network()
    plain = config(training={"auxiliary_weight": 0, "drop_path": 0.0, "dropout": 0.5}).network()
    images = torch.ones(4, 1, 14, 14)
    torch.manual_seed(0)
    assert not torch.equal(plain.train()(images)[0], plain(images)[1])
    assert torch.equal(plain.eval()(images)[0], plain(images)[1])


def test_images_and_labels_that_the_network_does_not_take() -> None:
    split = config().splits()["test"]
    with pytest.raises(SettingError, match="mine: images are 1x14x14; the network takes 3x14x14"):
        check_images({"image_channels": 3, "image_size": 14}, split, where="mine")
    with pytest.raises(SettingError, match="a label is 9; the network has 5 classes"):
        check_images({"image_channels": 1, "image_size": 14, "classes": 5}, split, where="mine")
    with pytest.raises(SettingError, match="fashion14, train: images are 1x14x14; the network takes 1x16x16"):
        config(space={**SIZES, "image_size": 16}).splits()


def test_what_validates_is_what_a_search_did_not_train_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWNAS_DATA", str(tmp_path))
    written.cifar10(tmp_path / "cifar10")
    train, valid, _ = train_and_valid("cifar10")
    found = config(dataset="cifar10", seed=5, training={"batch_size": 2}).splits()
    assert np.array_equal(found["train"].images, train.images)
    assert np.array_equal(found["valid"].images, valid.images)


def test_image_files_are_read_in_the_size_of_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def files() -> dict[str, ImageFiles]:
        return {"train": ImageFiles(("a.png", "b.png"), np.array([0, 1]))}

    monkeypatch.setattr(Table, "load", lambda *_: files)
    found = load_splits("files", {"image_size": 32, "image_channels": 3, "classes": 2})
    assert found["train"].shape == (3, 32, 32)


def test_a_device_that_is_not_there() -> None:
    with pytest.raises(SettingError, match="device 'cuda:99' cannot be used"):
        config().trainer({}, device="cuda:99")


@pytest.mark.parametrize("name", ["train_darts_cifar10", "train_enas_cifar10"])
def test_the_recipes_of_papers_train_on_files_of_cifar(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWNAS_DATA", str(tmp_path / "data"))
    written.cifar10(tmp_path / "data" / "cifar10")
    content = yaml.safe_load((ROOT / "examples" / f"{name}.yaml").read_text())
    assert FinalTraining(**content).recipe.epochs in {600, 630}
    content["space"] |= {"channels": 2, "cells": 4}
    content["training"] |= {"batch_size": 20}
    small = FinalTraining(**content)
    made = small.trainer(small.splits())
    line = made.train_epoch()
    assert np.isfinite(line["train_loss"])
    assert made.data.valid is None
    assert sum(len(labels) for _, labels in made.data.test.epoch(0)) == 8


def test_the_sizes_of_the_networks_of_papers() -> None:
    """That of DARTS's second order; its auxiliary head is not counted."""
    content = yaml.safe_load((ROOT / "examples" / "train_darts_cifar10.yaml").read_text())
    assert FinalTraining(**content).sizes()["params"] == 3_349_342
