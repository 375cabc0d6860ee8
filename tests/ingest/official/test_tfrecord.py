"""TFRecord files: checksums, damage, any number of records."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awnas_gym.errors import MissingDataError, TableFileError
from awnas_gym.ingest.official import tfrecord
from awnas_gym.ingest.official.tfrecord import crc32c, masked_crc32c, read_records
from experiments.official_files import write_tfrecord

RECORDS = [b"", b"a", b"hello" * 100, b"\x00" * 33]


def read(path: Path) -> list[bytes]:
    return [record for _, batch in read_records(path) for record in batch]


def test_the_checksum_of_the_standard() -> None:
    """CRC-32C of "123456789" is 0xE3069283 (RFC 3720's polynomial); of 32 zero bytes 0x8A9136AA (RFC 3720, B.4)."""
    assert crc32c([b"123456789", bytes(32), b""]).tolist() == [0xE3069283, 0x8A9136AA, 0]


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=20))
def test_records_abreast_are_summed_like_each_by_itself(records: list[bytes]) -> None:
    assert crc32c(records).tolist() == [int(crc32c([record])[0]) for record in records]


def test_files_are_read_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.tfrecord"
    write_tfrecord(path, RECORDS)
    assert read(path) == RECORDS
    monkeypatch.setattr(tfrecord, "BATCH", 3)
    assert [(first, len(batch)) for first, batch in read_records(path)] == [(0, 3), (3, 1)]


def test_a_record_is_framed_as_the_format_says(tmp_path: Path) -> None:
    path = tmp_path / "a.tfrecord"
    length = struct.pack("<Q", 3)
    parts = [length, masked_crc32c([length])[0].tobytes(), b"abc", masked_crc32c([b"abc"])[0].tobytes()]
    path.write_bytes(b"".join(parts))
    assert read(path) == [b"abc"]


@pytest.mark.parametrize("cut", [1, 5, 11, 12, 13, 20])
def test_a_truncated_record_is_named(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "a.tfrecord"
    write_tfrecord(path, RECORDS)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(TableFileError, match="record 3 is truncated"):
        read(path)


@pytest.mark.parametrize(("byte", "part"), [(0, "length"), (9, "length"), (-6, "data"), (-1, "data")])
def test_a_wrong_checksum_is_named(tmp_path: Path, byte: int, part: str) -> None:
    path = tmp_path / "a.tfrecord"
    write_tfrecord(path, [b"b" * 40])
    raw = bytearray(path.read_bytes())
    raw[byte] ^= 1
    path.write_bytes(raw)
    with pytest.raises(TableFileError, match=f"record 0: the checksum of its {part} differs"):
        read(path)


def test_what_is_no_tfrecord_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"this is no file of records, it is a text" * 3)
    with pytest.raises(TableFileError, match="record 0: the checksum of its length differs; it is damaged, or this no"):
        read(tmp_path / "text")
    (tmp_path / "empty").write_bytes(b"")
    with pytest.raises(TableFileError, match="holds no records"):
        read(tmp_path / "empty")
    length = struct.pack("<Q", 2**40)
    (tmp_path / "long").write_bytes(length + masked_crc32c([length])[0].tobytes() + b"abc")
    with pytest.raises(TableFileError, match="record 0 has 1,099,511,627,776 bytes; at most"):
        read(tmp_path / "long")
    with pytest.raises(MissingDataError, match="no file at"):
        read(tmp_path / "nothing")


def test_damage_anywhere_raises_no_other_error(tmp_path: Path) -> None:
    path = tmp_path / "a.tfrecord"
    write_tfrecord(path, RECORDS)
    good, rng = path.read_bytes(), np.random.default_rng(0)
    for _ in range(300):
        raw = bytearray(good)
        for _ in range(rng.integers(1, 4)):
            raw[rng.integers(len(raw))] = rng.integers(256)
        path.write_bytes(raw[: rng.integers(1, len(raw) + 1)])
        try:
            assert read(path)
        except TableFileError:
            continue
