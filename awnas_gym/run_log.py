"""What a run logs beside its history: the agent's statistics, and curves for TensorBoard."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, final

from awnas_gym.errors import MissingExtraError, RunFolderError

AGENT, EVENTS = "agent.jsonl", "tensorboard"
FLUSH_S = 5.0
"""Seconds after which events are on disk: TensorBoard shows a run while it runs."""


def check_tensorboard() -> None:
    """Raise `MissingExtraError` if TensorBoard is not installed."""
    try:
        import tensorboard.summary  # noqa: F401, PLC0415 - of an extra
    except ImportError as error:
        raise MissingExtraError("tensorboard", "tensorboard") from error


@final
class RunLog:
    """Writes `agent.jsonl`, a line an update, and on demand events for TensorBoard, by number of evaluations.

    A process begins both anew: a resumed run is replayed from its first evaluation, so nothing is there twice and
    nothing is missing, whenever the one before was killed. The clock of events starts when `config.yaml` was written.

    Args:
        folder: of the run, with its `config.yaml`; None writes nothing.
        tensorboard: write `tensorboard/` too.

    Raises:
        RunFolderError: the folder cannot be written.
        MissingExtraError: TensorBoard is wanted and not installed.
    """

    def __init__(self, folder: Path | None, *, tensorboard: bool = False) -> None:
        self._folder = folder
        self._statistics: dict[str, float] = {}
        self._best, self._wall_s, self._flushed_s = (0, -math.inf), 0.0, time.monotonic()
        self._file: IO[str] | None = None
        self._events: Any = None
        if folder is None:
            return
        try:
            (folder / AGENT).unlink(missing_ok=True)
            self._began_s = (folder / "config.yaml").stat().st_mtime
            if tensorboard:
                self._events = _empty_events(folder / EVENTS)
        except OSError as error:
            raise RunFolderError(f"cannot write {folder}: {error.strerror}") from error

    def update(self, evaluations: int, statistics: Mapping[str, float]) -> None:
        """Write the agent's statistics if they are others than before; what is not finite is left out."""
        finite = {name: float(value) for name, value in statistics.items() if math.isfinite(value)}
        if self._folder is None or finite == self._statistics:
            return
        self._statistics = finite
        try:
            if self._file is None:
                self._file = (self._folder / AGENT).open("w", encoding="utf-8")
            self._file.write(json.dumps({"n": evaluations, **finite}) + "\n")
            self._file.flush()
        except OSError as error:
            raise RunFolderError(f"cannot write {self._folder / AGENT}: {error.strerror}") from error
        self._draw("agent", finite, evaluations)

    def evaluation(self, record: Mapping[str, Any]) -> None:
        """Draw an evaluation's metrics and, if it is a number, its reward and the best so far; `record` is a line.

        The best is among those at the highest fidelity so far: at the first one at a higher fidelity it may fall.
        """
        self._wall_s, reward = record["wall_s"], record["reward"]
        is_number = not isinstance(reward, list)  # the entries of a vector are metrics
        scores = {"reward": reward, **record["metrics"]} if is_number else dict(record["metrics"])
        if is_number and record.get("violation", 0.0) == 0:
            self._best = max(self._best, (record["fidelity"], reward))
        if self._best[1] > -math.inf:
            scores["best_reward"] = self._best[1]
        self._draw("evaluation", scores, record["n"])

    def close(self) -> None:
        """Write what is left."""
        if self._file is not None:
            self._file.close()
        if self._events is not None:
            self._events.close()

    def _draw(self, group: str, values: Mapping[str, float], n: int) -> None:
        if self._events is None:
            return
        for name, value in values.items():
            self._events.add_scalar(f"{group}/{name}", value, n, wall_time=self._began_s + self._wall_s)
        if time.monotonic() - self._flushed_s > FLUSH_S:
            self._events.flush()
            self._flushed_s = time.monotonic()


def _empty_events(folder: Path) -> Any:  # noqa: ANN401 - TensorBoard's writer
    """Remove the events of earlier processes and return a writer."""
    check_tensorboard()
    from tensorboard.summary import Writer  # noqa: PLC0415 - of an extra

    for old in folder.glob("events.out.tfevents.*"):
        old.unlink()
    return Writer(str(folder))
