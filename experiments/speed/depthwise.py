"""Depthwise convolutions, forward and backward: ours beside torch's own, in `channels_last` and in its default layout.

python experiments/speed/depthwise.py --out experiments/speed/results/depthwise.json
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from awnas_gym.supernets.depthwise import DepthwiseConv2d
from experiments.record import write_result

SHAPES = ((16, 32), (32, 16), (64, 8))
"""Channels and pixels of the three parts of a network of cells on CIFAR."""
KERNELS = ((3, 1, 1), (5, 1, 1), (3, 2, 1), (5, 2, 1), (5, 1, 2), (3, 2, 2), (5, 2, 2))
"""Kernel, dilation, stride."""


def step(module: nn.Module, x: Tensor) -> Callable[[], object]:
    """Return what runs a layer forward and backward."""
    x = x.clone().requires_grad_()
    out_gradient = torch.ones_like(module(x)).detach()
    return lambda: torch.autograd.grad(module(x), [x, *module.parameters()], out_gradient)


def medians_ms(calls: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Return the median milliseconds of the processor that each call takes, one after the other in turn."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats + 1):
        for name, call in calls.items():
            start = time.process_time()
            call()
            times[name].append(time.process_time() - start)
    return {name: 1000 * statistics.median(each[1:]) for name, each in times.items()}


def main() -> None:
    """Time every kernel on every shape, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for channels, size in SHAPES:
        for kernel, dilation, stride in KERNELS:
            arguments = (channels, channels, kernel, stride, dilation * (kernel // 2), dilation, channels, False)
            images = torch.randn(options.batch_size, channels, size, size, generator=torch.Generator().manual_seed(0))
            last = images.contiguous(memory_format=torch.channels_last)
            found = medians_ms(
                {
                    "ours": step(DepthwiseConv2d(*arguments), last),
                    "channels_last": step(nn.Conv2d(*arguments), last),
                    "default": step(nn.Conv2d(*arguments), images),
                },
                options.repeats,
            )
            rows.append({"channels": channels, "size": size, "kernel": kernel, "dilation": dilation, "stride": stride,
                         "cpu_ms": found})  # fmt: skip
            print(
                f"  {channels:>3} channels {size:>2}x{size:<2}  kernel {kernel} dilation {dilation} stride {stride} "
                f"  ours {found['ours']:6.2f} ms  channels_last {found['channels_last'] / found['ours']:5.2f} x  "
                f"default {found['default'] / found['ours']:5.2f} x"
            )
    write_result(options.out, {"threads": 1, "batch_size": options.batch_size, "layers": rows})


if __name__ == "__main__":
    main()
