"""A step of DARTS, a phase of weights and one of the gradient: ours beside each operation by itself.

The naive way has torch's default layout. Phases that run one operation an edge (GDAS) stand beside a training step of
one architecture. All cases take their phases in turn, so that whatever else the machine does meets them alike; a ratio
is the median of those of phases in the same turn. The weights' phase is forward, backward, clipping and SGD; the
gradient's is forward and the gradient by the matrix alone, which in ours needs none by the weights.

python experiments/speed/mixed_step.py --out experiments/speed/results/mixed_step.json
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from awnas_gym.evaluators.second_order import constant, slope_by
from awnas_gym.spaces import SPACES
from awnas_gym.spaces.relaxable import Relaxable
from awnas_gym.supernets.cells import CellsSupernet
from awnas_gym.supernets.nasbench201 import Supernet
from awnas_gym.supernets.operations.factory import NormalisedPools
from experiments.naive_mixture import TorchsOwnOfDARTS, naive_mix
from experiments.record import write_result
from experiments.speed.supernet_step import highest_kib

CELLS = {"darts": 8, "nasbench201": 5}
WAYS = ("naive", "ours", "ours, one an edge", "an architecture")
Phase = Callable[[], object]


def made(space: str, sizes: dict[str, int], *, naive: bool) -> Any:  # noqa: ANN401 - a RelaxedSupernet
    """Return a supernet as it is searched, with weights of a fixed seed."""
    built = SPACES.load(space)(**sizes)
    if space == "darts":
        supernet: Any = CellsSupernet(built, affine=False, factory=(TorchsOwnOfDARTS if naive else NormalisedPools)())
    else:
        supernet = Supernet(built, affine=False)
    supernet.initialise(torch.Generator().manual_seed(0))
    return supernet if naive else supernet.to(memory_format=torch.channels_last)


def batch(size: int, image_size: int = 32, *, naive: bool) -> tuple[Tensor, Tensor]:
    """Return images and labels."""
    images = torch.randn(size, 3, image_size, image_size, generator=torch.Generator().manual_seed(0))
    return (images if naive else images.contiguous(memory_format=torch.channels_last)), torch.arange(size) % 10


def matrix(space: Relaxable, *, one_an_edge: bool) -> tuple[Tensor, Any]:
    """Return weights, and which operations are run: all, or one an edge that is not `none`."""
    shape = space.edge_legal.shape
    weights = torch.rand(shape, generator=torch.Generator().manual_seed(0)).softmax(dim=1)
    if not one_an_edge:
        return weights, np.ones(shape, dtype=bool)
    run = np.zeros(shape, dtype=bool)
    run[np.arange(shape[0]), np.random.default_rng(0).integers(1, shape[1], size=shape[0])] = True
    return torch.from_numpy(run).float(), run


def phases(space: str, what: str, sizes: dict[str, int], batch_size: int) -> dict[str, Phase]:
    """Return the phases of one of `WAYS`; one architecture has no gradient of a matrix."""
    naive = what == "naive"
    supernet = made(space, sizes, naive=naive)
    images, labels = batch(batch_size, naive=naive)
    weights, run = matrix(supernet.space, one_an_edge="one" in what or what == "an architecture")
    # of NAS-Bench-201 the same operations on the same edges; an architecture of DARTS has 8 of 14 edges
    arch = run.argmax(axis=1) if space == "nasbench201" else supernet.space.sample(np.random.default_rng(1), 1)[0]
    parameters = list(supernet.parameters())
    optimiser = torch.optim.SGD(parameters, lr=0.025, momentum=0.9, weight_decay=3e-4)

    def loss(by: Tensor) -> Tensor:
        if what == "an architecture":
            logits = supernet(images, arch)
        else:
            logits = naive_mix(supernet, images, by, run) if naive else supernet.mix(images, by, run)
        return functional.cross_entropy(logits, labels)

    def step() -> None:
        optimiser.zero_grad(set_to_none=True)
        loss(weights).backward()
        nn.utils.clip_grad_norm_(parameters, 5.0)
        optimiser.step()

    def gradient() -> Tensor:
        by = weights.clone().requires_grad_()
        if naive:
            return torch.autograd.grad(loss(by), by)[0]
        with constant(parameters):
            return slope_by(by, loss(by))

    return {"weights": step} if what == "an architecture" else {"weights": step, "gradient": gradient}


def cpu_s() -> float:
    """Return the seconds that processors have worked for this process."""
    times = os.times()
    return times.user + times.system


def seconds(space: str, sizes: dict[str, int], batch_size: int, turns: int) -> dict[str, Any]:
    """Return of each way and phase the seconds of each turn, on the clock and of the processors."""
    ways = {what: phases(space, what, sizes, batch_size) for what in WAYS}
    found: dict[str, Any] = {
        what: {phase: {"wall_s": [], "cpu_s": []} for phase in runs} for what, runs in ways.items()
    }
    for turn in range(turns + 1):
        for what, runs in ways.items():
            for phase, run in runs.items():
                wall, cpu = time.perf_counter(), cpu_s()
                run()
                if turn:  # the first warms up
                    found[what][phase]["wall_s"].append(time.perf_counter() - wall)
                    found[what][phase]["cpu_s"].append(cpu_s() - cpu)
    return found


def peak_mib(job: tuple[str, str, dict[str, int], int, int]) -> float:
    """Return by how much the memory of this process was larger at the peak of two steps than before, in MiB."""
    space, what, sizes, batch_size, threads = job
    torch.set_num_threads(threads)
    before = highest_kib()
    runs = phases(space, what, sizes, batch_size)
    for _ in range(2):
        for run in runs.values():
            run()
    return (highest_kib() - before) / 1024


@contextlib.contextmanager
def smooth() -> Iterator[None]:
    """Have no kinks for a while: ReLUs are smooth, and a maximum over pixels is their mean."""

    def relu(x: Tensor, inplace: bool = False) -> Tensor:  # noqa: FBT001, FBT002 - torch's own signature
        del inplace
        return functional.softplus(x, beta=4.0)

    def mean(x: Tensor, kernel: int, stride: int, padding: int, *_: object, **__: object) -> Tensor:
        return functional.avg_pool2d(x, kernel, stride, padding)

    with (
        mock.patch.object(functional, "relu", relu),
        mock.patch.object(torch, "relu", relu),
        mock.patch.object(functional, "max_pool2d", mean),
    ):
        yield


def differences(
    space: str, dtype: torch.dtype, batch_size: int, sizes: dict[str, int], *, other: str = "ours"
) -> dict[str, float]:
    """Return the largest difference of ours from the naive way, over the largest number of each kind.

    Or of the naive way in `channels_last` from it: what rounding alone does, for ReLU and max pooling have kinks.
    """
    kinds: list[dict[str, list[Tensor]]] = []
    for naive in (True, other != "ours"):
        supernet = made(space, sizes, naive=naive).to(dtype)
        if kinds:
            supernet.to(memory_format=torch.channels_last)
        images, labels = batch(batch_size, sizes.get("image_size", 32), naive=naive)
        weights, run = matrix(supernet.space, one_an_edge=False)
        by = weights.to(dtype).requires_grad_()
        mix = naive_mix if naive else type(supernet).mix
        logits = mix(supernet, images.to(dtype), by, run)
        parameters = list(supernet.parameters())
        slopes = torch.autograd.grad(functional.cross_entropy(logits, labels), [by, *parameters])
        moved = [buffer for name, buffer in supernet.named_buffers() if "running" in name]
        kinds.append({"logits": [logits.detach()], "gradient by the matrix": [slopes[0]],
                      "gradient by the weights": list(slopes[1:]), "running statistics": moved})  # fmt: skip
    return {
        kind: max(float((a - b).abs().max()) for a, b in zip(one, kinds[1][kind], strict=True))
        / max(float(a.abs().max()) for a in one)
        for kind, one in kinds[0].items()
    }


def without_kinks(space: str, dtype: torch.dtype, batch_size: int, sizes: dict[str, int]) -> dict[str, float]:
    """Return the differences of networks without kinks: what is left is rounding alone."""
    with smooth():
        return differences(space, dtype, batch_size, sizes)


def ratios(found: dict[str, Any], clock: str) -> dict[str, float]:
    """Return medians over turns: the naive way over ours, and one operation an edge over a step of an architecture."""

    def median(one: list[float], other: list[float]) -> float:
        return statistics.median(a / b for a, b in zip(one, other, strict=True))

    def of(what: str, phase: str) -> list[float]:
        times: list[float] = found[what][phase][clock]
        return times

    naive, ours = ([a + b for a, b in zip(of(what, "weights"), of(what, "gradient"), strict=True)] for what in WAYS[:2])
    result = {"step, naive over ours": median(naive, ours)}
    for phase in ("weights", "gradient"):
        result[f"{phase} phase, naive over ours"] = median(of("naive", phase), of("ours", phase))
    for phase in ("weights", "gradient"):
        alone = of("an architecture", "weights")
        result[f"{phase} phase, one an edge over a step of an architecture"] = median(
            of("ours, one an edge", phase), alone
        )
    return result


def main() -> None:
    """Time every case, and print tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--channels", type=int, default=16)
    parser.add_argument("--cells", type=int, help="8 of darts, 5 a stage of nasbench201 if it is left out")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--spaces", nargs="+", choices=CELLS, default=list(CELLS))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    spaces: dict[str, Any] = {}
    for space in options.spaces:
        sizes = {"channels": options.channels, "cells": options.cells or CELLS[space]}
        small = {"channels": 4, "cells": min(sizes["cells"], 3), "image_size": 16}
        with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
            jobs = [(space, what, sizes, options.batch_size, options.threads) for what in WAYS]
            peaks = dict(zip(WAYS, pool.map(peak_mib, jobs, chunksize=1), strict=True))
        found = seconds(space, sizes, options.batch_size, options.turns)
        spaces[space] = {
            "settings": sizes,
            "median_s": {
                what: {f"{phase}, {clock}": statistics.median(times)
                       for phase, clocks in runs.items() for clock, times in clocks.items()}
                for what, runs in found.items()
            },
            "peak_mib": peaks,
            "ratios": {clock: ratios(found, clock) for clock in ("wall_s", "cpu_s")},
            "largest differences": {
                "float32": differences(space, torch.float32, options.batch_size, sizes),
                "float32, the naive way in channels_last": differences(
                    space, torch.float32, options.batch_size, sizes, other="naive"
                ),
                "float32, without kinks": without_kinks(space, torch.float32, options.batch_size, sizes),
                "float64, a small network": differences(space, torch.float64, 4, small),
            },
        }  # fmt: skip
        show(space, spaces[space])
    settings = {"threads": options.threads, "batch_size": options.batch_size, "turns": options.turns}
    write_result(options.out, {**settings, "note": "the machine was shared with other work", "spaces": spaces})


def show(space: str, result: dict[str, Any]) -> None:
    """Print a table of a space."""
    print(space)
    for what, times in result["median_s"].items():
        parts = "  ".join(f"{name} {value:6.2f}" for name, value in times.items())
        print(f"  {what:<18} peak {result['peak_mib'][what]:6.0f} MiB  {parts}")
    for clock, each in result["ratios"].items():
        print("  " + clock + ": " + ", ".join(f"{title} {value:.2f}" for title, value in each.items()))
    for kind, each in result["largest differences"].items():
        print("  " + kind + ": " + ", ".join(f"{title} {value:.1e}" for title, value in each.items()))


if __name__ == "__main__":
    main()
