"""The seven tasks of TransNAS-Bench-101 [Duan et al., CVPR 2021], and what its metrics are called here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import final

from awnas_gym.metrics import ACCURACY


@final
@dataclass(frozen=True, slots=True)
class Task:
    """What a network is trained for, on images of Taskonomy.

    Attributes:
        title: in words.
        score: the metric that networks are compared by, without its split.
        metrics: name in the file, without its split -> name here, likewise, and what the file's numbers are divided by.
        classes: that are told apart, or numbers that are predicted, by a classifier of global pooling and one linear
            layer; None for another decoder.
    """

    title: str
    score: str
    metrics: Mapping[str, tuple[str, float]]
    classes: int | None = None


_CLASSES = {"top1": (ACCURACY, 100.0), "top5": ("top5_accuracy", 100.0), "loss": ("loss", 1.0)}
_PIXELS = {"ssim": ("ssim", 1.0), "l1_loss": ("mae", 1.0)}

TASKS: Mapping[str, Task] = MappingProxyType(
    {
        "class_scene": Task("47 classes of scenes", ACCURACY, _CLASSES, 47),
        "class_object": Task("75 classes of objects", ACCURACY, _CLASSES, 75),
        "room_layout": Task("9 numbers that describe a room", "mse", {"loss": ("mse", 1.0)}, 9),
        "jigsaw": Task("which of 1,000 permutations nine tiles are in", ACCURACY, _CLASSES),
        "segmentsemantic": Task(
            "the class of each pixel",
            "miou",
            {"mIoU": ("miou", 100.0), "acc": (ACCURACY, 100.0), "loss": ("loss", 1.0)},
        ),
        "normal": Task("surface normals", "ssim", _PIXELS),
        "autoencoder": Task("the image itself", "ssim", _PIXELS),
    }
)
"""In the order of the authors' list."""
