"""Hyperband: successive halving from several fidelities on."""

from __future__ import annotations

from typing import final

from awnas_gym.agents.halving import HalvingAgent


@final
class Hyperband(HalvingAgent):
    """Brackets of successive halving, from every rung's fidelity on, over random architectures [Li et al., JMLR 2018].

    `make_brackets` says how many architectures each has. Budgets are fidelities of the environment: those that lie
    apart by a factor `eta` at least, from the highest down.

    Args:
        env: see `MultiFidelityAgent`.
        seed: see `AbstractAgent`.
        eta: see `HalvingAgent`; 3, as in the paper.
        batch: see `AskTellAgent`.
    """
