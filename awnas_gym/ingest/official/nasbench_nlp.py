"""NAS-Bench-NLP [Klyuchnikov et al., 2020, arXiv:2006.07116] from the logs of its trainings, a JSON each."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

import numpy as np

from awnas_gym.benchmarks import Column
from awnas_gym.errors import GenotypeError, MissingDataError, TableFileError
from awnas_gym.ingest.official.imported import CURVE, Imported, Progress
from awnas_gym.ingest.official.importer import importer
from awnas_gym.ingest.official.nasbench_nlp_logs import CURVES, TOKENS, Log, find_logs, open_logs, read_log
from awnas_gym.spaces import Archs
from awnas_gym.spaces.nasbench_nlp import NASBenchNLP

NAME, SCORE = "nasbench_nlp", "loss"
TITLES = {"ptb": "Penn Treebank", "wikitext-2": "WikiText-2"}

TRIALS = 3
"""Trainings of an architecture that are kept: the authors planned three, but drew small cells again and again."""

DIVERGED = "loss is nan!"
"""The status of a training that ended by itself before its last epoch."""

LIMITS = (
    "Losses are cross-entropies a word in nats; the perplexity is exp(loss).",
    "cost_s is the time of the training alone, without the evaluations after each epoch; a training that diverged "
    "costs at later epochs what it took until then.",
    "No seeds are recorded; trials are logs in the order of their recipes' numbers.",
)


@importer(tables=tuple(f"{NAME}-{dataset}" for dataset in TOKENS), unit="logs")
def import_nasbench_nlp(path: Path, *, progress: Progress) -> list[Imported]:
    """Return a table of each data set that there are logs of: `nasbench_nlp-ptb`, `nasbench_nlp-wikitext-2`.

    Recipes that differ in names and order alone are one architecture, and their logs its trainings.

    Args:
        path: of a folder with logs, or archives of logs, anywhere in it; or of one such archive.
        progress: told how many logs are read.

    Raises:
        MissingDataError: there are no logs.
        TableFileError: names the log that is damaged or something else.
    """
    files = find_logs(path)
    total = sum(max(len(members), 1) for members in files.values())
    gathered: dict[str, Gathered] = {}
    seen: dict[str, tuple[str, bytes]] = {}
    done = 0
    for file, members in files.items():
        for name, where, raw in open_logs(file, members):
            digest = hashlib.sha256(raw).digest()
            other, known = seen.setdefault(name, (where, digest))
            if known != digest:
                raise TableFileError(f"{where} is another log than {other}, under the same name")
            if other == where:  # folders of single and of multiple trainings share some
                log = read_log(raw, where)
                gathered.setdefault(log.dataset, Gathered(log.dataset)).add(log, name, where)
            done += 1
            progress(done, total)
    if not gathered:
        raise MissingDataError(f"{path} holds no logs: no log_stats_model_….json, and no archive of such")
    return [gathered[dataset].imported() for dataset in TOKENS if dataset in gathered]


@final
class Gathered:
    """The logs of one data set so far.

    Args:
        dataset: a key of `TOKENS`.
    """

    def __init__(self, dataset: str) -> None:
        self.dataset = dataset
        self._logs: list[tuple[int, str, bytes, Log]] = []
        self._archs: dict[bytes, Archs] = {}
        self._params: dict[bytes, int] = {}
        self._known: dict[str, bytes] = {}
        self._space: NASBenchNLP | None = None
        self._first = ""

    def add(self, log: Log, name: str, where: str) -> None:
        """Take a log; `TableFileError` if it does not fit the others."""
        if self._space is None:
            self._space, self._first = NASBenchNLP(tokens=TOKENS[self.dataset], **log.network), where
        given = {key: self._space.settings[key] for key in log.network}
        if log.network != given:
            raise TableFileError(f"{where} is of a network {log.network}; that of {self._first} is {given}")
        if log.recipe not in self._known:
            try:
                arch = self._space.canonical(self._space.parse(log.recipe))[0]
            except GenotypeError as error:
                raise TableFileError(f"{where}: recepie: {error}") from error
            key = self._known[log.recipe] = arch.tobytes()
            self._archs[key] = arch
        key = self._known[log.recipe]
        if self._params.setdefault(key, log.params) != log.params:
            raise TableFileError(
                f"{where}: num_params is {log.params:,}; another log of the same cell has {self._params[key]:,}"
            )
        self._logs.append((log.number, name, key, log))

    def imported(self) -> Imported:
        """Return the table, cells in the order of their first recipe."""
        assert self._space is not None  # noqa: S101 - there is a log
        self._logs.sort(key=lambda each: each[:2])
        rows = {key: row for row, key in enumerate(dict.fromkeys(key for _, _, key, _ in self._logs))}
        epochs = max(log.planned for *_, log in self._logs)
        values = np.full((len(CURVES) + 1, len(rows), TRIALS, epochs), np.nan, dtype=np.float32)
        kept = Counter[bytes]()
        for _, _, key, log in self._logs:
            if kept[key] < TRIALS:
                for metric, curve in enumerate(log.curves.values()):
                    values[metric, rows[key], kept[key], : len(curve)] = curve
                if log.status == DIVERGED and len(log.curves["cost_s"]):
                    values[-1, rows[key], kept[key], len(log.curves["cost_s"]) :] = log.curves["cost_s"][-1]
            kept[key] += 1
        metrics = {name: Column(values[metric], CURVE) for metric, name in enumerate((*CURVES.values(), "cost_s"))}
        metrics["params"] = Column(np.array([self._params[key] for key in rows], dtype=np.float64), ("row",))
        archs = np.array([self._archs[key] for key in rows])
        return Imported(f"{NAME}-{self.dataset}", self._space, archs, metrics, self._card(kept, epochs), chance=0.0)

    def _card(self, kept: Mapping[bytes, int], epochs: int) -> dict[str, Any]:
        left = sum(max(0, count - TRIALS) for count in kept.values())
        diverged = sum(log.status == DIVERGED for *_, log in self._logs)
        broken = sum(log.status not in {"OK", DIVERGED} for *_, log in self._logs)
        return {
            "title": f"NAS-Bench-NLP, {TITLES[self.dataset]}",
            "licence": "Apache-2.0 (the authors' repository)",
            "url": "https://github.com/fmsnew/nas-bench-nlp-release",
            "protocol": f"one training of {epochs} epochs a log, an evaluation on all three splits after each",
            "dataset": self.dataset,
            "fidelities": list(range(1, epochs + 1)),
            "score": SCORE,
            "limits": [
                *LIMITS,
                f"{len(self._logs):,} logs of {len(self._known):,} recipes are of {len(kept):,} cells: recipes that "
                f"differ in names and order alone are one. Of a cell {TRIALS} logs are kept; {left:,} are not.",
                f"{diverged:,} trainings diverged, {broken:,} broke off for other reasons.",
            ],
        }
