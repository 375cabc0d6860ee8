"""How well do cost models rank NAS-Bench-201 on 13 device settings, fitted to 200 cells, and to few with other devices?

    python experiments/science/devices.py --latencies latency_ms.npz --csv nb201.csv.gz --out results/devices.json

The latencies are those that HELP [Lee et al., NeurIPS 2021] publishes: an NPZ with an array a device, in the order of
the column `arch` of the CSV. Without files, made-up ones of four devices. Everything is Kendall's tau-b on 2,000 cells
that were not fitted to, the same for all models of a seed; phones that count whole milliseconds have ties, which cap
it. The settings of the models were looked at on these devices with seeds 0 to 2; the seeds here are others.

First all models on 200 random cells, and `auto`: the one that cross-validation among these 200 chooses. Then few-shot
adaptation, each device unseen in turn. The others are measured on the same random 1,000 cells; `same hardware` leaves
other batch sizes of the unseen device among them, `other hardware` does not. The cells of the unseen device are
`random`, or `chosen` by what the others say; `line` is least squares on counts of operations, `counts` a ridge
regression on them.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from awnas_gym.hardware import open_device
from awnas_gym.hardware.choosing import CrossValidation, best, candidates
from awnas_gym.hardware.models import AbstractCostModel, make_model
from awnas_gym.hardware.models.features import operation_counts
from awnas_gym.hardware.models.from_devices import FromDevices, learn_devices
from awnas_gym.ingest import read_columns
from awnas_gym.ranking import ranking
from awnas_gym.spaces.nasbench201 import NASBench201
from experiments.record import write_result

SPACE = NASBench201()
Latencies = dict[str, NDArray[np.float64]]

MODELS: dict[str, tuple[str, dict[str, Any], str | None]] = {
    "operation_counts": ("operation_counts", {}, None),
    "linear by=layers": ("linear", {"by": "layers"}, None),
    "linear by=sum, roofline-raspi4": ("linear", {"by": "sum"}, "roofline-raspi4"),
    "linear by=group, roofline-raspi4": ("linear", {"by": "group"}, "roofline-raspi4"),
    "linear by=sum, roofline-v100": ("linear", {"by": "sum"}, "roofline-v100"),
    "boosting": ("boosting", {}, None),
    "gaussian_process": ("gaussian_process", {}, None),
    "mlp": ("mlp", {}, None),
    "graph": ("graph", {}, None),
    "lstm": ("lstm", {}, None),
}
"""Label -> model, settings, device."""

SLOW = {"graph", "lstm"}

FIRST_SEED = 10
"""Of the splits."""


def load(latencies: Path | None, source: Path | None) -> tuple[NDArray[np.signedinteger], Latencies]:
    """Return cells, int `[n, 6]`, and latency in ms of each on each device."""
    if latencies is None or source is None:
        archs = SPACE.unindex(np.arange(0, SPACE.size, 5))
        rng = np.random.default_rng(0)
        needs = {name: rng.uniform(0, 3, 5) for name in ("gpu_1", "gpu_32", "phone", "board")}
        return archs, {
            name: 2 + each[archs].sum(axis=1) + rng.normal(size=len(archs)) / 5 for name, each in needs.items()
        }
    archs = np.array([SPACE.parse(str(text)) for text in read_columns(source)["arch"]])
    with np.load(latencies, allow_pickle=False) as found:
        return archs, {name: found[name].astype(np.float64) for name in found.files}


def hardware(device: str) -> str:
    """Return the device without the batch size: `1080ti_32` and `1080ti_256` are the same hardware."""
    name, _, _ = device.rpartition("_")
    return name if name in {"1080ti", "titanx", "gpu"} else device


def tau(model: AbstractCostModel, archs: NDArray[np.signedinteger], truth: NDArray[np.float64]) -> float:
    """Return Kendall's tau-b of predictions."""
    return ranking(truth, model.predict(archs), shares=()).kendall_tau


