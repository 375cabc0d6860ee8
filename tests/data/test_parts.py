"""Disjoint parts of a data set."""

from __future__ import annotations

import re

import numpy as np
import pytest

from awnas_gym.data import Split
from awnas_gym.data.fashion14 import fashion14
from awnas_gym.data.parts import parts
from awnas_gym.errors import SettingError

NUMBERED = Split(np.arange(60, dtype=np.uint8).reshape(60, 1, 1, 1), np.arange(60) % 3)


def numbers(split: Split) -> set[int]:
    return set(split.images.ravel().tolist())


def test_parts_are_disjoint_and_hold_each_label_alike() -> None:
    found = parts(NUMBERED, {"train": 0.8, "valid": 0.2}, seed=0)
    assert numbers(found["train"]) | numbers(found["valid"]) == set(range(60))
    assert not numbers(found["train"]) & numbers(found["valid"])
    assert np.bincount(found["valid"].labels).tolist() == [4, 4, 4]
    for part in found.values():
        assert (part.images.ravel() % 3 == part.labels).all()


def test_the_seed_decides() -> None:
    def valid(seed: int) -> set[int]:
        return numbers(parts(NUMBERED, {"valid": 0.2}, seed=seed)["valid"])

    assert valid(0) == valid(0) != valid(1)


def test_real_labels() -> None:
    found = parts(fashion14()["train"], {"train": 0.5, "valid": 0.3}, seed=1)
    assert np.bincount(found["train"].labels).tolist() == [100] * 10
    assert np.bincount(found["valid"].labels).tolist() == [60] * 10


@pytest.mark.parametrize("fractions", [{}, {"a": 0.0}, {"a": 0.7, "b": 0.4}, {"a": -1.0}, {"a": float("nan")}])
def test_wrong_shares(fractions: dict[str, float]) -> None:
    with pytest.raises(SettingError, match=re.escape(f"above 0 and sum to 1 at most; got {fractions}")):
        parts(NUMBERED, fractions, seed=0)


def test_rounding_loses_no_image_and_gives_none_twice() -> None:
    split = Split(np.arange(100, dtype=np.uint8).reshape(100, 1, 1, 1), np.arange(100) % 7)
    found = parts(split, {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}, seed=2)
    assert sorted(i for part in found.values() for i in numbers(part)) == list(range(100))
    assert sum(map(len, found.values())) == 100


def test_a_part_without_images() -> None:
    with pytest.raises(SettingError, match=r"no image is left for b: 60 in shares of {'a': 0.9, 'b': 0.01}"):
        parts(NUMBERED, {"a": 0.9, "b": 0.01}, seed=0)
