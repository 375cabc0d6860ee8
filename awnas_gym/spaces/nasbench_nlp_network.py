"""The network around the cells of NAS-Bench-NLP: an AWD-LSTM [Merity et al., ICLR 2018] with other cells."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from awnas_gym.spaces.layers import LayerKind, LayerSpec
from awnas_gym.spaces.nasbench_nlp_recipes import BLEND, LINEAR, PROD, SUM

ACTIVATIONS: tuple[LayerKind, ...] = ("tanh", "sigmoid", "leaky_relu")
"""Those of the operations after `SUM`."""


def network(nodes: Sequence[tuple[int, tuple[int, ...]]], sizes: Mapping[str, int]) -> list[LayerSpec]:
    """Return the layers that one token goes through.

    Args:
        nodes: of the cell, operations and the values they read.
        sizes: settings of the space.
    """
    embedding, tokens = sizes["embedding"], sizes["tokens"]
    widths = [embedding, *[sizes["hidden"]] * (sizes["layers"] - 1), embedding]
    return [
        LayerSpec("embedding", tokens, embedding, 1, 1),
        *(
            layer
            for token, state in itertools.pairwise(widths)
            for node in nodes
            for layer in _node(*node, token=token, width=state)
        ),
        LayerSpec("linear", embedding, tokens, 1, 1, bias=True, tied=True),
    ]


def _node(operation: int, values: tuple[int, ...], *, token: int, width: int) -> Iterator[LayerSpec]:
    """Yield the layers of a node whose token has `token` numbers, and all other values `width`."""
    if operation == LINEAR:
        for i, value in enumerate(values):
            yield LayerSpec("linear", width if value else token, width, 1, 1, bias=i == 0)
    kinds: dict[int, list[LayerKind]] = {
        LINEAR: ["add"] * (len(values) - 1),
        BLEND: ["multiply", "add", "multiply", "add"],
        PROD: ["multiply"],
        SUM: ["add"],
    }
    for kind in kinds[operation] if operation in kinds else [ACTIVATIONS[operation - SUM - 1]]:
        yield LayerSpec(kind, width, width, 1, 1)
