"""The Weisfeiler-Lehman kernel and the Gaussian process of NAS-BOWL."""

from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.spaces import ArchGraph
from awnas_gym.spaces.nasbench201 import NASBench201

pytest.importorskip("scipy", reason="needs scipy: pip install 'awnas-gym[bo]'")

from awnas_gym.agents.acquisition import expected_improvement
from awnas_gym.agents.nas_bowl import JITTER, WeisfeilerLehman, fit, kernel


def counts(graphs: list[ArchGraph], depth: int) -> list:
    refine = WeisfeilerLehman(depth)
    labels = [refine(graph) for graph in graphs]
    return [refine.counts([each[i] for each in labels]) for i in range(depth + 1)]


CHAIN = ArchGraph(("input", "a", "b", "output"), ((0, 1, ""), (1, 2, ""), (2, 3, "")))
TURNED = ArchGraph(("input", "b", "a", "output"), ((0, 1, ""), (1, 2, ""), (2, 3, "")))


def test_order_is_seen_from_the_first_refinement_on() -> None:
    """By hand: the chains have all 4 labels in common; of the refined ones only that of the input."""
    found = counts([CHAIN, TURNED], 1)
    assert kernel(found[:1], found[:1])[0, 1] == pytest.approx(1.0)
    assert kernel(found, found)[0, 1] == pytest.approx((4 + 1) / 8)
    assert np.diag(kernel(found, found)) == pytest.approx(1.0)


def test_repeated_labels_count() -> None:
    twice = ArchGraph(("input", "a", "a", "output"), ((0, 1, ""), (1, 2, ""), (2, 3, "")))
    found = counts([CHAIN, twice], 0)
    assert kernel(found, found)[0, 1] == pytest.approx((1 + 2 + 1) / np.sqrt(4 * 6))


def test_a_label_on_an_edge_is_a_node() -> None:
    edge = ArchGraph(("input", "output"), ((0, 1, "conv"),))
    node = ArchGraph(("input", "conv", "output"), ((0, 1, ""), (1, 2, "")))
    found = counts([edge, node], 3)
    assert kernel(found, found)[0, 1] == pytest.approx(1.0)


def test_the_kernel_is_positive_semidefinite() -> None:
    space = NASBench201()
    found = counts([space.graph(row) for row in space.sample(np.random.default_rng(0), 60)], 3)
    assert np.linalg.eigvalsh(kernel(found, found)).min() > -1e-9


def test_the_evidence_is_that_of_a_normal_distribution() -> None:
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(0)
    factor = rng.normal(size=(6, 9))
    gram, rewards = factor @ factor.T / 9, rng.normal(size=6)
    process = fit(gram, rewards, depth=0, noise=0.1)
    values = (rewards - rewards.mean()) / rewards.std()
    covariance = process.variance * (gram + (0.1 + JITTER) * np.eye(6))
    exact = stats.multivariate_normal(np.zeros(6), covariance).logpdf(values)
    assert process.evidence - 3 * np.log(2 * np.pi) - 3 == pytest.approx(exact)
    for other in (0.8, 1.25):
        assert stats.multivariate_normal(np.zeros(6), covariance * other).logpdf(values) < exact


def test_what_is_known_is_predicted() -> None:
    space = NASBench201()
    rows = space.sample(np.random.default_rng(1), 60)
    rewards = np.random.default_rng(2).random(40)
    both = counts([space.graph(row) for row in rows], 2)
    known, new = [each[:40] for each in both], [each[40:] for each in both]
    process = fit(kernel(known, known), rewards, depth=2, noise=1e-6)
    mean, deviation = process(known, known)
    assert mean == pytest.approx(rewards, abs=0.01)
    assert deviation.max() < 0.02 < process(known, new)[1].min()


def test_the_improvement_that_is_expected() -> None:
    rng = np.random.default_rng(0)
    draws = rng.normal(0.3, 0.2, 400_000)
    found = expected_improvement(np.array([0.3, 0.7, 0.3]), np.array([0.2, 0.0, 0.0]), 0.5)
    assert found.tolist() == pytest.approx([np.maximum(draws - 0.5, 0).mean(), 0.2, 0.0], abs=5e-4)
