"""Training from scratch: copies train as single networks do, and training learns."""

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch: pip install 'awnas-gym[torch]'")

from awnas_gym.data import Split  # noqa: E402
from awnas_gym.errors import SettingError, TrainingError  # noqa: E402
from awnas_gym.spaces.nasbench201 import NASBench201  # noqa: E402
from awnas_gym.supernets.nasbench201 import Network  # noqa: E402
from awnas_gym.training.recipe import Recipe  # noqa: E402
from awnas_gym.training.scratch import evaluate, initialise, train  # noqa: E402
from awnas_gym.training.side_by_side import SideBySide  # noqa: E402

SPACE = NASBench201(channels=4, cells=1, image_channels=1, image_size=8, classes=3, reduction="projection")
ARCH = [3, 1, 2, 2, 4, 3]


def stripes(n: int, seed: int) -> Split:
    """Images of three classes that a small network can tell apart: stripes across, along and none."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=n)
    images = rng.integers(0, 120, size=(n, 1, 8, 8))
    images[labels == 0, :, ::2] += 100
    images[labels == 1, :, :, ::2] += 100
    return Split(images.astype(np.uint8), labels.astype(np.int64))


SPLITS = {"train": stripes(200, 0), "valid": stripes(60, 1), "test": stripes(90, 2)}


def run(network: torch.nn.Module, recipe: Recipe, *, splits: dict[str, Split] = SPLITS, **keywords: Any) -> Any:
    return train(network, SideBySide(splits, recipe), recipe, **keywords)


class Plain(torch.nn.Module):
    """A network that knows nothing of copies: logits `[B, classes]`."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = torch.nn.Conv2d(1, 6, 3, padding=1)
        self.norm = torch.nn.BatchNorm2d(6)
        self.out = torch.nn.Linear(6, 3)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.out(torch.relu(self.norm(self.conv(images))).mean(dim=(2, 3)))


def test_training_learns_and_counts() -> None:
    network = Network(SPACE, ARCH, copies=2)
    curves = run(network, Recipe(epochs=4, batch_size=20), seeds=[0, 1])
    assert {name: hits.shape for name, hits in curves.correct.items()} == dict.fromkeys(SPLITS, (2, 4))
    train_hits = curves.correct["train"]
    assert (curves.correct["test"][:, -1] > 0.9 * 90).all()
    assert (train_hits[:, -1] > train_hits[:, 0]).all()
    assert not np.array_equal(train_hits[0], train_hits[1])
    assert (curves.loss["test"][:, -1] < curves.loss["test"][:, 0]).all()
    assert (np.diff(curves.seconds, prepend=0) > 0).all()


def test_a_copy_trains_as_a_single_network_of_its_seed() -> None:
    """For ten steps, before rounding can grow: seed 5 beside seed 4, and alone; augmented images too."""
    for changes in ({}, {"crop": 2, "flip": True, "initialisation": "pytorch"}):
        recipe = Recipe(epochs=1, batch_size=20, learning_rate=0.01, **changes)
        together = Network(SPACE, ARCH, copies=2)
        alone = Network(SPACE, ARCH, copies=1)
        both, one = run(together, recipe, seeds=[4, 5]), run(alone, recipe, seeds=[5])
        for single, pair in zip(alone.parameters(), together.parameters(), strict=True):
            torch.testing.assert_close(single.flatten(), pair.chunk(2)[1].flatten(), rtol=1e-3, atol=1e-4)
        for name in SPLITS:
            assert abs(one.loss[name][0, 0] - both.loss[name][1, 0]) < 1e-4


def test_a_network_without_copies_trains_too() -> None:
    network = Plain()
    curves = run(network, Recipe(epochs=6, batch_size=20), seeds=[0])
    assert curves.correct["test"].shape == (1, 6)
    assert curves.correct["test"][0, -1] > 0.9 * 90
    again = run(Plain(), Recipe(epochs=6, batch_size=20), seeds=[0])
    np.testing.assert_array_equal(curves.loss["test"], again.loss["test"])  # nothing is left to torch's own generator


def test_same_seed_same_curves() -> None:
    for changes in ({}, {"crop": 1, "flip": True}):
        recipe = Recipe(epochs=2, batch_size=20, **changes)
        first, second = (run(Network(SPACE, ARCH), recipe, seeds=[3]) for _ in range(2))
        for name in SPLITS:
            np.testing.assert_array_equal(first.correct[name], second.correct[name])


