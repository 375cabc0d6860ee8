"""The history of a run: a line an evaluation, a budget, and answers from what is already on disk."""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, final

import numpy as np

from awnas_gym.clock import SimulatedClock
from awnas_gym.config import check_keys
from awnas_gym.envs.gradients import from_text, to_text
from awnas_gym.envs.judge import Judgement
from awnas_gym.errors import BudgetExhausted, RunFolderError, SettingError
from awnas_gym.files import lock
from awnas_gym.spaces import Archs

if TYPE_CHECKING:
    from typing_extensions import Self

RECORD: dict[str, type | tuple[type, ...]] = {
    "n": int,
    "architecture": str,
    "arch_key": str,
    "reward": (int, float, list),
    "metrics": dict,
    "split": str,
    "fidelity": int,
    "trial": (str, int),
    "cost_s": (int, float, type(None)),
    "wall_s": (int, float),
    "duplicate": bool,
    "invalid": bool,
}
"""Fields of a line, and their types; a reward that is a vector is a list of numbers."""

SOMETIMES: dict[str, type | tuple[type, ...]] = {
    "missing": bool,
    "gradient": str,
    "violation": (int, float),
    "finished_s": (int, float),
    "context": str,
}
"""Further ones: `missing` only with the unrecorded, `gradient` only with mixtures (`envs.gradients`), `violation` only
under a constraint, `finished_s` only with several workers on the simulated clock, `context` only where there are
several (`envs.context`); there a duplicate is the same architecture in the same context."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a run may spend; whatever is given first ends it.

    Attributes:
        evaluations: finished architectures, duplicates included.
        cost_s: seconds the evaluations took or would have taken, all together.
        simulated_s: seconds on the simulated clock, on which several workers evaluate at a time.
    """

    evaluations: int | None = None
    cost_s: float | None = None
    simulated_s: float | None = None

    def __post_init__(self) -> None:
        """Refuse a budget that ends nothing."""
        given = [value for value in (self.evaluations, self.cost_s, self.simulated_s) if value is not None]
        numbers = [value for value in given if isinstance(value, (int, float)) and not isinstance(value, bool)]
        whole = self.evaluations is None or isinstance(self.evaluations, int)
        if not given or numbers != given or not whole or not all(0 < value < math.inf for value in numbers):
            raise SettingError(
                f"a budget is evaluations, cost_s or simulated_s, above 0 and finite, evaluations whole; got {self}"
            )


