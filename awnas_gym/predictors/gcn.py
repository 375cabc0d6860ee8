"""A graph convolutional network that ends in a vertex to which all others lead."""

from __future__ import annotations

from typing import Literal, final

import numpy as np
import torch
from torch import Tensor, nn

from awnas_gym.predictors.graphs import PADDING, PLAIN, UNSEEN, GraphReader
from awnas_gym.predictors.neural import NeuralPredictor
from awnas_gym.spaces import AbstractSpace, Archs


@final
class GCN(NeuralPredictor):
    """Graph convolutions with a global vertex [Shi et al., NeurIPS 2020; BRP-NAS, Dudziak et al., NeurIPS 2020].

    Operations on edges become vertices between their ends. A layer takes the mean of the states of a vertex and of
    those before it, multiplies by a matrix, normalises and applies ReLU. One more vertex, the first, comes after all
    others; a linear map of its state is the score.

    BRP-NAS's has 4 layers of 600 units with dropout .2 and learns by AdamW with a cosine for 250 epochs.

    Args:
        space: see `AbstractPredictor`.
        seed: see `AbstractPredictor`.
        loss: see `LearningPredictor`.
        margin: see `LearningPredictor`; 0.1 as in the configurations of GATES.
        layers: 4 as in BRP-NAS.
        hidden: units of each.
        epochs: see `LearningPredictor`; 200 as in aw_nas's configurations of TA-GATES and DELE.
        batch_size: see `LearningPredictor`; 512 as in the configurations of GATES.
        learning_rate: see `LearningPredictor`; 1e-3 as in the configurations of GATES.
    """

    def __init__(
        self,
        space: AbstractSpace,
        *,
        seed: int = 0,
        loss: Literal["hinge", "mse", "mae"] = "hinge",
        margin: float = 0.1,
        layers: int = 4,
        hidden: int = 64,
        epochs: int = 200,
        batch_size: int = 512,
        learning_rate: float = 1e-3,
    ) -> None:
        super().__init__(
            space, seed=seed, loss=loss, margin=margin, epochs=epochs, batch_size=batch_size,
            learning_rate=learning_rate, sizes={"layers": layers, "hidden": hidden},
        )  # fmt: skip
        self._reader = GraphReader(space)

    def _build(self) -> nn.Module:
        return _Network(self._reader.labels, self._sizes["hidden"], self._sizes["layers"])

    def _inputs(self, archs: Archs) -> tuple[Tensor, Tensor]:
        """Return numbers of vertices, int64 `[n, vertices]`, and links `[n, target, source]` whose rows are means."""
        graphs = self._reader(archs)
        n, nodes = graphs.nodes.shape
        labelled = graphs.labels >= UNSEEN
        size = 1 + nodes + graphs.labels.shape[1]
        numbers = torch.zeros(n, size, dtype=torch.int64)
        numbers[:, 0] = self._reader.labels  # the global vertex
        numbers[:, 1 : 1 + nodes] = torch.as_tensor(graphs.nodes)
        numbers[:, 1 + nodes :] = torch.as_tensor(np.where(labelled, graphs.labels, PADDING))
        links = torch.eye(size).repeat(n, 1, 1)
        links[:, 0] = (numbers > 0).float()
        for there, direct in ((labelled, False), (graphs.labels == PLAIN, True)):
            graph, edge = there.nonzero()
            between = 1 + nodes + edge
            source, target = 1 + graphs.sources[graph, edge], 1 + graphs.targets[graph, edge]
            if direct:
                links[graph, target, source] = 1
            else:
                links[graph, between, source] = links[graph, target, between] = 1
        return numbers, links / links.sum(dim=2, keepdim=True)


@final
class _Network(nn.Module):
    """Numbers `[batch, vertices]` and links `[batch, vertices, vertices]` -> `[1, batch]`."""

    def __init__(self, labels: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(labels + 1, hidden)
        self.layers = nn.ModuleList(nn.Linear(hidden, hidden) for _ in range(layers))
        self.norms = nn.ModuleList(nn.LayerNorm(hidden) for _ in range(layers))
        self.head = nn.Linear(hidden, 1)

    def forward(self, numbers: Tensor, links: Tensor) -> Tensor:
        x = self.embedding(numbers)  # [batch, vertices, hidden]
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = norm(layer(links @ x)).relu()
        scores: Tensor = self.head(x[:, 0])
        return scores.T