def test_a_training_that_ends_early_is_the_beginning_of_the_whole() -> None:
    recipe = Recipe(epochs=3, batch_size=20)
    whole, part = (run(Network(SPACE, ARCH), recipe, seeds=[3], epochs=epochs) for epochs in (None, 2))
    for name in SPLITS:
        np.testing.assert_array_equal(part.loss[name], whole.loss[name][:, :2])
    assert part.seconds.shape == (2,)


def test_evaluation_is_exact() -> None:
    """Image by image it gives the same, also where the last batch is smaller."""
    network = Network(SPACE, ARCH, copies=2)
    run(network, Recipe(epochs=1, batch_size=20), seeds=[0, 1])
    images = torch.randn(70, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    logits = torch.stack([network.eval()(image[None].repeat(1, 2, 1, 1))[:, 0] for image in images], dim=1).detach()
    labels = logits[0].argmax(-1)
    labels[:10] = (labels[:10] + 1) % 3
    hits, nats = evaluate(network, zip(images.split(16), labels.split(16), strict=True), copies=2)
    assert hits.tolist() == [60, (logits[1].argmax(-1) == labels).sum().item()]
    each = torch.stack([torch.nn.functional.cross_entropy(copy, labels, reduction="sum") for copy in logits])
    np.testing.assert_allclose(nats, each.numpy(), rtol=1e-4)


def test_every_image_is_seen_once_an_epoch() -> None:
    """Also where the batch size does not divide them, augmented or not; the copies see them in orders of their own."""
    for crop in (0, 1):
        data = SideBySide(SPLITS, Recipe(batch_size=60, crop=crop))
        epoch = list(next(data.training([0, 1])))
        assert [labels.shape for _, labels in epoch] == [(2, 60)] * 3 + [(2, 20)]
        assert data.steps == 4
        assert [images.shape for images, _ in epoch] == [(len(labels[0]), 2, 8, 8) for _, labels in epoch]
        for copy in (0, 1):
            seen = torch.cat([labels[copy] for _, labels in epoch])
            assert seen.bincount().tolist() == np.bincount(SPLITS["train"].labels).tolist()
        assert not torch.equal(epoch[0][1][0], epoch[0][1][1])


def test_the_learning_rate_falls_from_its_highest_to_zero() -> None:
    rates: list[float] = []

    class Watched(torch.optim.SGD):
        def step(self, closure: Any = None) -> Any:
            rates.append(self.param_groups[0]["lr"])
            return super().step(closure)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.optim, "SGD", Watched)
        run(Plain(), Recipe(epochs=2, batch_size=60, learning_rate=0.2), seeds=[0])
    assert rates == pytest.approx([0.1 * (1 + np.cos(np.pi * step / 8)) for step in range(8)])


def test_a_loss_that_is_no_number_ends_a_strict_training() -> None:
    recipe = Recipe(epochs=3, batch_size=20, learning_rate=1e30)
    assert np.isnan(run(Plain(), recipe, seeds=[0]).loss["train"]).any()
    with pytest.raises(TrainingError, match="in epoch 1; lower learning_rate"):
        run(Plain(), recipe, seeds=[0], strict=True)


def test_a_batch_is_not_larger_than_the_split() -> None:
    with pytest.raises(SettingError, match="at most the 200 training images; got 201"):
        SideBySide(SPLITS, Recipe(batch_size=201))


@pytest.mark.parametrize(
    ("kind", "deviation"), [("kaiming_normal", np.sqrt(2 / (64 * 9))), ("pytorch", 1 / np.sqrt(3 * 32 * 9))]
)
def test_first_weights_have_the_deviation_of_their_kind(kind: str, deviation: float) -> None:
    network = torch.nn.Sequential(torch.nn.Conv2d(32, 64, 3), torch.nn.Linear(400, 100))
    initialise(network, [1], copies=1, kind=kind)
    assert network[0].weight.std().item() == pytest.approx(deviation, rel=0.02)
    assert network[1].weight.abs().max().item() == pytest.approx(1 / 20, rel=0.01)
    assert network[1].weight.std().item() == pytest.approx(1 / 20 / np.sqrt(3), rel=0.02)
