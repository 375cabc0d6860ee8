"""Made-up records of NATS-Bench are like the official ones, key by key."""

from __future__ import annotations

import bz2
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.pickles import read_pickle
from experiments.official_nats import nats_record, write_meta, write_records

FOLDER = "nats_bench_records/NATS-tss-v1_0-3ffb9-simple"


def outline(value: Any) -> Any:
    """Return the types of a value and, of what it holds, keys and outlines in their order."""
    if isinstance(value, dict):
        return type(value), [(key, outline(each)) for key, each in value.items()]
    if isinstance(value, (list, tuple, set)):
        return type(value), [outline(each) for each in value]
    return type(value)


@pytest.mark.parametrize("index", [0, 11, 284])
def test_records_are_like_the_official_ones(published: Callable[[str], Path], index: int) -> None:
    official = published(f"{FOLDER}/{index:06d}.pickle.pbz2")
    record = read_pickle(official)
    made_up = nats_record(index, record["200"]["arch_str"], np.random.default_rng(0))
    assert outline(made_up) == outline(record)
    packed = len(bz2.compress(pickle.dumps(made_up, 4)))
    assert packed == pytest.approx(official.stat().st_size, rel=0.1)


def test_a_folder_is_like_the_official_one(published: Callable[[str], Path], tmp_path: Path) -> None:
    names = write_meta(tmp_path)
    official = read_pickle(published(f"{FOLDER}/meta.pickle.pbz2"))
    assert outline(official) == outline(read_pickle(tmp_path / "meta.pickle.pbz2"))
    assert set(official["meta_archs"]) == set(names)
    write_records(tmp_path, {7: names[7]})
    assert read_pickle(tmp_path / "000007.pickle.pbz2")["12"]["arch_str"] == names[7]
