"""Files that list architectures: YAML, read and written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from awnas_gym.config import brief, read_items
from awnas_gym.errors import GenotypeError, IllegalArchitectureError, UnknownNameError
from awnas_gym.files import write_atomically
from awnas_gym.spaces.abstract import AbstractSpace, Archs
from awnas_gym.spaces.foreign_genotypes import parse_any

KEY = "architectures"
DUMP_MODES = ("str", "list")
"""How an architecture is written: its genotype, or the list of its decisions."""


def read_architectures(path: Path, space: AbstractSpace) -> Archs:
    """Return the architectures of a list in YAML, int `[n, decisions]`.

    The list is the file's content or stands under `architectures`. An entry is a genotype as `parse_any` reads it, a
    list of decisions, or a mapping with the key `genotype`.

    Raises:
        SettingError: the file cannot be read, is no YAML, or holds no list.
        GenotypeError: an entry is no architecture of the space; the message names its line.
    """
    rows = []
    for line, entry in read_items(path, KEY):
        try:
            rows.append(_architecture(entry, space))
        except (GenotypeError, IllegalArchitectureError) as error:
            raise GenotypeError(f"{path}, line {line}: {error}") from error
    return np.array(rows, dtype=space.dtype).reshape(-1, len(space.cardinalities))


def _architecture(entry: object, space: AbstractSpace) -> Archs:
    if isinstance(entry, Mapping):
        entry = entry.get("genotype")
    if isinstance(entry, str):
        return parse_any(space, " ".join(entry.split()))
    if isinstance(entry, list) and all(type(choice) is int for choice in entry):
        row: Archs = space.check(entry)[0]
        return row
    raise GenotypeError(
        f"an architecture is a genotype, a list of decisions, or a mapping with 'genotype'; got {brief(entry)}"
    )


def write_architectures(path: Path, archs: Archs, space: AbstractSpace, *, dump_mode: str = "str") -> None:
    """Write architectures, int `[n, decisions]`, as a list in YAML.

    Args:
        path: of the file, written whole or not at all.
        archs: what is listed.
        space: of the architectures.
        dump_mode: one of `DUMP_MODES`.

    Raises:
        UnknownNameError: no such `dump_mode`.
        RunFolderError: it cannot be written.
    """
    if dump_mode not in DUMP_MODES:
        raise UnknownNameError("dump_mode", dump_mode, DUMP_MODES)
    write_list(path, [space.genotype(row) if dump_mode == "str" else row.tolist() for row in archs])


def write_list(path: Path, items: Iterable[Any], *, header: Mapping[str, Any] | None = None) -> None:
    """Write items as a list in YAML; behind a header, if there is one, and under `architectures`."""
    import yaml  # noqa: PLC0415 - `import awnas_gym` does not need it

    listed = list(items)
    flow = False if all(isinstance(item, str) for item in listed) else None  # a line each; of numbers, one for all
    text = yaml.safe_dump(listed, sort_keys=False, width=10**6, default_flow_style=flow, allow_unicode=True)
    if header is not None:
        above = yaml.safe_dump(dict(header), sort_keys=False, default_flow_style=False, allow_unicode=True)
        text = f"{above}{KEY}:\n{text}" if listed else f"{above}{KEY}: []\n"
    write_atomically(path, text)
