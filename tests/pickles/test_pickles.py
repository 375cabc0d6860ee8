"""Pickles are read without being run: the same values as Python's own reader gives, or an error, whatever the bytes."""

from __future__ import annotations

import bz2
import collections
import datetime
import gzip
import pickle
import pickletools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awnas_gym.errors import MissingDataError, TableFileError
from awnas_gym.pickles import machine, parse_pickle, read_pickle, read_pickles, reading
from awnas_gym.pickles.names import MOST_DEPTH
from tests import python2_pickles

PROTOCOLS = pytest.mark.parametrize("protocol", [2, 3, 4, 5])
SHARED = [1, 2]
PLAIN = {
    "numbers": [0, 1, 255, 256, 65536, -1, 2**31, -(2**40), 2**100, 0.5, float("inf"), 1 + 2j, True, None],
    "text": ["", "a", "ü" * 300, "\ud800", b"", b"a", b"\xff" * 300, bytearray(b"ab")],
    "keys": {1: "a", (1, "b"): 2, None: 3, 0.5: 4, b"c": 5, ("d",) * 64: 6},
    "containers": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), {1, 2}, frozenset({3}), set(), [[]], [{}] * 3],
    "ordered": collections.OrderedDict([("b", [1]), ("a", SHARED)]),
    "shared": [SHARED, SHARED],
}
ARRAYS = {
    "scalars": [np.float64(0.5), np.float32(1), np.int64(-3), np.uint8(7), np.bool_(True), np.complex128(1j)],
    "matrix": np.arange(12, dtype=np.int32).reshape(3, 4),
    "by columns": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "big endian": np.arange(3, dtype=">f8"),
    "empty": np.empty((0, 3), dtype=np.float32),
    "point": np.array(3.0),
    "twice": [np.ones(2)] * 2,
}


def same(a: Any, b: Any) -> bool:
    """Tell whether two values are equal, arrays and types too."""
    if isinstance(b, np.ndarray):
        return isinstance(a, np.ndarray) and a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(b, list):
        return isinstance(a, list) and len(a) == len(b) and all(map(same, a, b))
    return a == b and type(a) is (bytes if isinstance(b, bytearray) else type(b))


# ------------------------------------------------------------------ what is read


@PROTOCOLS
@pytest.mark.parametrize("name", [*PLAIN, *ARRAYS])
def test_plain_data_comes_out_as_python_reads_it(name: str, protocol: int) -> None:
    value = {**PLAIN, **ARRAYS}[name]
    assert same(parse_pickle(pickle.dumps(value, protocol), where="it"), value)


ATOMS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text() | st.binary()
KEYS = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text() | st.tuples(st.text(), st.integers(0, 9))
VALUES = st.recursive(
    ATOMS, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner) | st.tuples(inner, inner) | st.frozensets(KEYS)
)


@given(value=VALUES, protocol=st.integers(2, 5))
def test_any_plain_data_comes_out(value: Any, protocol: int) -> None:
    assert parse_pickle(pickle.dumps(value, protocol), where="it") == value


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_that_python_2_wrote(name: str) -> None:
    raw = python2_pickles.dumps(ARRAYS[name])
    pickle.loads(raw, encoding="bytes")  # noqa: S301 - Python's own reader knows it
    assert same(parse_pickle(raw, where="it"), ARRAYS[name])


def test_text_that_python_2_wrote_is_bytes() -> None:
    raw = python2_pickles.dumps({"a": ["b" * 255, "c" * 256, "\xff", b"d", SHARED], "e": SHARED})
    assert parse_pickle(raw, where="it") == pickle.loads(raw, encoding="bytes")  # noqa: S301 - our own bytes
    assert parse_pickle(raw, where="it")[b"a"][:3] == [b"b" * 255, b"c" * 256, b"\xff"]


def test_what_is_shared_stays_shared() -> None:
    first, second = parse_pickle(pickle.dumps([SHARED, SHARED]), where="it")
    assert first is second


@pytest.mark.parametrize(("core", "other"), [(b"numpy._core", b"numpy.core"), (b"numpy.core", b"numpy._core")])
def test_both_names_of_numpy_are_known(core: bytes, other: bytes) -> None:
    value = np.float64(0.25)
    raw = pickle.dumps(value, 2).replace(core + b".", other + b".")
    assert parse_pickle(raw, where="it") == value


