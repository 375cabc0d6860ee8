"""All records of a benchmark in one file: `NATS-*.pickle.pbz2` and `NAS-Bench-201-v1_*.pth`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, final

from awnas_gym.config import brief
from awnas_gym.errors import MissingDataError, TableFileError
from awnas_gym.ingest.official.imported import Imported, Progress
from awnas_gym.ingest.official.nats_records import Benchmark, extract
from awnas_gym.ingest.official.nats_tables import Tables
from awnas_gym.ingest.official.pickled import mapped_pickle
from awnas_gym.pickles import parse_entries


def import_whole(benchmark: Benchmark, path: Path, *, progress: Progress, partial: bool = False) -> list[Imported]:
    """Return the tables of a file that holds all records; they are read one at a time.

    Args:
        benchmark: that it is of.
        path: of the file.
        progress: told how many records are read.
        partial: take what is there; otherwise a missing record is an error.

    Raises:
        MissingDataError: no such file, or records are missing.
        TableFileError: it is damaged, of another version, or a record holds something else.
    """
    reader = _Records(benchmark, path, progress)
    with mapped_pickle(path) as (data, at):
        rest, _ = parse_entries(data, under="arch2infos", each=reader.add, where=str(path), at=at)
    genotypes = rest.get("meta_archs") if isinstance(rest, dict) else None
    if not isinstance(genotypes, list) or len(genotypes) != benchmark.size:
        raise TableFileError(
            f"{path} is no file of {benchmark.name}: it does not list {benchmark.size:,} architectures"
        )
    wrong = [i for i, genotype in reader.genotypes.items() if genotypes[i] != genotype]
    if wrong:
        raise TableFileError(f"{path}: record {wrong[0]} is of {reader.genotypes[wrong[0]]}, not {genotypes[wrong[0]]}")
    missing = sorted(set(range(benchmark.size)) - set(reader.genotypes))
    if not reader.genotypes or (missing and not partial):
        raise MissingDataError(f"{path} lacks {len(missing):,} of {benchmark.size:,} records: {brief(missing[:5])}")
    return reader.tables.imported()


@final
class _Records:
    """Takes the numbers out of records as they come."""

    def __init__(self, benchmark: Benchmark, path: Path, progress: Progress) -> None:
        self._benchmark, self._path, self._progress = benchmark, path, progress
        self.tables = Tables(benchmark, benchmark.size)
        self.genotypes: dict[int, str] = {}

    def add(self, index: int, record: Any) -> None:  # noqa: ANN401 - whatever the file holds
        where = f"{self._path}: record {brief(index)}"
        first = next(iter(record.values()), None)
        genotype = first.get("arch_str") if isinstance(first, dict) else None
        if not 0 <= index < self._benchmark.size or not isinstance(genotype, str):
            raise TableFileError(f"{where} is none of {self._benchmark.name}")
        if index in self.genotypes:
            raise TableFileError(f"{where} is there twice")
        self.tables.add(extract(self._benchmark, record, index=index, genotype=genotype, where=where))
        self.genotypes[index] = genotype
        self._progress(len(self.genotypes), self._benchmark.size)
