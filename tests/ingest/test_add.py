"""A user's file becomes an environment, and everything that is wrong with it is named."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.benchmarks import load_table, own_tables
from awnas_gym.errors import AwnasError, MissingDataError, SettingError, TableFileError, UnknownNameError
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.ingest import add_table, files, read_columns, remove_table
from awnas_gym.spaces.nasbench101 import NASBench101
from awnas_gym.spaces.nasbench201 import NASBench201

SPACE = NASBench201()
RNG = np.random.default_rng(0)
ARCHS = SPACE.unindex(np.random.default_rng(0).choice(SPACE.size, 40, replace=False))
GENOTYPES = [SPACE.genotype(arch) for arch in ARCHS]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AWNAS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def write_csv(path: Path, head: list[str], rows: list[list[Any]]) -> Path:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([head, *rows])
    raw = text.getvalue().encode()
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path


def evaluator(name: str) -> TableEvaluator:
    return TableEvaluator(load_table(name))


def wide(tmp_path: Path, name: str = "wide.csv") -> Path:
    rows = [[text, i / 100, i / 200 + 0.1, i + 1, "x"] for i, text in enumerate(GENOTYPES)]
    return write_csv(tmp_path / name, ["arch", "valid_accuracy", "test_accuracy", "pixel3_latency_ms", "note"], rows)


# ------------------------------------------------------------------ what works


@pytest.mark.parametrize("name", ["wide.csv", "wide.csv.gz"])
def test_a_csv_becomes_an_environment(tmp_path: Path, name: str) -> None:
    add_table(wide(tmp_path, name), name="mine", space=SPACE)
    env = gym.make("awnas/Table-v0", table="mine", action_mode="joint")
    env.reset(seed=0)
    *_, info = env.step(ARCHS[7].astype(np.int64))
    assert info["architecture"] == GENOTYPES[7]
    assert info["metrics"] == {"pixel3_latency_ms": 8, "valid_accuracy": 0.07}
    assert env.unwrapped.judge.reference == {"mean_random": pytest.approx(0.195), "best": 0.39, "worst": 0.0}


def test_an_objective_may_be_a_metric_by_name(tmp_path: Path) -> None:
    add_table(wide(tmp_path), name="mine", space=SPACE)
    env = gym.make("awnas/Table-v0", table="mine", action_mode="joint", objective="pixel3_latency_ms")
    env.reset(seed=0)
    assert env.step(ARCHS[7].astype(np.int64))[1] == -8


def test_a_member_of_a_listed_class_has_its_record_and_others_are_missing(tmp_path: Path) -> None:
    pair = np.array([SPACE.parse("|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|")])
    same = SPACE.parse("|none~0|+|none~0|nor_conv_1x1~1|+|nor_conv_3x3~0|none~1|none~2|")
    path = write_csv(tmp_path / "one.csv", ["arch", "valid_accuracy"], [[SPACE.genotype(pair[0]), 0.5]])
    add_table(path, name="one", space=SPACE)
    found = evaluator("one").evaluate([pair[0], same, [3] * 6], rng=RNG)["valid_accuracy"]
    np.testing.assert_array_equal(found, [0.5, 0.5, np.nan])
    assert evaluator("one").coverage() == 1 / 5044


def test_trainings_fidelities_and_splits_in_columns(tmp_path: Path) -> None:
    rows, truth = [], np.random.default_rng(1).random((40, 2, 3, 2)).round(6)  # arch, seed, epochs, split
    for i, text in enumerate(GENOTYPES):
        for s, seed in enumerate((777, 888)):
            for e, epochs in enumerate((1, 4, 12)):
                for k, split in enumerate(("valid", "test")):
                    rows.append([text, seed, epochs, split, truth[i, s, e, k], 3 * i, epochs * 10 + s])
    np.random.default_rng(2).shuffle(rows)
    head = ["genotype", "seed", "epoch", "split", "accuracy", "params", "cost_s"]
    add_table(write_csv(tmp_path / "long.csv", head, rows), name="long", space=SPACE)
    found = evaluator("long")
    assert found.fidelities == (1, 4, 12)
    assert found.trials == 2
    assert found.yields == {"valid_accuracy", "test_accuracy", "params", "cost_s"}
    for s in range(2):
        for e, epochs in enumerate(found.fidelities):
            one = found.evaluate(ARCHS, fidelity=epochs, trial=s, rng=RNG)
            np.testing.assert_array_equal(one["valid_accuracy"], truth[:, s, e, 0])
            np.testing.assert_array_equal(one["test_accuracy"], truth[:, s, e, 1])
            np.testing.assert_array_equal(one["cost_s"], np.full(40, epochs * 10 + s))
    mean = found.evaluate(ARCHS, fidelity=4, rng=RNG)
    np.testing.assert_allclose(mean["valid_accuracy"], truth[:, :, 1, 0].mean(axis=1))
    np.testing.assert_array_equal(mean["cost_s"], np.full(40, 81))  # two trainings
    np.testing.assert_array_equal(mean["params"], 3 * np.arange(40))


def test_trainings_and_fidelities_in_names(tmp_path: Path) -> None:
    head = ["arch", "a", "valid_accuracy@12#1", "valid_accuracy@200#0"]
    rows = [[text, i, 0.2, 0.3] for i, text in enumerate(GENOTYPES)]
    path = write_csv(tmp_path / "names.csv", head, rows)
    metrics = ["valid_accuracy@12#0=a/100", *(f"{name}={name}" for name in head[2:])]
    add_table(path, name="names", space=SPACE, metrics=metrics)
    found = evaluator("names")
    assert (found.fidelities, found.trials) == ((12, 200), 2)
    np.testing.assert_allclose(
        found.evaluate(ARCHS, fidelity=12, rng=RNG)["valid_accuracy"], (np.arange(40) / 100 + 0.2) / 2
    )
    assert np.isnan(found.evaluate(ARCHS, fidelity=200, trial=1, rng=RNG)["valid_accuracy"]).all()


def test_columns_of_numbers_and_of_decisions() -> None:
    numbers = {"index": SPACE.index(ARCHS), "valid_accuracy": np.linspace(0, 1, 40)}
    decisions = {"archs": ARCHS.astype(np.int64), "valid_accuracy": np.linspace(0, 1, 40)}
    for name, columns in (("numbers", numbers), ("decisions", decisions)):
        add_table(columns, name=name, space=SPACE)
        np.testing.assert_array_equal(
            evaluator(name).evaluate(ARCHS, rng=RNG)["valid_accuracy"], columns["valid_accuracy"]
        )


def test_npz_and_parquet_hold_the_same(tmp_path: Path) -> None:
    values = {"arch": np.array(GENOTYPES), "valid_accuracy": np.linspace(0, 1, 40), "params": np.arange(40)}
    np.savez(tmp_path / "t.npz", **values)
    add_table(tmp_path / "t.npz", name="npz", space=SPACE)
    found = evaluator("npz").evaluate(ARCHS, rng=RNG)
    np.testing.assert_array_equal(found["valid_accuracy"], values["valid_accuracy"])
    arrow = pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
    from pyarrow import parquet

    parquet.write_table(arrow.table({key: value.tolist() for key, value in values.items()}), tmp_path / "t.parquet")
    add_table(tmp_path / "t.parquet", name="parquet", space=SPACE)
    again = evaluator("parquet").evaluate(ARCHS, rng=RNG)
    assert all(np.array_equal(found[name], again[name]) for name in found)


def test_what_is_empty_is_not_recorded(tmp_path: Path) -> None:
    rows = [[text, "" if i % 2 else 0.5, "nan"] for i, text in enumerate(GENOTYPES)]
    rows[3][2] = "7"
    add_table(write_csv(tmp_path / "t.csv", ["arch", "valid_accuracy", "latency_ms"], rows), name="t", space=SPACE)
    found = evaluator("t").evaluate(ARCHS, rng=RNG)
    np.testing.assert_array_equal(np.isnan(found["valid_accuracy"]), np.arange(40) % 2 == 1)
    assert np.flatnonzero(np.isfinite(found["latency_ms"])).tolist() == [3]


def test_the_card_says_where_it_comes_from(tmp_path: Path) -> None:
    path = wide(tmp_path)
    add_table(path, name="mine", space=SPACE, card={"title": "My cells", "licence": "CC0"})
    card = load_table("mine").card
    assert (card["title"], card["licence"], card["source"]["file"]) == ("My cells", "CC0", "wide.csv")
    assert card["reference"]["valid_accuracy"]["best_architecture"] == GENOTYPES[-1]
    json.dumps(card)


def test_a_vector_environment_and_a_search_run_on_it(tmp_path: Path) -> None:
    from awnas_gym.agents import AGENTS

    add_table(wide(tmp_path), name="mine", space=SPACE)
    envs = gym.make_vec("awnas/Table-v0", num_envs=3, table="mine")
    envs.reset(seed=0)
    for _ in range(6):
        _, rewards, *_ = envs.step(envs.action_space.sample())
    assert np.isfinite(rewards).all()
    AGENTS.load("random")(gym.make("awnas/Table-v0", table="mine"), seed=0).learn(60)


def test_the_twin_has_vector_rewards(tmp_path: Path) -> None:
    add_table(wide(tmp_path), name="mine", space=SPACE)
    env = gym.make("awnas/Table-MO-v0", table="mine", objectives="accuracy,pixel3_latency_ms", action_mode="joint")
    env.reset(seed=0)
    assert env.step(ARCHS[7].astype(np.int64))[1].tolist() == [0.07, -8]
    assert len(env.unwrapped.pareto_set()) == 40  # both rise together, so none dominates another


def test_a_table_is_replaced_only_when_asked_and_seen_at_once(tmp_path: Path) -> None:
    add_table({"arch": np.array(GENOTYPES), "valid_accuracy": np.full(40, 0.1)}, name="mine", space=SPACE)
    before = evaluator("mine").evaluate(ARCHS[:1], rng=RNG)["valid_accuracy"]
    other = {"arch": np.array(GENOTYPES), "valid_accuracy": np.full(40, 0.2)}
    with pytest.raises(SettingError, match="mine exists already"):
        add_table(other, name="mine", space=SPACE)
    add_table(other, name="mine", space=SPACE, replace=True)
    after = evaluator("mine").evaluate(ARCHS[:1], rng=RNG)["valid_accuracy"]
    assert (before, after) == (0.1, 0.2)
    remove_table("mine")
    with pytest.raises(UnknownNameError, match="No table named 'mine'"):
        load_table("mine")


# ------------------------------------------------------------------ published data


def test_the_published_table_of_nasbench201(published: Callable[[str], Path]) -> None:
    path = published("nas_bench_201/nb201.csv.gz")
    metrics = ["valid_accuracy@12=cifar10_valid_12/100", "test_accuracy@200=cifar10_test_200/100"]
    add_table(path, name="nb201", space=SPACE, metrics=metrics)
    found = evaluator("nb201")
    assert found.coverage() == 1
    best = found.card["reference"]["test_accuracy"]
    assert best["best"] == pytest.approx(0.94373, abs=5e-6)  # science.md section 7: 94.373, number 6111
    text = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|"
    assert best["best_architecture"] == text
    with pytest.raises(SettingError, match=r"holds no valid_accuracy at fidelity 200.* holds: 12"):
        gym.make("awnas/Table-v0", table="nb201")


def test_the_published_table_of_nasbench101(published: Callable[[str], Path]) -> None:
    with np.load(published("nas_bench_101/nb101_full.npz")) as file:
        data = {name: file[name] for name in file.files}
    some = np.random.default_rng(0).choice(len(data["n"]), 3000, replace=False)
    some[0] = 4789  # the best
    space = NASBench101()
    archs = np.zeros((len(some), 26), dtype=np.int64)
    for row, i in zip(archs, some.tolist(), strict=True):
        n = int(data["n"][i])
        place = [*range(n - 1), 6]
        for target in range(1, n):
            for source in range(target):
                bit = int(data["bits"][i]) >> (source + target * (target - 1) // 2) & 1
                row[place[source] + place[target] * (place[target] - 1) // 2] = bit
        row[21 : 21 + n - 2] = [int(data["labels"][i]) // 3**v % 3 for v in range(n - 2)]
    columns = {"archs": archs, "test_accuracy@108": data["acc29952"][some] / 29952, "params": data["params"][some]}
    add_table(columns, name="nb101", space=space)
    found = evaluator("nb101")
    assert found.card["reference"]["test_accuracy"]["best"] == pytest.approx(0.943176, abs=5e-7)
    assert found.coverage() == pytest.approx(3000 / 423_624)
    relabelled = space.canonical(archs)
    np.testing.assert_array_equal(found.evaluate(relabelled, rng=RNG)["test_accuracy"], columns["test_accuracy@108"])


# ------------------------------------------------------------------ what is wrong


def row(i: int, **other: Any) -> list[Any]:
    return [other.get("arch", GENOTYPES[i]), other.get("accuracy", 0.5)]


WRONG: dict[str, tuple[list[list[Any]], str]] = {
    "a missing genotype": ([row(0), row(1, arch="")], "row 1: '' in column arch is no nasbench201 architecture"),
    "an illegal genotype": ([row(0), row(1, arch="|conv~0|")], "row 1: .*is no nasbench201 genotype"),
    "a misspelt operation": (
        [row(0, arch=GENOTYPES[0].replace(GENOTYPES[0][1:5], "nrr_"))],
        "row 0: .*No operation named 'nrr_.*Did you mean",
    ),
    "a duplicate": ([row(0), row(1), row(0, accuracy=0.6)], "rows 0 and 2: two numbers for valid_accuracy"),
    "text": ([row(0), row(1, accuracy="good")], "row 1: 'good' in column valid_accuracy is no number"),
    "an infinite number": ([row(0, accuracy="inf")], "row 0: column valid_accuracy holds an infinite number"),
    "percent": ([row(0, accuracy=93.2)], "is a fraction in .*valid_accuracy=COLUMN/100"),
    "nothing at all": ([row(0, accuracy="")], "valid_accuracy holds no number"),
    "a short line": ([row(0), [GENOTYPES[1]]], "line 3 has 1 values for 2 columns"),
    "no line": ([], "holds no rows"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_is_named_and_nothing_is_written(tmp_path: Path, case: str) -> None:
    rows, message = WRONG[case]
    path = write_csv(tmp_path / "t.csv", ["arch", "valid_accuracy"], rows)
    with pytest.raises(TableFileError, match=message):
        add_table(path, name="mine", space=SPACE)
    assert own_tables() == {}


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"name": "../mine"}, "names no table"),
        ({"name": ""}, "names no table"),
        ({"name": "fashion14"}, "is a table that ships"),
        ({"genotypes": "cell"}, "no column 'cell' of architectures; the columns are arch"),
        ({"metrics": ["valid_accuracy=acc"]}, "No column named 'acc'"),
        ({"metrics": ["valid_acc=valid_accuracy"]}, "No metric named 'valid_acc'. Did you mean 'valid_accuracy'"),
        ({"metrics": ["valid_accuracy"]}, "names no column; the form is"),
        ({"metrics": ["valid_accuracy=valid_accuracy/0"]}, "a number above 0 is legal"),
        ({"metrics": ["valid_accuracy=valid_accuracy", "valid_accuracy=test_accuracy"]}, "are both valid_accuracy"),
        ({"metrics": ["valid_accuracy@0=valid_accuracy"]}, "epochs count from 1"),
        ({"epochs": 0}, "epochs is a whole number from 1; got 0"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, keywords: dict[str, Any], message: str) -> None:
    with pytest.raises(AwnasError, match=message):
        add_table(wide(tmp_path), **{"name": "mine", "space": SPACE, **keywords})
    assert own_tables() == {}


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"cell": ["a"], "valid_accuracy": [1]}, "none is called arch, genotype"),
        ({"arch": GENOTYPES, "accuracy": [1] * 40}, "no column is named like a metric"),
        ({"archs": [[0, 0, 9, 0, 0, 0]], "valid_accuracy": [1]}, r"row 0 of column archs: .*decision 2 .* is 9"),
        ({"archs": [[0, 0]], "valid_accuracy": [1]}, "archs"),
        ({"index": [3, 99999], "valid_accuracy": [1, 1]}, "column index: .*indices lie in"),
        ({"arch": GENOTYPES[:1], "valid_accuracy": [[1, 2]]}, "one number a row is legal"),
        ({"arch": GENOTYPES[:1], "valid_accuracy": [0.5], "epoch": [0]}, "epochs count from 1"),
        ({"arch": GENOTYPES[:1], "valid_accuracy": [0.5], "trial": [-1]}, "a whole number from 0 is legal"),
        ({"arch": GENOTYPES[:1], "accuracy": [0.5], "split": ["dev"]}, "split 'dev'; legal: train, valid, test"),
        ({"arch": GENOTYPES[:1], "latency_ms": [-3.0]}, "latency_ms .* is 0 or more"),
    ],
)
def test_wrong_columns_are_named(columns: dict[str, list[Any]], message: str) -> None:
    with pytest.raises(AwnasError, match=message):
        add_table({name: np.array(values) for name, values in columns.items()}, name="mine", space=SPACE)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.xlsx", b"x", r"No kind of file named '\.xlsx'.*\.csv"),
        ("t", b"x", "No kind of file"),
        ("t.npz", b"x", r"cannot be read as \.npz"),
        ("t.csv.gz", b"x", r"cannot be read as \.csv"),
        ("t.csv", b"\xff\xfe\x00", r"cannot be read as \.csv"),
        ("t.csv", b"arch,arch\n1,2\n", "column 2 of the first line is 'arch'"),
        ("t.csv", b"", "holds no rows"),
    ],
)
def test_files_that_are_none_are_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TableFileError, match=message):
        read_columns(tmp_path / name)


def test_a_pickle_in_an_archive_is_never_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", arch=np.array([object()], dtype=object))
    with pytest.raises(TableFileError, match="allow_pickle"):
        read_columns(tmp_path / "t.npz")


@pytest.mark.parametrize("name", ["t.csv.gz", "t.npz"])
def test_what_unpacks_to_too_much_is_not_read(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A packed file of a megabyte can hold a gigabyte of zeros."""
    monkeypatch.setattr(files, "MOST_BYTES", 10_000)
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"arch,valid_accuracy\n" + bytes(10_000)))
    np.savez_compressed(tmp_path / "t.npz", valid_accuracy=np.zeros(10_000))
    with pytest.raises(TableFileError, match="unpacks to more than 10,000 bytes"):
        read_columns(tmp_path / name)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="no file at"):
        read_columns(tmp_path / "t.csv")


