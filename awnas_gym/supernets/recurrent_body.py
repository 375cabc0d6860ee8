"""A recurrent cell as a language model: the network around its nodes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from awnas_gym.errors import SettingError
from awnas_gym.spaces.recurrent import Recurrent
from awnas_gym.supernets.operations.factory import LayerFactory

FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "identity": lambda values: values,
}

EMBEDDING, LINEAR, WIDTH = 0.1, 0.04, 300
"""Bounds of first weights, which are uniform around 0, and the width that DARTS searches with; biases are 0 [the
authors' code]. At smaller widths the second bound rises, so that sums are as large: else tokens move normalised states
too little to be seen."""

Read = tuple[Tensor, Tensor]
"""Logits of the next tokens `[B, T, tokens]` and the states of the cell `[B, T, hidden]`."""

Step = Callable[[list[Tensor], Callable[[int], Tensor]], Tensor]
"""From the states so far, each `[B, hidden]`, and those that a node reads, to the next state."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Dropouts:
    """Shares of numbers that are dropped in training mode, the same ones at each token of a window.

    [Gal & Ghahramani, NeurIPS 2016; Merity, Keskar & Socher, ICLR 2018]

    Attributes:
        words: of the vocabulary, whose embeddings are then zeros.
        embedding: of the numbers of an embedding.
        inputs: of what the cell reads of the token.
        states: of what the nodes of the cell read.
        outputs: of what the classifier reads.

    Raises:
        SettingError: one of them is not in [0, 1).
    """

    words: float = 0.0
    embedding: float = 0.0
    inputs: float = 0.0
    states: float = 0.0
    outputs: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        for name in (field.name for field in fields(self)):
            share = getattr(self, name)
            if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share < 1:
                raise SettingError(f"the dropout of {name} is a share from 0 up to 1; got {share!r}")


NONE = Dropouts()


class Body(nn.Module):
    """Embedding, cell, and a classifier whose weights are the embedding's [Liu et al., ICLR 2019, section 3.1].

    Args:
        space: gives the sizes.
        keys: of the linear layers of the nodes.
        dropouts: in training mode.
        batch_norm: whether every state is normalised, without scale and shift; all by one running mean.
        factory: makes the layers; None for torch's own.
    """

    def __init__(
        self, space: Recurrent, keys: list[str], *, dropouts: Dropouts, batch_norm: bool, factory: LayerFactory | None
    ) -> None:
        super().__init__()
        make = LayerFactory() if factory is None else factory
        sizes = space.settings
        hidden = sizes["hidden"]
        self.dropouts = dropouts
        self.embedding = nn.Embedding(sizes["tokens"], hidden)
        self.of_token = make.linear(hidden, 2 * hidden, bias=False)
        self.of_state = make.linear(hidden, 2 * hidden, bias=False)
        self.nodes = nn.ModuleDict({key: make.linear(hidden, 2 * hidden, bias=False) for key in keys})
        self.norm = nn.BatchNorm1d(hidden, affine=False) if batch_norm else nn.Identity()
        self.classifier = Tied(sizes["tokens"])
        draw(self, None)

    def run(self, tokens: Tensor, state: Tensor | None, steps: list[Step]) -> Read:
        """Read windows.

        Args:
            tokens: int64 `[B, T]`.
            state: before the first token, `[B, hidden]`; None for zeros.
            steps: a node each.

        Returns:
            Logits `[B, T, tokens]` and states `[B, T, hidden]`, of which the last one goes on.
        """
        embedded, drop = self._embed(tokens), self.dropouts
        width = embedded.shape[-1]
        mask = self._mask((len(tokens), width), drop.states, embedded)
        gates = self.of_token(self._masked(embedded, self._mask((len(tokens), 1, width), drop.inputs, embedded)))
        last = embedded.new_zeros(len(tokens), width) if state is None else state
        found = []
        for gate in gates.unbind(dim=1):
            last = self._cell(last, gate + self.of_state(self._masked(last, mask)), mask, steps)
            found.append(last)
        states = torch.stack(found, dim=1)
        read = self._masked(states, self._mask((len(tokens), 1, width), drop.outputs, states))
        logits: Tensor = self.classifier(read, self.embedding.weight)
        return logits, states

    def _cell(self, last: Tensor, gates: Tensor, mask: Tensor | None, steps: list[Step]) -> Tensor:
        """Map the last state `[B, hidden]` and what opens the cell to the next state, the mean of the nodes."""
        states = [self.norm(step(gates, last, torch.tanh))]
        read: dict[int, Tensor] = {}

        def reads(i: int) -> Tensor:
            if i not in read:
                read[i] = self._masked(states[i], mask)
            return read[i]

        for node in steps:
            states.append(self.norm(node(states, reads)))
        return torch.stack(states[1:]).mean(dim=0)

    def _embed(self, tokens: Tensor) -> Tensor:
        embedded: Tensor = self.embedding(tokens)
        shape = (len(tokens), 1, embedded.shape[-1])
        words = self._mask((self.embedding.num_embeddings, 1), self.dropouts.words, embedded)
        if words is not None:
            embedded = embedded * words[tokens]
        return self._masked(embedded, self._mask(shape, self.dropouts.embedding, embedded))

    def _mask(self, shape: tuple[int, ...], share: float, like: Tensor) -> Tensor | None:
        """Return zeros and `1 / (1 - share)`, drawn by torch's generator; None if nothing is dropped."""
        if not self.training or share == 0:
            return None
        return like.new_empty(shape).bernoulli_(1 - share).div_(1 - share)

    @staticmethod
    def _masked(values: Tensor, mask: Tensor | None) -> Tensor:
        return values if mask is None else values * mask


@final
class Tied(nn.Module):
    """A linear layer that is given its weights, and has a bias.

    Args:
        c_out: of its outputs.
    """

    def __init__(self, c_out: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(c_out))

    def forward(self, values: Tensor, weight: Tensor) -> Tensor:
        """Map `[…, c_in]` to `[…, c_out]` by weights `[c_out, c_in]`."""
        return functional.linear(values, weight, self.bias)


def step(gates: Tensor, state: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
    """Return `state + sigmoid(c) * (function(h) - state)`, where `gates` are c and h, `[B, 2 * hidden]`."""
    c, h = gates.to(state.dtype).chunk(2, dim=-1)
    return torch.lerp(state, function(h), torch.sigmoid(c))


@torch.no_grad()
def draw(body: nn.Module, generator: torch.Generator | None) -> None:
    """Draw first weights, by a generator of the CPU, or torch's own if None; batch norms are as new."""
    for module in body.modules():
        if isinstance(module, nn.Embedding | nn.Linear):
            bound = EMBEDDING
            if isinstance(module, nn.Linear):
                bound = LINEAR * math.sqrt(max(1.0, WIDTH / module.in_features))
            module.weight.copy_((2 * torch.rand(module.weight.shape, generator=generator) - 1) * bound)
        elif isinstance(module, Tied):
            module.bias.zero_()
        elif isinstance(module, _BatchNorm):
            module.reset_running_stats()
