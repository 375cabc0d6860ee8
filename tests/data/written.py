"""Small data sets, written in the form of the originals."""

from __future__ import annotations

import gzip
import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests import python2_pickles

Contents = dict[str, tuple[np.ndarray, np.ndarray]]
"""Split -> images and labels that its reader has to give."""


def drawn(name: str, n: int, shape: tuple[int, ...], classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return images of random bytes and random labels, the highest among them."""
    rng = np.random.default_rng(list(name.encode()))
    labels = rng.integers(classes, size=n)
    labels[0] = classes - 1
    return rng.integers(256, size=(n, *shape), dtype=np.uint8), labels


def joined(some: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    images, labels = zip(*some, strict=True)
    return np.concatenate(images), np.concatenate(labels)


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def cifar10(folder: Path) -> Contents:
    """Five training batches and one of the test, pickled by Python 2."""
    batches = {}
    for name in [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]:
        images, labels = batches[name] = drawn(name, 8, (3, 32, 32), 10)
        fields = {
            "batch_label": f"{name} of some",
            "labels": labels.tolist(),
            "data": images.reshape(8, -1),
            "filenames": [f"image_s_{i:06d}.png" for i in range(8)],
        }
        write(folder / "cifar-10-batches-py" / name, python2_pickles.dumps(fields))
    test = batches.pop("test_batch")
    return {"train": joined(list(batches.values())), "test": test}


def cifar100(folder: Path) -> Contents:
    contents = {}
    for split in ("train", "test"):
        images, labels = contents[split] = drawn(split, 9, (3, 32, 32), 100)
        fields = {
            "filenames": ["image.png"] * 9,
            "batch_label": f"{split} batch 1 of 1",
            "fine_labels": labels.tolist(),
            "coarse_labels": (labels // 5).tolist(),
            "data": images.reshape(9, -1),
        }
        write(folder / "cifar-100-python" / split, python2_pickles.dumps(fields))
    return contents


def idx(values: np.ndarray) -> bytes:
    """Return the bytes of an IDX file."""
    return b"\0\0\x08" + bytes([values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape) + values.tobytes()


def mnist(folder: Path, pack: Callable[[bytes], bytes] = gzip.compress, ending: str = ".gz") -> Contents:
    contents = {}
    for split, file in (("train", "train"), ("test", "t10k")):
        images, labels = contents[split] = drawn(split, 12, (1, 28, 28), 10)
        write(folder / f"{file}-images-idx3-ubyte{ending}", pack(idx(images[:, 0])))
        write(folder / f"{file}-labels-idx1-ubyte{ending}", pack(idx(labels.astype(np.uint8))))
    return contents


def svhn(folder: Path) -> Contents:
    """MATLAB files, where the digit 0 has the label 10."""
    from scipy.io import savemat

    contents = {}
    folder.mkdir(parents=True, exist_ok=True)
    for split in ("train", "test"):
        images, labels = contents[split] = drawn(split, 11, (3, 32, 32), 10)
        labels[1] = 0
        fields = {"X": images.transpose(2, 3, 1, 0), "y": np.where(labels == 0, 10, labels)[:, None].astype(np.uint8)}
        savemat(folder / f"{split}_32x32.mat", fields, do_compression=True)
    return contents


def imagenet16_120(folder: Path) -> Contents:
    """Batches of all 1,000 classes, of which 120 are read; in the files labels begin with 1."""
    batches = {}
    for name in [*(f"train_data_batch_{i}" for i in range(1, 11)), "val_data"]:
        images, labels = drawn(name, 40, (3, 16, 16), 200)
        labels[:3] = 0, 119, 120
        fields = {"data": images.reshape(40, -1), "labels": (labels + 1).tolist(), "mean": images.mean(0)}
        write(folder / name, pickle.dumps(fields, protocol=3))
        batches[name] = images[labels < 120], labels[labels < 120]
    test = batches.pop("val_data")
    return {"train": joined(list(batches.values())), "test": test}


def jpeg(path: Path, image: np.ndarray, mode: str = "RGB") -> np.ndarray:
    """Write an image uint8 `[3, H, W]` and return it as it comes back."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image.transpose(1, 2, 0)).convert(mode).save(path, "JPEG", quality=95)
    with Image.open(path) as file:
        return np.asarray(file.convert("RGB")).transpose(2, 0, 1)


def wnids(classes: int) -> list[str]:
    """Return names of classes, in another order than that of their labels."""
    return [f"n{i:08d}" for i in np.random.default_rng(0).permutation(classes)]


def tiny_imagenet(folder: Path) -> Contents:
    inner = folder / "tiny-imagenet-200"
    names = wnids(200)
    write(inner / "wnids.txt", "\n".join(names).encode())
    images, _ = drawn("tiny", 400, (3, 64, 64), 200)
    train = [
        jpeg(
            inner / "train" / name / "images" / f"{name}_{i}.JPEG", images[2 * label + i], "L" if label == 3 else "RGB"
        )
        for label, name in enumerate(sorted(names))
        for i in range(2)
    ]
    images, labels = drawn("val", 30, (3, 64, 64), 200)
    test = [jpeg(inner / "val" / "images" / f"val_{i}.JPEG", image) for i, image in enumerate(images)]
    lines = [f"val_{i}.JPEG\t{sorted(names)[label]}\t0\t32\t44\t62\n" for i, label in enumerate(labels)]
    write(inner / "val" / "val_annotations.txt", "".join(lines).encode())
    return {"train": (np.stack(train), np.repeat(np.arange(200), 2)), "test": (np.stack(test), labels)}


def imagenet(folder: Path) -> None:
    """Write one image a class in each split; what is read of them is compared elsewhere."""
    images, _ = drawn("imagenet", 1000, (3, 9, 8), 1000)
    for kind in ("train", "val"):
        for image, name in zip(images, wnids(1000), strict=True):
            jpeg(folder / kind / name / f"{name}_1.JPEG", image)


WRITERS = {
    "cifar10": cifar10,
    "cifar100": cifar100,
    "svhn": svhn,
    "mnist": mnist,
    "fashion_mnist": mnist,
    "tiny_imagenet": tiny_imagenet,
    "imagenet16_120": imagenet16_120,
}
NEEDED = {"svhn": "scipy", "tiny_imagenet": "PIL", "imagenet": "PIL"}
"""What must be installed to write, and to read, a data set."""
