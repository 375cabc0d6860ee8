"""What whole networks were measured to cost: what models are fitted to and compared with.

The file is a CSV that any program reads: a first line `# {card in JSON}`, a line of names, and a line a network: its
`genotype`, then metrics. Beside `latency_ms` may stand `latency_ms_1`, `latency_ms_2`, …: what each round over all
networks found, if there were several; then `latency_ms` is the least of them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.config import check_settings
from awnas_gym.errors import AwnasError, SettingError, UnknownNameError
from awnas_gym.files import write_atomically
from awnas_gym.hardware.card_csv import card_csv, read_card_csv
from awnas_gym.metrics import Metrics, is_metric
from awnas_gym.spaces import SPACES, AbstractSpace

GENOTYPE = "genotype"
_ROUND = re.compile(r"(.+)_([1-9][0-9]{0,3})")


@final
class Measurements:
    """Networks of a space and what they were measured to cost.

    Args:
        space: of the networks.
        archs: int `[networks, decisions]`.
        values: metric -> float64 `[networks]`, or `[networks, rounds]` of which the least counts.
        card: `device` and whatever else a reader must know.

    Attributes:
        archs: likewise.
        values: metric -> float64 `[networks]`.
        rounds: metric -> float64 `[networks, rounds]`, of the metrics that were measured in several rounds.
        card: with `space`, its name and settings.

    Raises:
        SettingError: no networks, no metrics, a network that is there twice, or a value that is no number from 0.
        IllegalArchitectureError: a network is none of the space.
    """

    def __init__(
        self, space: AbstractSpace, archs: ArrayLike, values: Mapping[str, ArrayLike], card: Mapping[str, Any]
    ) -> None:
        self.space, self.archs = space, space.check(archs)
        self.card = {**card, "space": {"name": space.name, "settings": space.settings}}
        self.values: Metrics = {}
        self.rounds: Metrics = {}
        if not values or not len(self.archs):
            raise SettingError("measurements are of one network at least, and of one metric")
        if len(np.unique(self.archs, axis=0)) < len(self.archs):
            raise SettingError("measurements have each network once; what was measured again is a round")
        for name, given in values.items():
            if not is_metric(name):
                raise UnknownNameError("metric", name, ["latency_ms", "energy_mj", "<name>_latency_ms"])
            found = np.asarray(given, dtype=np.float64)
            if found.ndim not in {1, 2} or len(found) != len(self.archs) or not found.size:
                raise SettingError(f"{name} has the shape {found.shape}; there are {len(self.archs)} networks")
            if not (np.isfinite(found) & (found >= 0)).all():
                raise SettingError(f"{name} holds {found[~(found >= 0) | ~np.isfinite(found)][0]}; costs are from 0")
            if found.ndim == 2 and found.shape[1] > 1:
                self.rounds[name] = found
            self.values[name] = found if found.ndim == 1 else found.min(axis=1)

    def __len__(self) -> int:
        return len(self.archs)

    def halves(self, metric: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return two measurements of the same networks, the least of the odd rounds and the least of the even ones.

        Rounds take turns, so a slow minute of the machine is in both; how they differ is the error of a measurement.

        Args:
            metric: one of `values`.

        Raises:
            SettingError: there was one round.
        """
        if metric not in self.values:
            raise UnknownNameError("metric", metric, self.values)
        if metric not in self.rounds:
            raise SettingError(
                f"{metric} was measured once; the error of it needs two rounds, {metric}_1 and {metric}_2"
            )
        rounds = self.rounds[metric]
        return rounds[:, 0::2].min(axis=1), rounds[:, 1::2].min(axis=1)

    def take(self, rows: ArrayLike) -> Measurements:
        """Return those of some networks, int `[n]` or bool `[networks]`, e.g. to hold the others out."""
        chosen = np.asarray(rows)
        values = {name: self.rounds.get(name, found)[chosen] for name, found in self.values.items()}
        return Measurements(self.space, self.archs[chosen], values, self.card)

    def write(self, path: Path) -> None:
        """Write the file, whole or not at all."""
        columns: dict[str, NDArray[np.float64]] = {}
        for name, found in self.values.items():
            columns[name] = found
            columns |= {f"{name}_{i}": each for i, each in enumerate(self.rounds.get(name, np.empty((0, 0))).T, 1)}
        genotypes = [self.space.genotype(arch) for arch in self.archs]
        rows = zip(genotypes, *(each.tolist() for each in columns.values()), strict=True)
        write_atomically(path, card_csv(self.card, [GENOTYPE, *columns], rows))

    @classmethod
    def read(cls, path: Path, *, space: AbstractSpace | None = None) -> Measurements:
        """Return the measurements of a file.

        Args:
            path: of the file.
            space: of the networks; None for the one that the card names.

        Raises:
            MissingDataError: no such file.
            SettingError: it holds no measurements, or those of another space; the message names the line.
        """
        card, lines = read_card_csv(path, what="measurements of networks")
        return cls.of_lines(card, lines, where=str(path), space=space)

    @classmethod
    def of_lines(
        cls,
        card: Mapping[str, Any],
        lines: Sequence[tuple[int, Mapping[str, str]]],
        *,
        where: str,
        space: AbstractSpace | None = None,
    ) -> Measurements:
        """Return the measurements of lines that were read.

        Args:
            card: of the file.
            lines: number of a line, for errors, and column -> text.
            where: they were, for errors.
            space: of the networks; None for the one that the card names.

        Raises:
            SettingError: they are no measurements, or those of another space; the message names the line.
        """
        space = _space(card, space, where)
        if not lines:
            raise SettingError(f"{where}: there is no network")
        archs, numbers = list[NDArray[Any]](), list[dict[str, float]]()
        for number, line in lines:
            try:
                archs.append(space.parse(line[GENOTYPE]))
                numbers.append({name: _number(name, text) for name, text in line.items() if name != GENOTYPE})
            except KeyError:
                raise SettingError(f"{where}: there is no column {GENOTYPE}") from None
            except AwnasError as error:
                raise SettingError(f"{where}, line {number}: {error}") from error
        columns = {name: np.array([each[name] for each in numbers]) for name in numbers[0]}
        try:
            return cls(space, np.array(archs), _with_rounds(columns), card)
        except AwnasError as error:
            raise SettingError(f"{where}: {error}") from error


