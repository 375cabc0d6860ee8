"""Recurrent cells as language models: one cell alone, and the weights that all cells share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, final

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from awnas_gym.errors import UnknownNameError
from awnas_gym.spaces.recurrent import Recurrent
from awnas_gym.supernets.abstract import RelaxedSupernet
from awnas_gym.supernets.operations.factory import LayerFactory
from awnas_gym.supernets.recurrent_body import FUNCTIONS, NONE, Body, Dropouts, Read, Step, draw, step

Sharing = Literal["edge", "node"]
SHARINGS: tuple[Sharing, ...] = ("edge", "node")


@final
class Network(Body):
    """The plain network of one cell.

    Args:
        space: its settings give the sizes.
        arch: int `[decisions]`.
        dropouts: in training mode.
        batch_norm: whether states are normalised; a search network may do so, those of the papers do not.
        factory: makes the layers; None for torch's own.
    """

    def __init__(
        self,
        space: Recurrent,
        arch: ArrayLike,
        *,
        dropouts: Dropouts = NONE,
        batch_norm: bool = False,
        factory: LayerFactory | None = None,
    ) -> None:
        self.choices = {f"{node}-{choice[0]}": choice for node, choice in enumerate(space.nodes(arch), start=1)}
        super().__init__(space, list(self.choices), dropouts=dropouts, batch_norm=batch_norm, factory=factory)

    def forward(self, tokens: Tensor, state: Tensor | None = None) -> Read:
        """Map tokens int64 `[B, T]` and the state before them `[B, hidden]` to logits and states, see `Read`."""
        return self.run(tokens, state, [_chosen(self.nodes, key, *choice) for key, choice in self.choices.items()])


@final
class Supernet(RelaxedSupernet):
    """All cells of the space.

    Args:
        space: its settings give the sizes.
        sharing: whose the weights are: `"edge"`, of a node and the state that it reads [Pham et al., ICML 2018,
            section 2.1], or `"node"`, of a node, whatever it reads [Liu et al., ICLR 2019, their code].
        dropouts: in training mode.
        batch_norm: whether states are normalised, without scale and shift; DARTS searches with it.
        factory: makes the layers; None for torch's own.

    Raises:
        UnknownNameError: there is no such sharing.
    """

    kinds = (Recurrent,)
    space: Recurrent

    def __init__(
        self,
        space: Recurrent,
        *,
        sharing: Sharing = "edge",
        dropouts: Dropouts = NONE,
        batch_norm: bool = False,
        factory: LayerFactory | None = None,
    ) -> None:
        super().__init__(space)
        if sharing not in SHARINGS:
            raise UnknownNameError("sharing", sharing, SHARINGS)
        self.sharing = sharing
        self._dropouts, self._batch_norm, self._factory = dropouts, batch_norm, factory
        count = space.settings["nodes"]
        pairs = [(node, state) for node in range(1, count + 1) for state in range(node)]
        keys = list(dict.fromkeys(self._key(node, state) for node, state in pairs))
        self.network = Body(space, keys, dropouts=dropouts, batch_norm=batch_norm, factory=factory)

    def _key(self, node: int, state: int) -> str:
        return f"{node}-{state}" if self.sharing == "edge" else str(node)

    def forward(self, tokens: Tensor, arch: ArrayLike, state: Tensor | None = None) -> Read:
        """Map tokens int64 `[B, T]` to logits and states, see `Read`, by one architecture, int `[decisions]`.

        Args:
            tokens: of a window.
            arch: of the cell.
            state: before the window, `[B, hidden]`; None for zeros.
        """
        steps = [
            _chosen(self.network.nodes, self._key(node, parent), parent, activation)
            for node, (parent, activation) in enumerate(self.space.nodes(arch), start=1)
        ]
        return self.network.run(tokens, state, steps)

    def mix(self, tokens: Tensor, weights: Tensor, run: NDArray[np.bool_], state: Tensor | None = None) -> Read:
        """Map tokens int64 `[B, T]` to logits and states, see `Read`, by weights `[edges, operations]`.

        A node is the weighted sum of all steps from all earlier states; `none` adds nothing.
        """
        masked = torch.where(torch.from_numpy(run).to(weights.device), weights, torch.zeros_like(weights))
        steps = [
            self._mixed(node, masked[list(rows), 1:], run[list(rows), 1:])
            for node, rows in enumerate(self.space.edge_groups, start=1)
        ]
        return self.network.run(tokens, state, steps)

    def _mixed(self, node: int, weights: Tensor, run: NDArray[np.bool_]) -> Step:
        """Return the step of a node by weights `[states, operations]`, of which some are run."""
        live = np.flatnonzero(run.any(axis=1)).tolist()
        names = [(i, FUNCTIONS[name]) for i, name in enumerate(self.space.edge_operations[1:]) if run[:, i].any()]
        columns = weights[live, :, None, None].unbind(dim=1)
        total = weights[live].sum(dim=1)[:, None, None]

        def mixed(states: list[Tensor], reads: Callable[[int], Tensor]) -> Tensor:
            if not live:
                return torch.zeros_like(states[0])
            before = torch.stack([states[i] for i in live])
            c, h = self._gates(node, live, reads).to(before.dtype).chunk(2, dim=-1)
            found = torch.stack([columns[i] * function(h) for i, function in names]).sum(dim=0)
            # the sum over operations of w * (s + sigmoid(c) * (f(h) - s)), all states [states, B, hidden] at once
            return torch.lerp(total * before, found, torch.sigmoid(c)).sum(dim=0)

        return mixed

    def _gates(self, node: int, live: list[int], reads: Callable[[int], Tensor]) -> Tensor:
        """Return c and h of the steps to a node, `[states, B, 2 * hidden]`."""
        if self.sharing == "node":
            together: Tensor = self.network.nodes[str(node)](torch.stack([reads(i) for i in live]))
            return together
        return torch.stack([self.network.nodes[self._key(node, i)](reads(i)) for i in live])

    def _draw(self, generator: torch.Generator) -> None:
        draw(self, generator)

    def _plain(self, arch: ArrayLike) -> Network:
        return Network(self.space, arch, dropouts=self._dropouts, batch_norm=self._batch_norm, factory=self._factory)

    def _weights(self, arch: ArrayLike) -> dict[str, Tensor]:
        weights = self.network.state_dict()
        for node, (parent, _) in enumerate(self.space.nodes(arch), start=1):
            prefix = f"nodes.{self._key(node, parent)}."
            found = {name.removeprefix(prefix): held for name, held in weights.items() if name.startswith(prefix)}
            weights.update({f"nodes.{node}-{parent}.{name}": held for name, held in found.items()})
        return weights


def _chosen(nodes: nn.ModuleDict, key: str, parent: int, activation: str) -> Step:
    """Return the step of a node from one state by one activation."""
    linear, function = nodes[key], FUNCTIONS[activation]
    return lambda states, reads: step(linear(reads(parent)), states[parent], function)
