"""Whole files of every kind that is read, small, and how each kind is read: what damage is tried on."""

from __future__ import annotations

import base64
import bz2
import csv
import functools
import hashlib
import io
import json
import pickle
import struct
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np

import awnas_gym  # noqa: F401 - registers the ids
from awnas_gym.benchmarks import Column, own_table_path, write_table
from awnas_gym.benchmarks.listing import listing_columns
from awnas_gym.ingest import add_table
from awnas_gym.ingest.official.nats_records import TOPOLOGY, extract
from awnas_gym.ingest.official.nats_whole import import_whole
from awnas_gym.ingest.official.run import import_tables
from awnas_gym.ingest.verify import check_table
from awnas_gym.pickles import read_pickle
from awnas_gym.spaces.nasbench101 import NASBench101
from awnas_gym.spaces.nasbench201 import NASBench201
from awnas_gym.spaces.nasbench_asr import NASBenchASR
from experiments.official_asr import Cells, asr_bytes, cells, latencies, static, trainings, write_asr
from experiments.official_files import nasbench101_records, write_tfrecord
from experiments.official_nats import RUNS, genotypes, nats_record
from experiments.official_nlp import GRU, RNN, file_name, log, zipped
from experiments.official_transnas import transnas, transnas_bytes

SPACE = NASBench201()


class Seed(NamedTuple):
    """Something whole: bytes or containers that damage is done to, and what makes a file of them."""

    content: Any
    pack: Callable[[Any], bytes]


def as_it_is(data: bytes) -> bytes:
    """Return the bytes of a file."""
    return data


# ------------------------------------------------------------------ NAS-Bench-101


def framed(*records: bytes) -> bytes:
    """Return a TFRecord file with right checksums."""
    with tempfile.NamedTemporaryFile() as file:
        write_tfrecord(Path(file.name), records)
        return Path(file.name).read_bytes()


def tfrecord_seeds() -> list[Seed]:
    """Return a file, and a record, its entries and its metrics in a file of right checksums, beside another cell's."""
    space, rng = NASBench101(), np.random.default_rng(0)
    archs = space.canonical(space.sample(rng, 2))
    records = list(nasbench101_records(archs, ["0" * 32, "f" * 32], budgets=(4, 108), rng=rng))
    entries = json.loads(records[0])
    others = [record for record in records if json.loads(record)[0] != entries[0]]
    return [
        Seed(framed(*records), as_it_is),
        Seed(records[0], lambda record: framed(*others, record)),
        Seed(entries, lambda changed: framed(*others, to_json(changed))),
        Seed(
            base64.b64decode(entries[4]),
            lambda message: framed(*others, to_json([*entries[:4], base64.b64encode(message).decode()])),
        ),
    ]


def to_json(value: Any) -> bytes:  # noqa: ANN401 - containers
    """Return JSON of containers; what it cannot hold becomes text."""
    return json.dumps(value, default=str, skipkeys=True).encode()


# ------------------------------------------------------------------ pickles


def short_record() -> dict[str, Any]:
    """Return a record of NATS-Bench with one run of each set-up."""
    record = nats_record(7, genotypes()[7], np.random.default_rng(0))
    for training, runs in RUNS.items():
        first = {setup: run for run in reversed(runs) for setup in run[:1]}
        record[training]["all_results"] = {run: record[training]["all_results"][run] for run in first.values()}
    return record


def nats_seeds() -> list[Seed]:
    """Return a packed record, its pickle, and what it holds."""
    record = short_record()
    bare = functools.partial(pickle.dumps, protocol=4)
    return [Seed(bz2.compress(bare(record)), as_it_is), Seed(bare(record), as_it_is), *[Seed(record, bare)] * 3]


def read_record(path: Path) -> None:
    """Read one record of NATS-Bench."""
    extract(TOPOLOGY, read_pickle(path), index=7, genotype=genotypes_once()[7], where=str(path))


genotypes_once = functools.cache(genotypes)


def whole_seeds() -> list[Seed]:
    """Return a file with all records (here one), bare and as either form of `torch.save` begins and ends."""
    content = {"meta_archs": genotypes_once(), "arch2infos": {7: short_record()}, "evaluated_indexes": {7}}
    bare = pickle.dumps(content, 2)
    legacy = b"".join(pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}))
    return [
        Seed(bare, as_it_is),
        Seed(legacy + bare, as_it_is),
        Seed(stored({"archive/data.pkl": bare}), as_it_is),
        Seed(content, functools.partial(pickle.dumps, protocol=2)),
    ]


def stored(members: dict[str, bytes]) -> bytes:
    """Return an archive whose members are stored, not compressed."""
    return zipped(members, zipfile.ZIP_STORED)