def _space(card: Mapping[str, Any], given: AbstractSpace | None, where: str) -> AbstractSpace:
    """Return the space of a card; it is that which was given, if one was."""
    about = card.get("space")
    if not isinstance(about, dict) or not isinstance(about.get("settings"), dict):
        if given is not None and about is None:
            return given
        raise SettingError(f'{where}: its card does not say {{"space": {{"name": …, "settings": {{…}}}}}}')
    if given is not None:
        if (about.get("name"), about["settings"]) != (given.name, json.loads(json.dumps(given.settings))):
            raise SettingError(f"{where} is of {about}; wanted is {given.name} with {given.settings}")
        return given
    try:
        kind = SPACES.load(str(about.get("name")))
        check_settings(kind, about["settings"], where=f"space {about.get('name')}")
        space: AbstractSpace = kind(**about["settings"])
    except AwnasError as error:
        raise SettingError(f"{where}: {error}") from error
    return space


def _with_rounds(columns: dict[str, NDArray[np.float64]]) -> Metrics:
    """Return the columns `latency_ms_1`, `latency_ms_2`, … as one array `latency_ms` `[networks, rounds]`."""
    found: Metrics = {}
    for name in dict.fromkeys(_metric(column) for column in columns):
        count = sum(column != name and _metric(column) == name for column in columns)
        names = [f"{name}_{i}" for i in range(1, count + 1)]
        if any(each not in columns for each in names):
            raise SettingError(f"{name} has {count} rounds; they are called {', '.join(names)}")
        found[name] = np.stack([columns[each] for each in names], axis=1) if names else columns[name]
        if names and not np.array_equal(found[name].min(axis=1), columns.get(name, found[name].min(axis=1))):
            raise SettingError(f"{name} is not the least of {', '.join(names)}")
    return found


def _metric(column: str) -> str:
    """Return the metric that a column holds a round of, or is."""
    split = _ROUND.fullmatch(column)
    return split[1] if split and not is_metric(column) else column


def _number(name: str, text: str) -> float:
    if not is_metric(_metric(name)):
        raise UnknownNameError("column", name, [GENOTYPE, "latency_ms", "latency_ms_1", "latency_ms_2"])
    try:
        value = float(text)
    except ValueError:
        raise SettingError(f"{name} is {text!r}; a number is wanted") from None
    if not (math.isfinite(value) and value >= 0):
        raise SettingError(f"{name} is {text}; costs are numbers from 0")
    return value
