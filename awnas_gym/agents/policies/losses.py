"""What is minimised to make good architectures more likely."""

from __future__ import annotations

import torch
from torch import Tensor


def reinforce_loss(log_probs: Tensor, advantages: Tensor) -> Tensor:
    """Return minus the log-probability of each architecture times its advantage [Williams 1992], the mean over all.

    Args:
        log_probs: of the decisions, `[batch, decisions]`.
        advantages: how much more than expected each earned, `[batch]`.
    """
    return -(log_probs.sum(dim=1) * advantages).mean()


def ppo_loss(log_probs: Tensor, old_log_probs: Tensor, advantages: Tensor, clip: float) -> Tensor:
    """Return minus the clipped objective of PPO [Schulman et al. 2017, eq. 7], summed over decisions, mean over all.

    Each decision is an action, with the advantage of the whole architecture: the ratio is that of its odds now to its
    odds when it was drawn. Where nothing has changed yet, the gradient is that of `reinforce_loss`.

    Args:
        log_probs: of the decisions, `[batch, decisions]`.
        old_log_probs: of the policy that drew them, of the same shape, without gradient.
        advantages: `[batch]`.
        clip: how far a ratio may leave 1 and still be rewarded for it.
    """
    ratios = torch.exp(log_probs - old_log_probs)
    clipped = ratios.clamp(1 - clip, 1 + clip)
    return -torch.minimum(ratios * advantages[:, None], clipped * advantages[:, None]).sum(dim=1).mean()
