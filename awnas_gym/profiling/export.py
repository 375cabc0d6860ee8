"""Layers or networks as ONNX files, with a manifest and the script that measures them on another device."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from awnas_gym import __version__
from awnas_gym.errors import SettingError
from awnas_gym.files import write_atomically
from awnas_gym.hardware import layers_of
from awnas_gym.hardware.layer_table import FIELDS, layer_texts, unique
from awnas_gym.hardware.measurements import GENOTYPE
from awnas_gym.profiling import runner
from awnas_gym.profiling.layer_shapes import refuse_unmeasured
from awnas_gym.profiling.layers import Watch
from awnas_gym.spaces import AbstractSpace

MANIFEST, SCRIPT, MODELS = "manifest.json", "run.py", "models"

Models = Iterator[tuple[bytes, list[str]]]
"""Models, and what the columns of a manifest say of each."""


def export_layers(spaces: Sequence[AbstractSpace], folder: Path, *, batch_size: int, watch: Watch) -> int:
    """Write the layers of spaces, each as a model of its own, into a new folder; return how many.

    Args:
        spaces: of the networks.
        folder: gets `manifest.json`, `run.py` and `models/`.
        batch_size: images a pass.
        watch: is told of each model.

    Raises:
        SettingError: the folder is not empty, or a layer is none that is measured.
        MissingExtraError: onnx is not installed.
    """
    from awnas_gym.profiling.onnx_layers import onnx_layer  # noqa: PLC0415 - of the extra [onnx]

    layers = unique(layer for space in spaces for layer in layers_of(space))
    for layer in layers:
        refuse_unmeasured(layer)
    by_macs = sorted(range(len(layers)), key=lambda i: layers[i].macs)
    about = {"spaces": [{"name": space.name, "settings": space.settings} for space in spaces]}
    models = ((onnx_layer(layer, batch_size=batch_size).SerializeToString(), layer_texts(layer)) for layer in layers)
    manifest = {"columns": FIELDS, "batch_size": batch_size, **about}
    return _write(folder, manifest, models, reference=by_macs[3 * len(layers) // 4], watch=watch, total=len(layers))


def export_networks(space: AbstractSpace, archs: ArrayLike, folder: Path, *, batch_size: int, watch: Watch) -> int:
    """Write networks, as torch exports them, into a new folder; return how many. It takes some seconds each.

    Args:
        space: of the networks.
        archs: int `[networks, decisions]`, each once.
        folder: gets `manifest.json`, `run.py` and `models/`.
        batch_size: images a pass.
        watch: is told of each model.

    Raises:
        SettingError: the folder is not empty, or the networks read text.
        MissingExtraError: torch or onnx is not installed.
    """
    from awnas_gym.profiling.onnx_networks import onnx_network  # noqa: PLC0415 - of the extra [onnx]

    rows = space.check(archs)
    models = ((onnx_network(space, row, batch_size=batch_size), [space.genotype(row)]) for row in rows)
    about = {"space": {"name": space.name, "settings": space.settings}}
    manifest = {"columns": [GENOTYPE], "batch_size": batch_size, **about}
    return _write(folder, manifest, models, reference=0, watch=watch, total=len(rows))


def _write(
    folder: Path, manifest: Mapping[str, Any], models: Models, *, reference: int, watch: Watch, total: int
) -> int:
    """Write the models, then the script, and the manifest last: a folder with one is whole."""
    if folder.exists() and any(folder.iterdir()):
        raise SettingError(f"{folder} is not empty; choose another folder")
    listed: list[dict[str, Any]] = []

    def write() -> Iterator[None]:
        for i, (model, values) in enumerate(models):
            name = f"{MODELS}/{i:04d}.onnx"
            write_atomically(folder / name, model)
            listed.append({"file": name, "values": values})
            yield

    for _ in watch(write(), total):
        pass
    write_atomically(folder / SCRIPT, Path(runner.__file__).read_bytes())
    about = {"dtype": "float32", "awnas_gym": __version__, "reference": listed[reference]["file"], "models": listed}
    write_atomically(folder / MANIFEST, json.dumps({**manifest, **about}, indent=1))
    return total
