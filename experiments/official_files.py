"""Files in the true layout of the official benchmarks, with made-up numbers: for tests and measurements."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from awnas_gym.ingest.official.tfrecord import masked_crc32c
from awnas_gym.spaces.nasbench101 import NASBench101

CHUNK = 8192


def nasbench101_record(
    module_hash: str, epochs: int, adjacency: str, operations: str, *, values: np.ndarray, params: int
) -> bytes:
    """Return one record.

    Args:
        module_hash: the official one.
        epochs: of the training.
        adjacency: of the pruned graph, row by row.
        operations: of its vertices, separated by commas.
        values: of the evaluations before, half-way and after: seconds, train, valid and test accuracy, `[3, 4]`.
        params: trainable parameters.
    """
    evaluations = b""
    for i, (seconds, train, valid, test) in enumerate(values.tolist()):
        numbers = [(1, epochs * i / 2), (2, seconds), (3, train), (4, valid), (5, test)]
        message = b"".join(bytes([number << 3 | 1]) + struct.pack("<d", value) for number, value in numbers)
        message += b"\x32\x05model"  # checkpoint_path
        evaluations += b"\x0a" + bytes([len(message)]) + message
    message = evaluations + b"\x10" + _varint(params) + b"\x19" + struct.pack("<d", float(values[-1, 0]))
    packed = base64.b64encode(message).decode()
    return json.dumps([module_hash, epochs, adjacency, operations, packed]).encode()


def _varint(number: int) -> bytes:
    parts = []
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def write_tfrecord(path: Path, records: Iterable[bytes]) -> None:
    """Write a TFRecord file."""
    with path.open("wb") as file:
        chunk: list[bytes] = []
        for record in records:
            chunk.append(record)
            if len(chunk) == CHUNK:
                file.write(_framed(chunk))
                chunk = []
        file.write(_framed(chunk))


def _framed(records: list[bytes]) -> bytes:
    lengths = [struct.pack("<Q", len(record)) for record in records]
    crcs = zip(masked_crc32c(lengths).tolist(), masked_crc32c(records).tolist(), strict=True)
    return b"".join(
        length + struct.pack("<I", first) + record + struct.pack("<I", second)
        for length, record, (first, second) in zip(lengths, records, crcs, strict=True)
    )


def nasbench101_records(
    archs: np.ndarray, hashes: Iterable[str], *, budgets: tuple[int, ...], rng: np.random.Generator
) -> Iterator[bytes]:
    """Yield three records a budget of each architecture, with random numbers, in random order within a chunk.

    Args:
        archs: of `NASBench101`, int `[n, 26]`.
        hashes: their official ones.
        budgets: epochs of the trainings.
        rng: of the numbers.
    """
    space = NASBench101()
    waiting: list[bytes] = []
    for arch, module_hash in zip(archs, hashes, strict=True):
        matrix, names = space.matrix(arch)
        adjacency, operations = "".join(map(str, matrix.ravel().tolist())), ",".join(names)
        params = int(rng.integers(10**5, 5 * 10**7))
        for epochs in budgets:
            for _ in range(3):
                accuracy = rng.integers(1000, 9985, (3, 3)) / 9984
                seconds = epochs * rng.uniform(5, 30) * np.arange(3)[:, None] / 2
                values = np.hstack([seconds, accuracy])
                waiting.append(
                    nasbench101_record(module_hash, epochs, adjacency, operations, values=values, params=params)
                )
        if len(waiting) >= CHUNK:
            rng.shuffle(waiting)
            yield from waiting
            waiting = []
    yield from waiting
