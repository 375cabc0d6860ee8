"""Mixtures of cells: numbers and gradients of each operation by itself, at less than its cost."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="networks need torch: pip install 'awnas-gym[torch]'")

from torch import nn  # noqa: E402
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402

from awnas_gym.evaluators.batch_norm import frozen_statistics  # noqa: E402
from awnas_gym.spaces import SPACES  # noqa: E402
from awnas_gym.supernets.cells import CellsSupernet  # noqa: E402
from awnas_gym.supernets.nasbench201 import Supernet  # noqa: E402
from awnas_gym.supernets.operations.factory import LayerFactory, NormalisedPools  # noqa: E402
from experiments.naive_mixture import TorchsOwn, TorchsOwnOfDARTS, naive_mix  # noqa: E402

SMALL = {"channels": 4, "cells": 3, "image_channels": 2, "image_size": 11, "classes": 3}
PAIRS: dict[str, Any] = {
    "darts as searched": lambda: pair_of_darts(False, NormalisedPools(), TorchsOwnOfDARTS()),
    "darts": lambda: pair_of_darts(True, None, TorchsOwn()),
    "nasbench201": lambda: pair_of_nasbench201(True),
    "nasbench201, not affine": lambda: pair_of_nasbench201(False),
}


def pair_of_darts(affine: bool, factory: LayerFactory | None, naive: LayerFactory) -> tuple[Any, Any]:
    space = SPACES.load("darts")(**SMALL)
    return CellsSupernet(space, affine=affine, factory=factory), CellsSupernet(space, affine=affine, factory=naive)


def pair_of_nasbench201(affine: bool) -> tuple[Any, Any]:
    space = SPACES.load("nasbench201")(**{**SMALL, "cells": 1, "reduction": "projection"})
    return Supernet(space, affine=affine), Supernet(space, affine=affine)


@pytest.fixture(params=PAIRS)
def pair(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    """Return ours and the naive one with the same weights, not as new, float64."""
    ours, naive = PAIRS[request.param]()
    drawn = torch.Generator().manual_seed(0)
    ours.initialise(drawn)
    with torch.no_grad():
        for norm in ours.modules():
            if isinstance(norm, nn.BatchNorm2d):
                norm.running_mean.normal_(generator=drawn)
                norm.running_var.uniform_(0.5, 2, generator=drawn)
                if norm.affine:
                    norm.weight.uniform_(0.5, 2, generator=drawn)
                    norm.bias.normal_(generator=drawn)
    naive.load_state_dict(ours.state_dict())
    ours.to(memory_format=torch.channels_last)
    return ours.double(), naive.double()


def images(n: int = 6, dtype: Any = torch.float64) -> Any:
    return torch.randn(n, 2, 11, 11, generator=torch.Generator().manual_seed(1), dtype=torch.float64).to(dtype)


def matrix(supernet: Any, dtype: Any = torch.float64) -> tuple[Any, Any]:
    """Return weights, and that all operations are run."""
    shape = supernet.space.edge_legal.shape
    drawn = torch.rand(shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64) + 0.1
    return drawn.to(dtype), np.ones(shape, dtype=bool)


def everything(mix: Any, supernet: Any, weights: Any, run: Any) -> dict[str, Any]:
    """Return logits, the gradients of a loss by the weights and all parameters, and the buffers afterwards."""
    weights = weights.clone().requires_grad_()
    logits = mix(supernet, images(dtype=weights.dtype), weights, run)
    named = dict(supernet.named_parameters())
    slopes = torch.autograd.grad(
        nn.functional.cross_entropy(logits, torch.arange(6) % 3), [weights, *named.values()], allow_unused=True
    )
    return {
        "logits": logits.detach(),
        **{f"gradient of {name}": slope for name, slope in zip(["matrix", *named], slopes, strict=True)},
        **{name: buffer.clone() for name, buffer in supernet.named_buffers()},
    }


def mix(supernet: Any, *arguments: Any) -> Any:
    return supernet.mix(*arguments)


def assert_equal(ours: dict[str, Any], naive: dict[str, Any], tolerance: float) -> None:
    """Compare with the largest number of each tensor; of a network's small gradients, with its largest."""
    assert ours.keys() == naive.keys()
    gradients = [value for name, value in naive.items() if "gradient" in name and value is not None]
    largest = max((float(value.abs().max()) for value in gradients), default=0.0)
    for name, value in naive.items():
        if value is None:
            assert ours[name] is None, name
            continue
        scale = max(float(value.abs().max()), 1e-3 * largest if "gradient" in name else 1e-2)
        assert float((ours[name] - value).abs().max()) <= tolerance * scale, name


