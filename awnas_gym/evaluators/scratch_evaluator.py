"""Know an architecture by training it from scratch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.config import check_settings, check_sizes
from awnas_gym.data import describe
from awnas_gym.errors import SettingError
from awnas_gym.evaluators.abstract import AbstractEvaluator, Trial
from awnas_gym.evaluators.curve_store import CurveStore
from awnas_gym.metrics import Metrics
from awnas_gym.spaces import SPACES, AbstractSpace, Archs, total_macs, total_params
from awnas_gym.spaces.reading import refuse_text
from awnas_gym.supernets import NETWORKS
from awnas_gym.training import RECIPES
from awnas_gym.training.recipe import NamedRecipe
from awnas_gym.training.scratch import LearningCurves
from awnas_gym.training.trainer import Job, Trainer
from awnas_gym.workers import make_pool


@final
class ScratchEvaluator(AbstractEvaluator):
    """Learning curves of trainings from scratch: fidelity e is what a training of all epochs has after e of them.

    All trainings of an architecture are done when it is first asked for, side by side where its network can be, up to
    the fidelity that is asked for; a higher one later trains it anew. Architectures that compute the same function
    share the trainings of their representative. Training k draws from seed `first_seed + k`, whatever the architecture,
    as in the embedded benchmark. So nothing depends on the order of questions or on the number of workers.

    `cost_s` is the seconds that the trainings took, all of an architecture's, also when they are answered from memory.

    Args:
        space: a name from `NETWORKS`.
        dataset: a name from `DATASETS`.
        settings: of the space, e.g. `{"channels": 16}`; what is left out is as in the recipe, if it is of that space.
            Images and classes are those of the data set.
        recipe: a name from `RECIPES`.
        changes: of the recipe, e.g. `{"epochs": 3}`.
        valid_fraction: share of the training images that become `valid` where the data set has none; None for the
            recipe's.
        trials: trainings of an architecture.
        first_seed: of its first training.
        device: any torch device.
        worker_pool: `"processes"` or `"ray"`: where architectures of one call are trained at the same time.
        workers: how many; one thread each.
        cache: folder where learning curves are kept, also for other runs; None for the run's folder, if there is one.

    Raises:
        SettingError: a value out of its range, a setting that the space does not have, images that are not square.
        UnknownNameError: no such network, data set, recipe or pool.
        MissingDataError: the data set's files are not there.
    """

    def __init__(
        self,
        *,
        space: str = "nasbench201",
        dataset: str = "fashion14",
        settings: Mapping[str, Any] | None = None,
        recipe: str = "fashion14",
        changes: Mapping[str, Any] | None = None,
        valid_fraction: float | None = None,
        trials: int = 1,
        first_seed: int = 0,
        device: str = "cpu",
        worker_pool: str = "processes",
        workers: int = 1,
        cache: str | None = None,
    ) -> None:
        check_sizes({"trials": trials, "first_seed": first_seed + 1}, where="training from scratch")
        named: NamedRecipe = RECIPES.load(recipe)
        used = replace(named.recipe, **dict(changes or {}))
        self.space = make_space(space, dataset, named, dict(settings or {}))
        self.trials, self.fidelities = trials, tuple(range(1, used.epochs + 1))
        fraction = named.valid_fraction if valid_fraction is None else valid_fraction
        seeds = tuple(range(first_seed, first_seed + trials))
        setup: dict[str, Any] = {
            "space": space, "settings": self.space.settings, "dataset": dataset, "valid_fraction": fraction,
            "recipe": used, "seeds": seeds,
        }  # fmt: skip
        trainer = Trainer(**setup, device=device)
        self._images = dict(trainer.data.images)  # what is wrong with the data is said here
        self.yields = frozenset(
            {
                "cost_s",
                "params",
                "macs",
                *(f"{split}_{score}" for split in self._images for score in ("accuracy", "loss")),
            }
        )
        self.card: dict[str, Any] = {"title": f"{space} trained on {dataset} from scratch", "recipe": asdict(used)}
        if (worker_pool, workers) != ("processes", 1):
            trainer = Trainer(**setup, device=device)  # without the data, which each worker has
        gpus = 1.0 if device.startswith("cuda") else 0.0
        self._pool = make_pool(worker_pool, trainer, workers=workers, describe=self._describe, gpus=gpus)
        self._store = CurveStore(
            {**setup, "recipe": asdict(used)}, splits=frozenset(self._images), trials=trials, most=used.epochs
        )
        self._has_cache = cache is not None
        if cache is not None:
            self._store.keep_in(Path(cache).expanduser())

    @property
    def listable(self) -> bool:
        """Nobody trains a whole space for its mean."""
        return False

    def keep_in(self, folder: Path) -> None:
        """Keep learning curves in the folder of a run, unless they have one of their own."""
        if not self._has_cache:
            self._store.keep_in(folder / "curves")

    def close(self) -> None:
        """End the workers; a further evaluation starts new ones."""
        self._pool.close()

    def prepare(self, archs: ArrayLike, *, fidelity: int | None = None) -> None:
        """Train those of `archs`, int `[batch, decisions]`, that are not known, as many at a time as there are workers.

        Raises:
            TrainingError: one of them cannot be trained; those that were done before are kept.
            WorkerError: two workers died over the same one.
        """
        self._curves(self.space.check(archs), self.check_fidelity(fidelity))

    def evaluate(
        self, archs: ArrayLike, *, fidelity: int | None = None, trial: Trial = "mean", rng: np.random.Generator
    ) -> Metrics:
        """Return the metrics of `archs`, int `[batch, decisions]`, after a training of each that is not known."""
        epochs, trial = self.check_fidelity(fidelity), self.check_trial(trial)
        rows = self.space.check(archs)
        each = self._curves(rows, epochs)
        drawn = rng.integers(self.trials, size=len(rows)) if trial == "random" else None
        found: Metrics = {"cost_s": np.array([curves.seconds[epochs - 1] for curves in each], dtype=np.float64)}
        for split, images in self._images.items():
            for name, values in (
                (f"{split}_accuracy", [curves.correct[split][:, epochs - 1] / images for curves in each]),
                (f"{split}_loss", [curves.loss[split][:, epochs - 1] for curves in each]),
            ):
                found[name] = _chosen(np.stack(values), trial, drawn)
        layers = [self.space.layers(row) for row in rows]
        found["params"] = np.array([total_params(each) for each in layers], dtype=np.float64)
        found["macs"] = np.array([total_macs(each) for each in layers], dtype=np.float64)
        return found

    def _curves(self, rows: Archs, epochs: int) -> list[LearningCurves]:
        """Return the learning curves of each row, `epochs` long or longer."""
        owners = self.space.canonical(rows)
        names = [self.space.genotype(row) for row in owners]
        missing = {
            name: (tuple(row.tolist()), epochs)
            for name, row in zip(names, owners, strict=True)
            if self._store.get(name, epochs) is None
        }
        order = list(missing)
        for number, curves in self._pool.run(missing.values()):
            self._store.put(order[number], curves)
        found = [self._store.get(name, epochs) for name in names]
        return [curves for curves in found if curves is not None]

    def _describe(self, job: Job) -> str:
        return f"the training of {self.space.genotype(np.array(job[0]))}"


def make_space(name: str, dataset: str, named: NamedRecipe, settings: dict[str, Any]) -> AbstractSpace:
    """Return a space with the settings, the recipe's where they are left out, and the data set's images and classes.

    Raises:
        SettingError: a setting that the space does not have, or images that are not square.
        UnknownNameError: no such network or data set.
    """
    NETWORKS[name]
    kind = SPACES.load(name)
    refuse_text(kind)
    check_settings(kind, settings, where=f"the space {name}")
    info = describe(dataset)
    channels, height, width = info.shape
    if height != width:
        raise SettingError(f"{dataset} has images of {height}x{width} pixels; square ones are wanted")
    of_recipe = named.settings if named.space == name else {}
    of_data = {"image_channels": channels, "image_size": height, "classes": info.classes}
    space: AbstractSpace = kind(**{**of_recipe, **settings, **of_data})
    return space


def _chosen(values: NDArray[np.float64], trial: Trial, drawn: NDArray[np.int64] | None) -> NDArray[np.float64]:
    """Return of values `[batch, trials]` the mean, a trial, or the drawn ones, float64 `[batch]`."""
    if drawn is not None:
        return np.take_along_axis(values, drawn[:, None], axis=1)[:, 0]
    return values.mean(axis=1) if trial == "mean" else values[:, int(trial)]
