"""The wire format of protocol buffers: known messages, and damage."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awnas_gym.ingest.official.protobuf import BYTES, FIXED32, FIXED64, VARINT, fields


def test_the_examples_of_the_documentation() -> None:
    """https://protobuf.dev/programming-guides/encoding: 150 in field 1, "testing" in field 2, a message in field 3."""
    assert list(fields(bytes.fromhex("089601"))) == [(1, VARINT, 150)]
    assert list(fields(bytes.fromhex("120774657374696e67"))) == [(2, BYTES, b"testing")]
    assert list(fields(bytes.fromhex("1a03089601"))) == [(3, BYTES, b"\x08\x96\x01")]


def test_numbers_of_fixed_size() -> None:
    message = b"\x09" + struct.pack("<d", -2.5) + b"\x15\x01\x02\x03\x04"
    assert list(fields(message)) == [(1, FIXED64, -2.5), (2, FIXED32, b"\x01\x02\x03\x04")]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("08", "ends within a number"),
        ("0896", "ends within a number"),
        ("08" + "ff" * 11, "more than ten bytes"),
        ("0901020304", "ends within a number"),
        ("12077465", "7 bytes goes beyond"),
        ("15010203", "4 bytes goes beyond"),
        ("0b", "wire type 3; legal"),
    ],
)
def test_what_ends_too_early_or_is_unknown_is_refused(message: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        list(fields(bytes.fromhex(message)))


@given(st.binary(max_size=60))
def test_any_bytes_give_fields_or_a_value_error(message: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert all(number >= 0 for number, _, _ in fields(message))
