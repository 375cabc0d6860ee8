"""Mixtures of recurrent cells on a text: two states that go on, gradients against differences, files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="mixtures need torch: pip install 'awnas-gym[torch]'")

from awnas_gym.evaluators.shared_language import shared_language  # noqa: E402
from awnas_gym.training.stream import Stream  # noqa: E402

SMALL: dict[str, Any] = {
    "settings": {"nodes": 3, "hidden": 6}, "batch_size": 12, "eval_batch_size": 10, "length": 4, "relaxed": True,
    "learning_rate": 2.0, "lowest_rate": 2.0,
}  # fmt: skip


def started(**keywords: Any) -> Any:
    evaluator = shared_language(**{**SMALL, **keywords})
    evaluator.reset(0)
    return evaluator


def matrix(evaluator: Any, seed: int = 0) -> Any:
    drawn = np.random.default_rng(seed).exponential(size=evaluator.space.edge_legal.shape)
    return drawn / drawn.sum(axis=1, keepdims=True)


def held(evaluator: Any) -> dict[str, Any]:
    return {name: tensor.clone() for name, tensor in evaluator.supernet.state_dict().items()}


def test_it_is_the_search_network_of_darts() -> None:
    evaluator = started()
    assert evaluator.supernet.sharing == "node"
    assert isinstance(evaluator.supernet.network.norm, torch.nn.BatchNorm1d)
    assert not evaluator.supernet.network.norm.affine
    assert evaluator.yields == {"valid_perplexity", "valid_loss", "valid_accuracy"}


def test_both_texts_have_a_state_of_their_own() -> None:
    evaluator, given = started(), []
    run = evaluator.supernet.network.run

    def watched(tokens: Any, state: Any, steps: Any) -> Any:
        out = run(tokens, state, steps)
        given.append((state, out[1][:, -1].detach()))
        return out

    evaluator.supernet.network.run = watched
    weights = matrix(evaluator)
    for _ in range(2):
        evaluator.train_mixed(weights, progress=0.0)
        evaluator.gradient(weights, progress=0.0)
    (first, after), (valid, valid_after), (second, _), (valid_second, _) = given
    assert first is None
    assert valid is None
    assert torch.equal(second, after)
    assert torch.equal(valid_second, valid_after)


@pytest.mark.parametrize("order", [1, 2])
def test_a_gradient_leaves_the_network_as_it_was(order: int) -> None:
    evaluator = started(order=order, dropouts={"states": 0.2})
    weights = matrix(evaluator)
    evaluator.train_mixed(weights, progress=0.0)
    before, memory = held(evaluator), evaluator._training.memory.clone()
    scores, gradient = evaluator.gradient(weights, progress=0.0)
    assert all(torch.equal(before[name], tensor) for name, tensor in held(evaluator).items())
    assert torch.equal(evaluator._training.memory, memory)  # looked at, and not read on
    assert sorted(scores) == ["valid_accuracy", "valid_loss", "valid_perplexity"]
    assert scores["valid_perplexity"] == pytest.approx(np.exp(scores["valid_loss"]), rel=1e-5)
    assert not gradient[:, 0].any()
    assert np.count_nonzero(gradient[:, 1:]) == gradient[:, 1:].size


def test_gradients_are_those_of_finite_differences() -> None:
    """In the middle of the text, with dropout, and without the penalty that only weights are trained by."""
    evaluator = started(dropouts={"states": 0.2, "outputs": 0.3}, slowness=0.5)
    evaluator.supernet.double()
    weights = matrix(evaluator)
    weights[2, 3] = 0
    for _ in range(2):
        evaluator.train_mixed(weights, progress=0.0)
        evaluator.gradient(weights, progress=0.0)
    data, position, memory = (getattr(evaluator._validation, name) for name in ("data", "position", "memory"))
    assert memory is not None

    def measured(of: Any) -> Any:
        evaluator._validation = Stream(data, position, memory=memory)
        scores, gradient = evaluator.gradient(of, progress=0.0)
        return scores["valid_loss"], gradient

    _, gradient = measured(weights)
    assert gradient[2, 3] == 0
    for edge, operation in [(0, 1), (1, 2), (3, 4), (5, 3), (4, 0)]:
        ends = []
        for sign in (1, -1):
            moved = weights.copy()
            moved[edge, operation] += sign * 1e-5
            ends.append(measured(moved)[0])
        assert gradient[edge, operation] == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-4, abs=1e-8)


def test_a_joint_phase_trains_and_reads_on() -> None:
    evaluator, apart = started(joint=True), started()
    weights = matrix(evaluator)
    before = held(evaluator)
    scores, gradient = evaluator.gradient(weights, progress=0.0)
    assert not all(torch.equal(before[name], tensor) for name, tensor in held(evaluator).items())
    apart.train_mixed(weights, progress=0.0)
    assert all(torch.equal(one, two) for one, two in zip(held(evaluator).values(), held(apart).values(), strict=True))
    assert torch.equal(evaluator._training.memory, apart._training.memory)
    assert sorted(scores) == ["train_accuracy", "train_loss", "train_perplexity"]
    assert gradient[:, 1:].any()


def test_losses_fall() -> None:
    evaluator = started(settings={"nodes": 3, "hidden": 16}, length=10, batch_size=30)
    losses = [evaluator.train_mixed(matrix(evaluator), progress=0.0) for _ in range(60)]
    assert np.mean(losses[-15:]) < np.mean(losses[:15]) - 0.2


def test_what_was_saved_goes_on_alike(tmp_path: Path) -> None:
    one, two = started(dropouts={"words": 0.2}), started(dropouts={"words": 0.2})
    weights = matrix(one)
    for _ in range(2):
        one.train_mixed(weights, progress=0.0)
        one.gradient(weights, progress=0.0)
    one.save(tmp_path)
    two.train_mixed(weights, progress=0.0)
    two.load(tmp_path)
    found = [(each.train_mixed(weights, progress=0.5), each.gradient(weights, progress=0.5)) for each in (one, two)]
    assert found[0][0] == found[1][0]
    assert found[0][1][0] == found[1][1][0]
    assert np.array_equal(found[0][1][1], found[1][1][1])


def test_the_curvature_of_a_text() -> None:
    evaluator = started()
    weights = matrix(evaluator)
    evaluator.gradient(weights, progress=0.0)
    before = evaluator._validation.position
    assert np.isfinite(evaluator.eigenvalue(weights))
    assert evaluator._validation.position == before
