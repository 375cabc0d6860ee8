"""The second order of DARTS: its finite differences against exact derivatives, and the example of its appendix."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="networks need torch: pip install 'awnas-gym[torch]'")

from torch.func import functional_call  # noqa: E402

from awnas_gym.evaluators import second_order  # noqa: E402
from awnas_gym.evaluators.batch_norm import frozen_statistics  # noqa: E402
from awnas_gym.evaluators.relaxed import RelaxedWeights, _Mixing  # noqa: E402
from awnas_gym.evaluators.second_order import second_order_term  # noqa: E402
from awnas_gym.ranks import ALONE  # noqa: E402
from tests.evaluators.small_mixtures import small_weights  # noqa: E402

SHAPE = (28, 8)


def exactly(evaluator: RelaxedWeights, point: np.ndarray, *, rate: float) -> torch.Tensor:
    """Return d L_valid(w') / dA by autograd, w' = w - rate * (momentum * buffer + d L_train / dw + decay * w)."""
    matrix, run = torch.tensor(point, requires_grad=True), np.ones(SHAPE, dtype=bool)
    model = _Mixing(evaluator.supernet)
    weights = dict(model.named_parameters())

    def loss(of: dict[str, torch.Tensor], images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(functional_call(model, of, (images, matrix, run)), labels)

    evaluator.supernet.train()
    with frozen_statistics(evaluator.supernet):
        training, validation = (next(stream.data.epoch(0)) for stream in (evaluator._training, evaluator._validation))
        slopes = torch.autograd.grad(loss(weights, *training), list(weights.values()), create_graph=True)
        after = {}
        for (name, weight), slope in zip(weights.items(), slopes, strict=True):
            buffer = evaluator._optimiser.state[weight]["momentum_buffer"]
            after[name] = weight - rate * (evaluator.momentum * buffer + slope + evaluator.weight_decay * weight)
        return torch.autograd.grad(loss(after, *validation), matrix)[0]


@pytest.mark.parametrize(("cells", "radius"), [(2, second_order.RADIUS), (3, 1e-6)])
def test_it_is_the_exact_gradient_after_a_step_of_the_weights(
    cells: int, radius: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the paper's radius on a network without sharp bends; on one that has some, with a shorter one."""
    monkeypatch.setattr(second_order, "RADIUS", radius)
    rate = 0.1
    evaluator = small_weights(order=2, learning_rate=rate, weight_decay=0.01, steps=3, cells=cells)
    point = np.random.default_rng(0).uniform(0.05, 0.9, SHAPE)
    exact = exactly(evaluator, point, rate=rate).numpy()
    _, found = evaluator.gradient(point, progress=0.0)
    evaluator.order = 1
    _, first = evaluator.gradient(point, progress=0.0)
    assert np.linalg.norm(found - exact) < 1e-4 * np.linalg.norm(exact)
    assert np.linalg.norm(first - exact) > 0.05 * np.linalg.norm(exact), "the first order is another gradient"


def test_the_product_with_the_hessian() -> None:
    """The second term alone, on two layers, against autograd's."""
    drawn = torch.Generator().manual_seed(0)
    images, labels = torch.randn(20, 4, generator=drawn).double(), torch.arange(20) % 3
    weights = [torch.randn(5, 4, generator=drawn).double(), torch.randn(3, 5, generator=drawn).double()]
    weights = [weight.requires_grad_() for weight in weights]
    matrix = torch.rand(1, 5, generator=drawn).double().requires_grad_()

    def loss(first: torch.Tensor, second: torch.Tensor, of: slice) -> torch.Tensor:
        hidden = torch.tanh(images[of] @ first.T) * matrix
        return torch.nn.functional.cross_entropy(hidden @ second.T, labels[of])

    train, valid, rate = slice(0, 10), slice(10, 20), 0.2
    optimiser = torch.optim.SGD(weights, lr=1.0)
    _, _, found = second_order_term(
        matrix,
        lambda: loss(*weights, train),
        lambda: (loss(*weights, valid), images),
        optimiser,
        rate=rate,
        ranks=ALONE,
    )
    slopes = torch.autograd.grad(loss(*weights, train), weights, create_graph=True)
    after = [(weight - rate * slope).detach().requires_grad_() for weight, slope in zip(weights, slopes, strict=True)]
    plain, *vector = torch.autograd.grad(loss(*after, valid), [matrix, *after])
    (product,) = torch.autograd.grad(slopes, matrix, grad_outputs=vector)
    assert torch.linalg.norm(found - plain + rate * product) < 1e-3 * torch.linalg.norm(rate * product)


@pytest.mark.parametrize(
    ("order", "rate", "expected"), [(1, 0.1, (2, 2)), (2, 0.5, (1.0, 1.0)), (2, 0.1, (2 / 1.2, 2 / 1.2))]
)
def test_the_example_of_the_appendix(order: int, rate: float, expected: tuple[float, float]) -> None:
    """L_train = w² - 2aw + a², L_valid = aw - 2a + 1 from a = 2, w = -2: the second order ends at 2 / (1 + 2 rate)."""
    a = torch.tensor([[2.0]], dtype=torch.float64, requires_grad=True)
    w = torch.tensor([[-2.0]], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.SGD([w], lr=0.1)

    def training_loss() -> torch.Tensor:
        return (w**2 - 2 * a * w + a**2).sum()

    def validation_loss() -> tuple[torch.Tensor, torch.Tensor]:
        return (a * w - 2 * a + 1).sum(), w

    gradient: Callable[[], torch.Tensor]
    if order == 1:
        gradient = lambda: torch.autograd.grad(validation_loss()[0], a)[0]  # noqa: E731
    else:
        gradient = lambda: second_order_term(  # noqa: E731
            a, training_loss, validation_loss, optimiser, rate=rate, ranks=ALONE
        )[2]
    for _ in range(1000):
        slope = gradient()
        with torch.no_grad():
            a -= 0.1 * slope
        optimiser.zero_grad()
        training_loss().backward(inputs=[w])
        optimiser.step()
    assert (a.item(), w.item()) == pytest.approx(expected, abs=1e-6)
