"""Partial channels: which operations see, what passes by, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from awnas_gym.errors import SettingError
from awnas_gym.search import Run, run
from awnas_gym.spaces.darts import DARTS
from awnas_gym.spaces.enas import ENAS

torch = pytest.importorskip("torch", reason="networks need torch: pip install 'awnas-gym[torch]'")

from awnas_gym.supernets.cells import CellsSupernet  # noqa: E402
from awnas_gym.supernets.operations.factory import NormalisedPools  # noqa: E402

SIZES: dict[str, Any] = {"channels": 4, "cells": 3, "image_channels": 2, "image_size": 10, "classes": 3}
SHAPE = (28, 8)
EVERYTHING = np.ones(SHAPE, dtype=bool)


def supernet(partial: int = 2, **settings: Any) -> CellsSupernet:
    built = CellsSupernet(DARTS(**SIZES, **settings), affine=False, factory=NormalisedPools(), partial=partial)
    built.initialise(torch.Generator().manual_seed(0))
    return built.double()


def images() -> torch.Tensor:
    return torch.randn(4, 2, 10, 10, generator=torch.Generator().manual_seed(1)).double()


def matrix(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.05, 0.9, SHAPE)


def only(column: int, weight: float = 1.0) -> torch.Tensor:
    weights = torch.zeros(14, 8, dtype=torch.float64)
    weights[:, column] = weight
    return weights


def cell_and_inputs(partial: int = 2, *, reduces: bool) -> tuple[Any, torch.Tensor, torch.Tensor]:
    cell = supernet(partial).network.each_cell()[1 if reduces else 0]
    drawn = torch.Generator().manual_seed(2)
    convolutions = (
        next(module for module in part.modules() if isinstance(module, torch.nn.Conv2d))
        for part in (cell.before, cell.last)
    )
    return cell, *(torch.randn(4, conv.in_channels, 9, 9, generator=drawn).double() for conv in convolutions)


@pytest.mark.parametrize(("partial", "order"), [(2, [0, 2, 1, 3]), (4, [0, 1, 2, 3])])
def test_the_channels_of_a_node_are_shuffled(partial: int, order: list[int]) -> None:
    """With `skip_connect` alone, the first node is the sum of both inputs, each channel once: dealt out in turns."""
    cell, before, last = cell_and_inputs(partial, reduces=False)
    skip = only(1 + cell.names.index("skip_connect"))
    out = cell.mixed(before, last, skip, (skip != 0).tolist())
    both = cell.before(before) + cell.last(last)
    assert torch.allclose(out[:, :4], both[:, order])


def test_what_is_not_seen_passes_by_the_sum_of_the_row() -> None:
    cell, before, last = cell_and_inputs(reduces=False)
    weights = torch.from_numpy(matrix()[:14])
    inputs = cell.before(before), cell.last(last)
    out = cell.mixed(before, last, weights, EVERYTHING[:14].tolist())
    by = sum(weights[row].sum() * value[:, 2:] for row, value in enumerate(inputs))
    seen = sum(
        weights[row, 1 + i] * cell.operations[f"0-0-{row}-{name}"](value[:, :2])
        for row, value in enumerate(inputs)
        for i, name in enumerate(cell.names)
    )
    assert torch.allclose(out[:, [1, 3]], by)
    assert torch.allclose(out[:, [0, 2]], seen)


def test_where_the_size_is_halved_maxima_pass_by() -> None:
    cell, before, last = cell_and_inputs(reduces=True)
    none = only(0)
    out = cell.mixed(before, last, none, (none != 0).tolist())
    inputs = [cell.before(before), cell.last(last)]
    assert inputs[1].shape[2:] == (9, 9)
    padded = [torch.nn.functional.pad(value, (0, 1, 0, 1), value=-torch.inf) for value in inputs]
    maxima = sum(value.unflatten(2, (5, 2)).unflatten(4, (5, 2)).amax((3, 5))[:, 4:] for value in padded)
    assert out.shape == (4, 32, 5, 5)
    assert torch.allclose(out[:, [1, 3, 5, 7]], maxima)
    assert not out[:, [0, 2, 4, 6]].any(), "`none` gives nothing to the others"


def test_one_architecture_is_the_mixture_of_its_matrix() -> None:
    net = supernet()
    for arch in net.space.sample(np.random.default_rng(0), 3):
        weights = net.space.relax(arch)
        mixed = net.mix(images(), torch.from_numpy(weights), weights != 0)
        assert torch.equal(net(images(), arch), mixed)
        assert not torch.equal(net(images(), net.space.sample(np.random.default_rng(9), 1)[0]), mixed)


def test_what_is_not_run_counts_as_nothing() -> None:
    net, point = supernet(), matrix()
    run_ = np.random.default_rng(3).random(SHAPE) < 0.5
    weights = torch.from_numpy(point).requires_grad_()
    logits = net.mix(images(), weights, run_)
    assert torch.allclose(logits, net.mix(images(), torch.from_numpy(np.where(run_, point, 0)), EVERYTHING))
    (gradient,) = torch.autograd.grad(logits.square().sum(), weights)
    assert not gradient[torch.from_numpy(~run_)].any()
    assert (gradient[torch.from_numpy(run_)] != 0).all(), "even that of `none`: it lets channels pass by"
    assert torch.isfinite(net.mix(images(), weights, ~EVERYTHING)).all()


def test_no_plain_network_has_its_weights() -> None:
    net = supernet()
    with pytest.raises(SettingError, match=r"with partial=2 .* train the architecture from scratch: awnas train"):
        net.derive(net.space.sample(np.random.default_rng(0), 1)[0])


@pytest.mark.parametrize("partial", [3, 8, 0, True, 1.5])
def test_a_share_that_is_no_whole_number_of_channels_is_refused(partial: Any) -> None:
    with pytest.raises(SettingError, match=f"divides the channels of each cell; got {partial} where a cell has 4"):
        supernet(partial)


def test_a_space_that_is_no_matrix_has_no_partial_channels() -> None:
    with pytest.raises(SettingError, match="the space enas is no matrix of operations, so partial is 1; got 2"):
        CellsSupernet(ENAS(**SIZES), partial=2)


def test_a_search_over_partial_channels_reports_what_it_found() -> None:
    environment = {
        "id": "awnas/CNN-DARTS-v0", "channels": 4, "cells": 2, "partial": 4,
        "batch_size": 16, "eval_batch_size": 16, "max_steps": 4,
    }  # fmt: skip
    agent = {"name": "pc_darts", "warmup": 0.0}
    summary = run(Run(environment=environment, agent=agent, budget={"evaluations": 2})).summary
    assert 0 <= summary["incumbent"]["report"]["valid_accuracy"] <= 1
