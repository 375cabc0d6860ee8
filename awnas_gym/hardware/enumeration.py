"""Which layers the networks of a space can have: what has to be measured."""

from __future__ import annotations

import numpy as np

from awnas_gym.hardware.deployment import deployed
from awnas_gym.spaces import AbstractSpace
from awnas_gym.spaces.layers import LayerSpec
from awnas_gym.spaces.parts import Parts

ROUND, PATIENCE = 100, 10
"""Architectures that are drawn at once; rounds that bring nothing new, until it is believed that nothing is."""


def layers_of(space: AbstractSpace, *, seed: int = 0) -> list[LayerSpec]:
    """Return the different layers of all networks of a space, as `deployed` gives them, sorted.

    Exact of spaces that count their parts. Of others, architectures are drawn until `PATIENCE * ROUND` of them have no
    layer that those before did not have; a layer so rare that it was missed is an error when it is met.

    Args:
        space: of the networks.
        seed: of the architectures that are drawn.

    Raises:
        SettingError: the space does not know its layers.
    """
    found: set[LayerSpec] = set()
    if isinstance(space, Parts):
        for part in space.parts():
            found.update(deployed(part))
        return _sorted(found)
    rng, quiet = np.random.default_rng(seed), 0
    while quiet < PATIENCE:
        before = len(found)
        for arch in space.sample(rng, ROUND):
            found.update(deployed(space.layers(arch)))
        quiet = quiet + 1 if len(found) == before else 0
    return _sorted(found)


def _sorted(layers: set[LayerSpec]) -> list[LayerSpec]:
    return sorted(layers, key=lambda layer: (layer.kind, -layer.height, layer.c_in, layer.c_out, str(layer)))