def summary(taus: dict[str, list[float]]) -> dict[str, Any]:
    """Return the means over seeds, of all devices and each."""
    each = {device: round(float(np.mean(found)), 4) for device, found in taus.items()}
    by_seed = np.mean(list(taus.values()), axis=0)
    return {
        "mean": round(float(by_seed.mean()), 4),
        "deviation_over_seeds": round(float(by_seed.std()), 4),
        "devices": each,
    }


def compare_models(archs: NDArray[np.signedinteger], known: Latencies, options: argparse.Namespace) -> dict[str, Any]:
    """Fit every model to random cells of every device."""
    results: dict[str, Any] = {}
    for label, (name, settings, device) in MODELS.items():
        if label in options.skip:
            continue
        seeds = options.slow_seeds if label in SLOW else options.seeds
        taus: dict[str, list[float]] = {}
        seconds = []
        on = None if device is None else open_device(device)
        for target, values in known.items():
            for seed in range(seeds):
                fitted, held_out = split(len(archs), options, seed)
                model = make_model(name, SPACE, device=on, seed=seed, settings=settings)
                start = time.perf_counter()
                model.fit(archs[fitted], values[fitted])
                seconds.append(time.perf_counter() - start)
                taus.setdefault(target, []).append(tau(model, archs[held_out], values[held_out]))
        results[label] = {"seeds": seeds, "fit_s": round(float(np.median(seconds)), 3), **summary(taus)}
        print(f"{label}: {results[label]['mean']}", flush=True)
    return results


def choose_by_validation(
    archs: NDArray[np.signedinteger], known: Latencies, options: argparse.Namespace
) -> dict[str, Any]:
    """Fit what cross-validation chooses, as `awnas hardware fit --model auto` does."""
    taus: dict[str, list[float]] = {}
    chosen: dict[str, Counter[str]] = {}
    for target, values in known.items():
        for seed in range(options.seeds):
            fitted, held_out = split(len(archs), options, seed)
            validate = CrossValidation(archs[fitted], values[fitted], seed=seed)
            tried = candidates(SPACE, seed=seed)
            found = {
                label: validate(partial(make_model, name, SPACE, seed=seed, settings=settings))
                for label, (name, settings) in tried.items()
            }
            label = best(found)
            name, settings = tried[label]
            model = make_model(name, SPACE, seed=seed, settings=settings)
            model.fit(archs[fitted], values[fitted])
            taus.setdefault(target, []).append(tau(model, archs[held_out], values[held_out]))
            chosen.setdefault(target, Counter())[label] += 1
    return {"seeds": options.seeds, **summary(taus), "chosen": chosen}


class Line(AbstractCostModel):
    """Least squares on counts of operations: the usual linear model."""

    settings: dict[str, Any] = {}  # type: ignore[assignment]  # noqa: RUF012
    counts = operation_counts(SPACE)

    def _fit(self, archs: NDArray[Any], values: NDArray[np.float64]) -> None:
        self._slopes = np.linalg.lstsq(self._inputs(archs), values, rcond=None)[0]

    def _predict(self, archs: NDArray[Any]) -> NDArray[np.float64]:
        return self._inputs(archs) @ self._slopes

    def _inputs(self, archs: NDArray[Any]) -> NDArray[np.float64]:
        return np.column_stack([np.ones(len(archs)), self.counts(archs)])


