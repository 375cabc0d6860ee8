"""Users' own tables: files of many forms in, one table file out."""

from __future__ import annotations

from awnas_gym.ingest.add import add_table, remove_table
from awnas_gym.ingest.files import read_columns

__all__ = ["add_table", "read_columns", "remove_table"]
