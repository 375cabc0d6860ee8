"""From the numbers of NATS-Bench's records to tables: complete trainings of a data set, and curves of each training."""

from __future__ import annotations

from typing import final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.benchmarks import Column
from awnas_gym.ingest.official.imported import CURVE, Imported
from awnas_gym.ingest.official.nats_records import CURVES, DATASETS, Benchmark, Extracted
from awnas_gym.spaces import Archs

HARDWARE = ("latency_ms", "params", "macs")


def table_names(benchmark: Benchmark) -> tuple[str, ...]:
    """Return the names of the tables of a benchmark's records."""
    epochs = [each for each in benchmark.trainings.values() if each > 1]
    return tuple(
        f"{benchmark.name}-{name}{suffix}"
        for name in DATASETS
        for suffix in ("", *(f"-curves{each}" for each in epochs))
    )


@final
class Tables:
    """Collects records.

    Args:
        benchmark: that they are of.
        size: how many there will be at most; what is not filled takes no memory.
    """

    def __init__(self, benchmark: Benchmark, size: int) -> None:
        self.benchmark = benchmark
        self._archs: list[Archs] = []
        self._curves = {
            (training, name): np.empty((len(CURVES), size, len(benchmark.seeds[training]), epochs), dtype=np.float32)
            for training, epochs in benchmark.trainings.items()
            for name in DATASETS
        }
        self._hardware = {name: np.empty((len(HARDWARE), size)) for name in DATASETS}

    def add(self, found: Extracted) -> None:
        """Take the next record."""
        row = len(self._archs)
        self._archs.append(found.arch)
        for key, values in found.curves.items():
            self._curves[key][:, row] = np.moveaxis(values, -1, 0)
        for name, numbers in found.hardware.items():
            self._hardware[name][:, row] = numbers

    def imported(self) -> list[Imported]:
        """Return `<benchmark>-<data set>` and `<benchmark>-<data set>-curves<epochs>` of everything that was taken."""
        found = []
        for name in DATASETS:
            card = {**self.benchmark.card, "dataset": name}
            found.append(self._table(name, "", self._complete(name), card | self._complete_card()))
            for training, epochs in self.benchmark.trainings.items():
                if epochs > 1:
                    about = {"fidelities": list(range(1, epochs + 1)), "seeds": list(self.benchmark.seeds[training])}
                    curves = self._curves[training, name][:, : len(self._archs)]
                    found.append(self._table(name, f"-curves{epochs}", curves, card | about))
        return found

    def _table(self, name: str, suffix: str, values: NDArray[np.float32], card: dict[str, object]) -> Imported:
        metrics = {metric: Column(values[m], CURVE) for m, metric in enumerate(CURVES) if np.isfinite(values[m]).any()}
        metrics |= {
            metric: Column(numbers.astype(np.float32 if metric == "latency_ms" else np.float64), ("row",))
            for metric, numbers in zip(HARDWARE, self._hardware[name][:, : len(self._archs)], strict=True)
        }
        return Imported(
            f"{self.benchmark.name}-{name}{suffix}",
            self.benchmark.make_space(name),
            np.array(self._archs),
            metrics,
            card,
            chance=1 / DATASETS[name].classes,
        )

    def _complete(self, name: str) -> NDArray[np.float32]:
        """Return the ends of all trainings, float32 `[CURVES, rows, seeds, trainings]`; seeds are all that occur."""
        seeds = self._seeds()
        trainings = self.benchmark.trainings
        values = np.full((len(CURVES), len(self._archs), len(seeds), len(trainings)), np.nan, dtype=np.float32)
        for t, training in enumerate(trainings):
            for s, seed in enumerate(self.benchmark.seeds[training]):
                values[:, :, seeds.index(seed), t] = self._curves[training, name][:, : len(self._archs), s, -1]
        return values

    def _complete_card(self) -> dict[str, object]:
        return {"fidelities": list(self.benchmark.trainings.values()), "seeds": self._seeds()}

    def _seeds(self) -> list[int]:
        return sorted({seed for seeds in self.benchmark.seeds.values() for seed in seeds})
