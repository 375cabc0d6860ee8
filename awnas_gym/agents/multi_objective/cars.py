"""CARS: continuous evolution, where small networks that learn fast do not push the others out."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from awnas_gym.agents.multi_objective.abstract import VectorAgent
from awnas_gym.agents.multi_objective.population import Population, nobody, reference_point_survivors
from awnas_gym.checks import check_flag, check_real, check_whole
from awnas_gym.errors import SettingError
from awnas_gym.spaces import Archs


@final
class CARS(VectorAgent):
    """Continuous evolution by pNSGA-III [Yang et al., CVPR 2020].

    The first `population_size` architectures are random. Each generation has as many children, by crossover of two
    survivors, by mutation of one, or random; of both, NSGA-III (pymoo's) keeps `population_size`.

    With shared weights that go on learning, small networks are good first, and a plain selection loses the large ones
    before they are: the small model trap. Protected selection (the p) therefore lets half of them survive by how fast
    their first objective grew instead of by how high it is. `revisit=True` asks for the survivors again in each
    generation to learn that, which counts as evaluations. Numbers of a table do not grow: there this is the population
    part of CARS alone, a NSGA-III.

    Args:
        env: see `AbstractAgent`; rewards are vectors.
        seed: see `AbstractAgent`.
        population_size: survivors of a generation, and children; 100 in aw_nas.
        crossover: share of children with two parents; as in aw_nas.
        mutation: share of mutated ones; as in aw_nas. The rest is random.
        revisit: evaluate survivors again, and protect those that grow.
        batch: see `AskTellAgent`.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        seed: int | None = None,
        population_size: int = 50,
        crossover: float = 0.25,
        mutation: float = 0.25,
        revisit: bool = False,
        batch: int = 1,
    ) -> None:
        super().__init__(env, seed=seed)
        self.population_size = check_whole("population_size", population_size, low=2)
        self.crossover = check_real("crossover", crossover, high=1.0)
        self.mutation = check_real("mutation", mutation, high=1.0)
        if crossover + mutation > 1:
            raise SettingError(f"crossover and mutation are shares, together at most 1; got {crossover + mutation}")
        self.revisit, self.batch = check_flag("revisit", revisit), check_whole("batch", batch, low=1)
        self._survivors, self._heard = nobody(self.space), nobody(self.space)

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        shares = {"crossover": self.crossover, "mutation": self.mutation}
        return {"population_size": self.population_size, **shares, "revisit": self.revisit, "batch": self.batch}

    @property
    def population(self) -> Population:
        """The survivors of the last generation; nobody in the first one."""
        return self._survivors

    def ask(self, n: int = 1) -> Archs:
        """Return the survivors that are to be seen again, then children, int `[n, decisions]`."""
        first = len(self._heard)
        again: Archs = self._survivors.archs[first : first + n] if self.revisit else self._survivors.archs[:0]
        return again if len(again) == n else np.concatenate([again, self._new(self._child, n - len(again))])

    def _child(self) -> Archs:
        survivors, drawn = self._survivors.archs, self._rng.random()
        if not len(survivors) or drawn >= self.crossover + self.mutation:
            row: Archs = self.space.sample(self._rng, 1)[0]
            return row
        parents = survivors[self._rng.integers(len(survivors), size=2)]
        if drawn < self.crossover:
            return self.space.crossover(parents[0], parents[1], self._rng)
        return self.space.mutate(parents[0], self._rng)

    def _learn(self, archs: Archs, rewards: NDArray[np.float64]) -> None:
        for arch, reward in zip(archs, rewards, strict=True):
            self._heard = self._heard.with_more(arch[None], reward[None])
            if len(self._heard) == self.population_size + self.revisit * len(self._survivors):
                self._end_generation()

    def _end_generation(self) -> None:
        """Let the best of survivors and children survive."""
        everyone, size = self._merged(), self.population_size
        places = reference_point_survivors(everyone.rewards, min(size, len(everyone)), self._rng)
        if self.revisit and len(self._survivors):
            protected = everyone.rewards.copy()
            protected[:, 0] = _growth(everyone, self._survivors)
            others = reference_point_survivors(protected, len(places), self._rng)
            both = np.stack([places, others], axis=1).ravel().tolist()
            places = np.array(list(dict.fromkeys(both))[: len(places)])
        self._survivors = Population(everyone.archs[places], everyone.rewards[places])
        self._heard = nobody(self.space)

    def _merged(self) -> Population:
        """Return survivors and those heard of, each architecture once, with the reward that came last."""
        everyone = self._survivors.with_more(self._heard.archs, self._heard.rewards)
        last = {row.tobytes(): i for i, row in enumerate(everyone.archs)}
        places = sorted(last.values())
        return Population(everyone.archs[places], everyone.rewards[places])

    def _state(self) -> dict[str, Any]:
        return {**super()._state(), "survivors": self._survivors.state(), "heard": self._heard.state()}

    def _restore(self, state: dict[str, Any]) -> None:
        super()._restore(state)
        self._survivors = Population.restored(state["survivors"], self.space)
        self._heard = Population.restored(state["heard"], self.space)


def _growth(everyone: Population, survivors: Population) -> NDArray[np.float64]:
    """Return by how much the first objective of each rose, float64 `[size]`; of new ones, what it did on average."""
    before = {row.tobytes(): float(reward[0]) for row, reward in zip(survivors.archs, survivors.rewards, strict=True)}
    rows = [row.tobytes() for row in everyone.archs]
    grown = everyone.rewards[:, 0] - np.array([before.get(row, np.nan) for row in rows])
    known = np.isfinite(grown)
    return np.where(known, grown, grown[known].mean() if known.any() else 0.0)
