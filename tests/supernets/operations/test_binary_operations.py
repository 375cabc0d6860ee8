"""What the operations of binary networks compute, written out once more, and that signs tell images apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

torch = pytest.importorskip("torch", reason="operations need torch: pip install 'awnas-gym[torch]'")

from torch.nn import functional as F  # noqa: E402, N812

from awnas_gym.errors import SettingError  # noqa: E402
from awnas_gym.supernets.binary import BinaryConv2d  # noqa: E402
from awnas_gym.supernets.operations import OPERATIONS, make_operation, operation_layers  # noqa: E402
from tests.supernets.operations.test_functions import Convs, conv, norm  # noqa: E402

BINARY = [name for name in OPERATIONS if name.startswith(("xnor_", "bireal_"))]
CONVOLVING = [name for name in BINARY if name != "xnor_skip_connect"]


def binary(x: torch.Tensor, convs: Convs, *, by_channel: bool = False, **settings: int) -> torch.Tensor:
    """Return the convolution of signs by signs times scales, the bit of 0 being that of 1."""
    layer = next(convs)
    over = (1, 2, 3) if by_channel else (0, 1, 2, 3)
    scale = layer.weight.abs().mean(dim=over, keepdim=True).view(-1, 1, 1)
    ones = torch.where(layer.weight < 0, -1.0, 1.0)
    return F.conv2d(torch.where(x < 0, -1.0, 1.0), ones, **settings) * scale


def moved(x: torch.Tensor, convs: Convs, **settings: bool) -> torch.Tensor:
    """Return both halves of a factorised reduction of an image of even size, by kernels of 3x3."""
    halves = [binary(part, convs, stride=2, padding=1, **settings) for part in (x, x[:, :, 1:, 1:])]
    return torch.cat(halves, dim=1)


def halved(x: torch.Tensor) -> torch.Tensor:
    return F.avg_pool2d(x, 2)


def conv_3x3(x: torch.Tensor, convs: Convs) -> torch.Tensor:
    return F.relu(binary(norm(x), convs, padding=1))


def conv_3x3_halving(x: torch.Tensor, convs: Convs) -> torch.Tensor:
    return F.relu(moved(norm(x), convs))


def skip(x: torch.Tensor, convs: Convs) -> torch.Tensor:
    return F.relu(binary(norm(x), convs, padding=1) + norm(x))


def skip_halving(x: torch.Tensor, convs: Convs) -> torch.Tensor:
    return F.relu(moved(norm(x), convs) + torch.cat([halved(norm(x))] * 2, dim=1))


def xnor_resnet(x: torch.Tensor, convs: Convs) -> torch.Tensor:
    for _ in range(2):
        x = F.relu(binary(norm(x), convs, by_channel=True, padding=1) + norm(x)) + x
    return x


def xnor_resnet_halving(x: torch.Tensor, convs: Convs) -> torch.Tensor:
    first = F.relu(moved(norm(x), convs, by_channel=True) + torch.cat([halved(norm(x))] * 2, dim=1))
    inner = first + F.relu(norm(conv(x, convs, stride=2)))
    return F.relu(binary(norm(inner), convs, by_channel=True, padding=1) + norm(inner)) + inner


def bireal_resnet(x: torch.Tensor, convs: Convs) -> torch.Tensor:
    inner = norm(binary(x, convs, by_channel=True, padding=1, stride=2)) + norm(conv(x, convs, stride=2))
    return norm(binary(inner, convs, by_channel=True, padding=1)) + inner


def nin(x: torch.Tensor, convs: Convs) -> torch.Tensor:
    def xnor(x: torch.Tensor, padding: int = 0) -> torch.Tensor:
        return F.relu(binary(norm(x), convs, padding=padding))

    x = xnor(xnor(F.relu(norm(conv(x, convs, padding=2)))))
    x = xnor(xnor(xnor(F.max_pool2d(x, 3, 2, 1), 2)))
    x = xnor(xnor(F.avg_pool2d(x, 3, 2, 1, count_include_pad=False), 1))
    return F.relu(conv(norm(x), convs))


@pytest.mark.parametrize(
    ("name", "c_out", "stride", "function"),
    [
        ("xnor_conv_3x3_noskip", 12, 1, conv_3x3),
        ("xnor_conv_3x3_noskip", 12, 2, conv_3x3_halving),
        ("xnor_conv_1x1_noskip", 12, 1, lambda x, convs: F.relu(binary(norm(x), convs))),
        ("xnor_conv_3x3_cond_skip", 8, 1, skip),
        ("xnor_conv_3x3_cond_skip", 16, 2, skip_halving),
        ("xnor_conv_3x3_cond_skip_v0", 8, 1, skip),
        ("xnor_conv_3x3_cond_skip_v0", 16, 2, conv_3x3_halving),
        ("xnor_conv_3x3_skip_connect", 8, 1, lambda x, convs: x),
        ("xnor_conv_3x3_skip_connect", 16, 2, conv_3x3_halving),
        ("xnor_skip_connect", 8, 1, lambda x, convs: x),
        ("xnor_skip_connect", 8, 2, lambda x, convs: halved(x)),
        ("xnor_skip_connect", 16, 2, lambda x, convs: torch.cat([halved(x)] * 2, dim=1)),
        ("xnor_resnet_block", 8, 1, xnor_resnet),
        ("xnor_resnet_block", 16, 2, xnor_resnet_halving),
        ("xnor_vgg_block", 12, 2, lambda x, convs: halved(conv_3x3(x, convs))),
        ("xnor_nin", 5, 4, nin),
        ("bireal_resnet_block", 12, 2, bireal_resnet),
        (
            "bireal_vgg_block", 12, 2,
            lambda x, convs: halved(norm(binary(x, convs, by_channel=True, padding=1))),
        ),
    ],
)  # fmt: skip
def test_what_a_binary_operation_computes(
    name: str, c_out: int, stride: int, function: Callable[[torch.Tensor, Iterator[torch.nn.Conv2d]], torch.Tensor]
) -> None:
    operation = make_operation(name, 8, c_out, stride=stride).eval()
    rest = iter([module for module in operation.modules() if isinstance(module, torch.nn.Conv2d)])
    x = torch.randn(2, 8, 8, 8, generator=torch.Generator().manual_seed(0)) * 3
    expected = function(x, rest)
    assert next(rest, None) is None
    torch.testing.assert_close(operation(x), expected)


@pytest.mark.parametrize("name", CONVOLVING)
def test_layers_say_which_convolutions_are_binary(name: str) -> None:
    stride = OPERATIONS.load(name).strides[-1]
    layers = operation_layers(name, 8, 8, 8, stride=stride)
    operation = make_operation(name, 8, 8, stride=stride)
    made = [module.binary for module in operation.modules() if isinstance(module, BinaryConv2d)]
    assert made == [layer.binary for layer in layers if layer.binary is not None]
    of_bireal = name.startswith("bireal")
    assert made
    assert set(made) <= ({"bireal"} if of_bireal else {"tensor", "channel"})
    signs = {layer.kind for layer in layers if "sign" in layer.kind}
    assert signs == {"bireal_sign" if of_bireal else "sign"}


@pytest.mark.parametrize(
    "name", [name for name in CONVOLVING if name not in {"xnor_nin", "xnor_conv_3x3_skip_connect"}]
)
def test_the_third_of_three_in_a_row_still_tells_images_apart(name: str) -> None:
    """What a ReLU leaves has one sign: were there no batch norm between the two, all images would become the same."""
    row = torch.nn.Sequential(*[make_operation(name, 8, 8, stride=2 if i == 0 else 1) for i in range(3)])
    x = torch.randn(16, 8, 8, 8, generator=torch.Generator().manual_seed(0))
    before = row[:2](x)
    convolutions = [module for module in row[2].modules() if isinstance(module, BinaryConv2d)]
    read = []
    for module in convolutions:
        module.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0].detach()))
    row[2](before)
    assert len(read) == len(convolutions) > 0
    assert all(0.1 < float((each > 0).float().mean()) < 0.9 for each in read)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("xnor_conv_3x3_cond_skip", 8, 12, 1), "8 channels after 8 at stride 1; got c_out 12"),
        (("xnor_conv_3x3_cond_skip", 8, 12, 2), "8 or 16 channels after 8 at stride 2; got c_out 12"),
        (("xnor_skip_connect", 8, 24, 2), "8 or 16 channels after 8 at stride 2; got c_out 24"),
        (("xnor_conv_3x3_skip_connect", 8, 16, 1), "8 channels after 8 at stride 1; got c_out 16"),
        (("xnor_resnet_block", 1, 1, 1), "two channels or more: weights learn nothing of one alone"),
        (("xnor_conv_1x1_noskip", 8, 1, 2), "two channels or more after stride 2; got c_out 1"),
        (("xnor_nin", 3, 10, 1), "stride is one of 4; got 1"),
    ],
)
def test_what_does_not_work_says_what_does(arguments: tuple[str, int, int, int], words: str) -> None:
    name, c_in, c_out, stride = arguments
    for make in (make_operation, lambda *channels, **rest: operation_layers(*channels, 8, **rest)):
        with pytest.raises(SettingError, match=words):
            make(name, c_in, c_out, stride=stride)