def few_shot(archs: NDArray[np.signedinteger], known: Latencies, options: argparse.Namespace) -> dict[str, Any]:
    """Learn each device from few cells and from the others."""
    taus: dict[str, dict[str, list[float]]] = {}
    by: dict[str, Counter[str]] = {}
    number = np.empty(int(SPACE.index(archs).max()) + 1, dtype=np.int64)
    number[SPACE.index(archs)] = np.arange(len(archs))
    some = np.random.default_rng(options.seeds).permutation(len(archs))[: options.known]
    for target, values in known.items():
        for among in ("same hardware", "other hardware"):
            others = {
                name: (archs[some], each[some])
                for name, each in known.items()
                if name != target and (among == "same hardware" or hardware(name) != hardware(target))
            }
            learned = learn_devices(SPACE, others)
            by.setdefault(among, Counter())[learned["by"]] += 1
            for seed in range(options.seeds):
                held_out = split(len(archs), options, seed)[1]
                model = FromDevices(SPACE, **learned)
                for n in options.few:
                    drawn = np.random.default_rng([FIRST_SEED + seed, n]).permutation(len(archs))[:n]
                    pool = archs[np.random.default_rng([FIRST_SEED + seed, 1]).permutation(len(archs))[: options.pool]]
                    picked = number[SPACE.index(model.choose(n, archs=pool))]
                    for how, rows in (("random", drawn), ("chosen", picked)):
                        rest = held_out[~np.isin(held_out, rows)]
                        models = {f"from devices, {among}": model}
                        if among == "other hardware":
                            models |= {"line": Line(SPACE), "counts": make_model("operation_counts", SPACE)}
                        for label, each in models.items():
                            each.fit(archs[rows], values[rows])
                            found = taus.setdefault(f"{label}, {n} {how}", {})
                            found.setdefault(target, []).append(tau(each, archs[rest], values[rest]))
    return {
        "known_cells": options.known,
        "learned_by": by,
        "taus": {label: summary(found) for label, found in taus.items()},
    }


def split(n: int, options: argparse.Namespace, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which cells are fitted to, and which are held out."""
    order = np.random.default_rng(FIRST_SEED + seed).permutation(n)
    return order[: options.architectures], order[options.architectures :][: options.held_out]


def tables(result: dict[str, Any]) -> tuple[str, str]:
    """Return what `docs/cost_models.md` shows of a result: of all models by device, and of few-shot adaptation."""
    models = {**result["models"], "auto": result["auto"]}
    devices = list(result["auto"]["devices"])
    lines = [["tau", *devices, "**mean**", "seconds to fit"], ["---"] + ["---:"] * (len(devices) + 2)]
    for label, each in models.items():
        taus = [f"{each['devices'][device]:.3f}".lstrip("0") for device in devices]
        lines.append(
            [
                f"`{label}`",
                *taus,
                f"**{each['mean']:.4f}**".replace("0.", ".", 1),
                f"{each['fit_s']:.2f}" if "fit_s" in each else "",
            ]
        )
    taus = result["few_shot"]["taus"]
    sizes = list(dict.fromkeys(label.split(", ")[-1].split()[0] for label in taus))
    ways = [f"{size} {how}" for how in ("random", "chosen") for size in sizes]
    names = list(dict.fromkeys(label.rsplit(", ", 1)[0] for label in taus))
    few = [["mean tau", *ways], ["---"] + ["---:"] * len(ways)]
    few += [[name, *(f"{taus[f'{name}, {way}']['mean']:.4f}".lstrip("0") for way in ways)] for name in names]
    whole, short = ("\n".join(f"| {' | '.join(line)} |" for line in each) for each in (lines, few))
    return whole, short


def main() -> None:
    """Compare, print tables, write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latencies", type=Path)
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--devices", nargs="*", help="all, by default")
    parser.add_argument("--architectures", type=int, default=200)
    parser.add_argument("--held-out", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--slow-seeds", type=int, default=1, help="of graph and lstm")
    parser.add_argument("--skip", nargs="*", default=[], help="models")
    parser.add_argument("--few", type=int, nargs="*", default=[10, 20, 50, 200])
    parser.add_argument("--known", type=int, default=1000, help="cells that the other devices measured")
    parser.add_argument("--pool", type=int, default=2000, help="cells that are chosen from")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    archs, known = load(options.latencies, options.csv)
    known = {name: each for name, each in known.items() if not options.devices or name in options.devices}
    start = time.perf_counter()
    models = compare_models(archs, known, options)
    auto = choose_by_validation(archs, known, options)
    few = few_shot(archs, known, options)
    result = {
        "data": "made up" if options.latencies is None else "13 device settings of HELP",
        "architectures": options.architectures,
        "held_out": options.held_out,
        "models": models,
        "auto": {**auto, "below_the_best": round(max(each["mean"] for each in models.values()) - auto["mean"], 4)},
        "few_shot": few,
        "seconds": round(time.perf_counter() - start),
    }
    print("\n\n".join(tables(result)))
    write_result(options.out, result)


if __name__ == "__main__":
    main()
