"""Official files of benchmarks: each format is read by one file, and one row in `IMPORTERS`.

An importer is a function `(path, *, progress) -> list[Imported]`; the decorator `importer` names its tables.
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
        "nasbench201": Row(
            "awnas_gym.ingest.official.nasbench201:import_nasbench201",
            "NAS-Bench-201-v1_0-e61699.pth or -v1_1-096897.pth",
        ),
        "nats-tss": Row("awnas_gym.ingest.official.nats:import_nats_tss", "folder NATS-tss-v1_0-3ffb9-simple"),
        "nats-sss": Row("awnas_gym.ingest.official.nats:import_nats_sss", "folder NATS-sss-v1_0-50262-simple"),
        "hw-nas-bench": Row(
            "awnas_gym.ingest.official.hw_nas_bench:import_hw_nas_bench", "HW-NAS-Bench-v1_0.pickle, its NAS-Bench-201"
        ),
        "nasbench-macro": Row(
            "awnas_gym.ingest.official.nasbench_macro:import_nasbench_macro", "nas-bench-macro_cifar10.json"
        ),
        "transnas": Row("awnas_gym.ingest.official.transnas:import_transnas", "transnas-bench_v10141024.pth"),
        "nasbench-asr": Row(
            "awnas_gym.ingest.official.nasbench_asr:import_nasbench_asr", "folder of nb-asr-e40-1234.pickle and others"
        ),
        "nasbench-nlp": Row(
            "awnas_gym.ingest.official.nasbench_nlp:import_nasbench_nlp",
            "train_logs_…/logs.zip, one, or a folder with all three",
        ),
    },
)
