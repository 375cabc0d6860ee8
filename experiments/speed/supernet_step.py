"""A training step of the supernet of ENAS beside one of the plain network that it derives, in both layouts of images.

All cases take a step in turn, so that whatever else the machine does meets them alike; a ratio is the median of those
of steps in the same turn. `torch` is the plain network of torch's own convolutions in its default layout.

python experiments/speed/supernet_step.py --out experiments/speed/results/supernet_step.json
"""

from __future__ import annotations

import argparse
import cProfile
import multiprocessing
import pstats
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from awnas_gym.spaces.enas import ENAS
from awnas_gym.supernets.cells import CellsNetwork, CellsSupernet
from experiments.naive_mixture import TorchsOwn
from experiments.record import write_result

SPACE = ENAS(channels=16, cells=8)
LAYOUTS = {"channels_last": torch.channels_last, "default": torch.contiguous_format}
CASES = [*((kind, layout) for layout in LAYOUTS for kind in ("supernet", "plain")), ("torch", "default")]


def training_step(kind: str, layout: str, seed: int, batch_size: int) -> Callable[[], object]:
    """Return what takes a training step, as `SharedWeights` does, with one architecture drawn by the seed."""
    arch = SPACE.sample(np.random.default_rng(seed), 1)[0]
    if kind == "supernet":
        network: nn.Module = CellsSupernet(SPACE)
    else:
        network = CellsNetwork(SPACE, arch, factory=TorchsOwn() if kind == "torch" else None)
    network.to(memory_format=LAYOUTS[layout])
    images = torch.randn(batch_size, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    images = images.contiguous(memory_format=LAYOUTS[layout])
    labels = torch.arange(batch_size) % 10
    optimiser = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=1e-4)

    def step() -> None:
        optimiser.zero_grad(set_to_none=True)
        logits: Tensor = network(images, arch) if kind == "supernet" else network(images)
        functional.cross_entropy(logits, labels).backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()

    return step


def times_ms(seed: int, batch_size: int, turns: int) -> dict[str, dict[str, list[float]]]:
    """Return of each case the milliseconds of each turn, on the clock and of the processors."""
    steps = {f"{kind} {layout}": training_step(kind, layout, seed, batch_size) for kind, layout in CASES}
    found: dict[str, dict[str, list[float]]] = {name: {"wall_ms": [], "cpu_ms": []} for name in steps}
    for turn in range(turns + 1):
        for name, step in steps.items():
            wall, cpu = time.perf_counter(), time.process_time()
            step()
            if turn:  # the first warms up
                found[name]["wall_ms"].append(1000 * (time.perf_counter() - wall))
                found[name]["cpu_ms"].append(1000 * (time.process_time() - cpu))
    return found


def peak_mib(case: tuple[str, str, int, int]) -> float:
    """Return by how much the memory of this process was larger at its peak of three steps than before, in MiB."""
    kind, layout, batch_size, threads = case
    torch.set_num_threads(threads)
    before = highest_kib()
    step = training_step(kind, layout, 0, batch_size)
    for _ in range(3):
        step()
    return (highest_kib() - before) / 1024


def highest_kib() -> int:
    """Return the most memory that this process has held, in KiB, from Linux (`getrusage` counts a parent's too)."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))


def profile(batch_size: int) -> None:
    """Print where a step of the supernet spends its time."""
    step = training_step("supernet", "channels_last", 0, batch_size)
    step()
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(5):
        step()
    profiler.disable()
    pstats.Stats(profiler).sort_stats("tottime").print_stats(14)


def main() -> None:
    """Time every case, print a table and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--architectures", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.profile:
        profile(options.batch_size)
        return
    runs = [times_ms(seed, options.batch_size, options.turns) for seed in range(options.architectures)]
    joined = {
        name: {clock: [ms for run in runs for ms in run[name][clock]] for clock in ("wall_ms", "cpu_ms")}
        for name in runs[0]
    }
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        cases = [(*case, options.batch_size, options.threads) for case in CASES]
        peaks = dict(zip(joined, pool.map(peak_mib, cases, chunksize=1), strict=True))
    rows = {
        name: {clock: statistics.median(values) for clock, values in clocks.items()} | {"peak_mib": peaks[name]}
        for name, clocks in joined.items()
    }
    for name, row in rows.items():
        clocks = f"{row['wall_ms']:7.0f} ms  processors {row['cpu_ms']:7.0f} ms"
        print(f"  {name:<23} {clocks}  peak {row['peak_mib']:5.0f} MiB")

    def ratio(one: str, other: str, clock: str) -> float:
        return statistics.median(a / b for a, b in zip(joined[one][clock], joined[other][clock], strict=True))

    pairs = {
        "supernet over plain, channels_last": ("supernet channels_last", "plain channels_last"),
        "supernet over plain, default": ("supernet default", "plain default"),
        "supernet, default over channels_last": ("supernet default", "supernet channels_last"),
        "plain, default over channels_last": ("plain default", "plain channels_last"),
        "plain, torch's own over ours": ("torch default", "plain channels_last"),
    }
    ratios = {
        title: {clock: ratio(one, other, clock) for clock in ("wall_ms", "cpu_ms")}
        for title, (one, other) in pairs.items()
    }
    for title, found in ratios.items():
        print(f"  {title:<38} {found['wall_ms']:.3f} on the clock, {found['cpu_ms']:.3f} of the processors")
    settings = {
        **{name: getattr(options, name) for name in ("threads", "batch_size", "architectures", "turns")},
        "space": SPACE.settings,
        "note": "the machine was shared with other work",
    }
    write_result(options.out, {**settings, "cases": rows, "ratios": ratios})


if __name__ == "__main__":
    main()
