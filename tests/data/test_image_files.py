"""Images that are decoded when they are read: which pixels come out, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awnas_gym.data import ImageFiles
from awnas_gym.data.parts import parts
from awnas_gym.errors import DataFileError, SettingError

Image = pytest.importorskip("PIL.Image", reason="needs the extra [data]")

RNG = np.random.default_rng(0)
PIXELS = {
    "wide": RNG.integers(256, size=(16, 24, 3), dtype=np.uint8),
    "high": RNG.integers(256, size=(32, 16, 3), dtype=np.uint8),
}


@pytest.fixture
def files(tmp_path: Path) -> ImageFiles:
    """Return two files without loss, 24x16 and 16x32 pixels."""
    for name, pixels in PIXELS.items():
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    return ImageFiles(tuple(str(tmp_path / f"{name}.png") for name in PIXELS), np.array([0, 1]), size=14)


def test_without_a_window_it_is_the_middle(files: ImageFiles) -> None:
    """Seven eighths of the shorter side: here 14 pixels of 16, which are not scaled."""
    found = files.read(np.array([1, 0]))
    assert found.shape == (2, *files.shape)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found[0], PIXELS["high"][9:23, 1:15].transpose(2, 0, 1))
    np.testing.assert_array_equal(found[1], PIXELS["wide"][1:15, 5:19].transpose(2, 0, 1))


@pytest.mark.parametrize(
    ("window", "size", "cut"),
    [
        ((1 / 6, 1.0, 0.0, 0.0), 8, np.s_[0:8, 0:8]),
        ((1 / 6, 1.0, 1.0, 1.0), 8, np.s_[8:16, 16:24]),
        ((1 / 6, 1.0, 0.5, 0.25), 8, np.s_[4:12, 4:12]),
        ((1.0, 2 / 3, 0.0, 1.0), 16, np.s_[0:16, 8:24]),
    ],
    ids=["upper left", "lower right", "between", "no larger than the image"],
)
def test_a_window_is_cut_and_scaled(
    files: ImageFiles, window: tuple[float, ...], size: int, cut: tuple[slice, slice]
) -> None:
    one = ImageFiles(files.paths, files.labels, size=size)
    found = one.read(np.array([0]), np.array([window]))
    np.testing.assert_array_equal(found[0], PIXELS["wide"][cut].transpose(2, 0, 1))


def test_a_window_has_the_ratio_of_width_and_height_that_is_asked_for(files: ImageFiles) -> None:
    """16 pixels wide and 4 high, at the bottom, are a sixth of 24x16."""
    found = ImageFiles(files.paths, files.labels, size=4).read(np.array([0]), np.array([[1 / 6, 4.0, 1.0, 0.0]]))
    wanted = Image.fromarray(PIXELS["wide"]).resize((4, 4), Image.Resampling.BILINEAR, box=(0, 12, 16, 16))
    np.testing.assert_array_equal(found[0], np.asarray(wanted).transpose(2, 0, 1))


def test_larger_and_smaller_windows_are_scaled(files: ImageFiles) -> None:
    grey = ImageFiles(files.paths, files.labels, size=5)
    found = grey.read(np.array([0]), np.array([[1.0, 1.5, 0.0, 0.0]]))
    assert found.shape == (1, 3, 5, 5)
    assert found.mean() == pytest.approx(PIXELS["wide"].mean(), abs=3)


@pytest.mark.parametrize("mode", ["L", "CMYK", "RGB"])
def test_any_colours_become_three_channels(mode: str, tmp_path: Path) -> None:
    Image.fromarray(PIXELS["wide"]).convert(mode).save(tmp_path / "it.JPEG")
    found = ImageFiles((str(tmp_path / "it.JPEG"),), np.array([0]), size=4).read(np.array([0]))
    assert found.shape == (1, 3, 4, 4)
    assert mode != "L" or (found[0, 0] == found[0, 2]).all()


def test_a_part_of_the_files(files: ImageFiles) -> None:
    many = ImageFiles(files.paths * 10, np.tile([0, 1], 10))
    found = parts(many, {"train": 0.8, "valid": 0.2}, seed=0)
    assert len(found["valid"]) == 4
    assert sorted(zip(found["valid"].paths, found["valid"].labels.tolist(), strict=True)) == [
        (files.paths[1], 1),
        (files.paths[1], 1),
        (files.paths[0], 0),
        (files.paths[0], 0),
    ]


@pytest.mark.parametrize("content", [b"", b"text", b"\xff\xd8\xff\xe0" + b"a" * 300])
def test_a_file_that_is_no_image_is_named(content: bytes, files: ImageFiles, tmp_path: Path) -> None:
    (tmp_path / "high.png").write_bytes(content)
    with pytest.raises(DataFileError, match=r"high.png is no image: "):
        files.read(np.arange(2))


def test_a_file_that_is_gone_is_named(files: ImageFiles, tmp_path: Path) -> None:
    (tmp_path / "high.png").unlink()
    with pytest.raises(DataFileError, match=r"high.png is no image: .*No such file"):
        files.read(np.arange(2))


def test_other_formats_are_not_read(files: ImageFiles, tmp_path: Path) -> None:
    Image.fromarray(PIXELS["wide"]).save(tmp_path / "high.png", "GIF")
    with pytest.raises(DataFileError, match=r"high.png is no image: cannot identify image file"):
        files.read(np.arange(2))


def test_checksums_tell_files_and_labels_apart_wherever_they_are() -> None:
    here, there, other = (ImageFiles((f"{path}/a.png",), np.array([0])) for path in ("/x/y", "/z/y", "/x/z"))
    assert here.checksum == there.checksum
    assert len({here.checksum, other.checksum, ImageFiles(here.paths, np.array([1])).checksum}) == 3


def test_wrong_labels_and_sizes() -> None:
    with pytest.raises(SettingError, match=r"labels are int64 \[2\], one a file; got int64 \[1\]"):
        ImageFiles(("a", "b"), np.array([0]))
    with pytest.raises(SettingError, match="size is 1 pixel or more; got 0"):
        ImageFiles(("a",), np.array([0]), size=0)
