"""One hash for architectures and for the functions they compute; the authors' hash of NAS-Bench-101."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_CHUNK = 8192  # rows whose columns fit into the processor's cache


def mix(*values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Hash columns of integers into one, uint64 `[n]` (the finaliser of splitmix64)."""
    state = np.full(1, 0x9E3779B97F4A7C15, dtype=np.uint64)
    for value in values:
        state = (state ^ value) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(29))) * np.uint64(0x94D049BB133111EB)
        state = state ^ (state >> np.uint64(32))
    return state


def fingerprints(rows: NDArray[np.signedinteger[Any]]) -> NDArray[np.uint64]:
    """Hash each row of integers, `[n, columns]`, into one, uint64 `[n]`."""
    found = np.empty(len(rows), dtype=np.uint64)
    for start in range(0, len(rows), _CHUNK):
        part = slice(start, start + _CHUNK)
        found[part] = mix(*np.ascontiguousarray(rows[part].T).astype(np.uint64))
    return found


def graph_hash(adjacency: NDArray[Any], labels: Sequence[int]) -> str:
    """Return the hash of a labelled graph by the authors of NAS-Bench-101, 32 hexadecimal digits.

    Args:
        adjacency: `[vertices, vertices]`; its type has a part in the hash, as degrees are hashed as they are printed.
        labels: of the vertices; -1 of the input, -2 of the output.
    """
    ends, starts = adjacency.sum(axis=0).tolist(), adjacency.sum(axis=1).tolist()
    hashes = [_md5(str(vertex)) for vertex in zip(starts, ends, labels, strict=True)]
    for _ in labels:
        before = [sorted(hashes[w] for w in np.flatnonzero(adjacency[:, v])) for v in range(len(labels))]
        after = [sorted(hashes[w] for w in np.flatnonzero(adjacency[v])) for v in range(len(labels))]
        hashes = [
            _md5("".join(a) + "|" + "".join(b) + "|" + own) for a, b, own in zip(before, after, hashes, strict=True)
        ]
    return _md5(str(sorted(hashes)))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
