"""The policy of ENAS: it reads a node by attention over what it remembers of the nodes before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

import torch
from torch import Tensor, nn

from awnas_gym.agents.policies.abstract import AbstractPolicy, Shaping, Steps
from awnas_gym.errors import SettingError
from awnas_gym.spaces import AbstractSpace


@final
@dataclass(slots=True)
class _Node:
    """The decisions of a node, by what they are about."""

    inputs: list[int] = field(default_factory=list)
    operations: list[int] = field(default_factory=list)


@final
class _Core(nn.Module):
    """The weights that make the decisions of a cell."""

    def __init__(self, hidden: int, attention: int, operations: int) -> None:
        super().__init__()
        self.start = nn.Parameter(torch.empty(hidden))
        self.lstm = nn.LSTMCell(hidden, hidden, bias=False)
        self.key = nn.Linear(hidden, attention, bias=False)  # W1
        self.query = nn.Linear(hidden, attention, bias=False)  # W2
        self.score = nn.Linear(attention, 1, bias=False)  # v
        self.operation = nn.Linear(hidden, operations)
        self.embedding = nn.Embedding(operations, hidden)

    def scores(self, keys: Tensor, h: Tensor) -> Tensor:
        """Return `v^T tanh(W1 h_value + W2 h)` of each value, `[batch, values]`; `keys` are the `W1 h_value`."""
        return self.score(torch.tanh(keys + self.query(h)[:, None]))[..., 0]  # type: ignore[no-any-return]


@final
class AnchorPolicy(AbstractPolicy):
    """The controller of ENAS for cells, as its authors' code has it [Pham et al., ICML 2018, section 2.4].

    An LSTM steps once for each input of a cell. Then, for each node, it steps and chooses a value to read by attention
    over the states in which it left the values, twice; it steps and chooses an operation, twice; a last step
    leaves the state that is the node's anchor. Each step reads the anchor of the value just chosen (zeros for an input
    of the cell), or the embedding of the operation just chosen, or at first a learned start.

    So a node's inputs are chosen before its operations, whatever the order of the decisions in the space.

    Args:
        space: with `roles`, and without masks that forbid anything.
        shaping: of the logits.
        hidden: width of the LSTM.
        attention: width of the attention.
        separate_cells: weights of its own for each cell.
        carry_state: begin a cell with the LSTM's state at the end of the cell before it.
        operation_bias: of the operations' logits before they are shaped; learned. Empty for zeros.
        first_cell_bias: added to the shaped logits of operations in the first cell; not learned. Empty for none.

    Raises:
        SettingError: the space has no roles, or the biases are not one an operation.
    """

    def __init__(
        self,
        space: AbstractSpace,
        shaping: Shaping,
        *,
        hidden: int,
        attention: int,
        separate_cells: bool,
        carry_state: bool,
        operation_bias: Sequence[float],
        first_cell_bias: Sequence[float],
    ) -> None:
        super().__init__(space, shaping)
        if space.roles is None or not space.unconstrained:
            raise SettingError(
                f"network='anchor' needs a space of cells whose nodes choose what they read (`roles`), without masks; "
                f"{space.name} is none: use network='embed', which plays any space"
            )
        self._cells: dict[str, dict[int, _Node]] = {}
        for decision, role in enumerate(space.roles):
            node = self._cells.setdefault(role.cell, {}).setdefault(role.node, _Node())
            (node.inputs if role.kind == "input" else node.operations).append(decision)
        nodes = [node for cell in self._cells.values() for node in cell.values()]
        self.order = tuple(decision for node in nodes for decision in (*node.inputs, *node.operations))
        operations = space.cardinalities[next(node.operations[0] for node in nodes if node.operations)]
        for name, bias in (("operation_bias", operation_bias), ("first_cell_bias", first_cell_bias)):
            if len(bias) not in {0, operations}:
                raise SettingError(
                    f"{name} is one number for each of {operations} operations here, or [] for none; got {list(bias)}"
                )
        self._operation_bias = torch.tensor([float(b) for b in operation_bias or [0.0] * operations])
        self._first_cell_bias = torch.tensor([float(b) for b in first_cell_bias or [0.0] * operations])
        self.hidden, self.carry_state = hidden, carry_state
        count = len(self._cells) if separate_cells else 1
        self._cores = [_Core(hidden, attention, operations) for _ in range(count)]
        self.cores = nn.ModuleList(self._cores)

    def initialise(self, generator: torch.Generator) -> None:
        """Draw all weights but the operations' bias, which starts as given."""
        super().initialise(generator)
        with torch.no_grad():
            for core in self._cores:
                core.operation.bias.copy_(self._operation_bias)

    def walk(self, batch: int) -> Steps:
        """Make the decisions of `batch` architectures one after another."""
        h = c = self._cores[0].start.new_zeros(batch, self.hidden)
        for number, nodes in enumerate(self._cells.values()):
            core = self._cores[number % len(self._cores)]
            bias = self._first_cell_bias.to(h) if number == 0 else None
            if not self.carry_state:
                h = c = torch.zeros_like(h)
            anchors, keys = [], []
            start = core.start.expand(batch, -1)
            for _ in range(min(nodes)):  # the inputs of the cell
                h, c = core.lstm(start, (h, c))
                anchors.append(torch.zeros_like(h))
                keys.append(core.key(h))
            for node in nodes.values():
                entry = start
                for decision in node.inputs:
                    h, c = core.lstm(entry, (h, c))
                    choices = yield decision, self.shaping(core.scores(torch.stack(keys, dim=1), h))
                    entry = torch.stack(anchors, dim=1)[torch.arange(batch, device=h.device), choices]
                for decision in node.operations:
                    h, c = core.lstm(entry, (h, c))
                    choices = yield decision, self.shaping.operations(core.operation(h), bias)
                    entry = core.embedding(choices)
                h, c = core.lstm(entry, (h, c))
                anchors.append(h)
                keys.append(core.key(h))
