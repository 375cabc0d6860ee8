from __future__ import annotations

import numpy as np

from awnas_gym.hardware.anomalies import anomalies


def test_what_is_off_the_line_is_found_though_the_line_is_not_the_sum() -> None:
    rng = np.random.default_rng(0)
    sums = rng.uniform(5, 20, 200)
    values = (2 + 0.6 * sums) * (1 + 0.02 * rng.standard_normal(200).clip(-3, 3))
    wrong = np.arange(200) % 10 == 0
    values[wrong] *= np.where(np.arange(20) % 2, 1.3, 3.0)
    assert np.array_equal(anomalies(sums, values), wrong)
    assert not anomalies(sums, values, tolerance=5).any()


def test_networks_of_equal_sums_are_compared_with_their_median() -> None:
    assert anomalies(np.ones(5), np.array([1.0, 1.05, 0.95, 1, 2])).tolist() == [False] * 4 + [True]
