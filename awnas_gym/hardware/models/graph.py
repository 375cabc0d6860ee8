"""A graph convolutional network on the graphs of architectures."""

from __future__ import annotations

from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from awnas_gym.config import check_sizes
from awnas_gym.hardware.abstract import AbstractDevice
from awnas_gym.hardware.models.neural import NeuralModel
from awnas_gym.spaces import AbstractSpace, Archs

SAMPLED = 1000
"""Architectures in which labels are looked for; others count as one label."""


@final
class Graph(NeuralModel):
    """A predictor as of BRP-NAS [Dudziak et al., NeurIPS 2020] on `space.graph(arch)`.

    Vertices are the nodes of the graph and its labelled edges; messages pass both ways, by weights of their own. The
    last layer is summed over the vertices, for costs add up (BRP-NAS reads a vertex that all others lead to).

    Args:
        space: as of `AbstractCostModel`.
        metric: likewise.
        device: likewise; not asked.
        seed: of weights and batches.
        hidden: units of each layer.
        layers: how many.
        epochs: passes over the measurements.

    Raises:
        SettingError: a setting is no whole number from 1.
    """

    learning_rate = 3e-3

    def __init__(
        self,
        space: AbstractSpace,
        *,
        metric: str = "latency_ms",
        device: AbstractDevice | None = None,
        seed: int = 0,
        hidden: int = 32,
        layers: int = 2,
        epochs: int = 150,
    ) -> None:
        super().__init__(space, metric=metric, device=device, seed=seed)
        self._settings = {"hidden": hidden, "layers": layers, "epochs": epochs}
        check_sizes(self._settings, where="graph")
        sampled = space.sample(np.random.default_rng(0), SAMPLED)
        labels = sorted({label for row in sampled for label in self._vertices(row)[0]})
        self._numbers = {label: i for i, label in enumerate(labels, 2)}  # 0 is no vertex, 1 a label that was not seen

    def _build(self) -> nn.Module:
        return _Network(2 + len(self._numbers), self._settings["hidden"], self._settings["layers"])

    def _inputs(self, archs: Archs) -> tuple[Tensor, Tensor]:
        """Return labels, int64 `[batch, vertices]`, and links, float32 `[batch, target, source]`."""
        found = [self._vertices(row) for row in archs]
        size = max(len(labels) for labels, _ in found)
        labels = torch.zeros(len(found), size, dtype=torch.int64)
        links = torch.zeros(len(found), size, size)
        for i, (names, pairs) in enumerate(found):
            labels[i, : len(names)] = torch.tensor([self._numbers.get(name, 1) for name in names])
            sources, targets = zip(*pairs, strict=True)
            links[i, targets, sources] = 1
        return labels, links

    def _vertices(self, row: NDArray[np.signedinteger]) -> tuple[list[str], list[tuple[int, int]]]:
        """Return the labels of the vertices, and which lead to which; a labelled edge is a vertex."""
        graph = self.space.graph(row)
        labels = [f"node {label}" for label in graph.nodes]
        pairs: list[tuple[int, int]] = []
        for source, target, label in graph.edges:
            if not label:
                pairs.append((source, target))
                continue
            pairs += [(source, len(labels)), (len(labels), target)]
            labels.append(label)
        return labels, pairs


@final
class _Network(nn.Module):
    """Labels `[batch, vertices]` and links `[batch, vertices, vertices]` -> `[batch]`."""

    def __init__(self, labels: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(labels, hidden, padding_idx=0)
        self.own = nn.ModuleList(nn.Linear(hidden, hidden) for _ in range(layers))
        self.before = nn.ModuleList(nn.Linear(hidden, hidden, bias=False) for _ in range(layers))
        self.behind = nn.ModuleList(nn.Linear(hidden, hidden, bias=False) for _ in range(layers))
        self.norms = nn.ModuleList(nn.LayerNorm(hidden) for _ in range(layers))
        self.head = nn.Linear(hidden, 1, bias=False)
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, labels: Tensor, links: Tensor) -> Tensor:
        there = (labels > 0).float()
        x = self.embedding(labels)  # [batch, vertices, hidden]
        for own, before, behind, norm in zip(self.own, self.before, self.behind, self.norms, strict=True):
            x = x + norm(own(x) + links @ before(x) + links.transpose(1, 2) @ behind(x)).relu()
        each: Tensor = self.head(x).squeeze(-1) * there
        return each.sum(dim=1) / 8 + self.bias
