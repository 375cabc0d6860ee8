"""Search with a predictor: look at many architectures by their predicted scores, ask for the best of them."""

from __future__ import annotations

from typing import Any, Literal, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from awnas_gym.agents.inner_search import SEARCHES
from awnas_gym.agents.planning import PlanningAgent
from awnas_gym.checks import check_whole
from awnas_gym.errors import UnknownNameError
from awnas_gym.predictors import make_predictor
from awnas_gym.spaces import Archs
from awnas_gym.training.threads import torch_threads

OF_PREDICTOR = ("epochs", "hidden", "layers", "learning_rate")


@final
class PredictorBased(PlanningAgent):
    """The loop of predictor-based search [`predictor-based` of aw_nas; Ning et al., ECCV 2020].

    For each plan a predictor learns from all rewards; a search on its scores, which begins at what was heard, looks at
    `steps * width` architectures, and the best new ones are tried.

    aw_nas keeps on training one predictor, where here each plan has one that knows nothing; it searches anew for each
    architecture of a stage, with one mutation a step and 200 steps. `initial`, like the population and the tournament
    of the inner evolution, is that of its configuration for DELE on NAS-Bench-201.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        initial: see `PlanningAgent`.
        refit: see `PlanningAgent`.
        predictor: a row of `PREDICTORS`.
        search: on the scores: `"evolution"`, `"annealing"` or `"random"` (`inner_search`).
        steps: of that search.
        width: architectures that it looks at in a step.
        epochs: of the predictor; null for its own default, as of the following ones.
        hidden: of the predictor.
        layers: of the predictor.
        learning_rate: of the predictor.
        batch: see `AskTellAgent`.

    Raises:
        SettingError: a value out of its range, or a setting that the predictor does not take.
        MissingExtraError: a package is missing that the predictor needs.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        seed: int | None = None,
        initial: int = 20,
        refit: int = 10,
        predictor: str = "gates",
        search: Literal["evolution", "annealing", "random"] = "evolution",
        steps: int = 10,
        width: int = 40,
        epochs: int | None = None,
        hidden: int | None = None,
        layers: int | None = None,
        learning_rate: float | None = None,
        batch: int = 1,
    ) -> None:
        super().__init__(env, seed=seed, initial=initial, refit=refit, batch=batch)
        if search not in SEARCHES:
            raise UnknownNameError("search", search, SEARCHES)
        self.predictor, self.search = predictor, search
        self.steps = check_whole("steps", steps, low=1)
        self.width = check_whole("width", width, low=1)
        self.epochs, self.hidden, self.layers, self.learning_rate = epochs, hidden, layers, learning_rate
        given = {name: getattr(self, name) for name in OF_PREDICTOR if getattr(self, name) is not None}
        self._model = make_predictor(predictor, self.space, settings=given)

    def _learn(self, archs: Archs, rewards: NDArray[np.float64], seed: int) -> None:
        self._model.seed = seed
        with torch_threads(1):
            self._model.fit(archs, rewards)

    def _ranked(self, archs: Archs, rewards: NDArray[np.float64]) -> Archs:
        starts = [archs[i] for i in np.argsort(-rewards, kind="stable")]
        with torch_threads(1):
            looked, scores = SEARCHES[self.search](
                self.space, self._model.predict, starts, steps=self.steps, width=self.width, rng=self._rng
            )
        return np.stack(looked)[np.argsort(scores, kind="stable")[::-1]]
