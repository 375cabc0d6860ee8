"""Seeds: one root seed, and a name for everything that draws from it."""

from __future__ import annotations

import hashlib

import numpy as np


def derive_seed(root: int, *keys: int | str) -> int:
    """Return a 63-bit seed for the place named by `keys`, e.g. `derive_seed(0, "trial", 2)`.

    Depends on the arguments alone: not on the process, the platform or the order of calls.
    """
    text = "\x1f".join([str(int(root)), *(str(key) for key in keys)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") >> 1


def generator(root: int, *keys: int | str) -> np.random.Generator:
    """Return a NumPy generator seeded with `derive_seed(root, *keys)`."""
    return np.random.default_rng(derive_seed(root, *keys))
