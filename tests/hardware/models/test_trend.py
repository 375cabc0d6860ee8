from __future__ import annotations

import numpy as np
import pytest

from awnas_gym.hardware.models.features import NetworkFeatures
from awnas_gym.hardware.models.trend import Trend
from awnas_gym.spaces import total_macs
from awnas_gym.spaces.ofa_mbv3 import OFAMobileNetV3
from tests.hardware.made_up import SPACE, archs, by_counts


def test_in_cells_counts_of_operations_are_taken() -> None:
    features = NetworkFeatures(SPACE)
    trend = Trend(features, features(archs(50)), by_counts(archs(50)))
    assert trend(features(archs(300))) == pytest.approx(by_counts(archs(300)), rel=1e-3)


def test_in_mobile_networks_sums_over_layers_are_taken() -> None:
    space = OFAMobileNetV3(image_size=64)
    rows = space.sample(np.random.default_rng(0), 120)
    values = np.array([total_macs(space.layers(row)) / 1e6 for row in rows])
    features = NetworkFeatures(space)
    trend = Trend(features, features(rows[:60]), values[:60])
    assert trend(features(rows[60:])) == pytest.approx(values[60:], rel=1e-3)
