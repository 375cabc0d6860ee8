"""What a split is made of."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.data import Split
from awnas_gym.errors import SettingError

IMAGES, LABELS = np.zeros((3, 1, 2, 2), np.uint8), np.arange(3)


def test_length_shape_and_some_of_it() -> None:
    split = Split(IMAGES, LABELS)
    assert (len(split), split.shape) == (3, (1, 2, 2))
    assert split.take(np.array([2, 0])).labels.tolist() == [2, 0]


def test_views_that_are_flipped_become_copies_for_torch_to_read() -> None:
    split = Split(IMAGES[:, :, ::-1], LABELS[::-1])
    assert split.images.flags.c_contiguous
    assert split.labels.tolist() == [2, 1, 0]
    assert split.labels.flags.c_contiguous
    assert Split(IMAGES, LABELS).images is IMAGES


def test_checksums_tell_images_and_labels_apart() -> None:
    split, other = Split(IMAGES, LABELS), IMAGES.copy()
    other[2, 0, 1, 1] = 1
    assert split.checksum == Split(IMAGES.copy(), LABELS.copy()).checksum
    assert len({split.checksum, Split(other, LABELS).checksum, Split(IMAGES, LABELS[::-1]).checksum}) == 3


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES[0], LABELS, r"images are uint8 \[n, C, H, W\]; got uint8 \[1, 2, 2\]"),
        (IMAGES.astype(np.float32), LABELS, r"images are uint8 \[n, C, H, W\]; got float32 \[3, 1, 2, 2\]"),
        (IMAGES, LABELS[1:], r"labels are int64 \[3\], one an image; got int64 \[2\]"),
        (IMAGES, LABELS.astype(np.int32), r"labels are int64 \[3\], one an image; got int32 \[3\]"),
        (IMAGES, LABELS[:, None], r"labels are int64 \[3\], one an image; got int64 \[3, 1\]"),
        (IMAGES, LABELS - 1, "labels are 0 or more; got -1"),
    ],
)
def test_what_does_not_fit(images: np.ndarray, labels: np.ndarray, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        Split(images, labels)
