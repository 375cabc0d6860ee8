"""The second classifier of networks of cells."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.spaces.darts import DARTS
from awnas_gym.spaces.enas import ENAS

torch = pytest.importorskip("torch", reason="networks need torch: pip install 'awnas-gym[torch]'")

from awnas_gym.supernets.auxiliary import AuxiliaryHead  # noqa: E402
from awnas_gym.supernets.cells import CellsNetwork, CellsSupernet  # noqa: E402

SIZES = {"channels": 4, "cells": 4, "image_channels": 2, "image_size": 14, "classes": 3}


@pytest.mark.parametrize(
    ("form", "size", "params"),
    [
        # ReLU, pooling, 1x1 to 128, norm, ReLU, 2x2 to 768, norm, ReLU, linear with bias
        ("cifar", 8, 576 * 128 + 2 * 128 + 4 * 128 * 768 + 2 * 768 + 768 * 10 + 10),
        ("imagenet", 7, 576 * 128 + 2 * 128 + 4 * 128 * 768 + 768 * 10 + 10),
        ("enas", 8, 576 * 128 + 2 * 128 + 4 * 128 * 768 + 2 * 768 + 768 * 10),
    ],
)
def test_what_heads_hold(form: str, size: int, params: int) -> None:
    head = AuxiliaryHead(576, size, 10, form=form)
    assert sum(parameter.numel() for parameter in head.parameters()) == params
    assert head.pool[1].kernel_size == 5
    pooled = head.pool(torch.zeros(2, 576, size, size))
    assert pooled.shape == (2, 128, 2, 2)
    left = 2 if form == "enas" else 1
    assert head.features(torch.nn.functional.pad(pooled, head.padding)).shape == (2, 768, left, left)


@pytest.mark.parametrize("form", ["cifar", "imagenet", "enas"])
@pytest.mark.parametrize("size", [2, 3, 4, 5, 7, 8, 9, 16])
def test_heads_adapt_to_the_image(form: str, size: int) -> None:
    head = AuxiliaryHead(6, size, 5, form=form)
    x = torch.randn(3, 6, size, size, generator=torch.Generator().manual_seed(0)).requires_grad_()
    logits = head(x)
    assert logits.shape == (3, 5)
    logits.square().sum().backward()
    assert x.grad is not None
    assert all(parameter.grad.any() for parameter in head.parameters())
    if size < 7:  # quarters of the image
        torch.testing.assert_close(
            head.pool[1](torch.relu(x)), torch.nn.functional.adaptive_avg_pool2d(torch.relu(x), 2)
        )


@pytest.mark.parametrize("space", [DARTS(**SIZES), ENAS(**SIZES), ENAS(**SIZES, output="concat")])
@pytest.mark.parametrize("form", [True, "cifar", "imagenet", "enas"])
def test_only_in_training_there_are_two(space: DARTS | ENAS, form: bool | str) -> None:
    arch = space.sample(np.random.default_rng(0), 1)[0]
    images = torch.randn(2, 2, 14, 14, generator=torch.Generator().manual_seed(0))
    supernet = CellsSupernet(space, auxiliary=form)
    supernet.initialise(torch.Generator().manual_seed(0))
    plain = supernet.derive(arch)
    both = supernet(images, arch)
    assert isinstance(both, tuple)
    assert [logits.shape for logits in both] == [(2, 3)] * 2
    torch.testing.assert_close(plain(images), both)
    both[1].sum().backward()
    reached = {name.split(".")[2] for name, p in supernet.named_parameters() if p.grad is not None and "cells" in name}
    assert reached == {"0", "1", "2"}  # of four cells; the head is behind the second reduce cell
    for network in (supernet, plain):
        network.eval()
    assert supernet(images, arch).shape == plain(images).shape == (2, 3)


def test_a_network_without_a_head_gives_logits() -> None:
    space = DARTS(**SIZES)
    network = CellsNetwork(space, [0] * 22)
    assert network(torch.zeros(2, 2, 14, 14)).shape == (2, 3)


def test_what_heads_cannot_read() -> None:
    with pytest.raises(SettingError, match="2x2 pixels or more; got 1x1"):
        CellsNetwork(DARTS(**{**SIZES, "image_size": 4}), [0] * 22, auxiliary=True)
    CellsNetwork(DARTS(**{**SIZES, "image_size": 5}), [0] * 22, auxiliary=True)
    with pytest.raises(UnknownNameError, match="Did you mean 'cifar'"):
        CellsSupernet(DARTS(**SIZES), auxiliary="cifar10")
