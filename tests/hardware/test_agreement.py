from __future__ import annotations

import pytest

from awnas_gym.errors import SettingError

pytest.importorskip("scipy", reason="the extra ranking")

from awnas_gym.hardware.agreement import agreement


def test_it_is_counted_by_hand() -> None:
    found = agreement([1.0, 2, 4, 8, 10], [1.05, 2, 5, 4, 12])
    assert found.n == 5
    assert found.kendall_tau == pytest.approx(0.8)  # 4 and 8 change places: 9 pairs of 10 against 1
    assert found.spearman == pytest.approx(0.9)
    assert found.median_error == pytest.approx(0.2)  # of .05, 0, .25, .5, .2
    assert found.p90_error == pytest.approx(0.4)
    assert found.within_10_percent == pytest.approx(0.4)


def test_ties_lower_what_can_be_reached() -> None:
    assert agreement([1, 1, 2, 2], [1.0, 1.1, 2.0, 2.1]).kendall_tau == pytest.approx(4 / 24**0.5)


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(SettingError):
        agreement([1.0, float("nan")], [1, 2])
    with pytest.raises(SettingError, match="one measurement is 0"):
        agreement([1.0, 0.0], [1, 2])
