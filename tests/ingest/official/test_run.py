"""What is checked before an import, and that a table comes whole or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.benchmarks import Column, load_table, own_table_path, own_tables
from awnas_gym.errors import AwnasError, MissingDataError, SettingError, TableFileError, UnknownNameError
from awnas_gym.ingest import IMPORTERS, check_table, import_tables
from awnas_gym.ingest.official.imported import Imported, Progress
from awnas_gym.ingest.official.importer import Importer, importer
from awnas_gym.spaces.nasbench101 import NASBench101
from awnas_gym.spaces.nats_size import NATSSize
from awnas_gym.tables import Row
from experiments.official_files import nasbench101_records, write_tfrecord

READ: list[Path] = []


@importer(tables=("made-up",), unit="words")
def import_words(path: Path, *, progress: Progress) -> list[Imported]:
    """Return a table called by the first word of a file."""
    READ.append(path)
    name = path.read_text().split()[0]
    progress(1, 1)
    accuracy = np.full((3, 1, 1), 0.5)
    archs = NATSSize().unindex([0, 1, 2])
    card = {"title": "t", "fidelities": [1]}
    metrics = {"valid_accuracy": Column(accuracy, ("row", "trial", "epoch"))}
    return [Imported(name, NATSSize(), archs, metrics, card, chance=0.1)]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWNAS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(IMPORTERS, "_rows", {**IMPORTERS, "words": Row(f"{__name__}:import_words", "words")})
    READ.clear()


@pytest.fixture
def words(tmp_path: Path) -> Path:
    (tmp_path / "words.txt").write_text("made-up and more")
    return tmp_path / "words.txt"


def small_tfrecord(path: Path) -> Path:
    """Write a file of NAS-Bench-101 with some cells."""
    space = NASBench101()
    archs = np.unique(space.canonical(space.sample(np.random.default_rng(0), 60)), axis=0)
    hashes = [space.official_hash(arch) for arch in archs]
    write_tfrecord(path, nasbench101_records(archs, hashes, budgets=(4, 108), rng=np.random.default_rng(1)))
    return path


@pytest.mark.parametrize("name", IMPORTERS)
def test_row(name: str) -> None:
    """An importer announces tables whose names are legal; two releases of a benchmark may make the same ones."""
    row: Importer[Any] = IMPORTERS.load(name)
    assert row.unit
    assert row.tables
    assert len({own_table_path(table) for table in row.tables}) == len(row.tables)


def test_an_official_file_becomes_a_table_whose_card_names_it(tmp_path: Path) -> None:
    path = small_tfrecord(tmp_path / "small.tfrecord")
    told: list[tuple[str, str]] = []

    @contextlib.contextmanager
    def bar(label: str, unit: str) -> Iterator[Progress]:
        told.append((label, unit))
        yield lambda done, total: None

    written = import_tables("nasbench101", path, bar=bar)
    assert written == own_tables()
    assert told == [("checksum", "B"), ("nasbench101", "B")]
    table = load_table("nasbench101")
    assert table.card["source"]["file"] == "small.tfrecord"
    assert table.card["source"]["verified"] is False
    assert check_table(written["nasbench101"]).fidelities == (4, 108)


def test_records_of_nats_bench_become_the_tables_that_were_announced(published: Callable[[str], Path]) -> None:
    folder = published("nats_bench_records/NATS-tss-v1_0-3ffb9-simple/meta.pickle.pbz2").parent
    with pytest.raises(MissingDataError, match="lacks"):
        import_tables("nats-tss", folder)
    assert own_tables() == {}
    written = import_tables("nats-tss", folder, partial=True)
    assert tuple(written) == IMPORTERS.load("nats-tss").tables
    for path in written.values():
        assert len(check_table(path).population()) == 3
    size = sum(path.stat().st_size for path in folder.iterdir())
    assert load_table("nasbench201-cifar10").card["source"] == {"folder": folder.name, "files": 4, "bytes": size}


def test_a_table_that_exists_is_an_error_before_anything_is_read(words: Path) -> None:
    (path,) = import_tables("words", words).values()
    before = path.read_bytes()
    with pytest.raises(SettingError, match="already there: made-up; replace them with --replace"):
        import_tables("words", words)
    assert len(READ) == 1
    words.write_text("made-up differently")
    import_tables("words", words, replace=True)
    assert len(READ) == 2
    assert path.read_bytes() != before  # its source is another


def test_an_unknown_importer_and_an_option_it_does_not_take(words: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"No importer named 'wrods'\. Did you mean 'words'"):
        import_tables("wrods", words)
    with pytest.raises(SettingError, match=r"words takes no --workers; importers that do: .*nats-tss"):
        import_tables("words", words, workers=2)
    assert READ == []


def test_a_table_that_was_not_announced_is_not_written(words: Path) -> None:
    words.write_text("other")
    with pytest.raises(SettingError, match="words returned a table other; it announced made-up"):
        import_tables("words", words)
    assert own_tables() == {}


@pytest.mark.parametrize("error", [TableFileError, KeyError])
def test_an_import_that_fails_leaves_the_old_table(
    words: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    (path,) = import_tables("words", words).values()
    before = path.read_bytes()

    def fail(*_: object, **__: object) -> None:
        raise error("no")

    monkeypatch.setattr("awnas_gym.ingest.official.imported.reference_scores", fail)
    with pytest.raises((AwnasError, KeyError), match="no"):
        import_tables("words", words, replace=True)
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == ["made-up.awnas"]
