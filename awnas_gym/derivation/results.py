"""Files of scored architectures: written while the scores come, gone on with after a stop."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, final

from awnas_gym.config import check_keys, read_yaml
from awnas_gym.derivation.scores import Score, Scorer
from awnas_gym.errors import SettingError
from awnas_gym.spaces import Archs
from awnas_gym.spaces.architecture_files import KEY, write_list

PAUSE_S = 1.0
"""Between two times that the file is written, at least."""


@final
class Results:
    """The scores of architectures in a file in YAML: how they were taken, then a list.

    Args:
        path: of the file; None keeps the scores in memory alone.
        scorer: takes them.

    Raises:
        SettingError: the file is there and holds something else, or scores that were taken in another way.
    """

    def __init__(self, path: Path | None, scorer: Scorer) -> None:
        self._path, self._scorer = path, scorer
        self._known: dict[str, Score] = {}
        if path is not None and path.exists():
            self._known = _read(path, scorer.how)

    def score(self, archs: Archs) -> Iterator[Score]:
        """Yield the scores of rows, int `[n, decisions]`, in order; those that are in the file are taken from there.

        However it ends, by an error or a stop too, the file holds what had come by then.
        """
        scores: list[Score] = []
        written = time.monotonic()
        try:
            for row in archs:
                genotype = self._scorer.space.genotype(row)
                if genotype not in self._known:
                    self._known[genotype] = self._scorer(row)
                scores.append(self._known[genotype])
                if time.monotonic() - written > PAUSE_S:
                    self._write(scores)
                    written = time.monotonic()
                yield scores[-1]
        finally:
            self._write(scores)

    def _write(self, scores: list[Score]) -> None:
        """Write these scores, and behind them the others that the file held."""
        shown = {score.genotype for score in scores}
        rest = [score for genotype, score in self._known.items() if genotype not in shown]
        self.finish([*scores, *rest], [{}] * (len(scores) + len(rest)))

    def finish(self, scores: Sequence[Score], marks: Sequence[dict[str, Any]]) -> None:
        """Write these scores alone, in this order, and what else is said of each."""
        if self._path is not None:
            entries = [_entry(score, mark) for score, mark in zip(scores, marks, strict=True)]
            write_list(self._path, entries, header={"scored": self._scorer.how})


def _entry(score: Score, mark: dict[str, Any]) -> dict[str, Any]:
    broken = {"violation": score.violation} if score.violation else {}
    return {"genotype": score.genotype, "reward": score.reward, **broken, **mark, "metrics": score.metrics}


def _read(path: Path, how: dict[str, Any]) -> dict[str, Score]:
    content = read_yaml(path, required={"scored": dict, KEY: list})
    for name, value in how.items():
        if content["scored"].get(name) != value:
            raise SettingError(
                f"{path} holds scores that were taken otherwise: {name} is {content['scored'].get(name)!r}, not "
                f"{value!r}; choose another file"
            )
    found = {}
    for entry in content[KEY]:
        check_keys(
            entry,
            where=str(path),
            required={"genotype": str, "reward": (int, float, list, type(None)), "metrics": dict},
            optional={"incumbent": bool, "source": str, "violation": (int, float)},
        )
        found[entry["genotype"]] = Score(
            entry["genotype"], entry["reward"], entry["metrics"], entry.get("violation", 0.0)
        )
    return found
