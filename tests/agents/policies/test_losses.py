"""Losses against numbers worked out by hand."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="losses need torch: pip install 'awnas-gym[torch]'")

from awnas_gym.agents.policies.losses import ppo_loss, reinforce_loss  # noqa: E402


def tensor(values, **more):
    return torch.tensor(values, dtype=torch.float64, **more)


def test_reinforce_by_hand():
    log_probs = tensor([[-1.0, -2.0], [-0.5, -0.25]], requires_grad=True)
    loss = reinforce_loss(log_probs, tensor([0.2, -0.4]))
    assert float(loss.detach()) == pytest.approx(-(-3.0 * 0.2 + -0.75 * -0.4) / 2)
    loss.backward()
    assert log_probs.grad.tolist() == [[-0.1, -0.1], [0.2, 0.2]]


def test_ppo_by_hand():
    """Ratios 1.5, 0.5, 1.1 with clip 0.2; a gain is clipped only where the ratio already went that way."""
    old = [math.log(0.2), math.log(0.4), math.log(0.5)]
    new = [math.log(0.3), math.log(0.2), math.log(0.55)]
    log_probs = tensor([new, new], requires_grad=True)
    loss = ppo_loss(log_probs, tensor([old, old]), tensor([1.0, -2.0]), clip=0.2)
    better = 1.2 + 0.5 + 1.1
    worse = -2 * (1.5 + 0.8 + 1.1)
    assert float(loss.detach()) == pytest.approx(-(better + worse) / 2)
    loss.backward()
    # d ratio / d log-probability = ratio; 0 where it is clipped
    expected = [[0.0, -0.25, -0.55], [1.5, 0.0, 1.1]]
    for row, wanted in zip(log_probs.grad.tolist(), expected, strict=True):
        assert row == pytest.approx(wanted)


def test_the_ratio_is_one_only_where_nothing_has_changed():
    """There the gradient is that of REINFORCE; aw_nas divides the new odds by themselves: always 1."""
    old, advantages = tensor([[-1.0, -2.0]]), tensor([0.3])
    gradients = []
    for log_probs in (old.clone(), old + 0.1):
        log_probs.requires_grad_()
        ppo_loss(log_probs, old, advantages, clip=0.2).backward()
        gradients.append(log_probs.grad.tolist()[0])
    assert gradients[0] == pytest.approx([-0.3, -0.3])
    assert gradients[1] == pytest.approx([-0.3 * math.exp(0.1)] * 2)
