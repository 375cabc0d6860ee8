"""What operations compute, written out once more with torch's functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

torch = pytest.importorskip("torch", reason="operations need torch: pip install 'awnas-gym[torch]'")

from torch.nn import functional as F  # noqa: E402, N812

from awnas_gym.supernets.operations import make_operation  # noqa: E402

Convs = Iterator[torch.nn.Conv2d]
Function = Callable[[torch.Tensor, Convs], torch.Tensor]


def norm(x: torch.Tensor) -> torch.Tensor:
    """Batch norm as new, in evaluation mode."""
    return x / (1 + 1e-5) ** 0.5


def conv(x: torch.Tensor, convs: Convs, **settings: int) -> torch.Tensor:
    layer = next(convs)
    return F.conv2d(x, layer.weight, layer.bias, **settings)


def sep_conv(x: torch.Tensor, convs: Convs) -> torch.Tensor:
    for _ in range(2):
        x = norm(conv(conv(F.relu(x), convs, padding=1, groups=8), convs))
    return x


def dil_conv(x: torch.Tensor, convs: Convs) -> torch.Tensor:
    return norm(conv(conv(F.relu(x), convs, padding=4, groups=8, dilation=2), convs))


def resnet_block(x: torch.Tensor, convs: Convs) -> torch.Tensor:
    inner = norm(conv(F.relu(norm(conv(x, convs, padding=1))), convs, padding=1))
    return F.relu(inner + norm(conv(x, convs)))


def pool_downsample(x: torch.Tensor, convs: Convs) -> torch.Tensor:
    inner = norm(conv(F.relu(norm(conv(x, convs, padding=1, stride=2))), convs, padding=1))
    return F.relu(inner + torch.cat([x[:, :, ::2, ::2], torch.zeros_like(x[:, :, ::2, ::2])], dim=1))


def split(x: torch.Tensor, convs: Convs) -> torch.Tensor:
    first = F.hardtanh(norm(conv(x, convs, padding=1)) + norm(conv(x, convs, padding=1)))
    second = norm(conv(first, convs, padding=1)) + norm(conv(first, convs, padding=1))
    return F.hardtanh(second + norm(conv(x, convs)))


def wideresnet(x: torch.Tensor, convs: Convs) -> torch.Tensor:
    inner = conv(F.relu(norm(conv(F.relu(norm(x)), convs, padding=1))), convs, padding=1)
    return inner + conv(x, convs)


def dense(x: torch.Tensor, convs: Convs) -> torch.Tensor:
    inner = conv(F.relu(norm(conv(F.relu(norm(x)), convs))), convs, padding=1)
    return torch.cat([inner, x], dim=1)


def mobilenet(x: torch.Tensor, convs: Convs) -> torch.Tensor:
    inner = F.relu6(norm(conv(x, convs)))
    inner = F.relu6(norm(conv(inner, convs, padding=1, groups=inner.shape[1])))
    return norm(conv(inner, convs)) + norm(conv(x, convs))


def excite(x: torch.Tensor, convs: Convs) -> torch.Tensor:
    return x * F.hardsigmoid(conv(F.relu(conv(x.mean((2, 3), keepdim=True), convs)), convs))


@pytest.mark.parametrize(
    ("name", "c_out", "stride", "function"),
    [
        ("sep_conv_3x3", 8, 1, sep_conv),
        ("dil_conv_5x5", 8, 1, dil_conv),
        ("resnet_block", 16, 1, resnet_block),
        ("resnet_block_pool_downsample", 16, 2, pool_downsample),
        ("resnet_block_split_hardtanh", 16, 1, split),
        ("wideresnet_block_3x3", 16, 1, wideresnet),
        ("dense_block", 11, 1, dense),
        ("mobilenet_block_1_relu6", 16, 1, mobilenet),
        ("se_module", 8, 1, excite),
    ],
)
def test_what_an_operation_computes(name: str, c_out: int, stride: int, function: Function) -> None:
    operation = make_operation(name, 8, c_out, stride=stride).eval()
    convs = [module for module in operation.modules() if isinstance(module, torch.nn.Conv2d)]
    rest = iter(convs)
    x = torch.randn(2, 8, 9, 9, generator=torch.Generator().manual_seed(0)) * 3
    expected = function(x, rest)
    assert next(rest, None) is None
    torch.testing.assert_close(operation(x), expected)


@pytest.mark.parametrize(
    ("name", "inside"), [("avg_pool_3x3", lambda window: window.mean()), ("max_pool_3x3", lambda window: window.max())]
)
@pytest.mark.parametrize("size", [4, 5])
def test_pools_leave_padding_out(name: str, inside: Callable[[torch.Tensor], torch.Tensor], size: int) -> None:
    x = torch.randn(1, 1, size, size, generator=torch.Generator().manual_seed(0)) - 5  # below the zeros of padding
    out = make_operation(name, 1, 1, stride=2)(x)[0, 0]
    for i, row in enumerate(out):
        for j, value in enumerate(row):
            window = x[0, 0, max(0, 2 * i - 1) : 2 * i + 2, max(0, 2 * j - 1) : 2 * j + 2]
            torch.testing.assert_close(value, inside(window))
