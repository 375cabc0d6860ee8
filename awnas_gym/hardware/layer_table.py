"""Tables of layers: what each was measured to cost on a device, with a card that says how.

The file is a CSV that any program reads: a first line `# {card in JSON}`, a line of names, and a line a layer: the
fields of its `LayerSpec`, then metrics. Beside `latency_ms`, a median, may stand `latency_ms_iqr`, the distance between
its quartiles, and `latency_ms_n`, how many measurements there were; likewise of other metrics.
"""

from __future__ import annotations

import hashlib
import math
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import MissingLayerError, SettingError, UnknownNameError
from awnas_gym.files import write_atomically
from awnas_gym.hardware.abstract import AbstractDevice
from awnas_gym.hardware.card_csv import card_csv, read_card_csv
from awnas_gym.metrics import is_metric
from awnas_gym.spaces.layers import LayerKind, LayerSpec

FIELDS = tuple(field.name for field in fields(LayerSpec))
"""Columns that say which layer it is."""

SPREAD = ("_iqr", "_n")
"""Endings of columns beside a metric."""

_WORDS = {"kind": typing.get_args(LayerKind), "along": ("both", "height", "width"),
          "binary": ("", "sign", "tensor", "channel", "bireal")}  # fmt: skip
_FLAGS = ("bias", "affine", "tied")
_TRUTH = {"True": True, "False": False}
_CLOSEST = ("kind", "kernel", "stride", "groups", "c_in", "c_out", "height", "width")


@final
class LayerTable(AbstractDevice):
    """A device of which layers were measured one by one.

    Args:
        name: of the device.
        rows: layer, as `deployed` gives it -> column -> value.
        card: `device` and whatever else a reader must know.

    Attributes:
        rows: likewise.

    Raises:
        SettingError: no rows, rows of different columns, or a value that is no number from 0.
    """

    def __init__(self, name: str, rows: Mapping[LayerSpec, Mapping[str, float]], card: Mapping[str, Any]) -> None:
        self.name, self.rows, self.card = name, {layer: dict(row) for layer, row in rows.items()}, dict(card)
        self.columns = tuple(next(iter(self.rows.values()), ()))
        self.yields = frozenset(column for column in self.columns if is_metric(column))
        if not self.yields:
            raise SettingError(f"a table of layers has a metric as a column, e.g. latency_ms; got {self.columns}")
        for layer, row in self.rows.items():
            if tuple(row) != self.columns:
                raise SettingError(f"{describe(layer)} has the columns {tuple(row)}; the others have {self.columns}")
            for column, value in row.items():
                if not (math.isfinite(value) and value >= 0):
                    raise SettingError(f"{describe(layer)}: {column} is {value}; costs are numbers from 0")
        self.version = hashlib.sha256(self._text().encode()).hexdigest()[:16]

    def costs(self, layers: Sequence[LayerSpec]) -> dict[str, NDArray[np.float64]]:
        """Return the metrics of each layer; `MissingLayerError` names the first that was not measured."""
        missing = [layer for layer in dict.fromkeys(layers) if layer not in self.rows]
        if missing:
            self._explain(missing)
        return {
            metric: np.array([self.rows[layer][metric] for layer in layers], dtype=np.float64)
            for metric in sorted(self.yields)
        }

    def write(self, path: Path) -> None:
        """Write the file, whole or not at all."""
        write_atomically(path, self._text())

    @classmethod
    def read(cls, path: Path, *, name: str | None = None) -> LayerTable:
        """Return the table of a file.

        Args:
            path: of the file.
            name: of the device; None for the file's.

        Raises:
            MissingDataError: no such file.
            SettingError: it is no such table; the message names the line.
        """
        card, lines = read_card_csv(path, what="table of layers")
        return cls.of_lines(name or path.stem, card, lines, where=str(path))

    @classmethod
    def of_lines(
        cls, name: str, card: Mapping[str, Any], lines: Iterable[tuple[int, Mapping[str, str]]], *, where: str
    ) -> LayerTable:
        """Return the table of lines that were read.

        Args:
            name: of the device.
            card: of the table.
            lines: number of a line, for errors, and column -> text.
            where: they were, for errors.

        Raises:
            SettingError: it is no such table; the message names the line.
        """
        rows: dict[LayerSpec, dict[str, float]] = {}
        for number, line in lines:
            try:
                layer, values = _read_row(line)
            except (SettingError, UnknownNameError) as error:
                raise SettingError(f"{where}, line {number}: {error}") from error
            if layer in rows:
                raise SettingError(f"{where}, line {number}: {describe(layer)} is there twice")
            rows[layer] = values
        try:
            return cls(name, rows, card)
        except SettingError as error:
            raise SettingError(f"{where}: {error}") from error

    def _text(self) -> str:
        rows = sorted(self.rows.items(), key=lambda item: str(item[0]))
        lines = [[*layer_texts(layer), *row.values()] for layer, row in rows]
        return card_csv(self.card, [*FIELDS, *self.columns], lines)

    def _explain(self, missing: Sequence[LayerSpec]) -> None:
        layer = missing[0]
        alike = [other for other in self.rows if other.kind == layer.kind]
        nearest = min(alike, key=lambda other: _distance(layer, other), default=None)
        hint = f"; the nearest that was is {describe(nearest)}" if nearest else ""
        raise MissingLayerError(
            f"{describe(layer)} was not measured on {self.name}{hint}. {len(missing)} such layers here; "
            "awnas hardware profile measures those of a space on this machine"
        )


