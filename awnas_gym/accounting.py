"""What a run has used: evaluations, repeats, seconds of three kinds, memory, updates."""

from __future__ import annotations

from pathlib import Path
from typing import Any, final

from awnas_gym.envs import History

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
RESET_PEAK = "5"
"""Written to `clear_refs`, it resets the peak of the memory that a process holds (proc(5))."""


@final
class PeakMemory:
    """The most memory this process has held since this was made, in MiB; None where the system does not tell.

    Only Linux lets a process begin to count anew. Where it does not, a run of several in one process would be charged
    what earlier ones held, so nothing is said.
    """

    def __init__(self) -> None:
        try:
            _CLEAR.write_text(RESET_PEAK, encoding="ascii")
            self._knows = True
        except OSError:
            self._knows = False

    @property
    def mib(self) -> float | None:
        """The peak so far."""
        if not self._knows:
            return None
        lines = dict(line.split(":", 1) for line in _STATUS.read_text(encoding="ascii").splitlines())
        return int(lines["VmHWM"].split()[0]) / 1024


def learned(agent: Any) -> object:  # noqa: ANN401 - any agent
    """Return what changes once the agent has learned of results: rewards it heard, or updates of its policy.

    An agent that tells neither may learn after every evaluation.
    """
    counts = [getattr(agent, name, None) for name in ("evaluations", "policy_updates")]
    return next((count for count in counts if count is not None), object())


def account(history: History, agent: Any, *, wall_s: float, memory: PeakMemory) -> dict[str, Any]:  # noqa: ANN401
    """Return what a run has used, for its summary.

    `cost_s` is the sum over evaluations, `simulated_s` the time that has passed while the workers did them: the same
    with one worker. Both are None where the cost of any evaluation was not recorded. `agent_s` are the agent's own
    seconds, the loop included; `wall_s` all seconds of this process, so of a run that was resumed those since then.
    """
    records = history.records
    costs_known = bool(records) and all(record["cost_s"] is not None for record in records)
    return {
        "evaluations": len(records),
        "unique": len({record["arch_key"] for record in records}),
        "duplicates": sum(record["duplicate"] for record in records),
        "invalid": sum(record["invalid"] for record in records),
        "missing": sum(record.get("missing", False) for record in records),
        "cost_s": history.cost_s if costs_known else None,
        "simulated_s": history.clock.end if costs_known else None,
        "agent_s": wall_s - history.evaluation_wall_s,
        "wall_s": wall_s,
        "peak_memory_mib": memory.mib,
        "policy_updates": getattr(agent, "policy_updates", None),
    }
