"""NAS-Bench-301 [Zela et al., ICLR 2022]: predicted, by the surrogate models and the package of its authors."""

from __future__ import annotations

import functools
import hashlib
import importlib
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.errors import MissingDataError, TableFileError, in_one_line
from awnas_gym.evaluators.abstract import AbstractEvaluator, Trial
from awnas_gym.metrics import Metrics
from awnas_gym.spaces import total_macs, total_params
from awnas_gym.spaces.nasbench301 import NASBench301

EPOCHS = 100
MEMBERS = "*surrogate_model.model"
"""Files of the members of an ensemble, each in a folder of its own."""

LIMITS = (
    "Predictions, not records: of networks unlike the 60,000 that the models were fitted to, they may be far off.",
    "No test accuracy, no learning curves, no other epochs: the authors published models of the end alone.",
    "Noise is normal with the standard deviation of the ensemble's members, which is their disagreement, not that of "
    "seeds.",
    "Nobody knows the best network: rewards are not normalised.",
)


@functools.cache
def make_surrogate301(models: str, runtime: str | None = None) -> Surrogate301:
    """Return the evaluator of two folders, loaded once a process; the arguments are those of `Surrogate301`."""
    return Surrogate301(models, runtime=runtime)


@final
class Surrogate301(AbstractEvaluator):
    """Predictions of the ensembles of NAS-Bench-301, by the package `nasbench301`.

    `trial="mean"` is the mean of the members; `"random"` adds the authors' noise to it, normal with the standard
    deviation of the members, drawn from `rng`. No surrogate has numbered trainings: trial 0 is the mean too.
    `cost_s` is what the runtime model predicts of one training of 100 epochs, in seconds.

    Loading unpickles the models, which can run anything: load none but the authors'. The package then seeds the global
    generators of NumPy and PyTorch; nothing here draws from them.

    Args:
        models: folder of a performance model, e.g. `nb_models_1.0/xgb_v1.0` or `…/gnn_gin_v1.0`.
        runtime: folder of a runtime model, e.g. `nb_models_1.0/lgb_runtime_v1.0`; None for no `cost_s`.

    Raises:
        MissingDataError: the package is not installed, or a folder holds no models.
        TableFileError: the package cannot load them.
    """

    space: NASBench301
    fidelities = (EPOCHS,)
    trials = 1

    def __init__(self, models: str, *, runtime: str | None = None) -> None:
        folders = [Path(folder) for folder in (models, runtime) if folder is not None]
        members = {folder: _members(folder) for folder in folders}
        self.space = NASBench301()
        self._ensembles = [_load(folder) for folder in folders]
        self.yields = frozenset(["valid_accuracy", "cost_s"][: len(folders)]) | {"params", "macs"}
        self.version = _digest([file for files in members.values() for file in files])
        self.card = {
            "title": "NAS-Bench-301, surrogate models",
            "licence": "Apache-2.0 (the package); the models' page states theirs",
            "url": "https://github.com/automl/nasbench301",
            "protocol": "accuracy on 10,000 validation images of CIFAR-10 after 100 epochs on the other 40,000",
            "fidelities": [EPOCHS],
            "models": {folder.name: f"{len(files)} members" for folder, files in members.items()},
            "limits": list(LIMITS),
        }

    def evaluate(
        self, archs: ArrayLike, *, fidelity: int | None = None, trial: Trial = "mean", rng: np.random.Generator
    ) -> Metrics:
        """Return the predictions for `archs`, int `[batch, 22]`; accuracies are cut to [0, 1]."""
        self.check_fidelity(fidelity)
        trial = self.check_trial(trial)
        rows = self.space.check(archs)
        configurations = [self.space.configuration(arch) for arch in rows]
        percent, *seconds = [_predict(ensemble, configurations) for ensemble in self._ensembles]
        accuracy = percent.mean(axis=1)
        if trial == "random":
            accuracy = accuracy + percent.std(axis=1) * rng.standard_normal(len(accuracy))
        found = {"valid_accuracy": np.clip(accuracy / 100, 0.0, 1.0)}
        different, place = np.unique(rows, axis=0, return_inverse=True)
        layers = [self.space.layers(arch) for arch in different]
        for name, total in (("params", total_params), ("macs", total_macs)):
            found[name] = np.array([total(each) for each in layers], dtype=np.float64)[place.ravel()]
        if seconds:
            found["cost_s"] = seconds[0].mean(axis=1)
        return found


def _members(folder: Path) -> list[Path]:
    files = sorted(folder.rglob(MEMBERS))
    if not files:
        raise MissingDataError(
            f"no surrogate models of NAS-Bench-301 in {folder}: unpack nasbench301_models_v1_0.zip "
            "(https://figshare.com/articles/software/nasbench301_models_v1_0_zip/13061510) and name a folder such as "
            "nb_models/xgb_v1.0"
        )
    return files


def _load(folder: Path) -> Any:  # noqa: ANN401 - a class of the package
    """Return the ensemble in a folder."""
    try:
        package = importlib.import_module("nasbench301")
    except Exception as error:  # it needs old versions of many packages, which break in all ways
        raise MissingDataError(
            "NAS-Bench-301 is predicted by the package nasbench301 (pip install nasbench301, then the packages in its "
            f"requirements.txt), which cannot be imported: {in_one_line(error)}"
        ) from error
    try:
        ensemble = package.load_ensemble(str(folder)).model
    except Exception as error:  # whatever its pickles raise
        raise TableFileError(f"{folder}: nasbench301 cannot load its models: {in_one_line(error)}") from error
    if not hasattr(ensemble, "query_members"):
        raise TableFileError(f"{folder} holds no ensemble but a {type(ensemble).__name__}; xgb and gnn_gin are some")
    return ensemble


def _predict(ensemble: Any, configurations: list[dict[str, str]]) -> NDArray[np.float64]:  # noqa: ANN401
    """Return what each member predicts, float64 `[batch, members]`; accuracies in percent."""
    fixed = importlib.import_module("nasbench301.api").fixed_hyperparameters
    rows = [np.ravel(ensemble.query_members({**fixed, **each})).astype(np.float64) for each in configurations]
    return np.stack(rows) if rows else np.empty((0, 1))


def _digest(files: list[Path]) -> str:
    """Return a checksum of the models."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
