"""From measurements to a benchmark table with a card."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awnas_gym.benchmarks import Column, TableFile, write_table
from awnas_gym.data import images_of
from awnas_gym.errors import SettingError, TableFileError, unknown
from awnas_gym.evaluators.table import TableEvaluator
from awnas_gym.metrics import ACCURACY, SPLITS, metric_info
from awnas_gym.objectives.vector import VectorObjective
from awnas_gym.pareto import summarise
from awnas_gym.seeding import generator
from awnas_gym.spaces import AbstractSpace, Archs, total_macs, total_params
from awnas_gym.tabulate import Pass, Results, TabulateRecipe, tie_to_recipe


def pack_table(plan: TabulateRecipe, results: Path, path: Path) -> str:
    """Write the table of everything measured so far and return its checksum.

    Columns with trials and epochs are stored a class, all others an architecture. What was not measured stays
    marked as such. Seconds of training, measured on a sample, become `train_s_model` by `fit_training_seconds`.

    Raises:
        TableFileError: no `valid_accuracy` was measured; a table that was at `path` is untouched.
        RunFolderError: a measurement cannot be read; likewise.
        SettingError: counts of correct images without their data set; likewise.
    """
    space = plan.space
    archs = space.enumerate()
    representatives, class_of = np.unique(space.index(space.canonical(archs)), return_inverse=True)
    columns = {"class_of_arch": Column(class_of.astype(np.int32), ("arch",))}
    card: dict[str, Any] = {**plan.card, "passes": {}}
    for name, work in plan.passes.items():
        kept = Results(results, name)
        if kept.records:
            tie_to_recipe(space, work, kept)
        made = kept.recipe() or {}
        card["passes"][name] = {
            "recorder": work.recorder,
            "settings": work.settings,
            "measured": len(kept.records),
            "planned": len(work.tasks(space)),
            "agreement": reliability(plan, name, kept),
        }
        card["passes"][name] |= {key: made[key] for key in ("versions", "machine", "adopted") if key in made}
        if not kept.records:
            continue
        if "train_s" in next(iter(kept.records.values())):
            seconds, fit = fit_training_seconds(space, kept)
            columns["train_s_model"] = Column(seconds.astype(np.float32), ("arch",))
            card["train_s_model"] = fit
            continue
        rows = representatives if work.over == "classes" else np.arange(space.size)
        axis = "class" if work.over == "classes" else "arch"
        columns |= _columns(work, kept, rows, axis)
    if "valid_accuracy" not in columns:
        raise TableFileError(f"{path} was not written: {results} holds no measurement of valid_accuracy; run that pass")
    layers = [space.layers(arch) for arch in archs]
    columns["params"] = Column(np.array([total_params(each) for each in layers], dtype=np.int64), ("arch",))
    columns["macs"] = Column(np.array([total_macs(each) for each in layers], dtype=np.int64), ("arch",))
    card["classes"] = len(representatives)
    described = {"name": space.name, "settings": space.settings}
    evaluator = TableEvaluator(TableFile(path, described, card, columns, checksum=""))
    if evaluator.coverage() == 0:
        raise TableFileError(f"{path} was not written: no measurement in {results} is of this recipe's architectures")
    card |= reference_scores(evaluator)
    return write_table(path, space=described, card=card, columns=columns)


def reference_scores(evaluator: TableEvaluator) -> dict[str, Any]:
    """Return what a card says of the scores: how much is recorded, mean and best of each split, the Pareto front.

    The scores are accuracies, or the metric that the card names as its `score`, e.g. `ssim`. All at the highest
    fidelity, trials averaged, over the architectures that are recorded. `multi_objective` is of
    those default objectives that the table holds; `pareto.summarise` says what its numbers are.
    """
    archs = evaluator.population()
    metrics = evaluator.evaluate(archs, rng=np.random.default_rng(0))
    found: dict[str, Any] = {"coverage": round(evaluator.coverage() or 0.0, 4), "reference": {}}
    for name in sorted({f"{split}_{evaluator.card.get('score', ACCURACY)}" for split in SPLITS} & metrics.keys()):
        values = metrics[name]
        if not np.isfinite(values).any():
            continue
        best = int(np.nanargmax(values) if metric_info(name).maximise else np.nanargmin(values))
        found["reference"][name] = {
            "mean_random": float(np.nanmean(values)),
            "best": float(values[best]),
            "best_architecture": evaluator.space.genotype(archs[best]),
        }
    held = [name for name in VectorObjective().names if name in metrics]
    if len(held) > 1:
        rewards = VectorObjective(",".join(held))(metrics)
        known = np.isfinite(rewards).all(axis=1)
        if known.any():
            found["multi_objective"] = summarise(held, rewards[known])
    return found


def reliability(plan: TabulateRecipe, name: str, kept: Results) -> list[str]:
    """Say how well independent measurements agree: of trials (accuracy) or of rounds (latency).

    r is the mean Spearman correlation between single trials over the measured architectures; the reliability of
    their mean follows by Spearman-Brown, k r / (1 + (k - 1) r). Both are given over the classes (each once) and
    over the space (each class as often as it has architectures), which is what an agent that samples meets.
    """
    lines: list[str] = []
    indices = sorted({index for _, index in kept.records})
    if len(indices) < 3:
        return lines
    weights = _class_sizes(plan.space, indices)
    first = next(iter(kept.records.values()))
    for column, value in first.items():
        array = np.asarray(value)
        if array.ndim == 2:
            last = np.array([kept.records[0, index][column] for index in indices], dtype=float)[:, :, -1]
            for weight, over in ((np.ones(len(indices), dtype=int), "classes"), (weights, "space")):
                r, k = _mean_rank_correlation(np.repeat(last, weight, axis=0)), last.shape[1]
                mean = k * r / (1 + (k - 1) * r) if r > 0 else 0.0
                lines.append(f"{column}: trials agree at r = {r:.3f} over the {over}, their mean of {k} at {mean:.3f}")
        elif plan.passes[name].rounds > 1:
            rounds = range(plan.passes[name].rounds)
            whole = [index for index in indices if all((turn, index) in kept.records for turn in rounds)]
            if len(whole) > 2:
                values = np.array([[kept.records[turn, i][column] for turn in rounds] for i in whole], dtype=float)
                spread = float(np.median(np.ptp(values, axis=1) / np.median(values, axis=1)))
                lines.append(
                    f"{column}: rounds agree at r = {_mean_rank_correlation(values):.3f}; median spread {spread:.1%}"
                )
    return lines


def fit_training_seconds(space: AbstractSpace, kept: Results) -> tuple[NDArray[np.float64], dict[str, Any]]:
    """Fit the measured seconds of a sample by least squares and return them for the whole space, float64 `[size]`.

    Features: how many layers of each (kind, kernel) the network has as written and as its class's representative,
    and a constant. The card says how far the
    model is off on architectures it was not fitted to (10-fold).
    """
    archs = space.enumerate()
    alive = _layer_counts(space, space.canonical(archs))  # dead edges are run forward, but not trained
    features = np.hstack([np.ones((len(archs), 1)), _layer_counts(space, archs), alive])
    indices = np.array([index for _, index in kept.records])
    seconds = np.array([values["train_s"] for values in kept.records.values()])
    folds = generator(0, "folds").permutation(len(indices)) % 10
    errors = np.empty(len(indices))
    for fold in range(10):
        held = folds == fold
        weights = np.linalg.lstsq(features[indices[~held]], seconds[~held], rcond=None)[0]
        errors[held] = features[indices[held]] @ weights / seconds[held] - 1
    weights = np.linalg.lstsq(features[indices], seconds, rcond=None)[0]
    fit = {
        "what": "seconds of one training of one seed on one thread; linear in the layers that are run, and trained",
        "sample": len(indices),
        "median_error_percent": round(float(np.median(np.abs(errors))) * 100, 2),
        "p90_error_percent": round(float(np.quantile(np.abs(errors), 0.9)) * 100, 2),
    }
    return features @ weights, fit


def _layer_counts(space: AbstractSpace, archs: Archs) -> NDArray[np.float64]:
    """Return how many layers of each (kind, kernel) each network has, float64 `[batch, kinds]`."""
    counts = [Counter((layer.kind, layer.kernel) for layer in space.layers(arch)) for arch in archs]
    names = sorted({name for count in counts for name in count})
    return np.array([[count[name] for name in names] for count in counts], dtype=np.float64)


def _columns(work: Pass, kept: Results, rows: NDArray[np.int64], axis: str) -> dict[str, Column]:
    """Stack the measurements by row; of several rounds the median. Arrays of counts stay whole numbers."""
    by_index: dict[int, list[dict[str, Any]]] = {}
    for (_, index), values in kept.records.items():
        by_index.setdefault(index, []).append(values)
    columns = {}
    for name, example in next(iter(kept.records.values())).items():
        shape = np.shape(example)
        medians = {index: np.median([v[name] for v in values], axis=0) for index, values in by_index.items()}
        counts = bool(shape) and all(np.asarray(v[name]).dtype.kind in "iu" for v in kept.records.values())
        stacked = np.full((len(rows), *shape), np.nan)
        for i, index in enumerate(rows.tolist()):
            if index in medians:
                stacked[i] = medians[index]
        dims = (axis, "trial", "epoch") if shape else (axis,)
        columns[name] = (
            Column(_as_counts(name, stacked), dims, _denominator(work, name))
            if counts
            else Column(stacked.astype(np.float32), dims)
        )
    return columns


def _as_counts(name: str, values: NDArray[np.float64]) -> NDArray[np.uint16]:
    """Return counts with the largest uint16 where nothing was measured; `TableFileError` if one does not fit."""
    unrecorded = np.iinfo(np.uint16).max
    wrong = values[(values < 0) | (values >= unrecorded)]
    if len(wrong):
        raise TableFileError(f"{name} counts {wrong[0]:.0f}; a table holds 0 … {unrecorded - 1}")
    return np.where(np.isnan(values), unrecorded, values).astype(np.uint16)


def _denominator(work: Pass, name: str) -> int:
    """Return how many images a count of `<split>_accuracy` is out of; 1 for other counts.

    Raises:
        SettingError: the recorder's settings do not name the data set, or it has no such split.
    """
    split = name.removesuffix("_accuracy")
    if split == name:
        return 1
    if "dataset" not in work.settings:
        raise SettingError(
            f"{name} of the recorder {work.recorder} holds counts and its settings name no data set to divide by; "
            "record fractions, or name the data set"
        )
    splits = images_of(work.settings["dataset"])
    if split not in splits:
        raise SettingError(f"{name}: {unknown('split', split, splits)}")
    return len(splits[split].labels)


def _class_sizes(space: AbstractSpace, indices: list[int]) -> NDArray[np.int64]:
    """Return how many architectures each index stands for."""
    owners = space.index(space.canonical(space.enumerate()))
    sizes = Counter(owners.tolist())
    return np.array([sizes.get(index, 1) for index in indices], dtype=np.int64)


def _mean_rank_correlation(values: NDArray[np.float64]) -> float:
    """Return the mean Spearman correlation between the columns of `[n, k]`, ties at their mean rank."""
    ranks = np.stack([_ranks(column) for column in values.T])
    pairs = itertools.combinations(range(len(ranks)), 2)
    return float(np.mean([np.corrcoef(ranks[a], ranks[b])[0, 1] for a, b in pairs]))


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: NDArray[np.float64] = ends - (counts - 1) / 2
    return means[inverse]
