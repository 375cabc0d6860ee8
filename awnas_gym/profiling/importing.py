"""What was measured elsewhere, as tables of layers and measurements of networks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from awnas_gym.errors import MissingDataError, SettingError
from awnas_gym.hardware import LayerTable
from awnas_gym.hardware.card_csv import read_card_csv
from awnas_gym.hardware.layer_table import FIELDS, SPREAD
from awnas_gym.hardware.measurements import GENOTYPE, Measurements
from awnas_gym.profiling import onnx_profiles, trtexec_logs
from awnas_gym.profiling.export import MANIFEST
from awnas_gym.profiling.layers import today
from awnas_gym.profiling.runner import DRIFT, WATCHED

Lines = Sequence[tuple[int, Mapping[str, str]]]
Read = Callable[[Path, str], dict[str, float]]

BY_MODEL: Mapping[str, tuple[Read, dict[str, str]]] = MappingProxyType(
    {
        "trtexec": (trtexec_logs.read, {"runtime": "tensorrt", "how": trtexec_logs.HOW}),
        "onnxruntime": (onnx_profiles.read, {"runtime": "onnxruntime", "how": onnx_profiles.HOW}),
    }
)
"""Format -> what reads the file of a model in a folder, by the model's name without its ending; parts of the card."""


def import_csv(path: Path, name: str, *, drifted: bool = False) -> LayerTable | Measurements:
    """Return what a CSV holds: that of run.py, or any with the columns of a table of layers or of measurements.

    Args:
        path: of the file.
        name: of the device.
        drifted: take what run.py measured while the device was hot, too.

    Raises:
        MissingDataError: no such file.
        SettingError: it is no such file, or some of it drifted; the message names the line.
    """
    card, lines = read_card_csv(path, what="CSV of measurements")
    if not drifted:
        hot = [number for number, line in lines if _drift(line, path, number) > DRIFT]
        if hot:
            raise SettingError(
                f"{path}: {len(hot)} lines, the first of them {hot[0]}, were measured while the reference took over "
                f"{DRIFT:.0%} more or less than at first; the same run.py measures them again, --drifted takes them"
            )
    kept = [(number, {x: text for x, text in line.items() if x not in WATCHED}) for number, line in lines]
    return _found(name, card, kept, where=str(path))


def import_folder(
    folder: Path, name: str, *, form: str, exported: Path, device: str | None = None
) -> LayerTable | Measurements:
    """Return what a folder holds that has a file for each model of an exported one, with its name.

    Args:
        folder: e.g. with `0000.log` of `models/0000.onnx`.
        name: of the device.
        form: a row of `BY_MODEL`.
        exported: the folder that `awnas hardware export` wrote.
        device: what it is, for the card; None for its name.

    Raises:
        MissingDataError: the file of a model, or the manifest, is not there.
        SettingError: a file is not of that form.
    """
    read, about = BY_MODEL[form]
    manifest = _manifest(exported / MANIFEST)
    kept = {part: manifest[part] for part in ("batch_size", "dtype", "space", "spaces") if part in manifest}
    card = {**kept, **about, "device": device or name, "date": today()}
    lines: list[tuple[int, dict[str, str]]] = []
    for number, model in enumerate(manifest["models"], 1):
        values = {column: repr(value) for column, value in read(folder, Path(model["file"]).stem).items()}
        lines.append((number, {**dict(zip(manifest["columns"], model["values"], strict=True)), **values}))
    return _found(name, card, lines, where=str(folder))


def _found(name: str, card: dict[str, Any], lines: Lines, *, where: str) -> LayerTable | Measurements:
    if lines and GENOTYPE in lines[0][1]:
        plain = [(i, {x: text for x, text in line.items() if not x.endswith(SPREAD)}) for i, line in lines]
        return Measurements.of_lines(card, plain, where=where)
    return LayerTable.of_lines(name, card, lines, where=where)


def _drift(line: Mapping[str, str], path: Path, number: int) -> float:
    try:
        return abs(float(line.get("drift", 0)))
    except ValueError:
        raise SettingError(f"{path}, line {number}: drift is {line['drift']!r}; a number is wanted") from None


def _manifest(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise MissingDataError(f"no manifest at {path}; --models is the folder that awnas hardware export wrote")
    try:
        content = json.loads(path.read_bytes())
        fine = isinstance(content, dict) and content["columns"] in ([*FIELDS], [GENOTYPE]) and content["models"]
        fine = fine and all(
            len(each["values"]) == len(content["columns"]) and each["file"] for each in content["models"]
        )
    except (OSError, ValueError, RecursionError, KeyError, TypeError) as error:
        raise SettingError(f"{path} is no manifest of exported models: {error}") from error
    if not fine:
        raise SettingError(f"{path} is no manifest of exported models of this version")
    found: dict[str, Any] = content
    return found
