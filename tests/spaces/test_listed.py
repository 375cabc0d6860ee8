"""Lists of architectures as trees: the contract of spaces over every list, and what is particular about them."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.errors import GenotypeError, IllegalArchitectureError, SettingError
from awnas_gym.spaces import SPACES, AbstractSpace
from awnas_gym.spaces.listed import Listed
from awnas_gym.spaces.nasbench201 import NASBench201
from awnas_gym.testing.space import SPACE_CHECKS

SPACE = NASBench201()
ARCHS = [[0, 0, 0, 0, 0, 0], [0, 0, 3, 0, 0, 0], [0, 0, 3, 0, 0, 4], [0, 0, 3, 0, 2, 4], [3, 1, 0, 0, 0, 0]]
FIVE = Listed(SPACE, [*ARCHS[::-1], ARCHS[0]])


def drawn(name: str, n: int) -> Listed:
    space: AbstractSpace = SPACES.load(name)()
    return Listed(space, space.sample(np.random.default_rng(0), n))


LISTS = {"five": FIVE} | {
    name: drawn(name, n) for name, n in (("nasbench_nlp", 200), ("nasbench101", 300), ("fbnet", 2))
}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("check", [each for each in SPACE_CHECKS if each != "settings"])
def test_they_keep_the_contract_of_spaces(check: str, name: str) -> None:
    for seed in range(5):
        SPACE_CHECKS[check](LISTS[name], np.random.default_rng(seed))


@pytest.mark.parametrize("name", LISTS)
def test_every_architecture_of_the_list_is_one_leaf(name: str) -> None:
    listed = LISTS[name]
    archs = listed.enumerate()
    rows = listed.in_space(archs)
    assert len(np.unique(rows, axis=0)) == len(archs) == listed.size == listed.unique_size
    space: AbstractSpace = SPACES.load(listed.name)(**listed.settings)
    for arch, row in zip(archs[:50], rows, strict=False):
        text = listed.genotype(arch)
        assert text == space.genotype(row)
        assert listed.parse(text).tolist() == arch.tolist()
        assert listed.graph(arch) == space.graph(row)


def test_branches_part_where_the_architectures_differ() -> None:
    assert FIVE.cardinalities == (2, 2, 2, 2)
    paths = [[0, 0, 0, 0], [0, 1, 0, 0], [0, 1, 0, 1], [0, 1, 1, 0], [1, 0, 0, 0]]
    assert FIVE.enumerate().tolist() == paths
    assert FIVE.in_space(paths).tolist() == ARCHS
    assert FIVE.mask([]).tolist() == [True, True]
    assert FIVE.mask([1]).tolist() == [True, False]
    assert FIVE.masks([[0, 0, 0], [0, 1, 0], [0, 1, 1]]).tolist() == [[True, False], [True, True], [True, False]]
    with pytest.raises(IllegalArchitectureError, match=r"decision 1 \(branch 2\) is 1; legal after \(1,\): \[0\]"):
        FIVE.check([1, 1, 0, 0])


def test_open_is_what_the_architectures_that_are_left_differ_in() -> None:
    def labels(path: list[int]) -> list[str | None]:
        return [label for *_, label in FIVE.graph(path).edges]

    none, conv = "none", "nor_conv_3x3"
    assert labels([-1, -1, -1, -1]) == [None, None, None, none, None, None]
    # the last edge stays open to the end of the path
    assert labels([0, -1, -1, -1]) == [none, none, None, none, None, None]
    assert labels([0, 1, -1, -1]) == [none, none, conv, none, None, None]
    assert labels([1, -1, -1, -1]) == [conv, "skip_connect", none, none, none, None]


def test_another_member_of_a_class_finds_the_one_that_is_listed() -> None:
    listed = Listed(SPACE, SPACE.canonical(SPACE.sample(np.random.default_rng(0), 400)))
    archs = SPACE.sample(np.random.default_rng(1), 400)
    ours = {row.tobytes() for row in listed.in_space(listed.enumerate())}
    found = 0
    for arch, own in zip(archs, SPACE.canonical(archs), strict=True):
        if own.tobytes() in ours:
            found += 1
            assert listed.in_space(listed.parse(SPACE.genotype(arch)))[0].tolist() == own.tolist()
        else:
            with pytest.raises(GenotypeError, match="is a legal architecture, but none of the"):
                listed.parse(SPACE.genotype(arch))
    assert 0 < found < 400


def test_choices_up_to_the_largest_of_their_type() -> None:
    wide = SPACES.load("custom")(choices={"width": list(range(1, 129)), "depth": [1, 2]})
    listed = Listed(wide, wide.enumerate())
    assert listed.cardinalities == (128, 2)
    assert listed.dtype == np.int8
    assert listed.in_space([127, 1]).tolist() == [[127, 1]]
    assert listed.mask([127]).tolist() == [True, True]


@pytest.mark.parametrize("archs", [ARCHS[:1], [ARCHS[0]] * 3, np.zeros((0, 6), dtype=int)])
def test_a_list_has_a_choice(archs: list[list[int]]) -> None:
    with pytest.raises(SettingError, match=r"nothing to choose in a list of [01] architectures"):
        Listed(SPACE, archs)
