from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.hardware.models.ridge import Ridge


def test_a_line_is_found() -> None:
    x = np.random.default_rng(0).normal(size=(50, 1))
    line = Ridge(x, 3 + 1.2 * x[:, 0], strengths=(0.0,))
    assert (line.intercept, line.slopes[0]) == pytest.approx((3, 1.2))


def test_the_error_of_what_is_left_out_is_that_of_fitting_again() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(12, 8))
    y = x[:, 0] + rng.normal(size=12)

    def left_out(strength: float) -> float:
        """Leave out one at a time, with the scales of all, as the closed form does."""
        z = (x - x.mean(axis=0)) / x.std(axis=0)
        errors = []
        for i in range(12):
            rest = np.arange(12) != i
            # the intercept is not penalised; the penalty is that of all 12
            a = np.c_[np.ones(11), z[rest]]
            penalty = np.diag([0.0] + [12 * strength] * 8)
            beta = np.linalg.solve(a.T @ a + penalty, a.T @ y[rest])
            errors.append((y[i] - beta[0] - z[i] @ beta[1:]) ** 2)
        return float(np.mean(errors))

    strengths = (0.001, 0.01, 0.1, 1.0, 10.0)
    assert Ridge(x, y, strengths=strengths).strength == min(strengths, key=left_out)


def test_more_features_than_samples_and_features_that_are_constant_or_the_same() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(10, 30))
    x[:, 1], x[:, 2] = x[:, 0], 7.0
    found = Ridge(x, x[:, 0] * 2 + 1)
    assert np.isfinite(found(x)).all()
    assert found.slopes[2] == 0
    assert found.slopes[0] == pytest.approx(found.slopes[1])


def test_sizes_of_features_say_what_is_expected_of_them() -> None:
    x = np.random.default_rng(0).normal(size=(8, 1)) * np.array([[1.0, 0.01]])
    found = Ridge(x, x[:, 0], strengths=(1e-3,), standardise=False)
    assert found.slopes[0] == pytest.approx(100 * found.slopes[1])
    alike = Ridge(x, x[:, 0], strengths=(1e-3,))
    assert alike.slopes[0] == pytest.approx(alike.slopes[1] / 100)
