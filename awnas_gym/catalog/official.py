"""Which of a user's tables the data sets of an official benchmark are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from awnas_gym.benchmarks import own_tables
from awnas_gym.errors import MissingDataError
from awnas_gym.ingest.official.nasbench_asr import BUDGETS as ASR_BUDGETS
from awnas_gym.ingest.official.nasbench_asr import NAME as ASR_TABLE
from awnas_gym.ingest.official.nasbench_nlp import NAME as NLP_TABLE
from awnas_gym.ingest.official.nasbench_nlp_logs import TOKENS
from awnas_gym.ingest.official.transnas_tasks import TASKS


@final
@dataclass(frozen=True, slots=True)
class Official:
    """A benchmark whose files a user has to bring.

    Attributes:
        environment: the id of its environment.
        title: of the benchmark.
        tables: name of a data set -> name of the table that an import writes.
        importer: row of `ingest.official.IMPORTERS`.
        files: what it reads.
        keyword: of the environment, that names the data set.
    """

    environment: str
    title: str
    tables: Mapping[str, str]
    importer: str
    files: str
    keyword: str = "dataset"

    def table(self, dataset: str) -> str:
        """Return the table of a data set of this benchmark; any other name is returned as it is.

        Raises:
            MissingDataError: it was not imported.
        """
        name = self.tables.get(dataset, dataset)
        if dataset in self.tables and name not in own_tables():
            raise MissingDataError(
                f"{dataset} of {self.title} is not imported: get {self.files} (awnas data get {self.importer}), then "
                f"awnas data import {self.importer} PATH"
            )
        return name


def curves(benchmark: str, *epochs: int) -> dict[str, str]:
    """Return the tables of NATS-Bench's three data sets, of complete trainings and of the curves of some."""
    datasets = [
        f"{dataset}{suffix}"
        for dataset in ("cifar10", "cifar100", "ImageNet16-120")
        for suffix in ("", *(f"-curves{each}" for each in epochs))
    ]
    return {dataset: f"{benchmark}-{dataset}" for dataset in datasets}


NASBENCH101 = Official(
    "awnas/NASBench101-v0",
    "NAS-Bench-101",
    {"nasbench101": "nasbench101"},
    "nasbench101",
    "nasbench_only108.tfrecord or nasbench_full.tfrecord",
)
NASBENCH201 = Official(
    "awnas/NASBench201-v0",
    "NAS-Bench-201",
    curves("nasbench201", 12, 200),
    "nats-tss",
    "the folder NATS-tss-v1_0-3ffb9-simple",
)
NATS_SSS = Official(
    "awnas/NATSBenchSSS-v0",
    "NATS-Bench's size space",
    curves("nats_size", 12, 90),
    "nats-sss",
    "the folder NATS-sss-v1_0-50262-simple",
)
TRANSNAS_MICRO, TRANSNAS_MACRO = (
    Official(
        f"awnas/TransNAS{space.capitalize()}-v0",
        "TransNAS-Bench-101",
        {task: f"transnas_{space}-{task}" for task in TASKS},
        "transnas",
        "transnas-bench_v10141024.pth",
        "task",
    )
    for space in ("micro", "macro")
)
NASBENCH_ASR = Official(
    "awnas/NASBenchASR-v0",
    "NAS-Bench-ASR",
    {f"timit{suffix}": f"{ASR_TABLE}{suffix}" for suffix in ("", *(f"-curves{epochs}" for epochs in ASR_BUDGETS))},
    "nasbench-asr",
    "the folder of nb-asr-e40-1234.pickle and others",
)
NASBENCH_NLP = Official(
    "awnas/NASBenchNLP-v0",
    "NAS-Bench-NLP",
    {dataset: f"{NLP_TABLE}-{dataset}" for dataset in TOKENS},
    "nasbench-nlp",
    "train_logs_wikitext-2/logs.zip, for ptb train_logs_single_run/logs.zip",
)
NASBENCH_MACRO = Official(
    "awnas/NASBenchMacro-v0",
    "NAS-Bench-Macro",
    {"nasbench_macro": "nasbench_macro"},
    "nasbench-macro",
    "nas-bench-macro_cifar10.json",
)


OFFICIAL = (
    NASBENCH101,
    NASBENCH201,
    NATS_SSS,
    NASBENCH_MACRO,
    TRANSNAS_MICRO,
    TRANSNAS_MACRO,
    NASBENCH_ASR,
    NASBENCH_NLP,
)


def opening(table: str, keywords: str = "") -> str:
    """Return what opens a user's table: of an official benchmark its own environment, else `awnas/Table-v0`.

    Args:
        table: its name.
        keywords: what `awnas/Table-v0` needs beside it.
    """
    for official in OFFICIAL:
        for dataset, name in official.tables.items():
            if name == table:
                keyword = f', {official.keyword}="{dataset}"' if len(official.tables) > 1 else ""
                return f'gym.make("{official.environment}"{keyword})'
    return f'gym.make("awnas/Table-v0", table="{table}"{keywords})'