def pickle_seeds() -> list[Seed]:
    """Return pickles of every protocol with everything that is admitted."""
    value = {
        "numbers": [1, -1, 2**40, 1.5, True, None, 3 + 4j],
        ("a", 1): {b"b": (1,), "c": {1, 2}, "d": frozenset({3})},
        "arrays": [np.arange(6.0).reshape(2, 3), np.float32(1.5), np.asfortranarray(np.eye(2, dtype=np.int16))],
    }
    return [Seed(pickle.dumps(value, protocol), as_it_is) for protocol in range(2, 6)]


# ------------------------------------------------------------------ tables of this package


def awnas_seeds() -> list[Seed]:
    """Return a table, and one whose header or columns are changed and whose checksums are right."""
    archs = np.unique(SPACE.canonical(SPACE.sample(np.random.default_rng(0), 12)), axis=0)
    values = np.random.default_rng(0).random((len(archs), 2, 3))
    curves = ("row", "trial", "epoch")
    columns = {"valid_accuracy": Column(values, curves), "test_accuracy": Column(values.astype(np.float32), curves)}
    columns |= {"params": Column(np.arange(len(archs)), ("row",)), "cost_s": Column(values, curves)}
    listed, classes = listing_columns(SPACE, archs)
    card = {"title": "made up", "fidelities": [4, 12, 200], "classes": classes}
    with tempfile.NamedTemporaryFile(suffix=".awnas") as file:
        path = Path(file.name)
        write_table(path, space={"name": SPACE.name, "settings": SPACE.settings}, card=card, columns=listed | columns)
        raw = path.read_bytes()
    start = 48 + struct.unpack_from("<8xQ", raw)[0]
    header, body = json.loads(raw[48:start]), raw[start:]
    return [
        Seed(raw, as_it_is),
        *[Seed(header, lambda changed: table_bytes(changed, body))] * 3,
        Seed(body, lambda changed: table_bytes(with_checksums(header, changed), changed)),
    ]


def table_bytes(header: Any, body: bytes) -> bytes:  # noqa: ANN401 - what became of a header
    """Return a table with the right checksum of its header."""
    raw = to_json(header)
    return struct.pack("<8sQ32s", b"AWNASTAB", len(raw), hashlib.sha256(raw).digest()) + raw + body


def with_checksums(header: dict[str, Any], body: bytes) -> dict[str, Any]:
    """Return the header with the checksums of what is in the body now."""
    columns = {}
    for name, about in header["columns"].items():
        size = int(np.prod(about["shape"])) * np.dtype(about["dtype"]).itemsize
        part = body[about["offset"] : about["offset"] + size + -size % 64]
        columns[name] = {**about, "sha256": hashlib.sha256(part).hexdigest()}
    return {**header, "columns": columns, "bytes": len(body)}


def read_awnas(path: Path) -> None:
    """Open a table as an environment, and check it as `awnas data verify` does."""
    env = gym.make("awnas/Table-v0", table=str(path), action_mode="joint", trial="random", disable_env_checker=True)
    env.reset(seed=0)
    env.step(env.unwrapped.judge.evaluator.population()[0].astype(np.int64))
    check_table(path)


# ------------------------------------------------------------------ users' files


def rows() -> list[list[Any]]:
    """Return the lines of a CSV."""
    rng = np.random.default_rng(0)
    archs = np.unique(SPACE.sample(rng, 6), axis=0)
    head = ["arch", "valid_accuracy", "test_accuracy@12#1", "pixel3_latency_ms", "epoch", "seed", "split", "accuracy"]
    values = [[SPACE.genotype(arch), *rng.random(3).round(3), 12, 777, "valid", 0.5] for arch in archs]
    return [head, *values]


def to_csv(lines: Any) -> bytes:  # noqa: ANN401 - what became of the lines
    """Return the text of a CSV."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(lines)
    return text.getvalue().encode("utf-8", "surrogatepass")


def csv_seeds() -> list[Seed]:
    """Return a text, and its lines and cells."""
    return [Seed(to_csv(rows()), as_it_is), Seed(rows(), to_csv)]


def npz_seeds() -> list[Seed]:
    """Return an archive, and its arrays within an archive that is whole."""
    archs = np.unique(SPACE.sample(np.random.default_rng(0), 6), axis=0)
    arrays = {"archs": archs, "valid_accuracy": np.linspace(0, 1, len(archs)), "params": np.arange(len(archs))}
    members = {}
    for name, array in arrays.items():
        file = io.BytesIO()
        np.save(file, array)
        members[f"{name}.npy"] = file.getvalue()
    seeds = [Seed(stored(members), as_it_is)]
    for name, data in members.items():
        seeds.append(Seed(data, lambda changed, name=name: stored({**members, name: changed})))
    return seeds


def read_own(path: Path) -> None:
    """Add a user's file, and play the table that comes of it."""
    add_table(path, name="mine", space=SPACE, replace=True)
    read_awnas(own_table_path("mine"))


