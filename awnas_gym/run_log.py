"""What a run logs beside its history: the agent's statistics, and curves for TensorBoard."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, final

from awnas_gym.errors import MissingExtraError, RunFolderError

AGENT, EVENTS = "agent.jsonl", "tensorboard"
FLUSH_S = 5


def check_tensorboard() -> None:
    """Raise `MissingExtraError` if TensorBoard is not installed."""
    try:
        import tensorboard.summary  # noqa: F401, PLC0415 - of an extra
    except ImportError as error:
        raise MissingExtraError("tensorboard", "tensorboard") from error


@final
class RunLog:
    """Writes `agent.jsonl`, a line an update, and on demand events for TensorBoard, by number of evaluations.

    A process begins both anew: a resumed run is replayed from its first evaluation, so nothing is there twice and nothing
    is missing, whenever the one before was killed.

    Args:
        folder: of the run; it exists.
        began_s: of the run's first process, in seconds since 1970: what the clock of events counts from.
        tensorboard: write `tensorboard/` too.

    Raises:
        RunFolderError: the folder cannot be written.
        MissingExtraError: TensorBoard is wanted and not installed.
    """

    def __init__(self, folder: Path, *, began_s: float, tensorboard: bool = False) -> None:
        self._path, self._began_s = folder / AGENT, began_s
        self._statistics: dict[str, float] = {}
        self._best, self._wall_s = -math.inf, 0.0
        self._file: IO[str] | None = None
        self._events: Any = None
        try:
            self._path.unlink(missing_ok=True)
            if tensorboard:
                for old in (folder / EVENTS).glob("events.out.tfevents.*"):
                    old.unlink()
        except OSError as error:
            raise RunFolderError(f"cannot write {folder}: {error.strerror}") from error
        if tensorboard:
            check_tensorboard()
            from tensorboard.summary import DirectoryOutput, Writer  # noqa: PLC0415 - of an extra

            self._events = Writer(DirectoryOutput(str(folder / EVENTS), flush_secs=FLUSH_S))

    def update(self, evaluations: int, statistics: Mapping[str, float]) -> None:
        """Write the agent's statistics if they are others than before; what is not finite is left out."""
        finite = {name: float(value) for name, value in statistics.items() if math.isfinite(value)}
        if finite == self._statistics:
            return
        self._statistics = finite
        try:
            if self._file is None:
                self._file = self._path.open("w", encoding="utf-8")
            self._file.write(json.dumps({"n": evaluations, **finite}) + "\n")
            self._file.flush()
        except OSError as error:
            raise RunFolderError(f"cannot write {self._path}: {error.strerror}") from error
        self._draw("agent", finite, evaluations)

    def evaluation(self, record: Mapping[str, Any]) -> None:
        """Draw an evaluation's reward, the best so far, and its metrics; `record` is a line of the history."""
        self._best, self._wall_s = max(self._best, record["reward"]), record["wall_s"]
        scores = {"reward": record["reward"], "best_reward": self._best, **record["metrics"]}
        self._draw("evaluation", scores, record["n"])

    def close(self) -> None:
        """Write what is left."""
        if self._file is not None:
            self._file.close()
        if self._events is not None:
            self._events.close()

    def _draw(self, group: str, values: Mapping[str, float], n: int) -> None:
        if self._events is not None:
            for name, value in values.items():
                self._events.add_scalar(f"{group}/{name}", value, n, wall_time=self._began_s + self._wall_s)
