"""Put a policy together of names and numbers."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from awnas_gym.agents.policies.abstract import AbstractPolicy, Shaping
from awnas_gym.agents.policies.anchor import AnchorPolicy
from awnas_gym.agents.policies.embed import EmbedPolicy
from awnas_gym.errors import UnknownNameError
from awnas_gym.spaces import AbstractSpace

NETWORKS = ("anchor", "embed")


def make_policy(
    space: AbstractSpace,
    *,
    network: str | None,
    hidden: int,
    attention: int,
    separate_cells: bool,
    carry_state: bool,
    temperature: float | None,
    tanh_constant: float | None,
    op_tanh_reduce: float,
    operation_bias: Sequence[float],
    first_cell_bias: Sequence[float],
    force_uniform: bool,
) -> AbstractPolicy:
    """Return the policy whose settings are those of `ENASController`; its weights are still to be drawn.

    Raises:
        UnknownNameError: no such network.
        SettingError: it does not fit the space.
    """
    if network not in {None, *NETWORKS}:
        raise UnknownNameError("network", network, NETWORKS)
    shaping = Shaping(
        temperature=temperature,
        tanh_constant=tanh_constant,
        op_tanh_reduce=op_tanh_reduce,
        force_uniform=force_uniform,
    )
    fitting = "embed" if space.roles is None or not space.unconstrained else "anchor"
    with torch.random.fork_rng(devices=[]):  # layers draw weights from the global generator when they are made
        if (network or fitting) == "embed":
            return EmbedPolicy(space, shaping, hidden=hidden)
        return AnchorPolicy(
            space,
            shaping,
            hidden=hidden,
            attention=attention,
            separate_cells=separate_cells,
            carry_state=carry_state,
            operation_bias=operation_bias,
            first_cell_bias=first_cell_bias,
        )