# ------------------------------------------------------------------ JSON


def macro_seeds() -> list[Seed]:
    """Return the text of NAS-Bench-Macro and what it holds."""
    from experiments.official_hardware import nasbench_macro  # noqa: PLC0415

    content = nasbench_macro(np.random.default_rng(0))
    return [Seed(to_json(content), as_it_is), Seed(content, to_json)]


# ------------------------------------------------------------------ TransNAS-Bench-101


def transnas_seeds() -> list[Seed]:
    """Return a file with two networks of each space, in either form of `torch.save`, and what it holds."""
    genotypes = ["64-1234-basic", "64-323131-basic", "64-41414-1_02_333", "64-41414-3_33_333"]
    content = transnas(genotypes, np.random.default_rng(0))
    return [
        Seed(transnas_bytes(content), as_it_is),
        Seed(transnas_bytes(content, archive=True), as_it_is),
        *[Seed(content, transnas_bytes)] * 3,
    ]


# ------------------------------------------------------------------ NAS-Bench-ASR


@functools.cache
def asr_cells() -> Cells:
    """Return three cells."""
    space = NASBenchASR()
    return cells(space.canonical(space.sample(np.random.default_rng(0), 3)))


def asr_seeds() -> list[Seed]:
    """Return what files of the three kinds hold, and one as it is."""
    found, rng = asr_cells(), np.random.default_rng(0)
    training = trainings(found, 5, 1234, rng)
    files = [training, training, latencies(found, "gtx-1080ti-fp32", rng), static(found, rng)]
    return [*[Seed(each, asr_bytes) for each in files], Seed(asr_bytes(training), as_it_is)]


def read_asr(path: Path) -> None:
    """Import a file beside one of whole trainings."""
    with tempfile.TemporaryDirectory() as folder:
        whole = trainings(asr_cells(), 10, 1234, np.random.default_rng(0))
        write_asr(Path(folder), {"nb-asr-e10-1234.pickle": whole})
        (Path(folder) / "nb-asr-damaged.pickle").write_bytes(path.read_bytes())
        import_tables("nasbench-asr", Path(folder), replace=True, partial=True)


# ------------------------------------------------------------------ NAS-Bench-NLP


def nlp_seeds() -> list[Seed]:
    """Return an archive of two logs, and a log and its recipe in an archive that is whole, beside another log."""
    rng = np.random.default_rng(0)
    damaged, other = log(GRU, 1, rng, run=3, planned=4), log(RNN, 2, rng, run=4, planned=4)
    name = file_name(damaged)

    def packed(content: Any) -> bytes:  # noqa: ANN401 - what became of a log
        return zipped({file_name(other): to_json(other), name: to_json(content)})

    return [
        Seed(packed(damaged), as_it_is),
        Seed(to_json(damaged), lambda raw: zipped({name: raw})),
        *[Seed(damaged, packed)] * 3,
        *[Seed(json.loads(GRU), lambda recipe: packed({**damaged, "recepie": to_json(recipe).decode()}))] * 3,
    ]


class Reader(NamedTuple):
    """A kind of file: its ending, how it is read, what is damaged, and its share of all files."""

    ending: str
    read: Callable[[Path], object]
    seeds: Callable[[], list[Seed]]
    share: float


def _progress(_done: int, _total: int) -> None: ...


READERS = {
    "tfrecord": Reader(
        ".tfrecord", functools.partial(import_tables, "nasbench101", replace=True), tfrecord_seeds, 0.22
    ),
    "nats": Reader(".pickle.pbz2", read_record, nats_seeds, 0.2),
    "whole": Reader(
        ".pth", lambda path: import_whole(TOPOLOGY, path, progress=_progress, partial=True), whole_seeds, 0.02
    ),
    "pickle": Reader(".pickle", read_pickle, pickle_seeds, 0.15),
    "awnas": Reader(".awnas", read_awnas, awnas_seeds, 0.15),
    "csv": Reader(".csv", read_own, csv_seeds, 0.14),
    "npz": Reader(".npz", read_own, npz_seeds, 0.11),
    "json": Reader(".json", functools.partial(import_tables, "nasbench-macro", replace=True), macro_seeds, 0.01),
    "transnas": Reader(
        ".pth", functools.partial(import_tables, "transnas", replace=True, partial=True), transnas_seeds, 0.02
    ),
    "asr": Reader(".pickle", read_asr, asr_seeds, 0.02),
    "nlp": Reader(".zip", functools.partial(import_tables, "nasbench-nlp", replace=True), nlp_seeds, 0.02),
}