@pytest.mark.parametrize("pack", [bytes, bz2.compress, gzip.compress])
def test_packed_files_are_unpacked(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = tmp_path / "it.pickle"
    path.write_bytes(pack(pickle.dumps(PLAIN["ordered"])))
    assert read_pickle(path) == PLAIN["ordered"]


class Point:
    """A class of somebody else."""

    def __init__(self, x: int) -> None:
        self.x = x


@PROTOCOLS
def test_records_are_dictionaries_of_their_attributes(protocol: int) -> None:
    raw = pickle.dumps([Point(1), Point(2)], protocol)
    name = f"{Point.__module__}.Point"
    found = parse_pickle(raw, where="it", records={name})
    assert [dict(each) for each in found] == [{"x": 1}, {"x": 2}]
    with pytest.raises(TableFileError, match=f"it names {name}, which is not admitted"):
        parse_pickle(raw, where="it")


@pytest.mark.parametrize(
    "name",
    [
        *(f"NATS-tss-v1_0-3ffb9-simple/{record}" for record in ("000000", "000011", "000284", "meta")),
        *(f"NATS-sss-v1_0-50262-simple/{record}" for record in ("000000", "000011", "000284", "meta")),
    ],
)
def test_the_records_of_nats_bench(name: str, published: Callable[[str], Path]) -> None:
    path = published(f"nats_bench_records/{name}.pickle.pbz2")
    with bz2.open(path) as file:
        assert read_pickle(path) == pickle.load(file)  # noqa: S301 - of the authors, and looked at before


# ------------------------------------------------------------------ what is refused


class Evil:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@PROTOCOLS
def test_nothing_is_run(protocol: int, tmp_path: Path) -> None:
    raw = pickle.dumps({"a": [Evil(tmp_path / "touched")]}, protocol)
    pickle.loads(raw)  # noqa: S301 - to see that it would have
    (tmp_path / "touched").unlink()
    with pytest.raises(TableFileError, match="not admitted"):
        parse_pickle(raw, where="it")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (print, "names builtins.print"),
        (np.load, "names numpy.load"),
        (datetime.date(2020, 1, 1), "names datetime.date"),
        (np.array([object()]), "numpy.dtype.'O8'"),
        (np.array([{}]), "numpy.dtype.'O8'"),
        (np.array(["text"]), "numpy.dtype.'U4'"),
        (np.zeros(2, dtype=[("a", "i4"), ("b", "f4")]), "numpy.dtype.'V8'"),
        (np.datetime64("2020-01-01"), "numpy.dtype.'M8'"),
        (collections.defaultdict(list), "names collections.defaultdict"),
        (collections.Counter("ab"), "names collections.Counter"),
        (set, "a name as a value"),
        (np.ndarray, "a name as a value"),
        ({((1,),): 2}, "holds a tuple as a key"),
        ({frozenset({1}): 2}, "holds a frozenset as a key"),
        ({("a",) * 65: 2}, "holds a tuple as a key"),
        ({2**64: 1}, "more than 64 bits"),
        ({2**80}, "more than 64 bits"),
        (range(3), "names builtins.range"),
        (2 ** (8 * 300), "LONG4 is none"),
    ],
)
def test_everything_else_is_refused_by_its_name(value: Any, message: str) -> None:
    with pytest.raises(TableFileError, match=f"^the file is no pickle of plain data: .*{message}.*, at byte"):
        parse_pickle(pickle.dumps(value), where="the file")


@pytest.mark.parametrize("protocol", [0, 1])
def test_older_protocols_are_refused(protocol: int) -> None:
    with pytest.raises(TableFileError, match="does not begin like one of protocol 2"):
        parse_pickle(pickle.dumps([1.5, "a"], protocol), where="it")


