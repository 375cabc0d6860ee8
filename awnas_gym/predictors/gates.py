"""GATES: information flows through the graph of an architecture, and operations let some of it pass."""

from __future__ import annotations

import itertools
from typing import Literal, final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from awnas_gym.predictors.graphs import PLAIN, UNSEEN, GraphReader
from awnas_gym.predictors.neural import NeuralPredictor
from awnas_gym.spaces import AbstractSpace, Archs


@final
class GATES(NeuralPredictor):
    """A graph-based encoder that mimics how a network computes [Ning et al., ECCV 2020; `nb101-flow` of aw_nas].

    Each vertex has a state: learned numbers at first, of its own for each input and the same for all others. A layer
    multiplies states by a matrix, sums them along the edges, and multiplies the sum by the sigmoid of a linear map of
    the operation's embedding. Operations on edges gate what passes the edge; of operations on vertices, the
    state before is added, elsewhere that of inputs alone. `embed` gives the mean of the states at the end but the
    inputs', on which a perceptron gives the score.

    What lies on no path from an input to the output is cut off, and edges labelled `none` are none, so architectures
    that differ in nothing else have the same score, as have isomorphic graphs.

    Args:
        space: see `AbstractPredictor`.
        seed: see `AbstractPredictor`.
        loss: see `LearningPredictor`.
        margin: see `LearningPredictor`; 0.1 as in the authors' configurations.
        layers: of the encoder; 4 as in the authors' configuration for NAS-Bench-101.
        hidden: width of the states; the authors' 128 ranked no better in a first look, and take three times as long.
        embedding: width of embeddings, 48 as in the authors' configurations; states begin with twice as many.
        head: hidden units of the perceptron; 200 as in the authors' configuration for NAS-Bench-101.
        epochs: see `LearningPredictor`; 200 as in aw_nas's configurations of TA-GATES and DELE.
        batch_size: see `LearningPredictor`; 512 as in the authors' configurations.
        learning_rate: see `LearningPredictor`; 1e-3 as in the authors' configurations.
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
        embedding: int = 48,
        head: int = 200,
        epochs: int = 200,
        batch_size: int = 512,
        learning_rate: float = 1e-3,
    ) -> None:
        super().__init__(
            space, seed=seed, loss=loss, margin=margin, epochs=epochs, batch_size=batch_size,
            learning_rate=learning_rate,
            sizes={"layers": layers, "hidden": hidden, "embedding": embedding, "head": head},
        )  # fmt: skip
        self._reader = GraphReader(space)

    def _build(self) -> nn.Module:
        names = ("layers", "hidden", "embedding", "head")
        return Network(self._reader, **{name: self._sizes[name] for name in names})

    def _inputs(self, archs: Archs) -> tuple[Tensor, ...]:
        """Return vertices, states at first and labels of edges, and incidence matrices of sources and of targets."""
        graphs = self._reader(archs)
        there = graphs.labels > 0
        vertices = np.arange(graphs.nodes.shape[1])
        sources = (graphs.sources[:, :, None] == vertices) & there[:, :, None]
        targets = (graphs.targets[:, None, :] == vertices[:, None]) & there[:, None, :]
        starts = np.where(graphs.is_input, graphs.nodes, PLAIN)
        whole = [torch.as_tensor(each) for each in (graphs.nodes, starts, graphs.labels)]
        return (*whole, *(torch.as_tensor(each.astype(np.float32)) for each in (sources, targets)))


@final
class Network(nn.Module):
    """What `GATES._inputs` gives -> `[1, batch]`."""

    def __init__(self, reader: GraphReader, *, layers: int, hidden: int, embedding: int, head: int) -> None:
        super().__init__()
        self.on_nodes, self.on_edges = reader.on_nodes, reader.on_edges
        self.operations = nn.Embedding(reader.labels, embedding)
        self.starts = nn.Embedding(reader.labels, embedding)
        self.widen = nn.Linear(embedding, 2 * embedding)
        widths = [2 * embedding, *[hidden] * layers]
        self.layers = nn.ModuleList(nn.Linear(before, after) for before, after in itertools.pairwise(widths))
        self.gates = nn.ModuleList(nn.Linear(embedding, hidden) for _ in range(layers))
        self.head = nn.Sequential(nn.Linear(hidden, head), nn.ReLU(), nn.Linear(head, 1))

    def embed(self, nodes: Tensor, starts: Tensor, labels: Tensor, sources: Tensor, targets: Tensor) -> Tensor:
        """Return an embedding of each graph, `[batch, hidden]`."""
        is_input = (starts != PLAIN).unsqueeze(-1).float()
        links = None if self.on_edges else targets @ sources  # [batch, target, source]
        x = self.widen(self.starts(starts))  # [batch, vertices, width]
        for i, (layer, gate) in enumerate(zip(self.layers, self.gates, strict=True)):
            # a gate for each label: what has none lets everything pass
            gates = torch.sigmoid(gate(self.operations.weight[UNSEEN:]))
            gates = torch.cat([gates.new_zeros(1, gates.shape[1]), gates.new_ones(1, gates.shape[1]), gates])
            x = layer(x.relu() if i else x)
            passed = targets @ (functional.embedding(labels, gates) * (sources @ x)) if links is None else links @ x
            x = passed * functional.embedding(nodes, gates) + x if self.on_nodes else passed + is_input * x
        inner = (nodes > 0).unsqueeze(-1) * (1 - is_input)
        mean: Tensor = (x * inner).sum(dim=1) / inner.sum(dim=1).clamp(min=1)
        return mean

    def forward(self, *inputs: Tensor) -> Tensor:
        """Return the scores."""
        scores: Tensor = self.head(self.embed(*inputs))
        return scores.T