@pytest.mark.parametrize("training", [True, False])
def test_numbers_and_gradients_are_the_naive_ones(pair: tuple[Any, Any], training: bool) -> None:
    ours, naive = (each.train(training) for each in pair)
    weights, run = matrix(ours)
    assert_equal(everything(mix, ours, weights, run), everything(naive_mix, naive, weights, run), 1e-10)


def test_in_float32_too(pair: tuple[Any, Any]) -> None:
    """Gradients jump where rounding moves a number over a kink; what comes forward does not."""
    ours, naive = (each.float() for each in pair)
    weights, run = matrix(ours, torch.float32)
    found, expected = everything(mix, ours, weights, run), everything(naive_mix, naive, weights, run)
    forward = [name for name in expected if "gradient" not in name]
    assert_equal({name: found[name] for name in forward}, {name: expected[name] for name in forward}, 1e-4)


def test_what_is_not_run_gives_nothing_and_gets_no_gradient(pair: tuple[Any, Any]) -> None:
    ours, naive = pair
    weights, run = matrix(ours)
    run = np.random.default_rng(0).random(run.shape) < 0.4
    run[:, 1] = True  # so that every node has something
    found = everything(mix, ours, weights, run)
    assert_equal(found, everything(naive_mix, naive, weights, run), 1e-10)
    slope = found["gradient of matrix"].numpy()
    assert not slope[~run].any()
    assert slope[run][:, None].any()
    assert any(value is None for value in found.values()), "parameters of operations that are not run"


def test_a_weight_of_zero_that_is_run_has_its_gradient(pair: tuple[Any, Any]) -> None:
    ours, naive = pair
    weights, run = matrix(ours)
    weights[:, 2:] = 0
    found = everything(mix, ours, weights, run)
    assert_equal(found, everything(naive_mix, naive, weights, run), 1e-10)
    assert float(found["gradient of matrix"][:, 2:].abs().max()) > 1e-4


def test_the_matrix_of_an_architecture_gives_what_the_architecture_gives(pair: tuple[Any, Any]) -> None:
    ours, _ = pair
    for training in (True, False):
        ours.train(training)
        for arch in ours.space.sample(np.random.default_rng(0), 3):
            alone = ours.space.relax(arch)
            mixed = ours.mix(images(), torch.from_numpy(alone), alone != 0)
            torch.testing.assert_close(mixed, ours(images(), arch), atol=1e-10, rtol=1e-10)


def test_frozen_statistics_stay(pair: tuple[Any, Any]) -> None:
    ours, _ = pair
    weights, run = matrix(ours)
    before = {name: buffer.clone() for name, buffer in ours.named_buffers()}
    with frozen_statistics(ours):
        frozen = ours.mix(images(), weights, run)
    assert all(torch.equal(before[name], buffer) for name, buffer in ours.named_buffers())
    assert torch.equal(frozen, ours.mix(images(), weights, run))
    assert not all(torch.equal(before[name], buffer) for name, buffer in ours.named_buffers())


