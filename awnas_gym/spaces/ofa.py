"""The mobile networks of Once-for-all [Cai et al., ICLR 2020]: units of inverted residual blocks, as deep as chosen."""

from __future__ import annotations

import itertools
import math
import re
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.config import check_sizes
from awnas_gym.errors import GenotypeError
from awnas_gym.spaces.abstract import AbstractSpace, ArchGraph, Archs
from awnas_gym.spaces.convolutions import conv_bn
from awnas_gym.spaces.layers import LayerKind, LayerSpec
from awnas_gym.spaces.mobile import inverted_residual, make_divisible
from awnas_gym.spaces.parts import Parts

DEPTHS, KERNELS, EXPANSIONS = (2, 3, 4), (3, 5, 7), (3, 4, 6)
"""Legal numbers of blocks a unit; kernels and expansions of a block."""

FORMS = tuple(itertools.product(range(len(KERNELS)), range(len(EXPANSIONS))))
"""Choices of kernel and expansion of a block."""

_UNIT = re.compile(r"([1-9][0-9]?): *([1-9][0-9]?x[1-9][0-9]?(?: +[1-9][0-9]?x[1-9][0-9]?)*)")


@final
@dataclass(frozen=True, slots=True)
class Unit:
    """Some blocks of equal width, of which the first may halve the image.

    Attributes:
        width: channels that leave each block.
        stride: of the first block; that of the others is 1.
        activation: of all blocks.
        excited: whether the blocks have squeeze-and-excitation.
        depths: how many blocks there may be, ascending; a unit with one legal depth has no decision about it.
    """

    width: int
    stride: int
    activation: LayerKind = "relu"
    excited: bool = False
    depths: tuple[int, ...] = DEPTHS


