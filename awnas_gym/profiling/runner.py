"""Measure the models beside this file: layers or networks, in ONNX Runtime, into a CSV.

This file runs alone. It needs Python 3.8 or newer, NumPy and ONNX Runtime:

    python run.py -o results.csv --device pi4 --threads 4
    python run.py -o results.csv --device jetson --provider CUDAExecutionProvider

What was measured is kept, and the same command goes on after a stop. One model is the reference: it is measured again
after every few others, and these are measured anew, by the same command, where it took 10 % more or less than at first,
as when the device was hot. Temperature and clock are written where Linux tells them.
"""

from __future__ import annotations

import argparse
import csv
import gc
import glob
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

BLOCKS, LEAST_BLOCKS = 20, 5
HOW = "median over blocks of runs, after a warm-up that chooses the runs of a block; IQR and n are of the blocks"
HOW_BOUND = HOW + "; inputs and outputs are bound before"
EVERY, DRIFT = 10, 0.1
"""Models between two measurements of the reference; how far it may be from the first one."""
MEASURED = ["latency_ms", "latency_ms_iqr", "latency_ms_n"]
WATCHED = ["temperature_c", "clock_mhz", "drift"]
"""Columns behind those of the manifest; drift is the reference's time over its first, less 1."""
FOLDER = os.path.dirname(os.path.abspath(__file__))


def time_ms(run: Callable[[], object], min_run_s: float, wait: Callable[[], object] | None = None) -> dict[str, float]:
    """Return `latency_ms`, a median over blocks of runs, their `latency_ms_iqr` and their number, `latency_ms_n`.

    Args:
        run: what is measured.
        min_run_s: seconds that all blocks take together, at least.
        wait: until what was started is done, once a block.
    """

    def block_s(runs: int) -> float:
        start = time.perf_counter()
        for _ in range(runs):
            run()
        if wait is not None:
            wait()
        return time.perf_counter() - start

    collects = gc.isenabled()
    gc.disable()
    try:
        runs, taken = 1, block_s(1)  # the first run of all allocates and compiles
        while runs == 1 or taken < min_run_s / BLOCKS:
            runs *= 2
            taken = block_s(runs)
        runs = max(1, round(runs * min_run_s / BLOCKS / taken))
        blocks_ms: list[float] = []
        left = min_run_s
        while left > 0 or len(blocks_ms) < LEAST_BLOCKS:
            taken = block_s(runs)
            left -= taken
            blocks_ms.append(1e3 * taken / runs)
    finally:
        if collects:
            gc.enable()
    low, middle, high = statistics.quantiles(blocks_ms, n=4, method="inclusive")
    return {  # to a tenth of a nanosecond
        "latency_ms": round(middle, 7),
        "latency_ms_iqr": round(high - low, 7),
        "latency_ms_n": float(len(blocks_ms)),
    }


def model_ms(model: bytes | str, provider: str, threads: int, min_run_s: float) -> dict[str, float]:
    """Return what `time_ms` does, of a model whose inputs have fixed sizes; they are random and bound before.

    Args:
        model: bytes, or the path of a file.
        provider: of ONNX Runtime.
        threads: within operators, on a CPU.
        min_run_s: seconds of runs.
    """
    import numpy  # noqa: PLC0415 - help and errors need none
    import onnxruntime  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=[provider])
    place = "cuda" if provider in ("CUDAExecutionProvider", "TensorrtExecutionProvider") else "cpu"
    binding, rng = session.io_binding(), numpy.random.default_rng(0)
    for each in session.get_inputs():
        array = rng.standard_normal(each.shape).astype(numpy.float32)
        binding.bind_ortvalue_input(each.name, onnxruntime.OrtValue.ortvalue_from_numpy(array, place, 0))
    for each in session.get_outputs():
        binding.bind_output(each.name, place)
    return time_ms(lambda: session.run_with_iobinding(binding), min_run_s, binding.synchronize_outputs)


def temperature_c() -> str:
    """Return the temperature of the hottest place, in degrees Celsius; "" where nothing tells it."""
    found = _numbers("/sys/class/thermal/thermal_zone*/temp")
    return str(round(max(found) / 1e3, 1)) if found else ""


def clock_mhz() -> str:
    """Return the clock of the fastest core, in MHz; "" where nothing tells it."""
    found = _numbers("/sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_cur_freq")
    return str(round(max(found) / 1e3)) if found else ""


def _numbers(pattern: str) -> list[float]:
    found = []
    for path in glob.glob(pattern):
        try:
            with open(path) as file:
                found.append(float(file.read()))
        except (OSError, ValueError):  # a sensor that is off
            continue
    return found


