"""Layers of one bit against bits that are counted and gradients that are written out."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.errors import SettingError, UnknownNameError

torch = pytest.importorskip("torch", reason="binary layers need torch: pip install 'awnas-gym[torch]'")

from awnas_gym.supernets.binary import BinaryConv2d, BirealSign, Sign  # noqa: E402

KINDS = ("sign", "tensor", "channel", "bireal")


def drawn(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def conv(kind: str, weight: torch.Tensor, **settings: int) -> BinaryConv2d:
    """Return a convolution with these weights."""
    c_out, c_in, height, width = weight.shape
    made = BinaryConv2d(c_in, c_out, (height, width), weights=kind, bias=False, **settings).to(weight.dtype)
    made.load_state_dict({"weight": weight})
    return made


def scales(kind: str, weight: torch.Tensor) -> list[float]:
    """Return the scale of each output channel, as torch means in float32."""
    if kind == "sign":
        return [1.0] * len(weight)
    if kind == "tensor":
        return [float(weight.abs().mean())] * len(weight)
    return [float(w) for w in weight.abs().mean(dim=(1, 2, 3))]


@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_a_convolution_of_signs_is_a_count_of_equal_bits(kind: str, padding: int) -> None:
    """`scale * (2 * matches - inputs)`, to the last bit; beyond the border there is no bit to count."""
    weight, x = drawn(5, 6, 3, 3).clamp(-1, 1), drawn(2, 6, 7, 7, seed=1)
    x[0, 0, 0, 0] = 0.0
    out = conv(kind, weight, padding=padding)(Sign()(x)).detach()
    bits, ones = np.pad(x.numpy() >= 0, [(0, 0), (0, 0), *[(padding, padding)] * 2]), weight.numpy() >= 0
    inside = np.pad(np.ones((7, 7), dtype=bool), padding)
    for image, row, column, channel in np.ndindex(2, out.shape[2], out.shape[3], 5):
        window = (..., slice(row, row + 3), slice(column, column + 3))
        equal = (bits[image][window] == ones[channel]) & inside[window]
        count = 2 * int(equal.sum()) - 6 * int(inside[window].sum())
        expected = np.float32(scales(kind, weight)[channel]) * np.float32(count)
        assert float(out[image, channel, row, column]) == expected


def test_a_bias_is_added_to_what_was_scaled() -> None:
    layer = BinaryConv2d(2, 3, (1, 1), weights="tensor")
    without = conv("tensor", layer.weight.detach())
    x = drawn(1, 2, 4, 4)
    torch.testing.assert_close(layer(x), without(x) + layer.bias.view(-1, 1, 1))


def test_the_sign_of_zero_is_one_and_of_nan_none() -> None:
    x = torch.tensor([-2.0, -1e-30, -0.0, 0.0, 1e-30, torch.inf, -torch.inf, torch.nan])
    for layer in (Sign(), BirealSign()):
        torch.testing.assert_close(layer(x), torch.tensor([-1.0, -1, 1, 1, 1, 1, -1, torch.nan]), equal_nan=True)
    ones = conv("sign", torch.zeros(1, 2, 1, 1))(torch.ones(1, 2, 1, 1))
    assert ones.item() == 2


@pytest.mark.parametrize(
    ("layer", "points", "slopes"),
    [
        (Sign(), [-2, -1.3, -1.29, -0.5, 0, 1, 1.29, 1.3, 2], [0, 0, 1, 1, 1, 1, 1, 0, 0]),
        (BirealSign(), [-2, -1, -0.75, -0.5, 0, 0.25, 0.5, 1, 2], [0, 0, 0.5, 1, 2, 1.5, 1, 0, 0]),
    ],
)
def test_gradients_of_signs(layer: torch.nn.Module, points: list[float], slopes: list[float]) -> None:
    x = torch.tensor(points, dtype=torch.float64, requires_grad=True)
    incoming = torch.arange(1, len(points) + 1, dtype=torch.float64)
    layer(x).backward(incoming)
    torch.testing.assert_close(x.grad, incoming * torch.tensor(slopes, dtype=torch.float64))


def by_hand(kind: str, weight: np.ndarray, g: np.ndarray) -> np.ndarray:
    """Return the gradient of trained weights, of that of the binary ones, number by number."""
    found = np.empty_like(weight)
    channels, c_in = weight.shape[:2]
    n = weight[0].size
    for o in range(channels):
        mean = np.abs(weight[o]).clip(max=1).mean()
        signs = np.where(weight[o] < 0, -1.0, 1.0)
        for place in np.ndindex(weight[o].shape):
            w, own = weight[o][place], g[o][place]
            if kind in {"sign", "tensor"}:
                found[o][place] = own if abs(w) < 1.3 else 0
            elif kind == "channel":
                direct = mean * own if abs(w) <= 1 else 0
                found[o][place] = (direct + signs[place] * (signs * g[o]).sum() / n) * n * (1 - 1 / c_in)
            else:
                found[o][place] = own if abs(w) <= 1 else 0
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_of_weights_and_of_what_they_read(kind: str) -> None:
    weight = drawn(4, 3, 3, 3, dtype=torch.float64)  # in evaluation mode they may be beyond 1, and 1.3
    weight[0, 0, 0, 0] = 0.0
    layer = conv(kind, weight, padding=1).eval()
    x = drawn(2, 3, 5, 5, seed=1, dtype=torch.float64).requires_grad_()
    incoming = drawn(2, 4, 5, 5, seed=2, dtype=torch.float64)
    layer(x).backward(incoming)
    scale = torch.tensor(scales(kind, weight.clamp(-1, 1)), dtype=torch.float64).view(-1, 1, 1, 1)
    binary = (torch.where(weight < 0, -1.0, 1.0) * scale).requires_grad_()
    again = x.detach().requires_grad_()
    torch.nn.functional.conv2d(again, binary, padding=1).backward(incoming)
    torch.testing.assert_close(x.grad, again.grad)
    torch.testing.assert_close(layer.weight.grad.numpy(), by_hand(kind, weight.numpy(), binary.grad.numpy()))


@pytest.mark.parametrize("kind", KINDS)
def test_training_keeps_weights_within_one_and_evaluation_reads_them_so(kind: str) -> None:
    weight = drawn(2, 3, 3, 3) * 3
    layer, within = conv(kind, weight).eval(), conv(kind, weight.clamp(-1, 1)).eval()
    x = drawn(1, 3, 5, 5, seed=1)
    assert torch.equal(layer(x), within(x))
    assert torch.equal(layer.weight, weight)
    assert torch.equal(layer.train()(x), within(x))
    assert torch.equal(layer.weight, weight.clamp(-1, 1))


def test_weights_at_one_are_not_stuck() -> None:
    """The projection puts them there; their gradient can take them away again."""
    for kind in ("channel", "bireal"):
        layer = conv(kind, torch.full((1, 2, 1, 1), 5.0))
        layer(torch.tensor([1.0, -1.0]).view(1, 2, 1, 1)).backward(torch.ones(1, 1, 1, 1))
        assert torch.equal(layer.weight, torch.ones(1, 2, 1, 1))
        assert layer.weight.grad is not None
        assert layer.weight.grad.any()


def test_two_passes_before_a_step_add_their_gradients() -> None:
    layer = conv("channel", drawn(2, 3, 3, 3) * 3)
    first, second = drawn(1, 3, 5, 5, seed=1), drawn(1, 3, 5, 5, seed=2)
    (layer(first).sum() + layer(second).sum()).backward()
    together = layer.weight.grad.clone()
    layer.zero_grad()
    for x in (first, second):
        layer(x).sum().backward()
    torch.testing.assert_close(layer.weight.grad, together)


def test_weights_of_zero_give_zeros_and_finite_gradients() -> None:
    for kind in KINDS[1:]:
        layer = conv(kind, torch.zeros(2, 3, 3, 3))
        layer(drawn(1, 3, 5, 5)).sum().backward()
        assert torch.isfinite(layer.weight.grad).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_convolution_learns_the_signs_of_another(kind: str) -> None:
    teacher, student = conv(kind, drawn(4, 6, 3, 3) * 0.3), conv(kind, drawn(4, 6, 3, 3, seed=1) * 0.3)
    x = torch.sign(drawn(256, 6, 3, 3, seed=2))
    wanted = teacher(x).detach()
    optimiser = torch.optim.Adam(student.parameters(), lr=0.01)
    same = []
    for _ in range(150):
        same.append(float((student.weight.sign() == teacher.weight.sign()).float().mean()))
        optimiser.zero_grad()
        (student(x) - wanted).square().mean().backward()
        optimiser.step()
    assert same[0] < 0.6
    assert same[-1] > 0.97


def test_gradients_can_be_differentiated_again() -> None:
    layer = conv("channel", drawn(2, 3, 3, 3, dtype=torch.float64) * 0.3)
    x = drawn(1, 3, 4, 4, seed=1, dtype=torch.float64).requires_grad_()
    (of_x,) = torch.autograd.grad((layer(Sign()(x)) ** 2).sum(), x, create_graph=True)
    of_x.square().sum().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad.any()


def test_what_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'bireal'"):
        BinaryConv2d(3, 4, (3, 3), weights="bi_real")  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="learn nothing of one input channel"):
        BinaryConv2d(4, 4, (3, 3), weights="channel", groups=4)
    BinaryConv2d(4, 4, (3, 3), weights="tensor", groups=4)
