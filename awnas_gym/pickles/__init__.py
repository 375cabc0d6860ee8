"""Pickles, read without being run: plain data comes out, and whatever else they name is refused."""

from __future__ import annotations

from awnas_gym.pickles.entries import parse_entries
from awnas_gym.pickles.reading import parse_pickle, read_pickle, read_pickles

__all__ = ["parse_entries", "parse_pickle", "read_pickle", "read_pickles"]
