"""An agent along a run, in the run's folder, and the way back to the last one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import gymnasium as gym

from awnas_gym.agents import AbstractAgent
from awnas_gym.agents.find import find_agent
from awnas_gym.errors import AwnasError, RunFolderError
from awnas_gym.files import keep_last, numbered


def save_agent(folder: Path, agent: AbstractAgent, evaluations: int) -> None:
    """Write the agent into `folder/agent/<evaluations>`, whole or not at all; the last two stay.

    Args:
        folder: of the run.
        agent: what is saved.
        evaluations: recorded so far.

    Raises:
        RunFolderError: it cannot be written; those that were there are untouched.
    """
    place = folder / "agent" / f"{evaluations:06d}"
    half = place.with_name(f".{place.name}")
    try:
        shutil.rmtree(half, ignore_errors=True)
        agent.save(half)
        shutil.rmtree(place, ignore_errors=True)
        half.rename(place)
    except OSError as error:
        if isinstance(error, RunFolderError):
            raise
        raise RunFolderError(f"cannot write {place}: {error.strerror}; earlier agents are untouched") from error
    keep_last(place.parent)


def load_agent(folder: Path, env: gym.Env[Any, Any], name: str, *, evaluations: int | None = None) -> AbstractAgent:
    """Return the last agent that `save_agent` wrote and that can be read.

    Args:
        folder: of the run.
        env: of the run.
        name: of the agent, see `find_agent`.
        evaluations: no agent that was saved after so many; None for any.

    Raises:
        RunFolderError: there is none; it says what is wrong with the last one.
    """
    kind: type[AbstractAgent] = find_agent(name)
    reason = "nothing was saved"
    for path in reversed(numbered(folder / "agent")):
        if evaluations is not None and int(path.name) > evaluations:
            continue
        try:
            return kind.load(path, env)
        except (AwnasError, OSError, LookupError, TypeError, ValueError) as error:
            reason = " ".join(str(error).split())
    raise RunFolderError(
        f"{folder} holds no agent that can be read ({reason}); awnas search with --resume writes one at the end"
    )
