"""Means and deviations by channel."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from awnas_gym.data import ImageFiles, Split

torch = pytest.importorskip("torch", reason="needs the extra [torch]")

from awnas_gym.training import normalise  # noqa: E402
from awnas_gym.training.normalise import Normalise, moments  # noqa: E402

RNG = np.random.default_rng(0)
SPLIT = Split(
    RNG.integers(256, size=(2500, 3, 6, 5), dtype=np.uint8) // np.array([1, 2, 3], np.uint8)[:, None, None],
    np.zeros(2500, np.int64),
)


def test_moments_are_those_of_all_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    mean, deviation = moments(SPLIT)
    np.testing.assert_allclose(mean, SPLIT.images.mean((0, 2, 3)), rtol=1e-12)
    np.testing.assert_allclose(deviation, SPLIT.images.std((0, 2, 3)), rtol=1e-12)
    monkeypatch.setattr(normalise, "CHUNK", 7)
    np.testing.assert_array_equal(moments(SPLIT), (mean, deviation))


def test_nothing_is_lost_where_the_mean_is_large() -> None:
    """254 and 255 alone: sums in float32, and squares in bytes, would say something else."""
    images = np.full((3000, 1, 50, 50), 255, np.uint8)
    images[0, 0, 0, 0] = 254
    n = images.size
    mean, deviation = moments(Split(images, np.zeros(3000, np.int64)))
    assert mean[0] == float(255 - Fraction(1, n))
    assert deviation[0] == pytest.approx((1 / n - 1 / n**2) ** 0.5, rel=1e-9)


def test_a_constant_channel_becomes_zero() -> None:
    split = Split(np.full((4, 2, 3, 3), 9, np.uint8), np.zeros(4, np.int64))
    assert moments(split)[1].tolist() == [1.0, 1.0]
    assert (Normalise(split)(torch.from_numpy(split.images)) == 0).all()


def test_normalised_pixels_have_mean_0_and_deviation_1() -> None:
    found = Normalise(SPLIT)(torch.from_numpy(SPLIT.images))
    assert found.dtype == torch.float32
    assert found.is_contiguous(memory_format=torch.channels_last)
    np.testing.assert_allclose(found.mean((0, 2, 3)), np.zeros(3), atol=1e-5)
    np.testing.assert_allclose(found.std((0, 2, 3), correction=0), np.ones(3), atol=1e-5)


def test_it_is_what_torchvision_does() -> None:
    theirs = pytest.importorskip("torchvision.transforms.v2.functional", reason="compares with torchvision")
    mean, deviation = moments(SPLIT)
    wanted = theirs.normalize(torch.from_numpy(SPLIT.images) / 255, (mean / 255).tolist(), (deviation / 255).tolist())
    torch.testing.assert_close(Normalise(SPLIT)(torch.from_numpy(SPLIT.images)), wanted, rtol=1e-5, atol=1e-6)


def test_image_files_have_those_of_imagenet() -> None:
    found = Normalise(ImageFiles((), np.zeros(0, np.int64)))
    np.testing.assert_allclose(found.mean.flatten() / 255, [0.485, 0.456, 0.406], rtol=1e-6)
    np.testing.assert_allclose(found.deviation.flatten() / 255, [0.229, 0.224, 0.225], rtol=1e-6)
