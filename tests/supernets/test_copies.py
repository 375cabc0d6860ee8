"""Batch norms become part of convolutions, as `deployed` says it of layers."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="networks need PyTorch")

from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402

from awnas_gym.hardware import deployed  # noqa: E402
from awnas_gym.spaces import SPACES  # noqa: E402
from awnas_gym.supernets import NETWORKS  # noqa: E402
from awnas_gym.supernets.copies import fold_batch_norm  # noqa: E402

SMALL = {
    "nasbench201": {"channels": 4, "cells": 1}, "nasbench101": {"channels": 8, "cells": 1}, "nasbench_macro": {},
    "fbnet": {}, "proxylessnas": {}, "darts": {"channels": 4, "cells": 3}, "nasbench301": {"channels": 4, "cells": 3},
    "enas": {"channels": 4, "cells": 3},
}  # fmt: skip


@pytest.mark.parametrize("name", SMALL)
def test_folded_networks_compute_the_same_with_the_layers_that_are_deployed(name: str) -> None:
    space = SPACES.load(name)(**SMALL[name], image_size=32)
    arch = space.sample(np.random.default_rng(0), 1)[0]
    torch.manual_seed(0)
    network, images = NETWORKS.load(name)(space, arch), torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        network(images)  # statistics that are not those of the start
        wanted = network.eval()(images)
        fold_batch_norm(network)
        torch.testing.assert_close(network(images), wanted)
    left = sum(isinstance(module, torch.nn.BatchNorm2d) for module in network.modules())
    assert left == sum(layer.kind == "batch_norm" for layer in deployed(space.layers(arch)))


@pytest.mark.parametrize("name", SMALL)
def test_networks_run_as_many_activations_and_sums_as_their_layers_say(name: str) -> None:
    space = SPACES.load(name)(**SMALL[name], image_size=32)
    for arch in space.sample(np.random.default_rng(0), 3):
        network = NETWORKS.load(name)(space, arch).eval()
        with _Kinds() as ran, torch.no_grad():
            network(torch.zeros(1, 3, 32, 32))
        kinds = Counter(layer.kind for layer in space.layers(arch))
        assert ran.ops["relu"] == kinds["relu"] + kinds["relu6"]
        assert ran.ops["add"] == kinds["add"]


class _Kinds(TorchDispatchMode):
    """Counts operators on images."""

    def __init__(self) -> None:
        super().__init__()
        self.ops: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__.rstrip("_")
        if isinstance(out, torch.Tensor) and out.ndim == 4:
            self.ops["relu" if name in {"hardtanh", "relu6"} else name] += 1
        return out


def test_every_network_of_images_is_folded_here() -> None:
    assert set(SMALL) == set(NETWORKS) - {"recurrent"}
