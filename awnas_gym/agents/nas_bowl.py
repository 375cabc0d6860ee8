"""NAS-BOWL: Bayesian optimisation with a Gaussian process over architectures as graphs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from awnas_gym.agents.acquisition import expected_improvement
from awnas_gym.agents.model_based import ModelBasedAgent
from awnas_gym.checks import check_whole
from awnas_gym.spaces import ArchGraph, Archs

NOISES = (1e-3, 1e-2, 1e-1)
"""Variance of the noise as shares of that of the rewards, to choose from; ours."""

JITTER = 1e-6
"""Keeps matrices positive definite where architectures have the same graph."""


@final
class NASBOWL(ModelBasedAgent):
    """A Gaussian process with the Weisfeiler-Lehman kernel on `space.graph` [Ru et al., ICLR 2021].

    A graph's features are how often each label occurs in it: first those of its nodes, then each node's with those of
    its predecessors, `depth` times (the paper's algorithm 1, labels of edges made nodes). The kernel is the cosine of
    two graphs' features. Depth and noise are those of the highest marginal likelihood, chosen anew for each `ask`. The
    candidates of the highest expected improvement are asked for.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        initial: random architectures at first; 10, as in the authors' commands (README of xingchenwan/nasbowl).
        depth: the largest one to choose; 3, ours.
        candidates: that the model scores, half random, half mutations of the best; 200, as in those commands,
            which on NAS-Bench-201 take mutations alone.
        parents: the best ones, which are mutated; 10, as in the authors' script.
        batch: see `AskTellAgent`; a batch has the highest expected improvements. The authors' is 5.
    """

    def __init__(
        self, env: gym.Env[Any, Any], *, seed: int | None = None, initial: int = 10, depth: int = 3,
        candidates: int = 200, parents: int = 10, batch: int = 1,
    ) -> None:  # fmt: skip
        super().__init__(env, seed=seed, initial=initial, batch=batch)
        self.depth = check_whole("depth", depth, low=0)
        self.candidates = check_whole("candidates", candidates, low=2)
        self.parents = check_whole("parents", parents, low=1)
        self._refine = WeisfeilerLehman(self.depth)
        self._labels: dict[bytes, list[list[int]]] = {}

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        return {
            "initial": self.initial, "depth": self.depth, "candidates": self.candidates, "parents": self.parents,
            "batch": self.batch,
        }  # fmt: skip

    def _suggest(self, n: int) -> Archs:
        pool = self._pool(max(n, self.candidates), self.parents)
        if not len(pool):
            return pool
        both, n_known = self._counts(np.concatenate([self._archs, pool])), len(self._archs)
        known, new = [counts[:n_known] for counts in both], [counts[n_known:] for counts in both]
        process = _choose(known, self._rewards)
        mean, deviation = process(known[: process.depth + 1], new[: process.depth + 1])
        gains = expected_improvement(mean, deviation, float(self._rewards.max()))
        return pool[np.argsort(-gains, kind="stable")]

    def _counts(self, rows: Archs) -> list[sparse.csr_array]:
        """Return the features of `rows`, a matrix `[rows, labels so far]` for each depth."""
        for row in rows:
            if row.tobytes() not in self._labels:
                self._labels[row.tobytes()] = self._refine(self.space.graph(row))
        each = [self._labels[row.tobytes()] for row in rows]
        return [self._refine.counts([labels[depth] for labels in each]) for depth in range(self.depth + 1)]


@final
@dataclass(frozen=True, slots=True)
class Process:
    """A Gaussian process that knows some rewards.

    Attributes:
        depth: of its kernel.
        evidence: logarithm of the marginal likelihood, less a constant, at the best variance of the signal.
        factor: Cholesky factor of the kernel and the noise, `[n, n]`, lower.
        weights: the inverse of both times the standardised rewards, `[n]`.
        variance: of the signal.
        shift: mean of the rewards.
        scale: their deviation.
    """

    depth: int
    evidence: float
    factor: NDArray[np.float64]
    weights: NDArray[np.float64]
    variance: float
    shift: float
    scale: float

    def __call__(
        self, known: list[sparse.csr_array], new: list[sparse.csr_array]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return mean and deviation of the rewards of `new`, without noise, each `[rows of new]`."""
        cross = kernel(known, new)
        mean = self.shift + self.scale * (cross.T @ self.weights)
        left = linalg.solve_triangular(self.factor, cross, lower=True, check_finite=False)
        variance = self.variance * np.maximum(1.0 - (left**2).sum(axis=0), 0.0)
        return mean, self.scale * np.sqrt(variance)


def _choose(known: list[sparse.csr_array], rewards: NDArray[np.float64]) -> Process:
    """Return the process of the depth and the noise with the highest marginal likelihood."""
    grams = [kernel(known[: depth + 1], known[: depth + 1]) for depth in range(len(known))]
    processes = [fit(gram, rewards, depth=depth, noise=noise) for depth, gram in enumerate(grams) for noise in NOISES]
    return max(processes, key=lambda process: process.evidence)


def kernel(one: list[sparse.csr_array], other: list[sparse.csr_array]) -> NDArray[np.float64]:
    """Return the cosines of counts, float64 `[rows of one, rows of other]`; each has a matrix for each depth."""
    left, right = sparse.hstack(one, format="csr"), sparse.hstack(other, format="csr")
    norms = [np.sqrt(np.bincount(side.nonzero()[0], side.data**2)) for side in (left, right)]
    cosines: NDArray[np.float64] = (left @ right.T).toarray() / np.outer(*norms)
    return cosines


def fit(gram: NDArray[np.float64], rewards: NDArray[np.float64], *, depth: int, noise: float) -> Process:
    """Return the process whose kernel has the values `gram`, `[n, n]`, at what earned `rewards`, `[n]`.

    The variance of the signal is the one of the highest likelihood [Rasmussen & Williams 2006, section 2.2, 5.4.1].
    """
    shift, scale = float(rewards.mean()), float(rewards.std()) or 1.0
    values = (rewards - shift) / scale
    n = len(values)
    factor = linalg.cholesky(gram + (noise + JITTER) * np.eye(n), lower=True, check_finite=False)
    weights = linalg.cho_solve((factor, True), values, check_finite=False)
    variance = max(float(values @ weights) / n, JITTER)
    evidence = -0.5 * n * np.log(variance) - float(np.log(np.diag(factor)).sum())
    return Process(depth, evidence, factor, weights, variance, shift, scale)


@final
class WeisfeilerLehman:
    """Counts of labels in graphs, refined by those of predecessors [Shervashidze et al., JMLR 2011].

    Args:
        depth: refinements.
    """

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self._numbers: dict[Any, int] = {}

    def __call__(self, graph: ArchGraph) -> list[list[int]]:
        """Return the number of each node's label after 0, 1, …, `depth` refinements; a label on an edge is a node."""
        names = [str(name) for name in graph.nodes]
        before: list[list[int]] = [[] for _ in names]
        for source, target, name in graph.edges:
            if name:
                names.append(name)
                before.append([source])
                before[target].append(len(names) - 1)
            else:
                before[target].append(source)
        found = [[self._number((0, name)) for name in names]]
        for depth in range(1, self.depth + 1):
            last = found[-1]
            found.append(
                [self._number((depth, last[i], *sorted(last[j] for j in ends))) for i, ends in enumerate(before)]
            )
        return found

    def _number(self, label: Any) -> int:  # noqa: ANN401 - whatever tells labels apart
        return self._numbers.setdefault(label, len(self._numbers))

    def counts(self, labels: list[list[int]]) -> sparse.csr_array:
        """Return how often each label occurs in each list, `[lists, labels so far]`."""
        ends = np.cumsum([0, *map(len, labels)])
        columns = np.concatenate(labels)
        found = sparse.csr_array((np.ones(len(columns)), columns, ends), shape=(len(labels), len(self._numbers)))
        found.sum_duplicates()
        return found
