"""Costs of many architectures of NAS-Bench-201: counted parts beside layers gone through one by one.

python experiments/speed/layer_sum.py --out experiments/speed/results/layer_sum.json
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from awnas_gym.hardware import LayerSum, deployed, open_device
from awnas_gym.spaces.nasbench201 import NASBench201
from experiments.record import seconds, write_result


def main() -> None:
    """Time both ways, and print their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--architectures", type=int, default=1_000_000)
    parser.add_argument("--naive", type=int, default=300, help="architectures that are gone through one by one")
    parser.add_argument("--device", default="roofline-v100")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    space, device = NASBench201(), open_device(options.device)
    start = time.perf_counter()
    cost = LayerSum(space, device)
    built_s = time.perf_counter() - start
    archs = space.sample(np.random.default_rng(0), options.architectures)
    some = archs[: options.naive]

    def one_by_one() -> list[float]:
        return [float(device.costs(deployed(space.layers(arch)))["latency_ms"].sum()) for arch in some]

    naive_s = seconds(one_by_one, options.repeats) / len(some)
    counted_s = seconds(lambda: cost(archs), options.repeats)
    largest = float(np.abs(cost(some)["latency_ms"] / np.array(one_by_one()) - 1).max())
    ratio = naive_s / (counted_s / len(archs))
    print(
        f"{len(archs):,} architectures: {counted_s:.3f} s, {built_s:.3f} s to build; one by one {naive_s * 1e6:.0f} us"
    )
    print(f"an architecture: {ratio:,.0f} times faster; largest relative difference {largest:.1e}")
    write_result(
        options.out,
        {
            "architectures": len(archs), "seconds": counted_s, "seconds to build": built_s,
            "seconds an architecture, one by one": naive_s, "ratio": ratio, "largest relative difference": largest,
        },
    )  # fmt: skip


if __name__ == "__main__":
    main()
