"""Search with several workers on a simulated clock: the agent asks again as soon as one of them is free."""

from __future__ import annotations

import heapq
import itertools
from typing import Any

from awnas_gym.agents.ask_tell import AskTellAgent
from awnas_gym.agents.play import play
from awnas_gym.clock import SimulatedClock
from awnas_gym.errors import BudgetExhausted
from awnas_gym.spaces import Archs

Running = tuple[float, int, Archs, "int | None", Any]
"""When it ends, its number, the architecture, its fidelity and its reward."""


def learn_asynchronously(agent: AskTellAgent, clock: SimulatedClock) -> None:
    """Let an agent search until the budget of its environment is spent; a result is told when it would have come.

    While `clock.workers - 1` evaluations run, the agent asks for one more. If that runs already, as an agent may repeat
    itself until it hears of the result (local search among neighbours), it asks for as many as run and one more; the
    first of them that does not run is taken. An agent of several fidelities is never asked twice: it counts on each
    result that it asked for.

    Args:
        agent: plays an environment whose evaluations are submitted to `clock`.
        clock: of the evaluations.

    Raises:
        BudgetExhausted: the budget is spent; the agent has heard every result.
    """
    agent.seed_environment()
    running: list[Running] = []
    try:
        for n in itertools.count():
            if len(running) == clock.workers:
                _hear(agent, clock, running)
            arch, fidelity = _ask(agent, running)
            reward = play(agent.env, arch, fidelity=fidelity)
            heapq.heappush(running, (clock.last, n, arch, fidelity, reward[0]))
    except BudgetExhausted:
        while running:
            _hear(agent, clock, running)
        raise


def _ask(agent: AskTellAgent, running: list[Running]) -> tuple[Archs, int | None]:
    """Return the next architecture, int `[1, decisions]`, and its fidelity, None for the environment's own."""
    archs = agent.ask()
    if agent.fidelity is not None:
        return archs, int(agent.fidelity[0])
    known = {tuple(arch[0].tolist()) for _, _, arch, _, _ in running}
    if tuple(archs[0].tolist()) in known:
        archs = agent.ask(1 + len(running))
    place = next((i for i, row in enumerate(map(tuple, archs.tolist())) if row not in known), len(archs) - 1)
    return archs[place : place + 1], None


def _hear(agent: AskTellAgent, clock: SimulatedClock, running: list[Running]) -> None:
    """Tell the agent the result that comes first."""
    finished_s, _, arch, fidelity, reward = heapq.heappop(running)
    clock.hear(finished_s)
    agent.tell(arch, [reward], fidelity=fidelity)
