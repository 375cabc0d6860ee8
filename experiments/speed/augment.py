"""How many augmented training images a second do `Batches` and `Augment` give?

    python experiments/speed/augment.py --out experiments/speed/results/augment.json

Random images of 32x32 pixels; crop with 4 pixels around, flip, normalisation, cutout of 16, as usual for CIFAR.
In turn with it, in one process: the usual transforms of torchvision on PIL images, with cutout as its authors write it,
in a `DataLoader` without workers and with two. All give shuffled batches of 128 on the CPU; a turn is one epoch of
theirs, ten of ours.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from awnas_gym.data import Split
from awnas_gym.training.augment import Augment
from awnas_gym.training.batches import Batches
from awnas_gym.training.normalise import moments
from experiments.record import write_result

CROP, CUTOUT, BATCH = 4, 16, 128


class Pictures(Dataset[tuple[Tensor, int]]):
    """A split in the form of torchvision's data sets: an array of pixels that become a PIL image one by one."""

    def __init__(self, split: Split) -> None:
        self.images, self.labels = split.images.transpose(0, 2, 3, 1), split.labels.tolist()
        mean, deviation = moments(split)
        self.transform = transforms.Compose(
            [
                transforms.ToPILImage(),
                transforms.RandomCrop(32, padding=CROP),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize((mean / 255).tolist(), (deviation / 255).tolist()),
                cut_out,
            ]
        )

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, i: int) -> tuple[Tensor, int]:
        return self.transform(self.images[i]), self.labels[i]


def cut_out(image: Tensor) -> Tensor:
    """Set a square around a random pixel to zero [DeVries & Taylor 2017]."""
    _, height, width = image.shape
    row, column = (int(torch.randint(size, ())) for size in (height, width))
    half = CUTOUT // 2
    image[:, max(row - half, 0) : row + half, max(column - half, 0) : column + half] = 0
    return image


def images_per_s(epoch: Callable[[], Iterable[Any]], epochs: int) -> float:
    """Return images a second of some epochs."""
    start, images = time.perf_counter(), 0
    for _ in range(epochs):
        for batch, labels in epoch():
            images += len(labels)
            last = batch
    elapsed = time.perf_counter() - start
    if last.shape[1:] != (3, 32, 32) or abs(float(last.mean())) > 0.5:
        raise SystemExit("these are no normalised images")
    return images / elapsed


def main() -> None:
    """Measure and print images a second, and ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2, help="of torch in this process")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    rng = np.random.default_rng(0)
    split = Split(
        rng.integers(256, size=(options.images, 3, 32, 32), dtype=np.uint8), rng.integers(10, size=options.images)
    )
    ours = Batches(split, BATCH, seed=0, augment=Augment(crop=CROP, flip=True, cutout=CUTOUT), drop_last=False)
    numbers = itertools.count()
    jobs: dict[str, Callable[[], Iterable[Any]]] = {"ours": lambda: ours.epoch(next(numbers))}
    for workers in (0, 2):
        loader = DataLoader(Pictures(split), BATCH, shuffle=True, num_workers=workers, persistent_workers=workers > 0)
        jobs[f"torchvision_{workers}_workers"] = loader.__iter__
    each: dict[str, list[float]] = {name: [] for name in jobs}
    for turn in range(options.repeats + 1):
        for name, epoch in jobs.items():
            measured = images_per_s(epoch, epochs=10 if name == "ours" else 1)
            if turn:  # the first starts the workers
                each[name].append(measured)
    result: dict[str, Any] = {f"{name}_images_per_s": statistics.median(values) for name, values in each.items()}
    for name in list(jobs)[1:]:
        ratios = [a / b for a, b in zip(each["ours"], each[name], strict=True)]
        result[f"ours_over_{name}"] = statistics.median(ratios)
        result[f"ours_over_{name}_range"] = [min(ratios), max(ratios)]
    for name, value in result.items():
        print(f"{name:<42} {', '.join(f'{x:,.1f}' for x in (value if isinstance(value, list) else [value])):>20}")
    write_result(options.out, {"images": options.images, "threads": options.threads, **result})


if __name__ == "__main__":
    main()
