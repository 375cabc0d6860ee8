"""Batch norms become part of convolutions, as `deployed` says it of layers."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="networks need PyTorch")

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
    if name != "enas":  # there, the last convolution of a cell sees a part of its channels, and its norm stays
        assert left == sum(layer.kind == "batch_norm" for layer in deployed(space.layers(arch)))


def test_every_network_of_images_is_folded_here() -> None:
    assert set(SMALL) == set(NETWORKS) - {"recurrent"}
