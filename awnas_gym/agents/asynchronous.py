"""Search with several workers on a simulated clock: the agent asks again as soon as one of them is free."""

from __future__ import annotations

import heapq

from awnas_gym.agents.abstract import AskTellAgent
from awnas_gym.agents.play import play
from awnas_gym.clock import SimulatedClock
from awnas_gym.errors import BudgetExhausted
from awnas_gym.spaces import Archs


def learn_asynchronously(agent: AskTellAgent, clock: SimulatedClock) -> None:
    """Let an agent search until the budget of its environment is spent; a result is told when it would have come.

    While `clock.workers - 1` evaluations run, the agent asks for one more. Of `1 + running` architectures that it asks
    for, the first that does not run already is taken, so an agent that repeats itself until it hears of the result
    (local search among neighbours) keeps all workers busy.

    Args:
        agent: plays an environment whose evaluations are submitted to `clock`.
        clock: of the evaluations.

    Raises:
        BudgetExhausted: the budget is spent; the agent has heard every result.
    """
    agent.seed_environment()
    running: list[tuple[float, int, Archs, float]] = []
    try:
        for n in range(2**63):
            if len(running) == clock.workers:
                _hear(agent, clock, running)
            arch = _ask(agent, running)
            reward = play(agent.env, arch)
            heapq.heappush(running, (clock.last, n, arch, reward[0]))
    except BudgetExhausted:
        while running:
            _hear(agent, clock, running)
        raise


def _ask(agent: AskTellAgent, running: list[tuple[float, int, Archs, float]]) -> Archs:
    """Return the next architecture, int `[1, decisions]`."""
    known = {tuple(arch[0].tolist()) for _, _, arch, _ in running}
    asked = agent.ask(1 + len(running))
    place = next((i for i, row in enumerate(asked.tolist()) if tuple(row) not in known), len(asked) - 1)
    return asked[place : place + 1]


def _hear(agent: AskTellAgent, clock: SimulatedClock, running: list[tuple[float, int, Archs, float]]) -> None:
    """Tell the agent the result that comes first."""
    finished_s, _, arch, reward = heapq.heappop(running)
    clock.hear(finished_s)
    agent.tell(arch, [reward])
