"""IDX files, packed or not, and the real Fashion-MNIST."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from awnas_gym.data.fashion14 import fashion14
from awnas_gym.data.idx import read_idx
from awnas_gym.data.make_fashion14 import halve
from awnas_gym.data.mnist import fashion_mnist, mnist
from awnas_gym.errors import DataFileError
from tests.data import written

DEBIAN = Path("/usr/share/datasets/fashion-mnist")


@pytest.mark.parametrize("inner", ["", "MNIST/raw"])
def test_files_that_are_unpacked(inner: str, tmp_path: Path) -> None:
    wanted = written.mnist(tmp_path / inner, pack=bytes, ending="")
    for split, (images, labels) in wanted.items():
        np.testing.assert_array_equal(mnist(tmp_path)[split].images, images)
        np.testing.assert_array_equal(mnist(tmp_path)[split].labels, labels)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda raw: b"\x01" + raw[1:], "is no IDX file of bytes"),
        (lambda raw: raw[:2] + b"\x0d" + raw[3:], "is no IDX file of bytes"),
        (lambda raw: raw[:3] + b"\x00" + raw[4:], "is no IDX file of bytes"),
        (lambda raw: raw[:3], "is no IDX file of bytes"),
        (lambda raw: raw[:9], "is no IDX file of bytes"),
        (lambda raw: raw[:-1], r"has 23 bytes; its header says \[2, 3, 4\]"),
        (lambda raw: raw + b"a", r"has 25 bytes; its header says \[2, 3, 4\]"),
        (lambda raw: raw[:4] + b"\xff" * 12 + raw[16:], r"has 24 bytes; its header says \[4294967295, "),
    ],
)
def test_what_is_no_idx_file(change: Callable[[bytes], bytes], message: str, tmp_path: Path) -> None:
    raw = written.idx(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
    path = tmp_path / "it"
    path.write_bytes(raw)
    assert read_idx(path)[1, 2, 3] == 23
    path.write_bytes(change(raw))
    with pytest.raises(DataFileError, match=f"it {message}"):
        read_idx(path)


@pytest.mark.parametrize(
    ("file", "values", "message"),
    [
        ("train-labels-idx1", np.full(12, 10), "holds the label 10; legal are 0 … 9"),
        ("train-labels-idx1", np.zeros((12, 1)), "labels are one whole number an image"),
        ("train-images-idx3", np.zeros((12, 28, 27)), r"images are \[n, 1, 28, 28\]; got \[12, 1, 28, 27\]"),
        ("t10k-images-idx3", np.zeros((11, 28, 28)), "11 images and 12 labels"),
        ("t10k-images-idx3", np.zeros(9), r"images are \[n, 1, 28, 28\]; got \[9\]"),
    ],
)
def test_arrays_that_do_not_fit(file: str, values: np.ndarray, message: str, tmp_path: Path) -> None:
    written.mnist(tmp_path, pack=bytes, ending="")
    (tmp_path / f"{file}-ubyte").write_bytes(written.idx(values.astype(np.uint8)))
    with pytest.raises(DataFileError, match=f"{file}-ubyte:? {message}"):
        mnist(tmp_path)


def test_the_real_fashion_mnist() -> None:
    """Debian's package `dataset-fashion-mnist`, of which `fashion14` was made."""
    if not DEBIAN.is_dir():
        pytest.skip(f"needs Debian's package dataset-fashion-mnist, in {DEBIAN}")
    found = fashion_mnist(DEBIAN)
    for split, n in (("train", 60_000), ("test", 10_000)):
        assert found[split].images.shape == (n, 1, 28, 28)
        assert np.bincount(found[split].labels).tolist() == [n // 10] * 10
    assert found["train"].images.mean() / 255 == pytest.approx(0.2860, abs=1e-4)
    assert found["train"].images.std() / 255 == pytest.approx(0.3530, abs=1e-4)
    small, halves = fashion14()["test"], halve(found["test"].images[:, 0])
    labels = dict(zip(map(np.ndarray.tobytes, halves), found["test"].labels, strict=True))
    assert [labels[image.tobytes()] for image in small.images] == small.labels.tolist()
