"""NAS-Bench-201 [Dong & Yang, ICLR 2020] from its files `NAS-Bench-201-v1_0-e61699.pth` and `-v1_1-096897.pth`."""

from __future__ import annotations

from pathlib import Path

from awnas_gym.ingest.official.imported import Imported, Progress
from awnas_gym.ingest.official.importer import importer
from awnas_gym.ingest.official.nats_records import TOPOLOGY, Benchmark
from awnas_gym.ingest.official.nats_tables import table_names
from awnas_gym.ingest.official.nats_whole import import_whole

NASBENCH201 = Benchmark(
    TOPOLOGY.name,
    TOPOLOGY.space,
    TOPOLOGY.size,
    {"less": 12, "full": 200},
    {"less": (111, 777), "full": (777, 888, 999)},
    {**TOPOLOGY.card, "title": "NAS-Bench-201", "url": "https://github.com/D-X-Y/NAS-Bench-201"},
)
"""As both versions name their trainings."""


@importer(tables=table_names(NASBENCH201), unit="records")
def import_nasbench201(path: Path, *, progress: Progress, partial: bool = False) -> list[Imported]:
    """Return the tables of a `.pth` file; see `import_whole`."""
    return import_whole(NASBENCH201, path, progress=progress, partial=partial)
