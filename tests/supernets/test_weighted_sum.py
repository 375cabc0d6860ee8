"""The weighted sum as a function: its derivatives of both orders, and how many digits it keeps."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="networks need torch: pip install 'awnas-gym[torch]'")

from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from awnas_gym.supernets.weighted_sum import observe, weighted_sum  # noqa: E402


def drawn(*shape: int, seed: int, dtype: Any = torch.float64) -> Any:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def arguments(terms: int, plain: int) -> list[Any]:
    """Return small tensors that need gradients: matrix, scale, shift, weights, then values."""
    found = [
        drawn(terms, 3, 2, seed=0) if terms else None,
        drawn(terms, 3, seed=1) if terms else None,
        drawn(3, seed=2) if terms else None,
        drawn(plain, seed=3) if plain else None,
        *(drawn(2, 2, 3, 2, seed=4 + i) for i in range(terms)),
        *(drawn(2, 3, 3, 2, seed=9 + i) for i in range(plain)),
    ]
    return [each if each is None else each.requires_grad_() for each in found]


def sums(terms: int, plain: int) -> Any:
    norms = [nn.BatchNorm2d(3, eps=0.1 * (1 + i), affine=False).double() for i in range(terms)]

    def function(matrix: Any, scale: Any, shift: Any, weights: Any, *values: Any) -> Any:
        return weighted_sum(
            norms, values[:terms], values[terms:], matrix=matrix, scale=scale, shift=shift, weights=weights
        )

    return function


@pytest.mark.parametrize(("terms", "plain"), [(1, 0), (0, 1), (2, 2), (0, 3), (3, 0)])
def test_derivatives(terms: int, plain: int) -> None:
    given = arguments(terms, plain)
    assert torch.autograd.gradcheck(sums(terms, plain), given)
    assert torch.autograd.gradgradcheck(sums(terms, plain), given)


def test_one_argument_may_depend_on_another() -> None:
    """As a node's value on another that is summed beside it, where gradients are differentiated again."""

    def function(matrix: Any, scale: Any, shift: Any, weights: Any, x: Any, y: Any) -> Any:
        first = sums(1, 1)(matrix, scale, shift, weights, x, y)
        return sums(1, 2)(matrix, scale * first.mean(), shift, torch.cat([weights, weights]), x, first, y * first)

    given = arguments(1, 1)
    once, again = (
        torch.autograd.grad(function(*given).square().sum(), given, create_graph=create) for create in (False, True)
    )
    for one, other in zip(once, again, strict=True):
        torch.testing.assert_close(one, other, atol=1e-12, rtol=1e-10)


def test_running_statistics_are_those_of_the_norm_itself() -> None:
    norm, alone = (nn.BatchNorm2d(3, momentum=0.3).double() for _ in range(2))
    x, matrix = drawn(4, 2, 5, 5, seed=0) * 3 + 1, drawn(1, 3, 2, seed=1)
    for _ in range(2):
        expected = alone(functional.conv2d(x, matrix[0, :, :, None, None]))
        out = weighted_sum([norm], [x], [], matrix=matrix, scale=norm.weight[None], shift=norm.bias, weights=None)
        torch.testing.assert_close(out, expected, atol=1e-12, rtol=1e-10)
    for (name, one), other in zip(norm.named_buffers(), alone.buffers(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-12, rtol=1e-10, msg=name)
    norm.track_running_stats = False
    observe([norm], torch.zeros(1, 3), torch.zeros(1, 3))
    torch.testing.assert_close(norm.running_var, alone.running_var)


@pytest.mark.parametrize(("deviations", "error"), [(0, 1e-6), (5, 5e-6), (30, 5e-4)])
def test_digits_in_float32(deviations: float, error: float) -> None:
    """They are lost by the square of the mean of what is read, in deviations."""
    x, matrix = drawn(16, 8, 16, 16, seed=0) + deviations, drawn(1, 8, 8, seed=1)
    expected = functional.batch_norm(functional.conv2d(x, matrix[0, :, :, None, None]), None, None, training=True)
    norm, matrix = nn.BatchNorm2d(8, affine=False), matrix.float()
    found = weighted_sum([norm], [x.float()], [], matrix=matrix, scale=torch.ones(1, 8), shift=None, weights=None)
    assert float((found - expected).abs().max()) < error * float(expected.abs().max())
