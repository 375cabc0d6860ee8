"""Official files of benchmarks: each format is read by one file, and one row in `IMPORTERS`.

An importer is a function `(path, *, progress) -> list[Imported]`.
"""

from __future__ import annotations

from awnas_gym.tables import Row, Table

__all__ = ["IMPORTERS"]

IMPORTERS = Table(
    "importer",
    {
        "nasbench101": Row(
            "awnas_gym.ingest.official.nasbench101:import_nasbench101",
            "nasbench_only108.tfrecord or nasbench_full.tfrecord",
        ),
        "nats-tss": Row("awnas_gym.ingest.official.nats:import_nats_tss", "folder NATS-tss-v1_0-3ffb9-simple"),
        "nats-sss": Row("awnas_gym.ingest.official.nats:import_nats_sss", "folder NATS-sss-v1_0-50262-simple"),
    },
)