class AbstractOFA(AbstractSpace, Parts):
    """A stem, a fixed block, searched units, a head; a subclass gives the tables and the head.

    Decisions, unit by unit: its depth, then kernel and expansion of each of its blocks. A unit of depth 3 runs its
    first 3 blocks; the decisions of the blocks that are switched off are all 0, the masks allow nothing else. So no
    two tuples are the same network.

    Args:
        image_size: height and width of the input, in pixels. The paper also chooses among 128 to 224; here it is a
            setting, no decision.
        image_channels: of the input.
        classes: of the classifier.

    Attributes:
        stem_width: channels of the stem convolution.
        first_width: channels of the fixed block, of kernel 3 and expansion 1.
        activation: of stem and head.
        units: what is searched.
    """

    stem_width: ClassVar[int]
    first_width: ClassVar[int]
    activation: ClassVar[LayerKind]
    units: ClassVar[tuple[Unit, ...]]
    unconstrained = False

    def __init__(self, *, image_size: int = 224, image_channels: int = 3, classes: int = 1000) -> None:
        self._sizes = {"image_size": image_size, "image_channels": image_channels, "classes": classes}
        check_sizes(self._sizes, where=self.name)
        names: list[str] = []
        cardinalities: list[int] = []
        switches: list[tuple[int, int]] = []
        for u, unit in enumerate(self.units, 1):
            depth_decision = len(names)
            if len(unit.depths) > 1:
                names.append(f"unit {u} depth")
                cardinalities.append(len(unit.depths))
                switches.append((depth_decision, 0))
            for block in range(1, unit.depths[-1] + 1):
                names += [f"unit {u} block {block} kernel", f"unit {u} block {block} expansion"]
                cardinalities += [len(KERNELS), len(EXPANSIONS)]
                switches += [(depth_decision, sum(depth < block for depth in unit.depths))] * 2
        self.decision_names = tuple(names)
        self.cardinalities = tuple(cardinalities)
        # decision i may be other than 0 if the choice of decision _switch[i] is at least _threshold[i]
        self._switch, self._threshold = np.array(switches).T

    @property
    @final
    def settings(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return dict(self._sizes)

    @property
    @final
    def size(self) -> int:
        """Networks: each block that is there has 9 forms."""
        forms = len(KERNELS) * len(EXPANSIONS)
        return math.prod(sum(forms**depth for depth in unit.depths) for unit in self.units)

    @property
    @final
    def unique_size(self) -> int:
        """As many as architectures."""
        return self.size

    @final
    def canonical(self, archs: ArrayLike) -> Archs:
        """Return `archs`: no two are the same network."""
        return self.check(archs)

    # ---------------------------------------------------------------- what is legal

    @final
    def mask(self, prefix: ArrayLike) -> NDArray[np.bool_]:
        """Return which choices are legal, bool `[3]`: all, or only 0 in a block that is switched off."""
        row: NDArray[np.bool_] = self.masks(np.asarray(prefix, dtype=np.int64)[None])[0]
        return row

    @final
    def masks(self, prefixes: ArrayLike) -> NDArray[np.bool_]:
        """Return `mask` of each row of `prefixes`, bool `[batch, 3]`."""
        rows = np.asarray(prefixes)
        k = rows.shape[1]
        legal = np.ones((len(rows), self.cardinalities[k]), dtype=np.bool_)
        if self._threshold[k]:
            legal[:, 1:] = (rows[:, self._switch[k]] >= self._threshold[k])[:, None]
        return legal

    @final
    def _check_constraints(self, rows: Archs) -> None:
        switched_off = rows[:, self._switch] < self._threshold
        for row in rows[(switched_off & (rows != 0)).any(axis=1)]:
            self._explain(row)

    # ---------------------------------------------------------------- notation

    @final
    def _read(self, row: list[int]) -> Iterator[tuple[Unit, int | None, list[tuple[int, int]]]]:
        """Yield each unit with its depth (None while open) and the choices of kernel and expansion of all blocks."""
        choices = iter(row)
        for unit in self.units:
            choice = next(choices) if len(unit.depths) > 1 else 0
            blocks = [(next(choices), next(choices)) for _ in range(unit.depths[-1])]
            yield unit, None if choice < 0 else unit.depths[choice], blocks

    @final
    def genotype(self, arch: ArrayLike) -> str:
        """Return depth and blocks of each unit, a block as kernel x expansion: `3: 7x6 5x4 3x3 | 2: 3x3 5x6 | …`."""
        return " | ".join(
            f"{depth}: " + " ".join(_form(*block) for block in blocks[:depth])
            for _, depth, blocks in self._read(self.check(arch)[0].tolist())
        )

    @final
    def parse(self, text: str) -> Archs:
        """Return the architecture of a genotype string, int8 `[decisions]`."""
        parts = text.strip().split("|")
        matches = [_UNIT.fullmatch(part.strip()) for part in parts]
        if len(parts) != len(self.units) or None in matches:
            raise GenotypeError(
                f"{text!r} is no {self.name} genotype; the form is 3: 7x6 5x4 3x3 | 2: 3x3 5x6 | … with "
                f"{len(self.units)} units, each its depth and as many blocks, each kernel x expansion"
            )
        row: list[int] = []
        for u, (unit, match) in enumerate(zip(self.units, filter(None, matches), strict=True), 1):
            depth = _choice(f"unit {u} has depth", match[1], unit.depths)
            row += [depth] if len(unit.depths) > 1 else []
            blocks = match[2].split()
            if len(blocks) != unit.depths[depth]:
                raise GenotypeError(f"unit {u} has depth {match[1]} and {len(blocks)} blocks; they should be as many")
            for b, block in enumerate(blocks, 1):
                kernel, _, expansion = block.partition("x")
                row.append(_choice(f"unit {u} block {b} has kernel", kernel, KERNELS))
                row.append(_choice(f"unit {u} block {b} has expansion", expansion, EXPANSIONS))
            row += [0, 0] * (unit.depths[-1] - len(blocks))
        return np.array(row, dtype=self.dtype)

    @final
    def graph(self, arch: ArrayLike) -> ArchGraph:
        """Return the chain of the blocks, an edge each.

        A unit of open depth is one open edge; the node at the end of a unit is open as long as any of its decisions is.
        """
        nodes: list[str | None] = ["input"]
        labels: list[str | None] = []
        for u, (_, depth, blocks) in enumerate(self._read(np.asarray(arch).tolist()), 1):
            shown = [None if min(block) < 0 else _form(*block) for block in blocks[:depth]]
            labels += [None] if depth is None else shown
            nodes += [f"{u}.{block}" for block in range(1, depth or 1)]
            nodes.append(None if depth is None or min(map(min, blocks)) < 0 else f"unit {u}")
        return ArchGraph(
            nodes=(*nodes, "output"),
            edges=tuple((i, i + 1, label) for i, label in enumerate([*labels, ""])),
        )

    # ---------------------------------------------------------------- the network

    @final
    def layers(self, arch: ArrayLike) -> list[LayerSpec]:
        """Return the layers of the network in order of execution, without the blocks that are switched off."""
        layers = self._stem()
        for unit, depth, blocks in self._read(self.check(arch)[0].tolist()):
            for i, form in enumerate(blocks[:depth]):
                layers += _block(unit, i, form, c_in=layers[-1].c_out, size=layers[-1].out_height)
        return [*layers, *self._head(layers[-1].c_out, layers[-1].out_height, self._sizes["classes"])]

    @final
    def parts(self) -> list[list[LayerSpec]]:
        """Return the stem, each form of each block, and the head."""
        found = [self._stem()]
        for unit in self.units:
            for i in range(unit.depths[-1]):
                last = found[-1][-1]  # the blocks of a place leave the same shape
                found += [_block(unit, i, form, c_in=last.c_out, size=last.out_height) for form in FORMS]
        return [*found, self._head(found[-1][-1].c_out, found[-1][-1].out_height, self._sizes["classes"])]

    @final
    def part_counts(self, archs: ArrayLike) -> NDArray[np.int32]:
        """Return ones where a network has a part, int32 `[batch, parts]`."""
        rows = self.check(archs)
        columns = [np.ones((len(rows), 1), dtype=np.int32)]
        forms = np.arange(len(FORMS))
        for i, name in enumerate(self.decision_names):
            if name.endswith("kernel"):  # the expansion of the block is next
                there = rows[:, self._switch[i]] >= self._threshold[i]
                form = rows[:, i].astype(np.int32) * len(EXPANSIONS) + rows[:, i + 1]
                columns.append((there[:, None] & (form[:, None] == forms)).astype(np.int32))
        return np.concatenate([*columns, columns[0]], axis=1)

    @final
    def _stem(self) -> list[LayerSpec]:
        """Return the layers before the units."""
        layers = conv_bn(
            self._sizes["image_channels"], self.stem_width, self._sizes["image_size"],
            kernel=3, stride=2, activation=self.activation,
        )  # fmt: skip
        return layers + inverted_residual(
            self.stem_width, self.first_width, layers[-1].out_height, middle=self.stem_width, kernel=3, pointwise=False
        )

    @abstractmethod
    def _head(self, c_in: int, size: int, classes: int) -> list[LayerSpec]:
        """Return the layers behind the units, given the channels and the size in pixels of what leaves them."""


def _block(unit: Unit, i: int, form: tuple[int, int], *, c_in: int, size: int) -> list[LayerSpec]:
    """Return the layers of block i of a unit; its form is the choices of kernel and expansion."""
    kernel, expansion = form
    return inverted_residual(
        c_in, unit.width, size,
        middle=make_divisible(c_in * EXPANSIONS[expansion]),
        kernel=KERNELS[kernel],
        stride=1 if i else unit.stride,
        activation=unit.activation,
        excited=unit.excited,
    )  # fmt: skip


def _form(kernel: int, expansion: int) -> str:
    return f"{KERNELS[kernel]}x{EXPANSIONS[expansion]}"


def _choice(what: str, text: str, legal: tuple[int, ...]) -> int:
    if int(text) not in legal:
        raise GenotypeError(f"{what} {text}; legal: {', '.join(map(str, legal))}")
    return legal.index(int(text))
