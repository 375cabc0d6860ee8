"""Learning curves that were trained, in memory and, if there is a folder, on disk: nothing is trained twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

import numpy as np

from awnas_gym.errors import RunFolderError
from awnas_gym.files import write_atomically
from awnas_gym.training.scratch import LearningCurves

SETUP = "setup.json"
"""In a folder of curves: what they were trained with."""


@final
class CurveStore:
    """Learning curves by architecture; a JSON file each, in a folder for what they were trained with.

    Several processes may share a folder: a file is written whole or not at all.

    Args:
        setup: what the curves depend on beside the architecture, in values of JSON.
        splits: of which there are curves.
        trials: of each.
        most: epochs of a curve at most.
    """

    def __init__(self, setup: Mapping[str, Any], *, splits: frozenset[str], trials: int, most: int) -> None:
        self._setup = json.dumps(setup, sort_keys=True)
        self._splits, self._trials, self._most = splits, trials, most
        self._known: dict[str, LearningCurves] = {}
        self.folder: Path | None = None

    def keep_in(self, folder: Path) -> None:
        """Keep curves in a folder from now on, and find those that are there."""
        self.folder = folder / _digest(self._setup)
        if not (self.folder / SETUP).exists():
            write_atomically(self.folder / SETUP, self._setup)
        for genotype, curves in self._known.items():
            self._write(genotype, curves)

    def get(self, genotype: str, epochs: int) -> LearningCurves | None:
        """Return the curves of an architecture if they are that long.

        Raises:
            RunFolderError: its file cannot be read, or holds something else.
        """
        if (genotype not in self._known or self._length(genotype) < epochs) and self.folder is not None:
            path = self._path(self.folder, genotype)
            if path.exists():
                self._known[genotype] = self._read(path, genotype)
        return self._known[genotype] if genotype in self._known and self._length(genotype) >= epochs else None

    def put(self, genotype: str, curves: LearningCurves) -> None:
        """Keep the curves of an architecture."""
        self._known[genotype] = curves
        self._write(genotype, curves)

    def _length(self, genotype: str) -> int:
        return len(self._known[genotype].seconds)

    def _write(self, genotype: str, curves: LearningCurves) -> None:
        if self.folder is None:
            return
        content = {
            "architecture": genotype,
            "correct": {name: values.tolist() for name, values in sorted(curves.correct.items())},
            "loss": {name: values.tolist() for name, values in sorted(curves.loss.items())},
            "seconds": curves.seconds.tolist(),
        }
        write_atomically(self._path(self.folder, genotype), json.dumps(content, allow_nan=False))

    @staticmethod
    def _path(folder: Path, genotype: str) -> Path:
        return folder / f"{_digest(genotype)}.json"

    def _read(self, path: Path, genotype: str) -> LearningCurves:
        try:
            content = json.loads(path.read_bytes())
            curves = LearningCurves(
                {name: np.asarray(content["correct"][name], dtype=np.int64) for name in self._splits},
                {name: np.asarray(content["loss"][name], dtype=np.float64) for name in self._splits},
                np.asarray(content["seconds"], dtype=np.float64),
            )
            shape = (self._trials, len(curves.seconds))
            arrays = [*curves.correct.values(), *curves.loss.values()]
            fits = content["architecture"] == genotype and 1 <= shape[1] <= self._most
            if not fits or any(array.shape != shape or not np.isfinite(array).all() for array in arrays):
                raise ValueError(f"no curves of {genotype}, {self._trials} trainings of 1 … {self._most} epochs")
        except OSError as error:
            raise RunFolderError(f"cannot read {path}: {error.strerror}") from error
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise RunFolderError(f"{path} is damaged ({error}); delete it, and it is trained again") from error
        return curves


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
