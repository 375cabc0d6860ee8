"""Which process this is, by the environment that torchrun gives."""

from __future__ import annotations

import pytest

from awnas_gym.errors import SettingError
from awnas_gym.ranks import ALONE, Place, read_place

WHOLE = {"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "MASTER_ADDR": "node0", "MASTER_PORT": "29500"}


def test_without_torchrun_there_is_one_process() -> None:
    assert read_place({}) == read_place({"MASTER_ADDR": "node0"}) == Place(0, 1, 0)
    ALONE.wait()
    ALONE.agree("anything", 1)
    assert ALONE.mean([2.0], weight=9.0) == [2.0]


def test_a_place_is_read() -> None:
    assert read_place(WHOLE) == Place(rank=3, size=4, local_rank=1)


@pytest.mark.parametrize("name", WHOLE)
def test_a_half_set_environment_names_what_is_missing(name: str) -> None:
    with pytest.raises(SettingError, match=f"are set but {name} not: torchrun sets them all"):
        read_place({key: value for key, value in WHOLE.items() if key != name})


@pytest.mark.parametrize(
    ("change", "message"),
    [({"RANK": "4"}, "0 … WORLD_SIZE - 1; got 4 of 4"), ({"RANK": "-1"}, "whole numbers"), ({"WORLD_SIZE": ""}, "got")],
)
def test_what_is_no_rank_is_refused(change: dict[str, str], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        read_place(WHOLE | change)
