"""Crops, flips and cutout: which pixels come out, and that each image has draws of its own."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.data import Split
from awnas_gym.errors import SettingError

torch = pytest.importorskip("torch", reason="needs the extra [torch]")

from awnas_gym.training.augment import Augment, crop, cut_out, flip  # noqa: E402
from awnas_gym.training.normalise import Normalise  # noqa: E402

HEIGHT, WIDTH, PADDING = 7, 4, 2
N = 4 * (2 * PADDING + 1) ** 2
IMAGES = torch.from_numpy(np.random.default_rng(0).integers(1, 256, size=(N, 3, HEIGHT, WIDTH), dtype=np.uint8))
NORMALISE = Normalise(Split(IMAGES.numpy(), np.zeros(N, np.int64)))


def places() -> list[torch.Tensor]:
    """Return rows and columns so that each pair occurs."""
    rows, columns = np.divmod(np.arange(N) % (2 * PADDING + 1) ** 2, 2 * PADDING + 1)
    return [torch.from_numpy(rows), torch.from_numpy(columns)]


def draws(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_crop_is_the_window_of_the_padded_image() -> None:
    tops, lefts = places()
    found = crop(IMAGES, tops, lefts, padding=PADDING)
    padded = np.pad(IMAGES.numpy(), ((0, 0), (0, 0), (PADDING, PADDING), (PADDING, PADDING)))
    for image, whole, top, left in zip(found, padded, tops, lefts, strict=True):
        np.testing.assert_array_equal(image, whole[:, top : top + HEIGHT, left : left + WIDTH])


def test_it_is_what_torchvision_crops_and_flips() -> None:
    theirs = pytest.importorskip("torchvision.transforms.v2.functional", reason="compares with torchvision")
    tops, lefts = places()
    chosen = torch.arange(N) % 2 == 1
    found = flip(crop(IMAGES, tops, lefts, padding=PADDING), chosen)
    for i, (image, top, left) in enumerate(zip(IMAGES, tops.tolist(), lefts.tolist(), strict=True)):
        wanted = theirs.crop(theirs.pad(image, [PADDING]), top, left, HEIGHT, WIDTH)
        assert torch.equal(found[i], theirs.horizontal_flip(wanted) if chosen[i] else wanted)


def test_a_flip_mirrors_those_chosen() -> None:
    chosen = torch.arange(N) % 3 == 0
    found = flip(IMAGES, chosen)
    assert torch.equal(found[chosen], IMAGES[chosen].flip(-1))
    assert torch.equal(found[~chosen], IMAGES[~chosen])


@pytest.mark.parametrize("side", [1, 2, 3, 6, 20])
def test_cutout_is_a_square_and_ends_at_the_border(side: int) -> None:
    """On images that are not square: rows end at the height and columns at the width."""
    rows, columns = (torch.arange(N) % size for size in (HEIGHT, WIDTH))
    images = IMAGES.to(torch.float32)
    found = cut_out(images, rows, columns, side=side)
    for image, whole, row, column in zip(found, images, rows.tolist(), columns.tolist(), strict=True):
        wanted = whole.clone()
        top, left = row - side // 2, column - side // 2
        wanted[:, max(top, 0) : top + side, max(left, 0) : left + side] = 0
        assert torch.equal(image, wanted)


def test_each_image_has_draws_of_its_own() -> None:
    """Every window, both ways round, every centre of a hole."""
    many = IMAGES[:1].expand(4000, -1, -1, -1)
    windows = {image.numpy().tobytes() for image in Augment(crop=PADDING, flip=True)(many, NORMALISE, draws())}
    assert len(windows) == 2 * (2 * PADDING + 1) ** 2
    cropped = Augment(crop=PADDING)(many, NORMALISE, draws())
    assert len({image.numpy().tobytes() for image in cropped}) == (2 * PADDING + 1) ** 2
    holes = Augment(cutout=1)(many, NORMALISE, draws()) == 0
    assert (holes[:, 0].sum((1, 2)) == 1).all()
    assert holes[:, 0].any(0).all()
    mirrored = (Augment(flip=True)(many, NORMALISE, draws()) != NORMALISE(many)).flatten(1).any(1)
    assert 1800 < mirrored.sum() < 2200


def test_the_padding_is_black_and_the_hole_is_the_mean() -> None:
    """As in the usual pipeline: crops are padded before normalisation, cutout comes after it."""
    images = torch.full((200, 3, 5, 5), 255, dtype=torch.uint8)
    black = NORMALISE(torch.zeros((1, 3, 1, 1), dtype=torch.uint8))
    white = NORMALISE(images[:1])[:, :, :1, :1]
    cropped = Augment(crop=1)(images, NORMALISE, draws())
    assert ((cropped == black) | (cropped == white)).all()
    assert (cropped == black).any()
    cut = Augment(cutout=2)(images, NORMALISE, draws())
    assert ((cut == 0) | (cut == white)).all()
    assert (cut == 0).any()


def test_the_seed_decides() -> None:
    augment = Augment(crop=PADDING, flip=True, cutout=2)
    assert torch.equal(augment(IMAGES, NORMALISE, draws(1)), augment(IMAGES, NORMALISE, draws(1)))
    assert not torch.equal(augment(IMAGES, NORMALISE, draws(1)), augment(IMAGES, NORMALISE, draws(2)))


def test_nothing_is_the_default_and_the_images_stay_as_they_are() -> None:
    before = IMAGES.clone()
    assert torch.equal(Augment()(IMAGES, NORMALISE, draws()), NORMALISE(IMAGES))
    Augment(crop=PADDING, flip=True, cutout=2)(IMAGES, NORMALISE, draws())
    assert torch.equal(IMAGES, before)


def test_windows_of_image_files() -> None:
    assert Augment().windows(3, draws()) is None
    windows = Augment(area=0.08).windows(5000, draws())
    assert windows is not None
    low, high = windows.min(0), windows.max(0)
    np.testing.assert_allclose(low, [0.08, 0.75, 0, 0], atol=2e-3)
    np.testing.assert_allclose(high, [1, 4 / 3, 1, 1], atol=2e-3)
    assert np.median(windows[:, 1]) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"crop": -1}, "crop and cutout are pixels, 0 or more; got -1 and 0"),
        ({"cutout": -2}, "crop and cutout are pixels, 0 or more; got 0 and -2"),
        ({"area": 0.0}, "area is a share above 0, 1 at most; got 0.0"),
        ({"area": 1.5}, "area is a share above 0, 1 at most; got 1.5"),
    ],
)
def test_wrong_settings(settings: dict[str, float], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        Augment(**settings)
