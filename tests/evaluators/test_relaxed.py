"""Mixtures on a real network: what trains, what stays, what the gradient is, files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awnas_gym.errors import CheckpointError, SettingError, TrainingError, UnknownNameError

torch = pytest.importorskip("torch", reason="mixtures need torch: pip install 'awnas-gym[torch]'")

from awnas_gym.evaluators.relaxed import SMALLEST  # noqa: E402
from awnas_gym.evaluators.shared_weights import shared_weights  # noqa: E402

SMALL: dict[str, Any] = {
    "space": "darts",
    "settings": {"channels": 2, "cells": 3},  # two cells would both reduce
    "batch_size": 16,
    "eval_batch_size": 16,
    "relaxed": True,
}


def started(**keywords: Any) -> Any:
    evaluator = shared_weights(**{**SMALL, **keywords})
    evaluator.reset(0)
    return evaluator


def matrix(evaluator: Any, seed: int = 0) -> Any:
    drawn = np.random.default_rng(seed).exponential(size=evaluator.space.edge_legal.shape)
    return drawn / drawn.sum(axis=1, keepdims=True)


def held(evaluator: Any) -> dict[str, Any]:
    return {name: tensor.clone() for name, tensor in evaluator.supernet.state_dict().items()}


def same(one: dict[str, Any], two: dict[str, Any]) -> bool:
    return all(torch.equal(one[name], two[name]) for name in one)


def test_a_training_phase_moves_weights_and_statistics() -> None:
    evaluator = started()
    before = held(evaluator)
    loss = evaluator.train_mixed(matrix(evaluator), progress=0.0)
    assert loss == pytest.approx(np.log(10), abs=0.7)
    after = held(evaluator)
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert {name.rpartition(".")[2] for name in moved} == {
        "weight", "bias", "running_mean", "running_var", "num_batches_tracked",
    }  # fmt: skip


def test_losses_fall() -> None:
    evaluator = started(learning_rate=0.1, lowest_rate=0.1)
    weights = matrix(evaluator)
    losses = [evaluator.train_mixed(weights, progress=0.0) for _ in range(60)]
    assert np.mean(losses[-15:]) < np.mean(losses[:15]) - 0.1


@pytest.mark.parametrize("order", [1, 2])
def test_a_gradient_leaves_the_network_as_it_was(order: int) -> None:
    evaluator = started(order=order)
    weights = matrix(evaluator)
    evaluator.train_mixed(weights, progress=0.0)
    before = held(evaluator)
    scores, gradient = evaluator.gradient(weights, progress=0.0)
    assert same(before, held(evaluator))
    assert sorted(scores) == ["valid_accuracy", "valid_loss"]
    assert gradient.shape == weights.shape
    assert np.count_nonzero(gradient[:, 1:]) == gradient[:, 1:].size
    assert not gradient[:, 0].any(), "none gives nothing"


def test_the_second_order_differs_from_the_first_by_a_term_of_the_learning_rate() -> None:
    found = {}
    for order, rate in ((1, 0.025), (2, 0.025), (2, 1e-9)):
        evaluator = started(order=order, learning_rate=rate, lowest_rate=rate)
        found[order, rate] = evaluator.gradient(matrix(evaluator), progress=0.0)[1]
    assert np.allclose(found[1, 0.025], found[2, 1e-9], rtol=1e-3, atol=1e-5)
    assert not np.allclose(found[1, 0.025], found[2, 0.025], rtol=1e-2, atol=1e-4)


def test_what_is_not_run_has_no_gradient_and_tiny_ones_have() -> None:
    evaluator = started()
    weights = evaluator.space.relax(evaluator.space.sample(np.random.default_rng(0), 1)[0])
    _, gradient = evaluator.gradient(weights, progress=0.0)
    assert not gradient[weights == 0].any()
    again = started()
    edge, operation = np.argwhere((weights == 0) & (np.arange(8) > 0))[0]
    asked = weights.copy()
    asked[edge, operation] = SMALLEST
    _, more = again.gradient(asked, progress=0.0)
    assert more[edge, operation] != 0
    assert np.allclose(more[weights == 1], gradient[weights == 1], rtol=1e-4, atol=1e-6), (
        "its output counts for nothing"
    )


@pytest.mark.parametrize("order", [1, 2])
def test_a_mixture_of_nothing_has_a_gradient_of_zeros(order: int) -> None:
    evaluator = started(order=order)
    scores, gradient = evaluator.gradient(np.zeros(evaluator.space.edge_legal.shape), progress=0.0)
    assert scores["valid_loss"] > 0
    assert not gradient.any()
    assert all(weight.requires_grad for weight in evaluator.supernet.parameters()), "they are trained again"


def test_the_matrix_of_an_architecture_scores_as_the_architecture() -> None:
    evaluator = started(eval_batch_size=300)
    arch = evaluator.space.sample(np.random.default_rng(1), 1)[0]
    scores, _ = evaluator.gradient(evaluator.space.relax(arch), progress=0.0)
    evaluator.reset(0)
    evaluator._validation.position = 0
    batches = evaluator._validation.data.epoch(0)
    with torch.no_grad():
        images, labels = next(iter(batches))
        loss = evaluator.task.loss(evaluator.supernet.train()(images, arch), labels)
    assert scores["valid_loss"] == pytest.approx(float(loss), abs=1e-5)


def test_a_joint_phase_trains_and_gives_the_gradient_of_the_same_batch() -> None:
    apart, joint = started(), started(joint=True)
    weights = matrix(joint)
    before = held(joint)
    scores, gradient = joint.gradient(weights, progress=0.0)
    assert sorted(scores) == ["train_accuracy", "train_loss"]
    assert not same(before, held(joint))
    assert scores["train_loss"] == pytest.approx(apart.train_mixed(weights, progress=0.0), abs=1e-6)
    assert same(held(joint), held(apart)), "the network takes the step of a training phase"
    assert np.count_nonzero(gradient[:, 1:]) == gradient[:, 1:].size


def test_single_architectures_are_scored_and_derived() -> None:
    evaluator = started()
    evaluator.train_mixed(matrix(evaluator), progress=0.0)
    archs = evaluator.space.sample(np.random.default_rng(0), 2)
    before = held(evaluator)
    scores = evaluator.evaluate(archs, rng=np.random.default_rng(0))
    assert sorted(scores) == ["valid_accuracy", "valid_loss"]
    assert same(before, held(evaluator))
    assert evaluator.derive(archs[0])(torch.zeros(2, 1, 14, 14)).shape == (2, 10)


def test_files_give_back_what_was_trained(tmp_path: Path) -> None:
    evaluator = started()
    weights = matrix(evaluator)
    for _ in range(3):
        evaluator.train_mixed(weights, progress=0.5)
    evaluator.save(tmp_path)
    again = started()
    again.load(tmp_path)
    for _ in range(2):
        assert again.train_mixed(weights, progress=0.6) == evaluator.train_mixed(weights, progress=0.6)
        one, two = (each.gradient(weights, progress=0.6) for each in (evaluator, again))
        assert one[0] == two[0]
        assert np.array_equal(one[1], two[1])
    other = started(settings={"channels": 2, "cells": 2})
    with pytest.raises(CheckpointError, match="of another training: settings"):
        other.load(tmp_path)


def test_the_learning_rate_follows_the_search() -> None:
    evaluator = started(learning_rate=0.1, lowest_rate=0.01)
    rates = []
    for progress in (0.0, 0.5, 1.0):
        evaluator.train_mixed(matrix(evaluator), progress=progress)
        rates.append(evaluator._optimiser.param_groups[0]["lr"])
    assert rates == pytest.approx([0.1, 0.055, 0.01])
    assert not evaluator._optimiser.param_groups[0]["nesterov"]


def test_a_loss_that_is_no_number_stops_before_the_step() -> None:
    evaluator = started()
    with torch.no_grad():
        evaluator.supernet.network.classifier.bias.fill_(torch.nan)
    before = held(evaluator)
    with pytest.raises(TrainingError, match="the loss of a mixture is nan at training step 1; lower learning_rate"):
        evaluator.train_mixed(matrix(evaluator), progress=0.0)
    weights = [name for name in before if name.endswith("weight")]
    assert same({name: before[name] for name in weights}, held(evaluator))
    with pytest.raises(TrainingError, match="the loss of a mixture is nan after training step 1"):
        evaluator.gradient(matrix(evaluator), progress=0.0)


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"order": 3}, UnknownNameError, "No order named .3"),
        ({"joint": True, "order": 2}, SettingError, "joint phases have no second order"),
        ({"space": "enas"}, SettingError, "the space enas is no matrix of operations on edges"),
        ({"learning_rate": -1.0}, SettingError, "0 < lowest_rate <= learning_rate"),
    ],
)
def test_wrong_settings_are_named(keywords: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        shared_weights(**{**SMALL, **keywords})


def test_the_eigenvalue_bounds_that_of_an_edge_alone() -> None:
    evaluator = started(settings={"channels": 2, "cells": 3}, eval_batch_size=16)
    weights = np.full(evaluator.space.edge_legal.shape, 1 / 8)
    found = evaluator.eigenvalue(weights)
    before = held(evaluator)
    assert evaluator.eigenvalue(weights) == found, "nothing changes by it"
    assert same(before, held(evaluator))
    images, labels = next(iter(evaluator._validation.data.epoch(0)))
    run = weights != 0
    evaluator.supernet.train()
    at = torch.tensor(weights, dtype=torch.float32, requires_grad=True)
    (slope,) = torch.autograd.grad(
        evaluator.task.loss(evaluator.supernet.mix(images, at, run), labels), at, create_graph=True
    )
    keeps = torch.eye(8) - 1 / 8  # of every row; here of the rows that are looked at

    # with all other rows held, its largest eigenvalue is at most that of the whole
    row = [torch.autograd.grad(slope[3, i], at, retain_graph=True)[0][3] for i in range(8)]
    part = keeps @ torch.stack(row) @ keeps
    assert abs(found) >= float(torch.linalg.eigvalsh((part + part.T) / 2).abs().max()) * 0.9