class Results:
    """The CSV: read, without what drifted and what a kill cut off, then written anew and appended to.

    Args:
        path: of the file.
        card: how things are measured; its `reference_ms` is that of the file, if there is one.
        names: columns that say which model it is.
    """

    def __init__(self, path: str, card: dict[str, Any], names: list[str]) -> None:
        self.path, self.card, self.names = path, card, names
        self.rows: dict[tuple[str, ...], list[str]] = {}
        if os.path.exists(path):
            self._read()

    def _read(self) -> None:
        with open(self.path, encoding="utf-8", newline="") as file:
            first, *lines = file.read().splitlines(keepends=True) or [""]
        was = json.loads(first[1:]) if first.startswith("#") else {}
        card = json.loads(json.dumps(self.card))
        names = [name for name in sorted({*was, *card} - {"date", "reference_ms"}) if was.get(name) != card.get(name)]
        told = [f"{name} was {was.get(name)!r}, is {card.get(name)!r}" for name in names]
        if told:
            sys.exit(f"{self.path} was measured otherwise: {'; '.join(told)}. Write another file, or delete it")
        self.card = was
        whole = [line for line in lines if line.endswith("\n")]
        for row in csv.DictReader(whole):
            values = [row.get(name) or "" for name in [*self.names, *MEASURED, *WATCHED]]
            if abs(float(row["drift"])) <= DRIFT:
                self.rows[tuple(values[: len(self.names)])] = values

    def start(self) -> None:
        """Write the file anew."""
        with open(self.path + ".new", "w", encoding="utf-8", newline="") as file:
            file.write("# " + json.dumps(self.card, sort_keys=True) + "\n")
            csv.writer(file, lineterminator="\n").writerows([[*self.names, *MEASURED, *WATCHED], *self.rows.values()])
        os.replace(self.path + ".new", self.path)

    def append(self, rows: list[list[str]]) -> None:
        """Add lines, on disk when this returns."""
        with open(self.path, "a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)


def steady_ms(measure: Callable[[], dict[str, float]]) -> float:
    """Return the time of the reference once two measurements in a row agree: clocks take a while to rise."""
    before = measure()["latency_ms"]
    for _ in range(20):
        now = measure()["latency_ms"]
        if abs(now / before - 1) < DRIFT / 3:
            return now
        before = now
    return before


def drift_of(measure: Callable[[], dict[str, float]], first_ms: float) -> float:
    """Return how far the reference is from its first time, as a fraction; a blip does not count, heat stays."""
    found = []
    for _ in range(3):
        found.append(measure()["latency_ms"] / first_ms - 1)
        if abs(found[-1]) <= DRIFT:
            break
    return min(found, key=abs)


def main() -> None:
    """Measure what is not measured yet."""
    options = _options()
    with open(os.path.join(FOLDER, "manifest.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    results = Results(options.out, _card(options, manifest), manifest["columns"])

    def measure(name: str) -> dict[str, float]:
        return model_ms(os.path.join(FOLDER, name), options.provider, options.threads, options.min_run_s)

    reference = manifest["reference"]
    left = [each for each in manifest["models"] if tuple(each["values"]) not in results.rows]
    if left:
        now_ms = steady_ms(lambda: measure(reference))
        results.card.setdefault("reference_ms", now_ms)
    results.start()
    done, drifted = len(results.rows), 0
    for start in range(0, len(left), EVERY):
        rows = []
        for each in left[start : start + EVERY]:
            timed = measure(each["file"])
            rows.append([*each["values"], *(repr(timed[name]) for name in MEASURED), temperature_c(), clock_mhz()])
        drift = drift_of(lambda: measure(reference), results.card["reference_ms"])
        results.append([[*row, f"{drift:.4f}"] for row in rows])
        done, drifted = done + len(rows), drifted + len(rows) * (abs(drift) > DRIFT)
        watched = f"{rows[-1][-2] or '?'} C, {rows[-1][-1] or '?'} MHz, drift {drift:+.1%}"
        print(f"{done}/{len(manifest['models'])}: {watched}", flush=True)
    if drifted:
        print(f"{drifted} were measured while the reference took over {DRIFT:.0%} more or less than at first.")
        print(
            "Let the device cool down; the same command measures them again. Are they all? Then the first measurement"
        )
        print("of the reference was odd: delete the file.")
    print(f"{results.path}: awnas hardware import {results.path} --name {options.device}")


def _card(options: argparse.Namespace, manifest: dict[str, Any]) -> dict[str, Any]:
    import onnxruntime  # noqa: PLC0415

    if options.provider not in onnxruntime.get_available_providers():
        sys.exit(f"no provider {options.provider} here; there are {', '.join(onnxruntime.get_available_providers())}")
    about: dict[str, Any] = {
        name: manifest[name] for name in ("batch_size", "dtype", "space", "spaces") if name in manifest
    }
    return {
        **about,
        "device": options.device,
        "runtime": "onnxruntime",
        "on": options.provider,
        "threads": options.threads,
        "min_run_s": options.min_run_s,
        "how": HOW_BOUND,
        "machine": {"processor": platform.processor() or platform.machine(), "system": platform.system()},
        "versions": {"awnas_gym": manifest["awnas_gym"], "onnxruntime": onnxruntime.__version__},
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--out", required=True, help="the CSV")
    parser.add_argument("--device", default=platform.node() or "device", help="what it is called [%(default)s]")
    parser.add_argument("--provider", default="CPUExecutionProvider", help="of ONNX Runtime [%(default)s]")
    parser.add_argument("--threads", type=int, default=1, help="of the CPU [%(default)s]")
    parser.add_argument("--min-run-s", type=float, default=0.1, help="seconds of runs behind a median [%(default)s]")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Stopped; what was measured is kept. The same command goes on.")
