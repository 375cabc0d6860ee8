"""The final training of one network: the loop by hand, resume bit by bit, what goes wrong."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.data import Split
from awnas_gym.errors import CheckpointError, SettingError, TrainingError

torch = pytest.importorskip("torch", reason="training needs torch: pip install 'awnas-gym[torch]'")

from torch import Tensor, nn  # noqa: E402

from awnas_gym.supernets.drop_path import DropPath  # noqa: E402
from awnas_gym.training.final import Trainer  # noqa: E402
from awnas_gym.training.final_data import final_data, split_up  # noqa: E402
from awnas_gym.training.final_recipe import FinalRecipe  # noqa: E402
from awnas_gym.training.final_start import start_from  # noqa: E402

ABOUT = {"genotype": "tiny"}
EVERYTHING: dict[str, Any] = {
    "epochs": 4, "batch_size": 8, "learning_rate": 0.1, "warmup_epochs": 1, "no_bias_decay": True,
    "label_smoothing": 0.1, "drop_path": 0.4, "dropout": 0.0, "ema": 0.9, "recalibration_batches": 2,
    "cutout": 2, "crop": 1,
}  # fmt: skip


class Tiny(nn.Module):
    """A network with everything that a final training knows: batch norm, drop path, dropout, an auxiliary head."""

    def __init__(self, *, auxiliary: bool = True) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.path, self.dropout = DropPath(), nn.Dropout(0.2)
        self.classifier, self.head = nn.Linear(4, 3), nn.Linear(4, 3) if auxiliary else None

    def forward(self, images: Tensor) -> Any:
        value = torch.relu(self.norm(self.conv(images)))
        value = (value + self.path(self.second(value))).mean(dim=(2, 3))
        logits = self.classifier(self.dropout(value))
        return (logits, self.head(value)) if self.training and self.head is not None else logits


def images(n: int = 40, size: int = 6) -> dict[str, Split]:
    rng = np.random.default_rng(0)
    made = {}
    for name in ("train", "test"):
        labels = np.arange(n) % 3
        pixels = rng.integers(0, 60, (n, 1, size, size)) + 90 * labels[:, None, None, None] * (np.arange(size) < 3)
        made[name] = Split(pixels.astype(np.uint8), labels.astype(np.int64))
    return made


def trainer(seed: int = 0, valid_fraction: float = 0.25, **settings: Any) -> Trainer:
    recipe = FinalRecipe(**{**EVERYTHING, "valid_fraction": valid_fraction, **settings})
    data = final_data(split_up(images(), valid_fraction=valid_fraction), recipe, seed=seed)
    torch.manual_seed(seed)
    return Trainer(Tiny(), data, recipe, seed=seed, about=ABOUT)


def everything_of(done: Trainer) -> dict[str, Tensor]:
    state = done._optimiser.state_dict()["state"]
    return {
        **done.network.state_dict(),
        **{f"ema {name}": t for name, t in (done.average.state_dict() if done.average else {}).items()},
        **{f"best {name}": tensor for name, tensor in done._best_weights.items()},
        **{f"{i} {key}": torch.as_tensor(v) for i, values in state.items() for key, v in values.items()},
        **{f"final {name}": tensor for name, tensor in done.final_network().state_dict().items()},
    }


def test_a_step_by_hand() -> None:
    made = trainer(epochs=1, warmup_epochs=0, scheduler="constant", weight_decay=0.01, clip=0.5, auxiliary_weight=0.3,
                   no_bias_decay=False, ema=0.0, batch_size=30, drop_path=0.0)  # fmt: skip
    reference = copy.deepcopy(made.network)
    reference.dropout.p = made.network.dropout.p = 0.0
    ((some, labels),) = made.data.train.epoch(0)
    made.train_epoch()
    logits, auxiliary = reference.train()(some)
    cross_entropy = nn.CrossEntropyLoss(label_smoothing=0.1)
    (cross_entropy(logits, labels) + 0.3 * cross_entropy(auxiliary, labels)).backward()
    norm = torch.sqrt(sum((p.grad**2).sum() for p in reference.parameters()))
    for parameter, found in zip(reference.parameters(), made.network.parameters(), strict=True):
        gradient = parameter.grad * min(1.0, 0.5 / float(norm)) + 0.01 * parameter
        torch.testing.assert_close(found, parameter - 0.1 * gradient, atol=1e-6, rtol=1e-5)


def test_it_learns_and_the_test_split_is_not_looked_at() -> None:
    made = trainer(epochs=12, ema=0.0, drop_path=0.0, cutout=0)
    made.data.test._labels[:] = -1  # whoever reads them fails
    lines = [made.train_epoch() for _ in range(12)]
    assert lines[-1]["train_loss"] < 0.7 * lines[0]["train_loss"]
    assert max(line["valid_accuracy"] for line in lines) > 0.8
    assert made.best == {
        "epoch": 1 + int(np.argmax([line["valid_accuracy"] for line in lines])),
        "valid_accuracy": max(line["valid_accuracy"] for line in lines),
    }


def test_drop_path_rises_in_a_line_and_is_off_in_the_end() -> None:
    made = trainer(drop_path=0.4)
    assert [made.train_epoch()["drop_path"] for _ in range(4)] == pytest.approx([0.0, 0.1, 0.2, 0.3])
    assert made.final_network().path.probability == 0
    assert trainer(drop_path=None)._set_drop_path() == 0.0


@pytest.mark.parametrize("optimiser", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize("stop", [1, 3])
def test_resume_equals_unbroken_bit_by_bit(optimiser: str, stop: int, tmp_path: Path) -> None:
    whole = trainer(optimiser=optimiser)
    lines = [whole.train_epoch() for _ in range(4)]
    begun = trainer(optimiser=optimiser)
    first = [begun.train_epoch() for _ in range(stop)]
    begun.save(tmp_path)
    resumed = trainer(optimiser=optimiser)
    with torch.no_grad():
        for parameter in resumed.network.parameters():
            parameter.fill_(0.5)  # whatever it was made with
    resumed.load(tmp_path)
    torch.rand(7)  # what others draw changes nothing
    assert first + [resumed.train_epoch() for _ in range(4 - stop)] == lines
    wanted, found = everything_of(whole), everything_of(resumed)
    assert wanted.keys() == found.keys()
    assert [name for name in wanted if not torch.equal(wanted[name], found[name])] == []


def test_the_best_weights_survive_a_stop(tmp_path: Path) -> None:
    begun = trainer()
    begun.train_epoch()
    begun.best["valid_accuracy"] = 1.0  # whatever comes, the first epoch stays the best
    begun.save(tmp_path)
    resumed = trainer()
    resumed.load(tmp_path)
    for made in (begun, resumed):
        made.train_epoch()
    assert resumed.best == begun.best == {"epoch": 1, "valid_accuracy": 1.0}
    wanted, found = begun.final_network().state_dict(), resumed.final_network().state_dict()
    assert all(torch.equal(found[name], tensor) for name, tensor in wanted.items())


def test_all_splits_are_normalised_by_the_training_images() -> None:
    made = trainer()
    split = split_up(images(), valid_fraction=0.25)
    train, test = split["train"].images, split["test"].images
    ((some, labels), *_) = made.data.test.epoch(0)
    wanted = (test[: len(some)] - train.mean()) / train.std()
    np.testing.assert_allclose(some.numpy(), wanted, atol=1e-5)
    assert labels.tolist() == split["test"].labels[: len(some)].tolist()
    assert len(made.data.train._labels) == 30
    assert {len(split["valid"]), len(made.data.valid._labels)} == {10}


def test_same_seed_same_network_and_others_draw_as_before() -> None:
    before = torch.random.get_rng_state()
    a, b, other = trainer(1), trainer(1), trainer(2)
    torch.random.set_rng_state(before)
    assert a.train_epoch() == b.train_epoch()
    assert a.train_epoch() != other.train_epoch()
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_running_mean_by_hand() -> None:
    made = trainer(ema=0.75, batch_size=30)
    made.train_epoch()
    first = {name: t.clone() for name, t in made.network.state_dict().items()}
    made.train_epoch()
    for name, tensor in made.network.named_parameters():
        wanted = 0.75 * first[name] + 0.25 * tensor
        torch.testing.assert_close(made.average.module.state_dict()[name], wanted)
    wanted = 0.75 * first["norm.running_mean"] + 0.25 * made.network.norm.running_mean
    torch.testing.assert_close(made.average.module.norm.running_mean, wanted)


def test_the_final_network_is_the_best_the_mean_or_the_last() -> None:
    best = trainer(recalibration_batches=0, ema=0.0)
    for _ in range(2):
        best.train_epoch()
    best.best = {"epoch": 1, "valid_accuracy": 1.0}
    kept = {name: t.clone() for name, t in best._best_weights.items()}
    best.train_epoch()
    assert all(torch.equal(t, kept[name]) for name, t in best.final_network().state_dict().items())
    mean, last = (
        trainer(valid_fraction=0.0, recalibration_batches=0),
        trainer(valid_fraction=0, recalibration_batches=0, ema=0),
    )
    for made in (mean, last):
        assert "valid_accuracy" not in made.train_epoch()
        made.train_epoch()
    assert torch.equal(mean.final_network().conv.weight, mean.average.module.conv.weight)
    assert torch.equal(last.final_network().conv.weight, last.network.conv.weight)


def test_recalibration_takes_the_statistics_of_training_batches() -> None:
    made = trainer(recalibration_batches=1, batch_size=30, ema=0.0, epochs=1)
    made.train_epoch()
    found = made.final_network()
    ((some, _),) = made.data.train.epoch(1)
    wanted = found.conv(some).mean(dim=(0, 2, 3))
    torch.testing.assert_close(found.norm.running_mean, wanted)
    assert not torch.equal(found.norm.running_mean, made.network.norm.running_mean)


def test_an_auxiliary_head_may_be_on_one_side_of_first_weights_alone() -> None:
    class Headed(nn.Module):
        def __init__(self, *, auxiliary: bool) -> None:
            super().__init__()
            self.classifier, self.auxiliary = nn.Linear(2, 2), nn.Linear(2, 2) if auxiliary else None

    begun, plain = Headed(auxiliary=True), Headed(auxiliary=False).state_dict()
    head = begun.auxiliary.weight.clone()
    start_from(begun, plain, where="here")
    assert torch.equal(begun.classifier.weight, plain["classifier.weight"])
    assert torch.equal(begun.auxiliary.weight, head)
    bare = Headed(auxiliary=False)
    start_from(bare, begun.state_dict(), where="here")
    assert torch.equal(bare.classifier.bias, begun.classifier.bias)
    with pytest.raises(CheckpointError, match=r"here is of another network: it lacks classifier\.bias"):
        start_from(begun, {"classifier.weight": plain["classifier.weight"]}, where="here")


def test_bfloat16_trains_too_and_weights_stay_float32() -> None:
    made = trainer(precision="bfloat16", epochs=8, ema=0.0, drop_path=0.0)
    lines = [made.train_epoch() for _ in range(8)]
    assert lines[-1]["train_loss"] < lines[0]["train_loss"]
    assert made.network.conv.weight.dtype == torch.float32
    assert lines[0]["train_loss"] != trainer(epochs=8, ema=0.0, drop_path=0.0).train_epoch()["train_loss"]


def test_a_loss_that_is_no_number_stops_and_says_where() -> None:
    made = trainer(ema=0.0)
    made.train_epoch()
    with torch.no_grad():
        made.network.classifier.weight[0, 0] = torch.nan
    with pytest.raises(TrainingError, match="the loss of epoch 2, batch 1 is nan; lower learning_rate"):
        made.train_epoch()


def test_weights_that_the_last_step_ruins_are_not_kept() -> None:
    made = trainer(ema=0.0, batch_size=30, warmup_epochs=0, clip=0)
    made._rates[0] = float("inf")
    with pytest.raises(TrainingError, match=r"after epoch 1, conv\.weight holds what is no number"):
        made.train_epoch()
    assert made.best is None


def test_too_little_memory_says_what_to_lower(monkeypatch: pytest.MonkeyPatch) -> None:
    made = trainer()

    def greedy(images: Tensor) -> Tensor:
        return torch.empty(2**50)

    monkeypatch.setattr(made.network, "forward", greedy)
    with pytest.raises(TrainingError, match="out of memory; lower batch_size, or channels or cells"):
        made.train_epoch()


def test_checkpoints_of_something_else_and_damaged_ones_are_refused(tmp_path: Path) -> None:
    made = trainer()
    made.train_epoch()
    made.save(tmp_path)
    other = trainer()
    other.about = {"genotype": "another"}
    with pytest.raises(CheckpointError, match="of another training: genotype 'tiny', here 'another'"):
        other.load(tmp_path)
    wider = trainer()
    wider.network.conv = nn.Conv2d(1, 5, 3)
    with pytest.raises(
        CheckpointError, match=r"of another network: conv.weight is \[4, 1, 3, 3\], here \[5, 1, 3, 3\]"
    ):
        wider.load(tmp_path)
    (file,) = tmp_path.glob("*.safetensors")
    file.write_bytes(file.read_bytes()[:-1])
    before = {name: t.clone() for name, t in other.network.state_dict().items()}
    with pytest.raises(CheckpointError, match="truncated or altered"):
        trainer().load(tmp_path)
    assert all(torch.equal(t, before[name]) for name, t in other.network.state_dict().items())


def test_sizes_that_do_not_fit_the_images_are_refused() -> None:
    with pytest.raises(SettingError, match="batch_size is 1 … 30"):
        trainer(batch_size=31)
