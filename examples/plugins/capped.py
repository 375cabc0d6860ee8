"""Relaxed objective `capped`: the loss, and a price for what a mixture is expected to cost beyond a cap."""

from __future__ import annotations

from awnas_gym.objectives.relaxed import RelaxedObjective, Slope
from awnas_gym.tables import Row

ROWS = {"relaxed_objective": {"capped": Row(f"{__name__}:Capped", "-(loss + max(0, cost / reference - 1))")}}


class Capped(RelaxedObjective):
    """Minus `loss + max(0, cost / reference - 1)`: what is below the cap is free.

    Args:
        reference: the cap, in the cost's own unit.
    """

    def __init__(self, *, reference: float) -> None:
        self.reference = reference

    def __call__(self, loss: float, cost: float) -> Slope:
        """Return the reward and its derivatives by loss and cost."""
        over = cost / self.reference - 1
        if over <= 0:
            return Slope(-loss, -1.0, 0.0)
        return Slope(-loss - over, -1.0, -1 / self.reference)
