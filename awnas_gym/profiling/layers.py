"""Measure the layers of spaces into a table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path

from awnas_gym.errors import SettingError
from awnas_gym.hardware import LayerTable, layers_of
from awnas_gym.hardware.layer_table import layer_fields, unique
from awnas_gym.profiling.abstract import AbstractRuntime
from awnas_gym.profiling.journal import Journal, same_card
from awnas_gym.profiling.layer_shapes import refuse_unmeasured
from awnas_gym.spaces import AbstractSpace
from awnas_gym.spaces.layers import LayerSpec

Watch = Callable[[Iterator[None], int], Iterator[None]]
"""Passes on what it is given, one for each of so many measurements; a progress bar, for instance."""


def profile_layers(
    spaces: Sequence[AbstractSpace], runtime: AbstractRuntime, path: Path, *, watch: Watch
) -> LayerTable:
    """Measure those layers of spaces that a table does not hold yet, and write it.

    What was measured is kept beside the table, a line at a time, until all is.

    Args:
        spaces: of the networks.
        runtime: runs the layers.
        path: of the table, which may be there.
        watch: is told of each measurement.

    Raises:
        SettingError: the table there was measured otherwise, or a space has no layers or some that are not measured.
        RunFolderError: the files cannot be written.
    """
    about = json.loads(json.dumps([{"name": space.name, "settings": space.settings} for space in spaces]))
    card = {**runtime.card, "date": today(), "spaces": about}
    rows: dict[LayerSpec, dict[str, float]] = {}
    if path.exists():
        known = LayerTable.read(path)
        try:
            same_card(known.card, card)
        except SettingError as error:
            raise SettingError(f"{path}: {error}; choose another name") from error
        card["spaces"] = [*(each for each in known.card.get("spaces", []) if each not in about), *about]
        rows |= known.rows
    wanted = unique(layer for space in spaces for layer in layers_of(space))
    for layer in wanted:
        refuse_unmeasured(layer)
    with Journal(path.with_name(f"{path.name}.partial"), card) as journal:
        left = [layer for layer in wanted if layer not in rows and _name(layer) not in journal.values]

        def measure() -> Iterator[None]:
            for layer in left:
                journal.append(_name(layer), runtime.layer(layer))
                yield

        for _ in watch(measure(), len(left)):
            pass
        rows |= {layer: journal.values[_name(layer)] for layer in wanted if layer not in rows}
        table = LayerTable(path.stem, rows, card)
        table.write(path)
        if journal.values.keys() <= {_name(layer) for layer in rows}:
            journal.remove()
    return table


def today() -> str:
    """Return the date, of UTC."""
    return datetime.now(timezone.utc).date().isoformat()


def _name(layer: LayerSpec) -> str:
    return json.dumps(layer_fields(layer), separators=(",", ":"))
