"""Stage-wise supernets mixed by a matrix: what is run, what comes out, and the gradient of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from awnas_gym.spaces import SPACES

torch = pytest.importorskip("torch", reason="networks need torch: pip install 'awnas-gym[torch]'")

from awnas_gym.supernets import SUPERNETS  # noqa: E402
from awnas_gym.supernets.operations.factory import LayerFactory  # noqa: E402

SMALL = {"channels": 2, "image_channels": 2, "image_size": 8, "classes": 3}
SETTINGS: dict[str, dict[str, Any]] = {
    "nasbench_macro": SMALL,
    "fbnet": {**SMALL, "variant": "cifar"},
    "proxylessnas": {**SMALL, "variant": "cifar"},
}


class Smooth(LayerFactory):
    """Activations without the kinks that finite differences trip over."""

    def activation(self, kind: Any) -> Any:
        return torch.nn.Softplus()


@pytest.fixture(scope="module", params=SETTINGS)
def built(request: pytest.FixtureRequest) -> Any:
    space = SPACES.load(request.param)(**SETTINGS[request.param])
    return SUPERNETS.load(request.param)(space, factory=Smooth()).double()


@pytest.fixture
def supernet(built: Any) -> Any:
    built.initialise(torch.Generator().manual_seed(0))
    return built.train()


def images(n: int = 6) -> Any:
    return torch.randn(n, 2, 8, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def matrix(supernet: Any, seed: int = 0) -> Any:
    """Return weights that sum to 1 over the blocks that a layer may have, and which these are."""
    legal = supernet.space.edge_legal
    drawn = np.random.default_rng(seed).exponential(size=legal.shape) * legal
    return torch.from_numpy(drawn / drawn.sum(axis=1, keepdims=True)), legal


def loss(supernet: Any, weights: Any, run: Any) -> Any:
    return torch.nn.functional.cross_entropy(supernet.mix(images(), weights, run), torch.arange(6) % 3)


def run_blocks(supernet: Any, weights: Any, run: Any) -> set[tuple[int, str]]:
    """Return the blocks that a mixture runs, by hooks."""
    seen: set[tuple[int, str]] = set()
    handles = [
        block.register_forward_hook(lambda *_, found=(i, name): seen.add(found))
        for i, layer in enumerate(supernet.network.layers)
        for name, block in layer.items()
    ]
    supernet.mix(images(), weights, run)
    for handle in handles:
        handle.remove()
    return seen


@pytest.mark.parametrize("training", [True, False])
def test_the_matrix_of_an_architecture_gives_what_the_architecture_gives(supernet: Any, training: bool) -> None:
    supernet.train(training)
    for arch in supernet.space.sample(np.random.default_rng(0), 3):
        weights = torch.from_numpy(supernet.space.relax(arch))
        run = supernet.space.relax(arch) != 0
        torch.testing.assert_close(
            supernet.mix(images(), weights, run), supernet(images(), arch), atol=1e-12, rtol=1e-10
        )


def test_what_is_run_and_nothing_else(supernet: Any) -> None:
    space = supernet.space
    run = space.edge_legal & (np.random.default_rng(0).random(space.edge_legal.shape) < 0.3)
    expected = {(i, space.blocks[j]) for i, j in np.argwhere(run).tolist()}
    assert run_blocks(supernet, matrix(supernet)[0], run) == expected
    assert not run.all(axis=1).any()
    assert not run.any(axis=1).all(), "a layer of which nothing is run is a case, too"


def test_the_weights_of_what_is_not_run_count_for_nothing(supernet: Any) -> None:
    weights, legal = matrix(supernet)
    weights.requires_grad_()
    run = legal & (np.arange(legal.shape[1]) < 2)
    (slope,) = torch.autograd.grad(loss(supernet, weights, run), weights)
    assert np.array_equal(slope.numpy() != 0, run)
    cut = torch.where(torch.from_numpy(run), weights, 0.0)
    assert torch.equal(loss(supernet, weights, run), loss(supernet, cut, run))


def test_a_layer_of_nothing_is_zeros(supernet: Any) -> None:
    """The logits are then those of the layers behind it, whatever the image."""
    weights, legal = matrix(supernet)
    run = legal.copy()
    run[-1] = False
    logits = supernet.mix(images(), weights, run)
    assert logits.shape == (6, 3)
    torch.testing.assert_close(logits, logits[:1].expand(6, 3))
    (slope,) = torch.autograd.grad(logits.sum(), weights.requires_grad_(), materialize_grads=True)
    assert not slope.any()


def test_a_path_without_an_output_has_its_gradient(supernet: Any) -> None:
    """The gradient of a weight of 0 is the change where its path comes in: half of ProxylessNAS's two."""
    space = supernet.space
    arch, other = space.sample(np.random.default_rng(3), 2)
    two = torch.from_numpy(space.relax(arch)).requires_grad_()
    run = (space.relax(arch) + space.relax(other)) != 0
    (slope,) = torch.autograd.grad(loss(supernet, two, run), two)
    one = torch.from_numpy(space.relax(arch)).requires_grad_()
    (alone,) = torch.autograd.grad(loss(supernet, one, space.relax(arch) != 0), one)
    chosen = space.relax(arch) != 0
    torch.testing.assert_close(slope[chosen], alone[chosen], atol=1e-10, rtol=1e-8)
    for i, j in np.argwhere(run & ~chosen)[:4].tolist():
        assert float(slope[i, j]) == pytest.approx(central_difference(supernet, two, run, (i, j)), rel=1e-5, abs=1e-7)


def test_the_gradient_is_that_of_central_differences(supernet: Any) -> None:
    weights, legal = matrix(supernet, seed=2)
    (slope,) = torch.autograd.grad(loss(supernet, weights.requires_grad_(), legal), weights)
    for i, j in np.random.default_rng(1).permutation(np.argwhere(legal))[:8].tolist():
        expected = central_difference(supernet, weights, legal, (i, j))
        assert float(slope[i, j]) == pytest.approx(expected, rel=1e-5, abs=1e-7)


def central_difference(supernet: Any, weights: Any, run: Any, at: tuple[int, int], step: float = 1e-5) -> float:
    found = []
    for sign in (1, -1):
        moved = weights.detach().clone()
        moved[at] += sign * step
        with torch.no_grad():
            found.append(float(loss(supernet, moved, run)))
    return (found[0] - found[1]) / (2 * step)
