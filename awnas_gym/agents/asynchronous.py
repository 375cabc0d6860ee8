"""Search with several workers on a simulated clock: the agent asks again as soon as one of them is free."""

from __future__ import annotations

import heapq
import itertools
from typing import Any

from awnas_gym.agents.abstract import AskTellAgent
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
    first of them that does not run is taken.

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
    known = {(tuple(arch[0].tolist()), fidelity) for _, _, arch, fidelity, _ in running}
    for n in (1, 1 + len(running)):
        archs = agent.ask(n)
        levels = [None] * n if agent.fidelity is None else agent.fidelity.tolist()
        asked = list(zip(map(tuple, archs.tolist()), levels, strict=True))
        place = next((i for i, each in enumerate(asked) if each not in known), n - 1)
        if asked[place] not in known:
            break
    return archs[place : place + 1], levels[place]


def _hear(agent: AskTellAgent, clock: SimulatedClock, running: list[Running]) -> None:
    """Tell the agent the result that comes first."""
    finished_s, _, arch, fidelity, reward = heapq.heappop(running)
    clock.hear(finished_s)
    agent.tell(arch, [reward], fidelity=fidelity)