def test_gradients_can_be_differentiated_again(pair: tuple[Any, Any]) -> None:
    """The product of the loss's Hessian by the matrix with a direction, and what that does to the parameters."""
    found = []
    for run_mix, supernet in zip((mix, naive_mix), pair, strict=True):
        weights, run = matrix(supernet)
        weights.requires_grad_()
        loss = nn.functional.cross_entropy(run_mix(supernet, images(), weights, run), torch.arange(6) % 3)
        (slope,) = torch.autograd.grad(loss, weights, create_graph=True)
        parameters = [p for p in supernet.parameters() if p.ndim == 4]
        along = slope @ torch.linspace(-1, 1, slope.shape[1], dtype=slope.dtype)
        found.append(torch.autograd.grad(along.sum(), [weights, *parameters], allow_unused=True))
    largest = max(float(each.abs().max()) for each in found[1] if each is not None)
    assert largest > 1e-3
    for one, other in zip(*found, strict=True):
        assert (one is None) == (other is None)
        assert one is None or float((one - other).abs().max()) < 1e-9 * largest


def test_pooling_is_computed_once_for_all_edges_of_a_value() -> None:
    class Calls(TorchDispatchMode):
        """Count what is called."""

        def __init__(self) -> None:
            super().__init__()
            self.seen: Counter[Any] = Counter()

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            self.seen[func] += 1
            return func(*args, **(kwargs or {}))

    space = SPACES.load("darts")(**{**SMALL, "cells": 1})
    supernet = CellsSupernet(space, affine=False, factory=NormalisedPools())
    weights, run = matrix(supernet, torch.float32)
    with Calls() as calls:
        supernet.mix(images(dtype=torch.float32), weights, run)
    values = 2 + 3  # the last node is read by none
    assert calls.seen[torch.ops.aten.max_pool2d_with_indices.default] == values
    assert calls.seen[torch.ops.aten.avg_pool2d.default] == values
    reduced = 4  # skip connections that halve: normal and reduce cells of one cell are reduce cells
    inside = 2 * 14  # between the halves of the separable convolutions of 14 edges
    assert calls.seen[torch.ops.aten.native_batch_norm.default] <= 2 * values + 3 + 2 * reduced + inside


class Halves(nn.Conv2d):
    """A layer of a user's factory: weights count half."""

    def forward(self, x: Any) -> Any:
        return super().forward(x) / 2


class Doubles(nn.BatchNorm2d):
    """Another one: twice the deviation."""

    def forward(self, x: Any) -> Any:
        return super().forward(x) * 2


class Picky(nn.MaxPool2d):
    """Another one: it keeps count of its calls."""

    calls = 0

    def forward(self, x: Any) -> Any:
        type(self).calls += 1
        return super().forward(x)


class Own(LayerFactory):
    """Makes one kind of layer itself."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def convolution(self, c_in: int, c_out: int, kernel: Any, **settings: Any) -> nn.Module:
        own = self.kind == "convolution" and kernel == (1, 1)
        return (Halves if own else nn.Conv2d)(c_in, c_out, kernel, **settings)

    def batch_norm(self, channels: int, *, affine: bool = True) -> nn.Module:
        return (Doubles if self.kind == "batch_norm" else nn.BatchNorm2d)(channels, affine=affine)

    def pooling(self, kind: Any, channels: int, kernel: int, **settings: Any) -> nn.Module:
        own = self.kind == "pooling" and kind == "max_pool"
        pool = super().pooling(kind, channels, kernel, **settings)
        return Picky(kernel, settings["stride"], settings["padding"]) if own else pool


@pytest.mark.parametrize("kind", ["convolution", "batch_norm", "pooling"])
def test_layers_of_a_factory_do_what_they_do(kind: str) -> None:
    supernet = CellsSupernet(SPACES.load("darts")(**SMALL), factory=Own(kind)).double()
    supernet.initialise(torch.Generator().manual_seed(0))
    weights, run = matrix(supernet)
    Picky.calls = 0
    found = supernet.mix(images(), weights, run)
    assert Picky.calls == (3 * 14 if kind == "pooling" else 0), "once for each edge"
    torch.testing.assert_close(found, naive_mix(supernet, images(), weights, run), atol=1e-10, rtol=1e-10)


def test_the_layout_of_images_changes_nothing(pair: tuple[Any, Any]) -> None:
    ours, _ = pair
    weights, run = matrix(ours)
    one = everything(mix, ours, weights, run)
    other = pair[1]  # torch's default layout
    assert_equal(everything(mix, other, weights, run), one, 1e-10)
