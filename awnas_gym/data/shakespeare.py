"""Plays of Shakespeare, embedded in the package."""

from __future__ import annotations

import gzip
from pathlib import Path

from awnas_gym.data.text import Text
from awnas_gym.data.text_files import numbered

PATH = Path(__file__).parent / "shakespeare.txt.gz"

SIZES = {"train": 400_000, "valid": 40_000, "test": 40_000}
"""Characters of each split, in the order of the text."""


def shakespeare() -> dict[str, Text]:
    """Return plays of Shakespeare (public domain) as characters, 63 different ones.

    It is the beginning of the text "tinyshakespeare", which comes with char-rnn [Karpathy 2015].
    """
    text = gzip.decompress(PATH.read_bytes()).decode("ascii")
    splits, start = {}, 0
    for name, size in SIZES.items():
        splits[name] = text[start : start + size]
        start += size
    return numbered(splits, where=PATH)
