"""Partial channels [PC-DARTS, Xu et al., ICLR 2020]: one channel in some passes the operations of an edge."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from awnas_gym.errors import SettingError
from awnas_gym.spaces.cells import INPUTS
from awnas_gym.supernets.mixed import Mixture, Term, term
from awnas_gym.supernets.operations.abstract import AbstractOperation
from awnas_gym.supernets.values import Values


def check_partial(partial: int, width: int) -> int:
    """Return the channels that pass, of `width`; `SettingError` if one in `partial` is no whole number of them."""
    if isinstance(partial, bool) or not isinstance(partial, int) or partial < 1 or width % partial:
        raise SettingError(f"partial divides the channels of each cell; got {partial!r} where a cell has {width}")
    return width // partial


def mixed_partially(
    inputs: tuple[Tensor, Tensor],
    operation: Callable[[int, int, int], AbstractOperation],
    weights: Tensor,
    run: list[list[bool]],
    *,
    partial: int,
    stride: int,
    nodes: int,
) -> Tensor:
    """Return the nodes of a cell, concatenated, whose operations see the first `1 / partial` of an edge's channels.

    The other channels pass by, times the sum of the edge's weights: an edge that weighs 0 gives nothing. Where the size
    is halved they are the maxima of 2x2 pixels. The channels of a node are shuffled, so that the next edge's operations
    see some of each kind.

    Args:
        inputs: the two values that the cell reads.
        operation: of a node, a value and a column of the weights.
        weights: `[edges, operations]` of this cell, the first operation being `none`.
        run: which of them are run.
        partial: one channel in so many is seen.
        stride: of operations on the inputs.
        nodes: of the cell.
    """
    seen_channels = inputs[0].shape[1] // partial
    weights = weights * torch.tensor(run, dtype=weights.dtype, device=weights.device)
    whole, others = list(inputs), [value[:, seen_channels:] for value in inputs]
    if stride > 1:  # of an odd size, operations keep the last pixel
        others = [functional.max_pool2d(value, 2, ceil_mode=True) for value in others]
    seen, mixture = Values(*(value[:, :seen_channels] for value in inputs)), Mixture()
    rows = iter(zip(weights.unbind(), run, strict=True))
    for node in range(INPUTS, INPUTS + nodes):
        done: list[Term] = []
        passed: list[Tensor] = []
        for source in range(node):
            row, runs = next(rows)
            done += [term(row[i], seen, operation(node, source, i), source) for i in range(1, len(runs)) if runs[i]]
            passed.append(row.sum() * others[source])
        by = sum(passed[1:], passed[0])
        through = mixture(done) if done else by[:, :1].expand(-1, seen_channels, -1, -1) * 0
        whole.append(functional.channel_shuffle(torch.cat([through, by], dim=1), partial))
        others.append(whole[node][:, seen_channels:])
        seen[node] = whole[node][:, :seen_channels]
    return torch.cat(whole[INPUTS:], dim=1)
