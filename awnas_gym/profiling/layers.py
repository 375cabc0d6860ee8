"""Measure the layers of spaces into a table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from awnas_gym.errors import SettingError
from awnas_gym.hardware import LayerTable, layers_of
from awnas_gym.hardware.layer_table import layer_fields, unique
from awnas_gym.profiling.abstract import AbstractRuntime
from awnas_gym.profiling.journal import Journal, same_card
from awnas_gym.profiling.layer_shapes import refuse_unmeasured
from awnas_gym.seeding import generator
from awnas_gym.spaces import AbstractSpace
from awnas_gym.spaces.layers import LayerSpec

Watch = Callable[[Iterator[None], int], Iterator[None]]
"""Passes on what it is given, one for each of so many measurements; a progress bar, for instance."""


def profile_layers(
    spaces: Sequence[AbstractSpace], runtime: AbstractRuntime, path: Path, *, watch: Watch, rounds: int = 1
) -> LayerTable:
    """Measure those layers of spaces that a table does not hold yet, and write it.

    Each round over the layers has its own order, so that a slow minute of the machine meets layers of all kinds, and
    none twice; of a layer, the round with the least `latency_ms` counts. What was measured is kept beside the table, a
    line at a time, until all is.

    Args:
        spaces: of the networks.
        runtime: runs the layers.
        path: of the table, which may be there.
        watch: is told of each measurement.
        rounds: how often each layer is measured.

    Raises:
        SettingError: the table there was measured otherwise, or a space has no layers or some that are not measured.
        RunFolderError: the files cannot be written.
    """
    about = json.loads(json.dumps([{"name": space.name, "settings": space.settings} for space in spaces]))
    card = {**runtime.card, "date": today(), "spaces": about, "rounds": rounds}
    rows: dict[LayerSpec, dict[str, float]] = {}
    if path.exists():
        known = _known(path, card)
        card["spaces"] = [*(each for each in known.card.get("spaces", []) if each not in about), *about]
        rows |= known.rows
    wanted = unique(layer for space in spaces for layer in layers_of(space))
    for layer in wanted:
        refuse_unmeasured(layer)
    new = [layer for layer in wanted if layer not in rows]
    with Journal(path.with_name(f"{path.name}.partial"), card) as journal:
        orders = [generator(0, "rounds", turn).permutation(len(new)) for turn in range(rounds)]
        work = [(_name(new[i], turn), new[i]) for turn, order in enumerate(orders) for i in order]
        _measure([each for each in work if each[0] not in journal.values], runtime, journal, watch)
        for layer in new:
            each = [journal.values[_name(layer, turn)] for turn in range(rounds)]
            rows[layer] = min(each, key=lambda values: values["latency_ms"])
        table = LayerTable(path.stem, rows, card)
        table.write(path)
        if journal.values.keys() <= {_name(layer, turn) for layer in rows for turn in range(rounds)}:
            journal.remove()
    return table


def _known(path: Path, card: dict[str, Any]) -> LayerTable:
    """Return the table that is there; `SettingError` if it was measured otherwise."""
    known = LayerTable.read(path)
    try:
        same_card(known.card, card)
    except SettingError as error:
        raise SettingError(f"{path}: {error}; choose another name") from error
    return known


def _measure(work: list[tuple[str, LayerSpec]], runtime: AbstractRuntime, journal: Journal, watch: Watch) -> None:
    def measure() -> Iterator[None]:
        for name, layer in work:
            journal.append(name, runtime.layer(layer))
            yield

    for _ in watch(measure(), len(work)):
        pass


def today() -> str:
    """Return the date, of UTC."""
    return datetime.now(timezone.utc).date().isoformat()


def _name(layer: LayerSpec, turn: int) -> str:
    return f"{turn} {json.dumps(layer_fields(layer), separators=(',', ':'))}"
