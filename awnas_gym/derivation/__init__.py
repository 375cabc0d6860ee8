"""From the folder of a run to architectures: what it found, and how good that is."""

from __future__ import annotations

from awnas_gym.derivation.opened import OpenedRun, open_run
from awnas_gym.derivation.results import Results
from awnas_gym.derivation.scores import Score, Scorer, ranked

__all__ = ["OpenedRun", "Results", "Score", "Scorer", "open_run", "ranked"]
