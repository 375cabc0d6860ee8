"""Users' own tables, and those of official benchmarks: files of many forms in, table files out."""

from __future__ import annotations

from awnas_gym.ingest.add import add_table, remove_table
from awnas_gym.ingest.files import read_columns
from awnas_gym.ingest.official import IMPORTERS
from awnas_gym.ingest.official.run import import_tables
from awnas_gym.ingest.verify import check_table

__all__ = ["IMPORTERS", "add_table", "check_table", "import_tables", "read_columns", "remove_table"]
