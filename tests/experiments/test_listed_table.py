"""The cells that the speed of listed tables is measured on are those of the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from awnas_gym.spaces.nasbench101 import OPERATIONS
from experiments.speed.listed_table import ACCURACY, SPACE, made_up, published


def test_cells_are_read_from_the_form_of_the_published_file(tmp_path: Path) -> None:
    archs = SPACE.canonical(SPACE.sample(np.random.default_rng(0), 300))
    matrices = [SPACE.matrix(arch) for arch in archs]
    bits, labels = [], []
    for adjacency, names in matrices:
        edges = [(x, y) for y in range(len(names)) for x in range(y) if adjacency[x, y]]
        bits.append(sum(1 << x + y * (y - 1) // 2 for x, y in edges))
        labels.append(sum(OPERATIONS.index(name) * 3**i for i, name in enumerate(names[1:-1])))
    sizes = np.array([len(names) for _, names in matrices])
    assert set(sizes.tolist()) == {2, 3, 4, 5, 6, 7}
    np.savez(tmp_path / "it", n=sizes, bits=bits, labels=labels, acc29952=np.arange(300), params=np.arange(300))
    read, metrics = published(tmp_path / "it.npz")
    np.testing.assert_array_equal(SPACE.canonical(read), archs)
    np.testing.assert_array_equal(metrics[ACCURACY], np.arange(300) / 29952)


def test_made_up_cells_are_different() -> None:
    archs, metrics = made_up(2000, np.random.default_rng(0))
    assert len(np.unique(archs, axis=0)) == len(archs) == len(metrics[ACCURACY]) == 2000