HEAD, END, A = b"\x80\x04", b".", b"\x8c\x01a"
PAIRS = b"()\x94" + b"".join(b"h%ch%c\x86\x94" % (i, i) for i in range(60)) + b"t"
"""A tuple, number 60 of the memo, that has the one before twice, and so on: 2**60 parts."""
BOMBS = {
    "lists within lists": b"]" * 200 + b"a" * 199,
    "tuples too deep to hash": b"})" + b"\x85" * 500_000 + b"K\x01s",
    "tuples that are hashed for ever": PAIRS + b"}h<K\x01s",
    "text of sixteen exabytes": b"\x8d" + b"\xff" * 8,
    "bytes of sixteen exabytes": b"\x8e" + b"\xff" * 8,
    "a list that holds itself, as a key": b"}]\x94h\x00aK\x01s",
    "sets of one list": b"cbuiltins\nset\n\x94](" + A * 1000 + b"e\x94(" + b"h\x00h\x01\x85R" * 1000 + b"t",
    "bytes of one text": b"c_codecs\nencode\n\x94X\xe8\x03\x00\x00"
    + b"a" * 1000
    + b"\x94\x8c\x06latin1\x94("
    + b"h\x00h\x01h\x02\x86R" * 1000
    + b"t",
    "an array of a terabyte": b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R(K\x01"
    b"\x8a\x06\x00\x00\x00\x00\x00\x01\x85cnumpy\ndtype\n\x8c\x02f8\x85R(K\x03\x8c\x01<NNNJ\xff\xff\xff\xff"
    b"J\xff\xff\xff\xffK\x00tb\x89C\x00tb",
    "a number of sixteen bytes": b"cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\n\x8c\x02f8\x85R"
    b"(K\x03\x8c\x01<NNNK\x00K\x00K\x00tbC\x10" + b"a" * 16 + b"\x86R",
    "an array without its numbers": b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R",
    "a call of numpy.ndarray": b"cnumpy\nndarray\nK\x09\x85R",
    "nothing": b"",
    "the end of no list": b"e",
    "a number that was not kept": b"h\x05",
    "an odd number of keys and values": b"}(K\x01u",
    "items of a number": b"K\x01(K\x01e",
    "a state of a list": b"]}b",
    "another protocol": b"\x80\x06N",
    "a persistent object": A + b"Q",
    "an extension": b"\x82\x01",
    "an instance, the old way": b"(ios\nsystem\n",
    "a name that is no text": b"]K\x01\x93",
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_and_nonsense_are_errors(name: str) -> None:
    with pytest.raises(TableFileError, match="it is no pickle of plain data"):
        parse_pickle(HEAD + BOMBS[name] + END, where="it")


@pytest.mark.parametrize("call", [A + b")R", b"K\x01K\x02R", b"cbuiltins\nset\n" + A + b"R"])
def test_nothing_but_names_is_called_with_nothing_but_tuples(call: bytes) -> None:
    with pytest.raises(TableFileError, match="it calls what is no name"):
        parse_pickle(HEAD + call + END, where="it")


def test_copies_of_one_record_are_bounded() -> None:
    """A state that is given to a thousand records would be copied a thousand times."""
    state = b"}(" + b"".join(b"\x8c\x03%03dK\x01" % i for i in range(500)) + b"u\x94"
    raw = HEAD + b"cm\nC\n\x94" + state + b"(" + b"h\x00)\x81h\x01b" * 1000 + b"t" + END
    with pytest.raises(TableFileError, match="copies the same values again and again"):
        parse_pickle(raw, where="it", records={"m.C"})


def test_a_number_of_the_memo_costs_nothing() -> None:
    """Python's own reader takes 32 GiB for the last of these numbers."""
    assert parse_pickle(HEAD + b"K\x07r\xff\xff\xff\xff" + END, where="it") == 7


def test_what_is_shared_is_looked_at_once() -> None:
    assert len(parse_pickle(HEAD + PAIRS + END, where="it")) == 61


def test_what_nests_within_the_limit_is_read() -> None:
    value: list[Any] = []
    for _ in range(MOST_DEPTH - 1):
        value = [value]
    assert parse_pickle(pickle.dumps(value), where="it") == value
    with pytest.raises(TableFileError, match=f"nests more than {MOST_DEPTH} deep"):
        parse_pickle(pickle.dumps([value]), where="it")


def test_too_long_a_programme_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "MOST_STEPS", 1000)
    assert len(parse_pickle(pickle.dumps([None] * 900), where="it")) == 900
    with pytest.raises(TableFileError, match="more than 1,000 opcodes"):
        parse_pickle(pickle.dumps([None] * 1000), where="it")


@pytest.mark.parametrize("protocol", range(2, 6))
def test_several_pickles_stand_in_a_file(protocol: int, tmp_path: Path) -> None:
    values = [{"columns": ["a"]}, [[0.5], [np.float32(1.5)]], 7]
    path = tmp_path / "it"
    path.write_bytes(gzip.compress(b"".join(pickle.dumps(value, protocol) for value in values) + b"more"))
    assert read_pickles(path, count=3) == values
    assert read_pickles(path, count=1) == values[:1]
    with pytest.raises(TableFileError, match="it does not begin like one of protocol 2 or later, at byte"):
        read_pickles(path, count=4)
    path.write_bytes(pickle.dumps(values, protocol))
    with pytest.raises(TableFileError, match="ends after 1 of 2 pickles"):
        read_pickles(path, count=2)


def test_one_of_several_may_be_longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "MOST_STEPS", 1000)
    path = tmp_path / "it"
    path.write_bytes(pickle.dumps([None] * 1500))
    assert len(read_pickles(path, count=1)[0]) == 1500
    path.write_bytes(pickle.dumps([None] * 2500))
    with pytest.raises(TableFileError, match="more than 2,000 opcodes"):
        read_pickles(path, count=1)


