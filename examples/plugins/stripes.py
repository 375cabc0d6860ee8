"""Data set `stripes`: which way do the stripes of a noisy 8x8 image run? Drawn, so nothing is downloaded."""

from __future__ import annotations

import numpy as np

from awnas_gym.data import Split
from awnas_gym.tables import Row

ROWS = {"dataset": {"stripes": Row(f"{__name__}:stripes", "1,000 images of 8x8, stripes in 4 directions; drawn")}}

SIZE, DIRECTIONS = 8, 4


def stripes() -> dict[str, Split]:
    """Return 400 training, 200 validation and 400 test images, equally many a direction."""
    counts = {"train": 400, "valid": 200, "test": 400}
    return {split: _draw(count, seed) for seed, (split, count) in enumerate(counts.items())}


def _draw(count: int, seed: int) -> Split:
    """Draw the upper halves of sine waves of random phase and wavelength, and noise."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % DIRECTIONS)
    y, x = np.mgrid[:SIZE, :SIZE]
    angle = (labels * np.pi / DIRECTIONS)[:, None, None]
    wavelength, phase = rng.uniform(3, 6, (count, 1, 1)), rng.uniform(0, 2 * np.pi, (count, 1, 1))
    wave = np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / wavelength + phase)
    noisy = 80 + 100 * wave.clip(0) + rng.normal(0, 40, wave.shape)
    return Split(noisy.clip(0, 255).astype(np.uint8)[:, None], labels.astype(np.int64))
