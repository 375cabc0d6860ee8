"""Architectures as graphs, for graph networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, final

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from awnas_gym.errors import SettingError, unknown
from awnas_gym.spaces import AbstractSpace, ArchGraph

SAMPLES = 200
"""Architectures whose labels make the vocabulary, beside those that each choice leads to."""


@final
class GraphObservation(gym.ObservationWrapper[Any, Any, Any], gym.utils.RecordConstructorArgs):
    """The architecture as `gymnasium.spaces.Graph` instead of its decisions.

    `nodes`, int64 `[nodes]`, and `edges`, int64 `[edges]`, are numbers of labels: 0 is open, label i of
    `node_labels` and `edge_labels` is i + 1. `edge_links`, int64 `[edges, 2]`, holds source and target. What else an
    observation tells (the mask, in the edit kind the edits left) is dropped.

    Args:
        env: an environment of this package, however wrapped, whose observations are decisions.
        node_labels: of all graphs; None gathers them from the space, the same in every process.
        edge_labels: likewise.

    Attributes:
        node_labels: sorted, if gathered.
        edge_labels: likewise.

    Raises:
        SettingError: the environment has no search space, or a graph (later) a label that is not listed.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        node_labels: Sequence[str] | None = None,
        edge_labels: Sequence[str] | None = None,
    ) -> None:
        gym.utils.RecordConstructorArgs.__init__(self, node_labels=node_labels, edge_labels=edge_labels)
        super().__init__(env)
        if not env.has_wrapper_attr("space") or not isinstance(env.get_wrapper_attr("space"), AbstractSpace):
            raise SettingError(f"a graph needs an environment with a search space as attribute 'space'; {env} has none")
        self._space: AbstractSpace = env.get_wrapper_attr("space")
        found = _gather(self._space) if node_labels is None or edge_labels is None else ((), ())
        self.node_labels = found[0] if node_labels is None else tuple(node_labels)
        self.edge_labels = found[1] if edge_labels is None else tuple(edge_labels)
        self._node_numbers = {label: i for i, label in enumerate((None, *self.node_labels))}
        self._edge_numbers = {label: i for i, label in enumerate((None, *self.edge_labels))}
        self.observation_space = spaces.Graph(
            node_space=spaces.Discrete(len(self._node_numbers)), edge_space=spaces.Discrete(len(self._edge_numbers))
        )

    def observation(self, observation: Any) -> spaces.GraphInstance:  # noqa: ANN401 - of the wrapped environment
        """Return the graph of the decisions made so far."""
        entries = np.asarray(observation["observations"] if isinstance(observation, Mapping) else observation)
        graph = self._space.graph(entries[: len(self._space.cardinalities)] - 1)
        links = np.array([(source, target) for source, target, _ in graph.edges], dtype=np.int64).reshape(-1, 2)
        return spaces.GraphInstance(
            nodes=_numbers("node", graph.nodes, self._node_numbers),
            edges=_numbers("edge", [label for _, _, label in graph.edges], self._edge_numbers),
            edge_links=links,
        )


def _numbers(kind: str, labels: Sequence[str | None], known: Mapping[str | None, int]) -> NDArray[np.int64]:
    try:
        return np.array([known[label] for label in labels], dtype=np.int64)
    except KeyError as error:
        names = [name for name in known if name is not None]
        raise SettingError(
            f"{unknown(f'{kind} label', error.args[0], names)} GraphObservation(env, {kind}_labels=...) lists them all"
        ) from None


def _gather(space: AbstractSpace) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the node and the edge labels of the empty graph, of samples, and of these with each choice."""
    archs = space.sample(np.random.default_rng(0), SAMPLES)
    graphs: list[ArchGraph] = [space.graph(np.full(len(space.cardinalities), -1)), *map(space.graph, archs)]
    for i, cardinality in enumerate(space.cardinalities):
        for choice in range(cardinality):
            changed = archs[choice % SAMPLES].copy()
            changed[i] = choice
            graphs.append(space.graph(space.complete(changed)))
    nodes = {label for graph in graphs for label in graph.nodes if label is not None}
    edges = {label for graph in graphs for _, _, label in graph.edges if label is not None}
    return tuple(sorted(nodes)), tuple(sorted(edges))
