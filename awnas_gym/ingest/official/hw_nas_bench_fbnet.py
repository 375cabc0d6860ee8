"""The FBNet half of HW-NAS-Bench [Li et al., ICLR 2021]: what each block costs at each layer, on five devices.

A network costs the sum over its layers, stem, head, pooling and classifier; the whole networks were never measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.config import brief
from awnas_gym.errors import TableFileError, UnknownNameError
from awnas_gym.ingest.official.hw_nas_bench import METRICS, is_cost, part
from awnas_gym.pickles import read_pickle
from awnas_gym.spaces.fbnet import BLOCKS, DEPTHS, STEM_WIDTH, VARIANTS, WIDTHS, FBNet

NETWORKS = {"imagenet": (224, 1000), "cifar": (32, 100)}
"""Variant of the space -> image size and classes of the networks that the tables are of."""

WITHOUT = ("edgetpu_latency",)
"""Metrics of the other half that this one does not have."""


@final
@dataclass(frozen=True, slots=True)
class BlockLookup:
    """A metric of the networks of FBNet, as a sum over their layers.

    Attributes:
        space: the networks.
        fixed: what stem, head, pooling and classifier cost together.
        blocks: what each block costs at each layer, float64 `[22, 9]`.
    """

    space: FBNet
    fixed: float
    blocks: NDArray[np.float64]

    def __call__(self, archs: ArrayLike) -> NDArray[np.float64]:
        """Return the metric of `archs`, int `[batch, 22]`, float64 `[batch]`."""
        rows = self.space.check(archs)
        total: NDArray[np.float64] = self.fixed + self.blocks[np.arange(len(self.blocks)), rows].sum(axis=1)
        return total


def read_fbnet(path: Path, variant: Literal["imagenet", "cifar"]) -> dict[str, BlockLookup]:
    """Return the metrics of the networks of a variant, `"imagenet"` or `"cifar"` (CIFAR-100), by their names here.

    Args:
        path: of `HW-NAS-Bench-v1_0.pickle`.
        variant: of the space `fbnet`.

    Raises:
        UnknownNameError: no such variant.
        MissingDataError: no such file.
        TableFileError: it is damaged or something else; names the entry.
    """
    if variant not in NETWORKS:
        raise UnknownNameError("variant of fbnet", variant, NETWORKS)
    space = FBNet(variant=variant, image_size=NETWORKS[variant][0], classes=NETWORKS[variant][1])
    fixed, layers = entries(variant)
    content = read_pickle(path)
    found = {}
    for name, metric in METRICS.items():
        if name not in WITHOUT:
            table, where = part(path, content, "fbnet", name), f"{path}: fbnet / {name}"
            constant = sum(_value(where, table, key) for key in fixed)
            blocks = np.array([[_value(where, table, key) for key in layer] for layer in layers])
            found[metric] = BlockLookup(space, constant, blocks)
    return found


def entries(variant: str) -> tuple[list[str], list[list[str]]]:
    """Return the names of the entries of a variant: of what all its networks have, and of each block at each layer."""
    network, (size, classes) = VARIANTS[variant], NETWORKS[variant]
    fixed = [f"ConvNorm_H{size}_W{size}_Cin3_Cout{STEM_WIDTH}_kernel3_stride{network.stem_stride}_group1"]
    size //= network.stem_stride
    width, layers = STEM_WIDTH, []
    for depth, c_out, first in zip(DEPTHS, WIDTHS, network.strides, strict=True):
        for stride in (first, *[1] * (depth - 1)):
            shape = f"H{size}_W{size}_Cin{width}_Cout{c_out}"
            layers.append([_block_key(form, shape, stride) for form in BLOCKS.values()])
            size, width = size // stride, c_out
    head = network.head_width
    fixed += [
        f"ConvNorm_H{size}_W{size}_Cin{width}_Cout{head}_kernel1_stride1_group1",
        f"AvgP_H{size}_W{size}_Cin{head}_Cout{head}_kernel{size}_stride1",
        f"FC_Cin{head}_Cout{classes}",
    ]
    return fixed, layers


def _block_key(form: tuple[int, int, int] | None, shape: str, stride: int) -> str:
    if form is None:
        return f"Skip_{shape}_stride{stride}"
    kernel, expansion, groups = form
    return f"ConvBlock_{shape}_exp{expansion}_kernel{kernel}_stride{stride}_group{groups}"


def _value(where: str, table: dict[str, Any], key: str) -> float:
    value: Any = table.get(key)
    if not is_cost(value):
        raise TableFileError(f"{where}: {key} is {brief(value)}; a number from 0 is wanted")
    return float(value)
