"""Measure the layers of spaces into a table."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np

from awnas_gym.errors import SettingError
from awnas_gym.hardware import LayerTable, layers_of
from awnas_gym.hardware.layer_table import layer_fields, unique
from awnas_gym.profiling.abstract import AbstractRuntime
from awnas_gym.profiling.journal import Journal, same_card
from awnas_gym.profiling.layer_shapes import refuse_unmeasured
from awnas_gym.seeding import generator
from awnas_gym.spaces import AbstractSpace
from awnas_gym.spaces.layers import LayerSpec

GROUP = 24
"""Layers that are measured together, of one space."""

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
    of_spaces = [layers_of(space) for space in spaces]
    new = [layer for layer in unique(itertools.chain(*of_spaces)) if layer not in rows]
    for layer in new:
        refuse_unmeasured(layer)
    with Journal(path.with_name(f"{path.name}.partial"), card) as journal:
        groups = [(turn, *each) for turn in range(rounds) for each in _groups(of_spaces, set(rows), turn)]
        _measure(groups, runtime, journal, watch)
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


def _measure(
    groups: list[tuple[int, list[LayerSpec], list[LayerSpec]]], runtime: AbstractRuntime, journal: Journal, watch: Watch
) -> None:
    """Measure what is not in the journal, of groups with the number of their round."""
    work = [
        (turn, [layer for layer in group if _name(layer, turn) not in journal.values], company)
        for turn, group, company in groups
    ]

    def measure() -> Iterator[None]:
        for turn, group, company in work:
            for layer, values in zip(group, runtime.layers(group, company) if group else [], strict=True):
                journal.append(_name(layer, turn), values)
                yield

    for _ in watch(measure(), sum(len(group) for _, group, _ in work)):
        pass


def _groups(
    of_spaces: list[list[LayerSpec]], known: set[LayerSpec], turn: int
) -> Iterator[tuple[list[LayerSpec], list[LayerSpec]]]:
    """Yield groups of unknown layers of one space, in the order of a round, and as many others as make up `GROUP`."""
    known = set(known)
    for layers in of_spaces:
        rng = generator(0, "rounds", turn)
        new = [layer for layer in layers if layer not in known]
        known.update(new)
        for part in np.array_split(rng.permutation(len(new)), -(-len(new) // GROUP) or 1):
            group = [new[i] for i in part]
            others = [layer for layer in layers if layer not in group]
            yield group, [others[i] for i in rng.permutation(len(others))[: GROUP - len(group)]]


def today() -> str:
    """Return the date, of UTC."""
    return datetime.now(timezone.utc).date().isoformat()


def _name(layer: LayerSpec, turn: int) -> str:
    return f"{turn} {json.dumps(layer_fields(layer), separators=(',', ':'))}"