@final
class History:
    """Records every evaluation of a run and enforces its budget; several environments may share one.

    What an earlier process recorded is replayed: the same agent with the same seed asks for the same
    architectures again, and is answered from the file until it ends. A line that a kill cut off is dropped.

    Args:
        budget: `BudgetExhausted` is raised by the first evaluation that would go over it, which is not recorded.
        path: a JSON-lines file; None keeps the history in memory alone.
        on_record: called with each new line's fields.
        resumable: from the number of recorded lines to how many of them are replayed; what follows is cut off. All of
            them by default.
        measured: where nobody recorded the cost of an evaluation, it is the seconds that it took.
        unrecorded_s: from a fidelity to what an evaluation without a recorded cost takes of a budget in seconds and on
            the clock: to look for what nobody recorded is not free.
        writes: whether lines are written to the file; without it, the file is replayed if there is one, and left alone.
        simulated_workers: that evaluate at a time on `clock`.
        learned: returns what changes once the agent has learned of results: its next evaluation begins on the clock
            when all before it have ended. None for an agent that says itself, by `clock.hear`, how far it has heard.

    Attributes:
        clock: on which the evaluations are laid, each as soon as a worker is free.

    Raises:
        RunFolderError: the file cannot be read or written, is damaged, holds another run, or another process
            has it open; nothing was changed.
    """

    def __init__(
        self,
        budget: Budget,
        path: Path | None = None,
        *,
        on_record: Callable[[dict[str, Any]], None] | None = None,
        resumable: Callable[[int], int] | None = None,
        measured: bool = False,
        unrecorded_s: Callable[[int], float] = lambda _: 0.0,
        writes: bool = True,
        simulated_workers: int = 1,
        learned: Callable[[], object] | None = None,
    ) -> None:
        self.clock, self._learned, self._knowledge = SimulatedClock(simulated_workers), learned, object()
        self.budget, self.on_record, self._resumable, self._measured = budget, on_record, resumable, measured
        self._unrecorded_s = unrecorded_s
        self.records: list[dict[str, Any]] = []
        self.cost_s = 0.0
        self.evaluation_wall_s = 0.0
        self._keys: set[tuple[str | None, int, str]] = set()
        self._replay: list[dict[str, Any]] = []
        self._file: IO[bytes] | None = None
        if path is not None:
            self._open(path) if writes else self._read(path)
        self._start = time.perf_counter() - (self._replay[-1]["wall_s"] if self._replay else 0.0)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return itself: copies of an environment write one history, under one budget."""
        return self

    @property
    def replayed(self) -> int:
        """How many evaluations are answered from the file."""
        return len(self._replay)

    @property
    def replaying(self) -> bool:
        """Whether evaluations are still answered from the file."""
        return len(self.records) < len(self._replay)

    def wanted(self, n: int) -> slice:
        """Return which of the next `n` evaluations will be made: neither in the file nor over the budget."""
        done, most = len(self.records), self.budget.evaluations
        recorded = max(0, len(self._replay) - done)
        return slice(min(recorded, n), n if most is None else min(n, max(0, most - done)))

    def answer(self, arch: Archs, about: dict[str, Any], evaluate: Callable[[Archs], Judgement]) -> Judgement:
        """Evaluate `arch`, or answer from the file; record it. `about` is the line's part that needs no evaluation."""
        n, budget = len(self.records) + 1, self.budget
        if budget.evaluations is not None and n > budget.evaluations:
            raise BudgetExhausted(f"the budget of {budget.evaluations} evaluations is spent")
        if budget.cost_s is not None and self.cost_s >= budget.cost_s:
            raise BudgetExhausted(f"the budget of {budget.cost_s} s is spent")
        self._let_clock_wait()
        if self.replaying:
            return self._answer_from_file(n, about)
        start = time.perf_counter()
        judged = evaluate(arch)
        end = time.perf_counter()
        judged = self._with_cost(judged, end - start)
        self._check_seconds(self._seconds(judged.cost_s, about["fidelity"]))
        # phases of training that lead to a gradient are part of its cost, and came before it was asked for
        self.evaluation_wall_s += (judged.cost_s or 0.0) if judged.gradient is not None else end - start
        record = self._record(n, about, judged, wall_s=end - self._start)
        self._write(record)
        self._take(record)
        return judged

    def _seconds(self, cost_s: float | None, fidelity: int) -> float:
        return self._unrecorded_s(fidelity) if cost_s is None else cost_s

    def _check_seconds(self, cost_s: float) -> None:
        """Raise `BudgetExhausted` if an evaluation of that cost goes over the budget."""
        budget = self.budget
        if budget.cost_s is not None and self.cost_s + cost_s > budget.cost_s:
            raise BudgetExhausted(f"the next evaluation would go over the budget of {budget.cost_s} s")
        if budget.simulated_s is not None and self.clock.finish(cost_s) > budget.simulated_s:
            raise BudgetExhausted(f"the next evaluation would end after the budget of {budget.simulated_s} s")

    def _record(self, n: int, about: dict[str, Any], judged: Judgement, *, wall_s: float) -> dict[str, Any]:
        """Return the line of an evaluation."""
        record = {
            "n": n,
            "architecture": about["architecture"],
            "arch_key": about["arch_key"],
            "reward": judged.reward.tolist() if isinstance(judged.reward, np.ndarray) else judged.reward,
            "metrics": judged.metrics,
            "split": about["split"],
            "fidelity": about["fidelity"],
            "trial": about["trial"],
            "cost_s": judged.cost_s,
            "wall_s": round(wall_s, 6),
            "duplicate": _key(about) in self._keys,
            "invalid": about["invalid"],
        }
        if "context" in about:
            record["context"] = about["context"]
        if judged.missing:
            record["missing"] = True
        if judged.gradient is not None:
            record["gradient"] = to_text(judged.gradient)
        if judged.violation is not None:
            record["violation"] = judged.violation
        if self.clock.workers > 1:
            record["finished_s"] = self.clock.finish(self._seconds(judged.cost_s, about["fidelity"]))
        return record

    def _let_clock_wait(self) -> None:
        """Let the next evaluation begin after all before it, if the agent has learned of them."""
        knowledge = self._knowledge if self._learned is None else self._learned()
        if knowledge != self._knowledge:
            self._knowledge = knowledge
            self.clock.hear(self.clock.end)

    def _with_cost(self, judged: Judgement, seconds: float) -> Judgement:
        return replace(judged, cost_s=round(seconds, 6)) if self._measured and judged.cost_s is None else judged

    def close(self) -> None:
        """Close the file; the history stays readable."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, record: dict[str, Any]) -> None:
        if self._file is None:
            return
        try:
            self._file.write(_line(record))
            self._file.flush()
        except OSError as error:
            with contextlib.suppress(OSError):
                self._file.close()  # or its text would be tried again when it is collected
            raise RunFolderError(f"cannot write {self._file.name}: {error.strerror}; earlier lines are kept") from error

    def _take(self, record: dict[str, Any]) -> None:
        self.records.append(record)
        self._keys.add(_key(record))
        seconds = self._seconds(record["cost_s"], record["fidelity"])
        self.cost_s += seconds
        self.clock.submit(seconds)
        if self.on_record is not None:
            self.on_record(record)

    def _answer_from_file(self, n: int, about: dict[str, Any]) -> Judgement:
        record = self._replay[n - 1]
        for name in ("architecture", "split", "fidelity", "trial", "context"):
            if record.get(name) != about.get(name):
                raise RunFolderError(
                    f"this run cannot be resumed: evaluation {n} of the history has {name} {record.get(name)!r}, now "
                    f"the agent asks for {about.get(name)!r}; agent, settings or versions differ from those that "
                    "began it"
                )
        self._take(record)
        return judgement(record)

    def _open(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("a+b")
        except OSError as error:
            raise RunFolderError(f"cannot write {path}: {error.strerror}") from error
        try:
            lock(file, path)
            file.seek(0)
            text = file.read()
            whole = self._plan(text, path)
            if whole < len(text):
                file.truncate(whole)
        except OSError as error:
            file.close()
            if isinstance(error, RunFolderError):
                raise
            raise RunFolderError(f"cannot write {path}: {error.strerror}") from error
        self._file = file

    def _read(self, path: Path) -> None:
        try:
            text = path.read_bytes() if path.exists() else b""
        except OSError as error:
            raise RunFolderError(f"cannot read {path}: {error.strerror}") from error
        self._plan(text, path)

    def _plan(self, text: bytes, path: Path) -> int:
        """Set what is replayed of the file's text; return how many bytes that is."""
        lines = text[: text.rfind(b"\n") + 1].splitlines(keepends=True)
        if self._resumable is not None:
            lines = lines[: self._resumable(len(lines))]
        self._replay = [_read_line(line, n, path) for n, line in enumerate(lines, start=1)]
        return sum(map(len, lines))


