"""What models of the same space share, since cross-validation makes many of them."""

from __future__ import annotations

import functools
import json
from typing import final

import numpy as np

from awnas_gym.hardware.deployment import deployed
from awnas_gym.hardware.enumeration import layers_of
from awnas_gym.spaces import AbstractSpace
from awnas_gym.spaces.layers import LayerSpec
from awnas_gym.spaces.parts import Parts

SAMPLED = 200
"""Architectures of a space that does not count its parts, by whose layers kinds and kernels are known."""


@final
class SameSpace:
    """A space, as a key: equal to others of its name and settings.

    Args:
        space: of the key.

    Attributes:
        space: likewise.
    """

    def __init__(self, space: AbstractSpace) -> None:
        self.space = space
        self._key = (space.name, json.dumps(space.settings, sort_keys=True))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SameSpace) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


@functools.lru_cache(maxsize=16)
def typical_layers(of: SameSpace) -> tuple[LayerSpec, ...]:
    """Return layers of the networks of a space, as `deployed` gives them: all, if it counts its parts, else of some.

    Raises:
        SettingError: the space does not know its layers.
    """
    if isinstance(of.space, Parts):
        return tuple(layers_of(of.space))
    found = dict.fromkeys(
        layer for row in of.space.sample(np.random.default_rng(0), SAMPLED) for layer in deployed(of.space.layers(row))
    )
    return tuple(found)
