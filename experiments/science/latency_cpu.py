"""How well a device's table and a few measured networks tell the latency of others, on this machine.

Random networks of a space are measured whole, in rounds that each go over all of them. Odd and even rounds are two
measurements of the same networks: how well the second tells the first is the most that a model could reach. Models are
fitted to some networks (the least of all rounds) and compared with the first measurement of the others.

python experiments/science/latency_cpu.py --device cpu-1t --threads 1 --out experiments/science/results/latency_cpu.json
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from awnas_gym.cli.measuring import drawn
from awnas_gym.cli.progress import progress_bar
from awnas_gym.hardware import open_device
from awnas_gym.hardware.agreement import agreement
from awnas_gym.hardware.measurements import Measurements
from awnas_gym.hardware.models import make_model
from awnas_gym.profiling import RUNTIMES
from awnas_gym.profiling.networks import profile_networks
from awnas_gym.spaces import SPACES
from experiments.record import write_result

MODELS: dict[str, tuple[str, dict[str, Any], bool]] = {
    "sum of the layers": ("lookup", {}, True),
    "linear correction": ("linear", {"by": "sum"}, True),
    "linear correction, by group": ("linear", {"by": "group"}, True),
    "gaussian process on the rest": ("gaussian_process", {}, True),
    "operation counts": ("operation_counts", {}, False),
    "linear in layers, no table": ("linear", {"by": "layers"}, False),
}
"""What is printed -> model, its settings, and whether it asks the device."""


def compared(found: Measurements, device: str, fitted: int) -> dict[str, Any]:
    """Return how the models, and the second measurement, agree with the first one of networks not fitted to."""
    first, second = found.halves("latency_ms")
    learn, rest = slice(None, fitted), slice(fitted, None)
    rows: dict[str, Any] = {"measured again": asdict(agreement(first[rest], second[rest]))}
    for title, (name, settings, asks) in MODELS.items():
        model = make_model(name, found.space, device=open_device(device) if asks else None, settings=settings)
        model.fit(found.archs[learn], found.values["latency_ms"][learn])
        predicted: NDArray[np.float64] = model.predict(found.archs[rest])
        rows[title] = asdict(agreement(first[rest], predicted))
    best, again = rows["linear correction"], rows["measured again"]
    rows["linear correction against measured again"] = {
        "kendall_tau, ratio": best["kendall_tau"] / again["kendall_tau"],
        "median_error, difference": best["median_error"] - again["median_error"],
    }
    return rows


def main() -> None:
    """Measure, fit, compare, and print tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu-1t", help="a device or a table that knows the layers of the spaces")
    parser.add_argument("--runtime", choices=list(RUNTIMES), default="torch")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--spaces", nargs="+", default=["nasbench201", "darts"])
    parser.add_argument("--settings", nargs="*", default=[], metavar="NAME=NUMBER", help="of all spaces")
    parser.add_argument("--networks", nargs="+", type=int, default=[300, 100], help="of each space")
    parser.add_argument("--fitted", nargs="+", type=int, default=[100, 50], help="of those, for models")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--min-run-s", type=float, default=0.05)
    parser.add_argument("--keep", type=Path, help="folder of the measured networks, which are not measured again")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    settings = {name: int(value) for name, _, value in (each.partition("=") for each in options.settings)}
    runtime = RUNTIMES.load(options.runtime)(
        threads=options.threads, batch_size=1, min_run_s=options.min_run_s, device="cpu"
    )
    spaces = {}
    for name, networks, fitted in zip(options.spaces, options.networks, options.fitted, strict=False):
        space = SPACES.load(name)(**settings)
        archs = drawn(space, networks, seed=0)
        with tempfile.TemporaryDirectory() as folder:
            path = (options.keep or Path(folder)) / f"{name}-{options.threads}t.csv"
            if path.exists():
                found = Measurements.read(path)
            else:
                found = profile_networks(
                    space, archs, runtime, path, rounds=options.rounds,
                    watch=lambda runs, total, name=name: progress_bar(runs, total, label=name),
                )  # fmt: skip
        rows = compared(found, options.device, fitted)
        values = found.values["latency_ms"]
        spaces[name] = {
            "networks": len(found), "fitted": fitted, "held out": len(found) - fitted,
            "latency_ms": {"least": values.min(), "median": float(np.median(values)), "most": values.max()},
            "agreement": rows,
        }  # fmt: skip
        print(f"{name}: {len(found)} networks, {values.min():.2f} to {values.max():.2f} ms")
        for title, row in rows.items():
            print(f"    {title:<42} " + "  ".join(f"{key} {value:.4g}" for key, value in row.items()))
    about = {"device": options.device, "card": open_device(options.device).card, "runtime": runtime.card}
    write_result(options.out, {**about, "rounds": options.rounds, "spaces": spaces})


if __name__ == "__main__":
    main()