def read_records(path: Path) -> list[dict[str, Any]]:
    """Return the records of a history without opening it to be written; a line that a kill cut off is left out.

    Raises:
        RunFolderError: it cannot be read, or is damaged.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise RunFolderError(f"cannot read {path}: {error.strerror}") from error
    lines = text[: text.rfind(b"\n") + 1].splitlines(keepends=True)
    return [_read_line(line, n, path) for n, line in enumerate(lines, start=1)]


def judgement(record: dict[str, Any]) -> Judgement:
    """Return what a line of a history says of its architecture: what the evaluation gave."""
    missing, text = bool(record.get("missing", False)), record.get("gradient")
    gradient = None if text is None else from_text(text)
    metrics, violation, reward = dict(record["metrics"]), record.get("violation"), record["reward"]
    if isinstance(reward, list):
        reward = np.array(reward, dtype=np.float64)
    return Judgement(reward, metrics, record["cost_s"], missing, gradient, violation)


def _read_line(line: bytes, n: int, path: Path) -> dict[str, Any]:
    """Return line number `n` of a history, which records evaluation number `n`."""
    where = f"{path} is damaged: line {n}"
    try:
        record = check_keys(json.loads(line), where=where, required=RECORD, optional=SOMETIMES)
        from_text(record.get("gradient", "f4:"))
        rewards = record["reward"] if isinstance(record["reward"], list) else [record["reward"]]
        numbers = [*rewards, record["wall_s"], record["cost_s"] or 0.0, *record["metrics"].values()]
        numbers += [record.get("violation", 0.0), record.get("finished_s", 0.0)]
        if record["n"] != n or not all(math.isfinite(number) for number in numbers):
            raise SettingError(f"{where}: not evaluation {n}, or a number that is not finite")
    except SettingError as error:
        raise RunFolderError(f"{error}; move it away to start anew") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise RunFolderError(f"{where}: {error}; move it away to start anew") from error
    return record


def _key(about: dict[str, Any]) -> tuple[str | None, int, str]:
    """Return what two evaluations share of which the second is a duplicate: context, fidelity and architecture."""
    return about.get("context"), about["fidelity"], about["arch_key"]


def _line(record: dict[str, Any]) -> bytes:
    return (json.dumps(record, separators=(",", ":"), allow_nan=False) + "\n").encode()