@pytest.mark.parametrize("pack", [bytes, bz2.compress, gzip.compress])
def test_a_file_that_unpacks_to_too_much_is_refused(
    pack: Callable[[bytes], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_BYTES", 1000)
    path = tmp_path / "bomb"
    path.write_bytes(pack(pickle.dumps(b"a" * 2000)))
    with pytest.raises(TableFileError, match="bomb unpacks to more than 1,000 bytes"):
        read_pickle(path)


@pytest.mark.parametrize("pack", [bz2.compress, gzip.compress])
def test_a_damaged_package_is_an_error(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = tmp_path / "it"
    whole = pack(pickle.dumps(list(range(5000))))
    for damaged in (whole[:-20], whole[:40] + b"xxxx" + whole[44:]):
        path.write_bytes(damaged)
        with pytest.raises(TableFileError, match="it cannot be unpacked"):
            read_pickle(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="no file at"):
        read_pickle(tmp_path / "absent")


# ------------------------------------------------------------------ whatever the bytes


STREAMS = [pickle.dumps(value, protocol) for value in [*PLAIN.values(), *ARRAYS.values()] for protocol in (2, 3, 4, 5)]
STREAMS += [python2_pickles.dumps(value) for value in ARRAYS.values()]


def mutated(rng: np.random.Generator) -> bytes:
    """Return a stream with a few bytes changed, taken out, put in, or replaced by a part of another stream."""
    raw = bytearray(STREAMS[rng.integers(len(STREAMS))])
    for _ in range(rng.integers(1, 5)):
        at, n = int(rng.integers(len(raw) + 1)), int(rng.integers(1, 9))
        other = STREAMS[rng.integers(len(STREAMS))]
        start = int(rng.integers(len(other)))
        raw[at : at + n] = [
            bytes(raw[at : at + n][::-1]),
            b"",
            rng.bytes(n),
            bytes([ord(pickletools.opcodes[i].code) for i in rng.integers(len(pickletools.opcodes), size=n)]),
            other[start : start + 4 * n],
        ][rng.integers(5)]
    return bytes(raw)


def test_every_truncation_is_an_error() -> None:
    for raw in STREAMS:
        for length in range(0, len(raw), 7):
            with pytest.raises(TableFileError, match="it is no pickle of plain data"):
                parse_pickle(raw[:length], where="it")


def test_mutated_streams_are_read_or_refused() -> None:
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(8000):
        try:
            parse_pickle(mutated(rng), where="it")
        except TableFileError as error:
            refused += 1
            assert str(error).startswith("it is no pickle of plain data: ")  # noqa: PT017
    assert 2000 < refused < 8000