def layer_fields(layer: LayerSpec) -> tuple[Any, ...]:
    """Return the fields of a layer, in the order of `FIELDS`."""
    return tuple(getattr(layer, name) for name in FIELDS)


def layer_texts(layer: LayerSpec) -> list[str]:
    """Return them as a file has them."""
    return ["" if value is None else str(value) for value in layer_fields(layer)]


def describe(layer: LayerSpec) -> str:
    """Return e.g. `conv 16->32, 32x32, kernel 3, stride 2`."""
    parts = [f"{layer.kind} {layer.c_in}->{layer.c_out}, {layer.height}x{layer.width}"]
    parts += [
        f"{name} {getattr(layer, name)}"
        for name in ("kernel", "stride", "groups", "dilation")
        if getattr(layer, name) != 1
    ]
    parts += [f"along {layer.along}"] if layer.along != "both" else []
    parts += [f"binary {layer.binary}"] if layer.binary else []
    return ", ".join([*parts, *(["bias"] if layer.bias else [])])


def unique(layers: Iterable[LayerSpec]) -> list[LayerSpec]:
    """Return the layers once each, in the order of their first."""
    return list(dict.fromkeys(layers))


def _read_row(texts: Mapping[str, str]) -> tuple[LayerSpec, dict[str, float]]:
    layer = {name: _field(name, text) for name, text in texts.items() if name in FIELDS}
    missing = [name for name in ("kind", "c_in", "c_out", "height", "width") if name not in layer]
    if missing:
        raise SettingError(f"the columns {', '.join(missing)} are missing")
    found = replace(LayerSpec(**layer), affine=True, tied=False)  # as `deployed` has them: they cost the same
    return found, {name: _number(name, text) for name, text in texts.items() if name not in FIELDS}


def _field(name: str, text: str) -> Any:  # noqa: ANN401 - of a LayerSpec
    if name in _WORDS:
        if text not in _WORDS[name]:
            raise UnknownNameError(name, text, _WORDS[name])
        return text or None
    if name in _FLAGS:
        if text not in _TRUTH:
            raise SettingError(f"{name} is {text!r}; legal: True, False")
        return _TRUTH[text]
    if not text.isdecimal() or not 0 < int(text) < 2**31:
        raise SettingError(f"{name} is {text!r}; a whole number from 1 is wanted")
    return int(text)


def _number(name: str, text: str) -> float:
    metric = next((name.removesuffix(ending) for ending in SPREAD if name.endswith(ending)), name)
    if not is_metric(metric):
        raise UnknownNameError("column", name, [*FIELDS, "latency_ms", "latency_ms_iqr", "latency_ms_n"])
    try:
        return float(text)
    except ValueError:
        raise SettingError(f"{name} is {text!r}; a number is wanted") from None


def _distance(a: LayerSpec, b: LayerSpec) -> float:
    """Return how unlike two layers are, for a message: differences of the logarithms of their sizes."""
    return sum(abs(math.log(getattr(a, name) / getattr(b, name))) for name in _CLOSEST[1:])
