"""Batches on the device: what they hold, and that seed and epoch decide about it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awnas_gym.data import ImageFiles, Split
from awnas_gym.errors import DataFileError, SettingError

torch = pytest.importorskip("torch", reason="batches need torch: pip install 'awnas-gym[torch]'")

from awnas_gym.training.augment import Augment  # noqa: E402
from awnas_gym.training.batches import Batches  # noqa: E402
from awnas_gym.training.stream import Stream  # noqa: E402

RNG = np.random.default_rng(0)
SPLIT = Split(RNG.integers(256, size=(20, 3, 6, 5), dtype=np.uint8), np.arange(20))


@pytest.fixture
def files(tmp_path: Path) -> ImageFiles:
    """Return twelve image files; each has the colour of its label."""
    image = pytest.importorskip("PIL.Image", reason="needs the extra [data]")
    paths = [tmp_path / f"{i}.png" for i in range(12)]
    for label, path in enumerate(paths):
        image.new("RGB", (9 + label, 12), (20 * label,) * 3).save(path)
    return ImageFiles(tuple(map(str, paths)), np.arange(12), size=4)


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
    assert seen != list(range(20))


def test_what_fills_no_batch_is_left_out_or_comes_last() -> None:
    sizes = {
        drop: [len(labels) for _, labels in Batches(SPLIT, 8, seed=0, drop_last=drop).epoch(0)]
        for drop in (True, False)
    }
    assert sizes == {True: [8, 8], False: [8, 8, 4]}
    for drop, each in sizes.items():
        assert len(Batches(SPLIT, 8, seed=0, drop_last=drop)) == len(each)
    assert len(Batches(SPLIT, 10, seed=0, drop_last=False)) == 2


def test_in_the_order_of_the_split_without_shuffling() -> None:
    data = Batches(SPLIT, 6, seed=0, shuffle=False, drop_last=False)
    assert [label for _, labels in data.epoch(3) for label in labels.tolist()] == list(range(20))


def test_seed_and_number_of_the_epoch_decide_about_order_and_augmentation() -> None:
    def epoch(seed: int, number: int) -> list[torch.Tensor]:
        data = Batches(SPLIT, 20, seed=seed, augment=Augment(crop=2, flip=True, cutout=2))
        list(data.epoch(7))  # what was drawn before does not matter
        return [images for images, _ in data.epoch(number)]

    assert torch.equal(epoch(0, 1)[0], epoch(0, 1)[0])
    assert not torch.equal(epoch(0, 1)[0], epoch(0, 2)[0])
    assert not torch.equal(epoch(0, 1)[0], epoch(1, 1)[0])


def test_each_epoch_has_an_order_of_its_own() -> None:
    data = Batches(SPLIT, 20, seed=0)
    assert next(data.epoch(0))[1].tolist() != next(data.epoch(1))[1].tolist()


def test_augmentation_is_drawn_anew_in_each_epoch() -> None:
    data = Batches(SPLIT, 20, seed=0, shuffle=False, augment=Augment(crop=2))
    assert not torch.equal(next(data.epoch(0))[0], next(data.epoch(1))[0])


def test_normalised_by_the_reference() -> None:
    shifted = Split((SPLIT.images // 4), SPLIT.labels)
    (images, _), *_ = Batches(SPLIT, 20, seed=0, reference=shifted, shuffle=False).epoch(0)
    mean, deviation = shifted.images.mean((0, 2, 3)), shifted.images.std((0, 2, 3))
    wanted = (SPLIT.images - mean[:, None, None]) / deviation[:, None, None]
    np.testing.assert_allclose(images.numpy(), wanted, rtol=1e-4, atol=1e-4)


def test_the_images_are_held_as_bytes() -> None:
    (held,) = (value for value in vars(Batches(SPLIT, 5, seed=0)).values() if getattr(value, "ndim", 0) == 4)
    assert held.nbytes == SPLIT.images.nbytes


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("channels", [1, 3])
def test_arrays_that_are_read_only_are_copied(channels: int) -> None:
    images, labels = SPLIT.images[:, :channels].copy(), SPLIT.labels.copy()
    data = Batches(Split(images, labels), 5, seed=0)
    before = next(data.epoch(0))[0]
    images[:] = 0
    assert torch.equal(next(data.epoch(0))[0], before)
    images.flags.writeable = labels.flags.writeable = False
    Batches(Split(images, labels), 5, seed=0)


def test_image_files_are_read_as_they_are_wanted(files: ImageFiles) -> None:
    seen = []
    for images, labels in Batches(files, 5, seed=0, drop_last=False).epoch(0):
        assert images.shape[1:] == (3, 4, 4)
        raw = images[:, 0] * files.deviation[0] + files.mean[0]
        assert torch.equal(raw.round(), (20.0 * labels)[:, None, None].expand_as(raw))
        seen += labels.tolist()
    assert sorted(seen) == list(range(12))


def test_windows_of_image_files_are_drawn_by_seed_and_epoch(files: ImageFiles, tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    noise = np.random.default_rng(0).integers(256, size=(30, 30, 3), dtype=np.uint8)
    image.fromarray(noise).save(tmp_path / "0.png")
    data = Batches(files.take(np.zeros(2, np.int64)), 2, seed=0, augment=Augment(area=0.08))
    first, again, other = (next(data.epoch(number))[0] for number in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert not torch.equal(first[0], first[1])


def test_a_damaged_image_is_named_when_its_batch_is_due(files: ImageFiles, tmp_path: Path) -> None:
    (tmp_path / "7.png").write_bytes(b"")
    batches = Batches(files, 5, seed=0, shuffle=False).epoch(0)
    assert next(batches)[1].tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(DataFileError, match=r"7.png is no image"):
        next(batches)


@pytest.mark.parametrize("changes", [{"cutout": 6}, {"crop": 5}])
def test_what_would_leave_nothing_of_an_image_is_refused(changes: dict[str, int]) -> None:
    Batches(SPLIT, 5, seed=0, augment=Augment(crop=4, cutout=5))
    with pytest.raises(SettingError, match="pixels of images that have 5x5: crop is less, cutout not more; got"):
        Batches(SPLIT, 5, seed=0, augment=Augment(**changes))


def test_area_needs_image_files() -> None:
    with pytest.raises(SettingError, match="area is for image files"):
        Batches(SPLIT, 5, seed=0, augment=Augment(area=0.08))


@pytest.mark.parametrize("batch_size", [0, 21, 2.0, True])
def test_wrong_batch_sizes(batch_size: int) -> None:
    with pytest.raises(SettingError, match=r"batch_size is 1 … 20, the images of the split"):
        Batches(SPLIT, batch_size, seed=0)


@pytest.mark.parametrize("start", [0, 1, 3, 4])
def test_an_epoch_from_a_batch_on_is_the_rest_of_it(start: int) -> None:
    data = Batches(SPLIT, 5, seed=3, augment=Augment(crop=2, flip=True, cutout=3))
    whole, rest = list(data.epoch(2)), list(data.epoch(2, start))
    assert len(rest) == len(whole) - start
    for (images, labels), (same_images, same_labels) in zip(whole[start:], rest, strict=True):
        assert torch.equal(images, same_images)
        assert torch.equal(labels, same_labels)


@pytest.mark.parametrize("position", [0, 3, 4, 9])
def test_a_stream_goes_on_from_any_place(position: int) -> None:
    augment = Augment(crop=1, flip=True)
    whole = Stream(Batches(SPLIT, 5, seed=3, augment=augment))
    later = Stream(Batches(SPLIT, 5, seed=3, augment=augment), position)
    for _ in range(position):
        next(whole)
    for _ in range(6):
        images, labels = next(whole)
        same_images, same_labels = next(later)
        assert torch.equal(images, same_images)
        assert torch.equal(labels, same_labels)
    assert whole.position == later.position == position + 6
    assert whole.epoch == (position + 6) / 4


def test_whole_splits_come_once_and_as_they_are() -> None:
    augment = Augment(crop=1, flip=True)
    data = Batches(SPLIT, 8, seed=0, augment=augment, shuffle=False)
    plain = torch.cat([images for images, _ in Batches(SPLIT, 20, seed=5, shuffle=False).epoch(0)])
    whole = list(data.whole().epoch(0))
    assert [len(labels) for _, labels in whole] == [8, 8, 4]
    seen = torch.cat([labels for _, labels in whole])
    assert torch.equal(torch.cat([images for images, _ in whole]), plain[seen])  # the label is the number of the image
    assert seen.tolist() != list(range(20)) == sorted(seen.tolist())
    other = SPLIT.take(np.arange(3))
    images, labels = next(data.whole(other).epoch(0))
    assert torch.equal(images, plain[labels])  # normalised by the first split
    assert sorted(labels.tolist()) == [0, 1, 2]
    assert (data.augment, data.shuffle, len(data)) == (augment, False, 2)
