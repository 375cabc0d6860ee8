"""Parts of networks: counted, they are the layers of each network."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from awnas_gym.hardware import deployed
from awnas_gym.spaces import SPACES
from awnas_gym.spaces.layers import LayerSpec
from awnas_gym.spaces.parts import Parts, one_hot

NAMES = [name for name in SPACES if isinstance(SPACES.load(name), type) and issubclass(SPACES.load(name), Parts)]


def counted(layers: list[list[LayerSpec]], times: list[int]) -> Counter[LayerSpec]:
    """Return how often each layer is there."""
    found: Counter[LayerSpec] = Counter()
    for part, n in zip(layers, times, strict=True):
        for layer in part:
            found[layer] += n
    return +found


@pytest.mark.parametrize("name", NAMES)
def test_parts_are_the_layers_of_each_network(name: str) -> None:
    space: Any = SPACES.load(name)()
    archs = space.sample(np.random.default_rng(0), 20)
    parts, counts = space.parts(), space.part_counts(archs)
    assert counts.dtype == np.int32
    folded = [deployed(part) for part in parts]
    for arch, row in zip(archs, counts.tolist(), strict=True):
        assert counted(parts, row) == Counter(space.layers(arch))
        assert counted(folded, row) == Counter(deployed(space.layers(arch)))  # nothing folds from part to part


def test_there_are_such_spaces() -> None:
    assert {"nasbench201", "fbnet", "proxylessnas", "nasbench_macro", "ofa_mbv2", "ofa_mbv3"} <= set(NAMES)


def test_dead_and_missing_edges_are_counted_as_they_are_run() -> None:
    space: Any = SPACES.load("nasbench201")(cells=1)
    every = space.enumerate()[::7]
    counts = space.part_counts(every)
    for arch, row in zip(every[::40], counts[::40].tolist(), strict=True):
        assert counted(space.parts(), row) == Counter(space.layers(arch))


@pytest.mark.parametrize("reduction", ["residual", "projection"])
def test_the_norm_of_the_head_folds_into_a_convolution_only_where_no_cell_has_layers(reduction: str) -> None:
    space: Any = SPACES.load("nasbench201")(cells=1, reduction=reduction)
    folded = [deployed(part) for part in space.parts()]
    for genotype in (
        "|nor_conv_1x1~0|+|none~0|skip_connect~1|+|none~0|none~1|avg_pool_3x3~2|",
        "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|",
        "|skip_connect~0|+|none~0|skip_connect~1|+|none~0|none~1|skip_connect~2|",
        "|skip_connect~0|+|none~0|skip_connect~1|+|skip_connect~0|none~1|skip_connect~2|",
    ):
        arch = space.parse(genotype)
        assert counted(folded, space.part_counts(arch)[0].tolist()) == Counter(deployed(space.layers(arch)))


def test_one_hot() -> None:
    assert one_hot(np.array([[1, 0], [0, 2]]), (2, 3)).tolist() == [[0, 1, 1, 0, 0], [1, 0, 0, 0, 1]]
