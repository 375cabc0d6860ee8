"""Batches on the device, and their augmentation."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.data import Split
from awnas_gym.errors import SettingError

torch = pytest.importorskip("torch", reason="batches need torch: pip install 'awnas-gym[torch]'")

from awnas_gym.training.batches import Augment, Batches  # noqa: E402
from awnas_gym.training.stream import Stream  # noqa: E402

RNG = np.random.default_rng(0)
SPLIT = Split(RNG.integers(256, size=(20, 3, 6, 5), dtype=np.uint8), np.arange(20))


def test_an_epoch_gives_each_image_once_with_its_label() -> None:
    seen = []
    mean, deviation = SPLIT.images.mean((0, 2, 3)), SPLIT.images.std((0, 2, 3))
    for images, labels in Batches(SPLIT, 5, seed=0).epoch(0):
        assert images.dtype == torch.float32
        assert images.is_contiguous(memory_format=torch.channels_last)
        raw = images.numpy() * deviation[:, None, None] + mean[:, None, None]
        np.testing.assert_allclose(raw, SPLIT.images[labels], atol=1e-3)
        seen += labels.tolist()
    assert sorted(seen) == list(range(20))


def test_seed_and_number_of_the_epoch_decide_about_order_and_augmentation() -> None:
    def epoch(seed: int, number: int) -> list[torch.Tensor]:
        data = Batches(SPLIT, 20, seed=seed, augment=Augment(crop=2, flip=True, cutout=2))
        list(data.epoch(7))  # what was drawn before does not matter
        return [images for images, _ in data.epoch(number)]

    assert torch.equal(epoch(0, 1)[0], epoch(0, 1)[0])
    assert not torch.equal(epoch(0, 1)[0], epoch(0, 2)[0])
    assert not torch.equal(epoch(0, 1)[0], epoch(1, 1)[0])


def test_normalised_by_the_reference() -> None:
    shifted = Split((SPLIT.images // 4), SPLIT.labels)
    (images, _), *_ = Batches(SPLIT, 20, seed=0, reference=shifted, shuffle=False).epoch(0)
    wanted = (SPLIT.images - shifted.images.mean((0, 2, 3))[:, None, None]) / shifted.images.std((0, 2, 3))[
        :, None, None
    ]
    np.testing.assert_allclose(images.numpy(), wanted, rtol=1e-4, atol=1e-4)


def test_a_crop_is_a_window_of_the_padded_image_and_a_flip_mirrors() -> None:
    images = torch.arange(1, 1 + 40 * 2 * 4 * 3, dtype=torch.float32).reshape(40, 2, 4, 3)
    changed = Augment(crop=1, flip=True)(images, np.random.default_rng(0))
    windows = torch.nn.functional.pad(images, (1,) * 4).unfold(2, 4, 1).unfold(3, 3, 1)  # [n, C, 3, 3, 4, 3]
    offsets, mirrored = set(), set()
    for image, window in zip(changed, windows, strict=True):
        found = [
            (top, left, flip)
            for top in range(3)
            for left in range(3)
            for flip in (False, True)
            if torch.equal(image, window[:, top, left].flip(-1) if flip else window[:, top, left])
        ]
        assert len(found) == 1
        offsets.add(found[0][:2])
        mirrored.add(found[0][2])
    assert len(offsets) == 9
    assert mirrored == {False, True}


def test_cutout_is_a_square_cut_off_at_the_border() -> None:
    changed = Augment(cutout=2)(torch.ones(200, 3, 6, 5), np.random.default_rng(0))
    sizes = set()
    for image in changed:
        assert torch.equal(image[0], image[1])
        rows, columns = torch.nonzero(image[0] == 0, as_tuple=True)
        assert len(rows) == len(rows.unique()) * len(columns.unique())
        sizes.add((len(rows.unique()), len(columns.unique())))
    assert sizes == {(2, 2), (1, 2), (2, 1), (1, 1)}


def test_nothing_is_the_default() -> None:
    images = torch.rand(3, 1, 4, 4)
    assert torch.equal(Augment()(images, np.random.default_rng(0)), images)


@pytest.mark.parametrize("batch_size", [0, 21, 2.0, True])
def test_wrong_batch_sizes(batch_size: int) -> None:
    with pytest.raises(SettingError, match=r"batch_size is 1 … 20, the images of the split"):
        Batches(SPLIT, batch_size, seed=0)


def test_labels_that_do_not_fit() -> None:
    with pytest.raises(SettingError, match=r"labels \[n\] are wanted; got \(20, 3, 6, 5\) and \(19,\)"):
        Batches(Split(SPLIT.images, SPLIT.labels[1:]), 5, seed=0)
    with pytest.raises(SettingError, match="labels are 0 or more; got -1"):
        Batches(Split(SPLIT.images, SPLIT.labels - 1), 5, seed=0)


def test_sizes_of_augmentation_are_not_negative() -> None:
    with pytest.raises(SettingError, match="crop and cutout are pixels, 0 or more; got -1 and 0"):
        Augment(crop=-1)


@pytest.mark.parametrize("position", [0, 3, 4, 9])
def test_a_stream_goes_on_from_any_place(position: int) -> None:
    whole, later = Stream(Batches(SPLIT, 5, seed=3)), Stream(Batches(SPLIT, 5, seed=3), position)
    for _ in range(position):
        next(whole)
    for _ in range(6):
        assert torch.equal(next(whole)[1], next(later)[1])
    assert whole.position == later.position == position + 6
    assert whole.epoch == (position + 6) / 4
