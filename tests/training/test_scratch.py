"""Training from scratch: copies train as single networks do, and training learns."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch: pip install 'awnas-gym[torch]'")

from awnas_gym.data import Split  # noqa: E402
from awnas_gym.errors import SettingError  # noqa: E402
from awnas_gym.spaces.nasbench201 import NASBench201  # noqa: E402
from awnas_gym.supernets.nasbench201 import Network  # noqa: E402
from awnas_gym.training.scratch import Recipe, count_correct, train  # noqa: E402

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


def test_training_learns_and_counts() -> None:
    network = Network(SPACE, ARCH, copies=2)
    curves = train(network, SPLITS, Recipe(epochs=4, batch_size=20), seeds=[0, 1])
    assert curves.train.shape == curves.valid.shape == curves.test.shape == (2, 4)
    assert (curves.test[:, -1] > 0.9 * 90).all()
    assert (curves.train[:, -1] > curves.train[:, 0]).all()
    assert not np.array_equal(curves.train[0], curves.train[1])


def test_a_copy_trains_as_a_single_network_of_its_seed() -> None:
    """For ten steps, before rounding can grow: seed 5 beside seed 4, and alone."""
    recipe = Recipe(epochs=1, batch_size=20, learning_rate=0.01)
    together = Network(SPACE, ARCH, copies=2)
    alone = Network(SPACE, ARCH, copies=1)
    train(together, SPLITS, recipe, seeds=[4, 5])
    train(alone, SPLITS, recipe, seeds=[5])
    for one, both in zip(alone.parameters(), together.parameters(), strict=True):
        torch.testing.assert_close(one, both.chunk(2)[1], rtol=1e-3, atol=1e-4)


def test_same_seed_same_curves() -> None:
    recipe = Recipe(epochs=2, batch_size=20)
    first, second = (train(Network(SPACE, ARCH, copies=1), SPLITS, recipe, seeds=[3]) for _ in range(2))
    np.testing.assert_array_equal(first.train, second.train)
    np.testing.assert_array_equal(first.test, second.test)


def test_count_correct_is_exact() -> None:
    network = Network(SPACE, ARCH, copies=2)
    train(network, SPLITS, Recipe(epochs=1, batch_size=20), seeds=[0, 1])
    images = torch.randn(70, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    predicted = torch.stack([network.eval()(image[None].repeat(1, 2, 1, 1)).argmax(-1)[:, 0] for image in images])
    labels = predicted[:, 0].clone()
    labels[:10] = (labels[:10] + 1) % 3
    counts = count_correct(network, images, labels, copies=2, batch_size=16)
    assert counts[0].item() == 60
    assert counts[1].item() == (predicted[:, 1] == labels).sum().item()


def test_batches_divide_the_images() -> None:
    with pytest.raises(SettingError, match="divides the 200 training images; got 60"):
        train(Network(SPACE, ARCH, copies=1), SPLITS, Recipe(epochs=1, batch_size=60), seeds=[0])


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"batch_size": 1}, {"learning_rate": 0.0}])
def test_recipe_refuses_what_trains_nothing(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingError, match="epochs >= 1"):
        Recipe(**wrong)
