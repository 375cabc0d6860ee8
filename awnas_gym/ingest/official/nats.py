"""NATS-Bench [Dong et al., TPAMI 2021]: its `simple` folders, a packed pickle an architecture, or its whole files."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from awnas_gym.errors import MissingDataError, TableFileError
from awnas_gym.ingest.official.imported import Imported, Progress
from awnas_gym.ingest.official.importer import importer
from awnas_gym.ingest.official.nats_records import SIZE, TOPOLOGY, Benchmark, Extracted, extract
from awnas_gym.ingest.official.nats_tables import Tables, table_names
from awnas_gym.ingest.official.nats_whole import import_whole
from awnas_gym.pickles import read_pickle
from awnas_gym.workers import worker_pool

MOST_NAMED = 5
"""Missing records that an error lists."""


@importer(tables=table_names(TOPOLOGY), unit="records")
def import_nats_tss(path: Path, *, progress: Progress, workers: int = 1, partial: bool = False) -> list[Imported]:
    """Return the tables of `NATS-tss-v1_0-3ffb9-simple`; see `import_nats`."""
    return import_nats(TOPOLOGY, path, progress=progress, workers=workers, partial=partial)


@importer(tables=table_names(SIZE), unit="records")
def import_nats_sss(path: Path, *, progress: Progress, workers: int = 1, partial: bool = False) -> list[Imported]:
    """Return the tables of `NATS-sss-v1_0-50262-simple`; see `import_nats`."""
    return import_nats(SIZE, path, progress=progress, workers=workers, partial=partial)


def import_nats(
    benchmark: Benchmark, path: Path, *, progress: Progress, workers: int = 1, partial: bool = False
) -> list[Imported]:
    """Return a table of each data set, and one of the curves of each of its trainings.

    Args:
        benchmark: the topology or the size space.
        path: the folder, with `meta.pickle.pbz2` and `000000.pickle.pbz2`, …, or the file that holds all records.
        progress: told how many records are read.
        workers: processes that read.
        partial: take what is there; otherwise a missing record is an error.

    Raises:
        MissingDataError: no such folder, or records are missing.
        TableFileError: names the record that is damaged or holds something else.
    """
    if path.is_file():
        return import_whole(benchmark, path, progress=progress, partial=partial)
    genotypes = _genotypes(benchmark, path)
    names = [f"{i:06d}.pickle.pbz2" for i in range(len(genotypes))]
    present = [i for i, name in enumerate(names) if (path / name).is_file()]
    if not present or (len(present) < len(names) and not partial):
        missing = sorted(set(range(len(names))) - set(present))
        named = ", ".join(names[i] for i in missing[:MOST_NAMED])
        raise MissingDataError(f"{path} lacks {len(missing):,} of {len(names):,} records: {named}, …")
    tables = Tables(benchmark, len(present))
    jobs = [(path / names[i], i, genotypes[i]) for i in present]
    for done, found in enumerate(_each(benchmark, jobs, workers), start=1):
        tables.add(found)
        progress(done, len(present))
    return tables.imported()


def _genotypes(benchmark: Benchmark, path: Path) -> list[str]:
    meta = read_pickle(path / "meta.pickle.pbz2")
    genotypes = meta.get("meta_archs") if isinstance(meta, dict) else None
    if not isinstance(genotypes, list) or len(genotypes) != benchmark.size or len(set(genotypes)) != benchmark.size:
        raise TableFileError(f"{path}: meta.pickle.pbz2 does not list {benchmark.size:,} different architectures")
    return genotypes


def _each(benchmark: Benchmark, jobs: list[tuple[Path, int, str]], workers: int) -> Iterable[Extracted]:
    read = functools.partial(_read, benchmark)
    if workers == 1:
        return map(read, jobs)
    return _pooled(read, jobs, workers)


def _pooled(read: Any, jobs: list[tuple[Path, int, str]], workers: int) -> Iterator[Extracted]:  # noqa: ANN401
    with worker_pool(workers) as pool:
        yield from pool.imap(read, jobs, chunksize=16)


def _read(benchmark: Benchmark, job: tuple[Path, int, str]) -> Extracted:
    path, index, genotype = job
    return extract(benchmark, read_pickle(path), index=index, genotype=genotype, where=str(path))