# ------------------------------------------------------------------ 10,000 damaged files


def test_ten_thousand_damaged_files_raise_no_other_error(tmp_path: Path) -> None:
    """Bytes of good files are changed, cut, doubled: each is either read or refused by an error of this package."""
    rng = np.random.default_rng(0)
    values = {"archs": ARCHS[:6].astype(np.int64), "valid_accuracy": np.linspace(0, 1, 6), "epoch": np.arange(6) + 1}
    np.savez(tmp_path / "good.npz", **values)
    head = ["arch", "valid_accuracy", "epoch", "trial", "latency_ms"]
    rows = [[text, 0.5, 3 * i + 1, i, 2.5] for i, text in enumerate(GENOTYPES[:6])]
    good = [(".npz", (tmp_path / "good.npz").read_bytes())]
    good.append((".csv", write_csv(tmp_path / "good.csv", head, rows).read_bytes()))
    pool = [
        b"",
        b",",
        b"\n",
        b'"',
        b"\0",
        b"nan",
        b"-1",
        b"1e400",
        b"inf",
        b"none",
        b"|",
        b"~9",
        b"\xff",
        b"99999999999",
    ]
    read, messages = 0, []
    for n in range(10_000):
        ending, raw = good[n % 2]
        damaged = bytearray(raw)
        for _ in range(rng.integers(1, 3)):
            start, length = int(rng.integers(len(damaged) + 1)), int(rng.geometric(0.2)) - 1
            new = pool[rng.integers(len(pool))] if rng.random() < 0.6 else rng.bytes(max(length, 1))
            damaged[start : start + length] = new
        path = tmp_path / f"damaged{ending}"
        path.write_bytes(bytes(damaged))
        try:
            add_table(path, name="mine", space=SPACE, replace=True)
            read += 1
        except AwnasError as error:
            messages.append(str(error))
    assert not any("\n" in message for message in messages)
    assert read > 50  # some are still good: the test reaches what lies behind the reader
