"""Every row of `OPERATIONS`: its layers are what its module holds and does."""

from __future__ import annotations

import itertools

import pytest

from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.spaces import total_macs, total_params
from awnas_gym.supernets.operations import OPERATIONS, make_operation, operation_layers

torch = pytest.importorskip("torch", reason="operations need torch: pip install 'awnas-gym[torch]'")


def shapes(name: str) -> list[tuple[int, int, int]]:
    """Return (c_in, c_out, stride) of what an operation works with: the same channels, twice as many, an odd number."""
    kind = OPERATIONS.load(name)
    found = []
    for stride, (c_in, c_out) in itertools.product(kind.strides, [(8, 8), (8, 16), (6, 11)]):
        try:
            kind.check(c_in, c_out, stride=stride)
        except SettingError:
            continue
        found.append((c_in, c_out, stride))
    return found


def image(channels: int, height: int, width: int, *, channels_last: bool = False) -> torch.Tensor:
    drawn = torch.randn(3, channels, height, width, generator=torch.Generator().manual_seed(0))
    return drawn.contiguous(memory_format=torch.channels_last) if channels_last else drawn


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_stride_is_tried(name: str) -> None:
    assert {stride for _, _, stride in shapes(name)} == set(OPERATIONS.load(name).strides)


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("size", [8, 9])
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_has_the_shape_the_parameters_and_the_macs_of_its_layers(
    name: str, size: int, affine: bool
) -> None:
    from torch.utils.flop_counter import FlopCounterMode

    for c_in, c_out, stride in shapes(name):
        operation = make_operation(name, c_in, c_out, stride=stride, affine=affine)
        layers = operation_layers(name, c_in, c_out, size, stride=stride, affine=affine)
        with FlopCounterMode(display=False) as counter:
            out = operation(image(c_in, size, size))
        small = -(-size // stride)
        assert out.shape == (3, c_out, small, small)
        assert sum(p.numel() for p in operation.parameters()) == total_params(layers)
        assert counter.get_total_flops() == 2 * 3 * total_macs(layers)
        assert operation.computes == bool(layers)
        norms = [module for module in operation.modules() if isinstance(module, torch.nn.BatchNorm2d)]
        assert all(norm.affine == affine for norm in norms)


@pytest.mark.parametrize("name", OPERATIONS)
def test_layers_follow_each_other(name: str) -> None:
    """The first one reads the input; each is of a size that one before it leaves."""
    for c_in, c_out, stride in shapes(name):
        layers = operation_layers(name, c_in, c_out, 9, stride=stride)
        sizes = {(9, 9), (1, 1)}
        for layer in layers:
            assert (layer.height, layer.width) in sizes
            sizes.add((layer.out_height, layer.out_width))
        if layers:
            assert layers[0].c_in == c_in
            assert (layers[-1].c_out, layers[-1].out_height, layers[-1].out_width) == (c_out, *[-(-9 // stride)] * 2)


@pytest.mark.parametrize("name", OPERATIONS)
def test_gradients_reach_every_parameter_and_the_image(name: str) -> None:
    for c_in, c_out, stride in shapes(name):
        operation = make_operation(name, c_in, c_out, stride=stride)
        x = image(c_in, 9, 9).requires_grad_()
        out = operation(x)
        if name == "none":
            assert not out.any()
            continue
        (out * torch.randn(out.shape, generator=torch.Generator().manual_seed(1))).sum().backward()
        assert x.grad is not None
        assert x.grad.any()
        assert all(p.grad is not None and p.grad.any() for p in operation.parameters())


@pytest.mark.parametrize("name", OPERATIONS)
def test_channels_last_gives_the_same_and_stays(name: str) -> None:
    for c_in, c_out, stride in shapes(name):
        operation = make_operation(name, c_in, c_out, stride=stride).eval()
        expected = operation(image(c_in, 9, 8))
        operation.to(memory_format=torch.channels_last)
        out = operation(image(c_in, 9, 8, channels_last=True))
        torch.testing.assert_close(out, expected, atol=1e-5, rtol=1e-5)
        if name != "none":
            assert out.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_image_is_left_as_it_was(name: str) -> None:
    """Other operations of a cell read the same value."""
    for c_in, c_out, stride in shapes(name):
        x = image(c_in, 9, 9)
        before = x.clone()
        make_operation(name, c_in, c_out, stride=stride)(x)
        assert torch.equal(x, before)


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_shared_relu_is_the_first_thing_that_an_operation_does(name: str) -> None:
    for c_in, c_out, stride in shapes(name):
        operation = make_operation(name, c_in, c_out, stride=stride).eval()
        x = image(c_in, 8, 8)
        if operation.relu is not None:
            torch.testing.assert_close(operation(x), operation.body(torch.relu(x)))
            assert not torch.equal(operation(x), operation.body(x))


def test_none_gives_zeros_whatever_it_reads() -> None:
    assert not make_operation("none", 4, 4)(torch.full((1, 4, 3, 3), torch.inf)).any()


def test_a_factorised_reduction_sees_every_pixel_once() -> None:
    for size in (4, 5):
        operation = make_operation("skip_connect", 1, 2, stride=2).eval()
        for branch in (operation.body[0].straight, operation.body[0].moved):
            torch.nn.init.ones_(branch.weight)
        x = torch.arange(1.0, size * size + 1).view(1, 1, size, size).requires_grad_()
        straight, moved = operation(x)[0]
        expected = torch.nn.functional.pad(x, (0, 1, 0, 1))[0, 0]
        torch.testing.assert_close(straight, expected[0:size:2, 0:size:2] / (1 + 1e-5) ** 0.5)
        torch.testing.assert_close(moved, expected[1 : size + 1 : 2, 1 : size + 1 : 2] / (1 + 1e-5) ** 0.5)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("sep_conv_3", 8, 8, 1), "Did you mean 'sep_conv_3x3'"),
        (("sep_conv_3x3", 8, 8, 3), "stride is one of 1, 2; got 3"),
        (("sep_conv_3x3", 0, 8, 1), "c_in"),
        (("max_pool_3x3", 8, 16, 2), "8 channels after 8 at stride 2; got c_out 16"),
        (("dense_block", 8, 8, 1), "c_out is above c_in; got 8 after 8"),
        (("skip_connect", 1, 1, 2), "two channels or more after stride 2; got c_out 1"),
        (("fbnet_k3_e1_g2", 8, 9, 1), "2 groups: they divide c_in and c_out; got 8 and 9"),
        (("imagenet_stem0", 3, 8, 2), "stride is one of 4; got 2"),
    ],
)
def test_what_does_not_work_says_what_does(arguments: tuple[str, int, int, int], words: str) -> None:
    name, c_in, c_out, stride = arguments
    for make in (make_operation, lambda *channels, **rest: operation_layers(*channels, 8, **rest)):
        with pytest.raises((SettingError, UnknownNameError), match=words):
            make(name, c_in, c_out, stride=stride)
