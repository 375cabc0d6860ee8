"""Pickles as Python 2 wrote them: protocol 2, text and bytes both as strings of bytes, NumPy under its old name."""

from __future__ import annotations

import io
import pickle
import struct
from typing import Any


class _Pickler(pickle._Pickler):  # type: ignore[name-defined]
    """Python's own pickler, written in Python, with other strings."""

    dispatch = pickle._Pickler.dispatch.copy()  # type: ignore[attr-defined]

    def save_string(self, value: str | bytes) -> None:
        raw = value.encode("latin1") if isinstance(value, str) else value
        head = b"U" + bytes([len(raw)]) if len(raw) < 256 else b"T" + struct.pack("<i", len(raw))
        self.write(head + raw)
        self.memoize(value)

    dispatch[str] = save_string
    dispatch[bytes] = save_string


def dumps(value: Any) -> bytes:
    """Return the pickle of a value."""
    file = io.BytesIO()
    _Pickler(file, protocol=2).dump(value)
    return file.getvalue().replace(b"cnumpy._core.", b"cnumpy.core.")
