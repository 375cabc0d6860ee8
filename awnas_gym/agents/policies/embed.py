"""A plain policy for any space: an LSTM that reads the last choice and gives the odds of the next."""

from __future__ import annotations

from typing import final

import torch
from torch import nn

from awnas_gym.agents.policies.abstract import AbstractPolicy, Shaping, Steps
from awnas_gym.spaces import AbstractSpace


@final
class EmbedPolicy(AbstractPolicy):
    """An LSTM with a softmax for each decision and an embedding of each choice [Zoph & Le, ICLR 2017; aw_nas].

    Each step reads the embedding of the choice just made, or at first a learned start.

    Args:
        space: any.
        shaping: of the logits; all decisions have the same largest logit.
        hidden: width of the LSTM.
    """

    def __init__(self, space: AbstractSpace, shaping: Shaping, *, hidden: int) -> None:
        super().__init__(space, shaping)
        self.order = tuple(range(len(space.cardinalities)))
        self.hidden = hidden
        self.start = nn.Parameter(torch.empty(hidden))
        self.lstm = nn.LSTMCell(hidden, hidden, bias=False)
        self.heads = nn.ModuleList(nn.Linear(hidden, choices, bias=False) for choices in space.cardinalities)
        self.embeddings = nn.ModuleList(nn.Embedding(choices, hidden) for choices in space.cardinalities[:-1])

    def walk(self, batch: int) -> Steps:
        """Make the decisions of `batch` architectures one after another."""
        entry = self.start.expand(batch, -1)
        h = c = self.start.new_zeros(batch, self.hidden)
        last = len(self.heads) - 1
        for decision, head in enumerate(self.heads):
            h, c = self.lstm(entry, (h, c))
            choices = yield decision, self.shaping(head(h))
            if decision < last:
                entry = self.embeddings[decision](choices)
