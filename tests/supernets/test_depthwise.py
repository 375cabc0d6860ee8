"""Depthwise convolutions with gradients written otherwise: equal to PyTorch's own."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from awnas_gym.supernets.depthwise import DepthwiseConv2d  # noqa: E402


def pair(kernel: int, dilation: int, stride: int, *, channels: int = 4) -> list[nn.Conv2d]:
    """Return a convolution of ours and of torch with the same weights."""
    arguments = (channels, channels, kernel, stride, dilation * (kernel // 2), dilation, channels, False)
    ours, plain = DepthwiseConv2d(*arguments).double(), nn.Conv2d(*arguments).double()
    plain.load_state_dict(ours.state_dict())
    return [ours, plain]


@pytest.mark.parametrize("size", [(8, 8), (7, 9), (1, 3), (4, 2)])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("dilation", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 3, 5, 7])
def test_output_and_gradients_equal_the_plain_ones(
    kernel: int, dilation: int, stride: int, size: tuple[int, int]
) -> None:
    ours, plain = pair(kernel, dilation, stride)
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(3, 4, *size, generator=generator, dtype=torch.float64)
    found = []
    for module in (ours, plain):
        x = images.clone(memory_format=torch.channels_last).requires_grad_()
        out = module(x)
        weigh = torch.randn(out.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
        found.append([out.detach(), *torch.autograd.grad(out, [x, module.weight], weigh)])
    for mine, theirs in zip(*found, strict=True):
        assert mine.shape == theirs.shape
        assert (mine - theirs).abs().max() < 1e-12
    assert found[1][2].abs().max() > 0


@pytest.mark.parametrize(("dilation", "stride"), [(2, 1), (1, 2)])
def test_gradients_can_be_differentiated_again(dilation: int, stride: int) -> None:
    ours, _ = pair(5, dilation, stride, channels=2)
    x = torch.randn(2, 2, 5, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda x, w: torch.func.functional_call(ours, {"weight": w}, (x,)),
                                        (x, ours.weight.detach().requires_grad_()))  # fmt: skip


def test_without_gradients_the_output_is_the_same() -> None:
    ours, plain = pair(5, 2, 2)
    images = torch.randn(2, 4, 9, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    with torch.no_grad():
        assert torch.equal(ours(images), plain(images))


@pytest.mark.parametrize(
    "changed", [{"padding": 0}, {"kernel_size": (3, 5), "padding": (1, 2)}, {"kernel_size": 4}, {"bias": True}]
)
def test_other_convolutions_are_torchs_own(changed: dict[str, object]) -> None:
    arguments = {"kernel_size": 5, "padding": 2, "groups": 4, "bias": False, **changed}
    ours, plain = DepthwiseConv2d(4, 4, **arguments), nn.Conv2d(4, 4, **arguments)
    plain.load_state_dict(ours.state_dict())
    x = torch.randn(2, 4, 9, 9, generator=torch.Generator().manual_seed(0), requires_grad=True)
    first, second = (
        torch.autograd.grad(module(x).square().sum(), [x, *module.parameters()]) for module in (ours, plain)
    )
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
