"""Parameters and multiply-accumulates of layers against PyTorch's counters, and what these do not count.

Of every space of images that has a network, random architectures are built and run once. What they have and do must be
what their layers say, exactly. Then the audit: PyTorch's counter knows convolutions and products of matrices; all other
operators that ran are listed with how many numbers they wrote, beside the multiply-accumulates that were counted.

python experiments/science/counting.py --out experiments/science/results/counting.json
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode, flop_registry

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from awnas_gym.spaces import SPACES, total_macs, total_params
from awnas_gym.supernets import NETWORKS
from experiments.record import write_result

FREE = {
    *("view", "t", "transpose", "permute", "detach", "expand", "slice", "unsqueeze", "squeeze", "select", "alias"),
    *("split", "split_with_sizes", "_unsafe_view", "reshape", "empty", "zeros", "unbind", "_to_copy", "clone"),
}
"""Operators that compute nothing."""


class Uncounted(TorchDispatchMode):
    """Counts what operators without a formula in PyTorch's counter write."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[str] = Counter()
        self.written: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # noqa: ANN401 - torch has no types for them
        out = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        if func.overloadpacket not in flop_registry and name not in FREE:
            first = next((each for each in tree_leaves(out) if isinstance(each, torch.Tensor)), None)
            self.calls[name] += 1
            self.written[name] += 0 if first is None else first.numel()
        return out


def audit(name: str, architectures: int, image_size: int) -> dict[str, Any]:
    """Return how far layers and counters are apart, and what the counter missed, over random architectures."""
    space = SPACES.load(name)(image_size=image_size)
    macs = 0
    differences = {"params": 0, "macs": 0}
    seen = Uncounted()
    for arch in space.sample(np.random.default_rng(0), architectures):
        network, layers = NETWORKS.load(name)(space, arch).eval(), space.layers(arch)
        images = torch.zeros(1, space.settings["image_channels"], image_size, image_size)
        with torch.no_grad():
            with FlopCounterMode(display=False) as counter:
                network(images)
            with seen:
                network(images)
        counted = counter.get_total_flops() // 2
        macs += counted
        params = sum(parameter.numel() for parameter in network.parameters())
        differences["params"] = max(differences["params"], abs(params - total_params(layers)))
        differences["macs"] = max(differences["macs"], abs(counted - total_macs(layers)))
    return {
        "largest difference": differences,
        "mean macs": macs / architectures,
        "not counted": {
            operator: {"calls": seen.calls[operator] / architectures, "numbers written": written / architectures}
            for operator, written in seen.written.most_common()
        },
        "numbers written by what is not counted, over macs": sum(seen.written.values()) / macs,
    }


def main() -> None:
    """Audit every space, and print tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--architectures", type=int, default=20)
    parser.add_argument("--image-size", type=int, default=32)
    parser.add_argument("--spaces", nargs="+", default=[name for name in NETWORKS if name != "recurrent"])
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    spaces = {name: audit(name, options.architectures, options.image_size) for name in options.spaces}
    for name, found in spaces.items():
        print(f"{name:<16} differences {found['largest difference']}  mean MACs {found['mean macs']:,.0f}")
        for operator, each in found["not counted"].items():
            print(f"    {operator:<28} {each['calls']:6.1f} calls  {each['numbers written']:>12,.0f} numbers written")
    write_result(
        options.out, {"architectures": options.architectures, "image_size": options.image_size, "spaces": spaces}
    )


if __name__ == "__main__":
    main()
