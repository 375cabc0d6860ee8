from __future__ import annotations

import itertools

import numpy as np
import pytest

from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.hardware import LayerSum, open_device
from awnas_gym.hardware.agreement import agreement
from awnas_gym.hardware.models.features import OperationCounts
from awnas_gym.hardware.models.from_devices import FromDevices, learn_devices
from awnas_gym.spaces.ofa_mbv3 import OFAMobileNetV3
from tests.hardware.made_up import SPACE, archs

pytest.importorskip("scipy", reason="the extra ranking")

NEEDS = np.array([[0, 1, 2, 9, 4], [0, 2, 1, 5, 9], [1, 2, 3, 4, 5], [0, 0, 1, 3, 1]], dtype=float)
"""Milliseconds of each operation on four devices."""


def measured(row: int, n: int, *, noise: float, seed: int):
    """Return architectures and what they need on a device; each device has architectures of its own."""
    rows = archs(n, seed=seed)
    needed = 20 + NEEDS[row][rows].sum(axis=1)
    return rows, needed + noise * np.random.default_rng(seed).standard_normal(n)


def test_a_mixture_of_known_devices_is_found_from_five_architectures() -> None:
    known = {f"device {i}": measured(i, 300, noise=0.1, seed=i) for i in range(3)}
    model = FromDevices(SPACE, **learn_devices(SPACE, known))
    chosen = model.choose(5)
    new = 0.7 * NEEDS[0] + 0.3 * NEEDS[1]
    model.fit(chosen, 5 + new[chosen].sum(axis=1))
    rows = archs(500, seed=9)
    assert model.predict(rows) == pytest.approx(5 + new[rows].sum(axis=1), rel=0.03)


def test_what_is_no_mixture_is_learned_from_more() -> None:
    known = {f"device {i}": measured(i, 300, noise=0.1, seed=i) for i in range(2)}
    model = FromDevices(SPACE, **learn_devices(SPACE, known))
    new, rows = np.array([6.0, 1, 2, 0, 3]), archs(500, seed=9)
    truth = 5 + new[rows].sum(axis=1)
    chosen = model.choose(30)
    model.fit(chosen, 5 + new[chosen].sum(axis=1))
    assert model.predict(rows) == pytest.approx(truth, rel=0.02)


def test_the_known_devices_have_mean_0_and_deviation_1() -> None:
    known = {f"device {i}": measured(i, 300, noise=0.1, seed=i) for i in range(4)}
    model = FromDevices(SPACE, **learn_devices(SPACE, known))
    found = model.others(archs(15_000))
    assert np.abs(found.mean(axis=0)).max() < 0.05
    assert found.std(axis=0) == pytest.approx(1, abs=0.05)
    truth = 20 + NEEDS[2][archs(15_000)].sum(axis=1)
    assert np.corrcoef(found[:, 2], truth)[0, 1] > 0.999


def test_the_chosen_are_different_and_tell_more_than_those_drawn() -> None:
    known = {f"device {i}": measured(i, 300, noise=0.1, seed=i) for i in range(4)}
    model = FromDevices(SPACE, **learn_devices(SPACE, known))

    def information(rows) -> float:
        inputs = np.column_stack([np.ones(len(rows)), model._inputs(rows)])
        return float(np.linalg.slogdet(1e-3 * np.eye(inputs.shape[1]) + inputs.T @ inputs)[1])

    chosen = model.choose(10)
    assert len(np.unique(chosen, axis=0)) == 10
    assert np.array_equal(chosen, model.choose(10))
    assert np.array_equal(chosen[:4], model.choose(4))
    assert information(chosen) > max(information(archs(10, seed=seed)) for seed in range(50))


def test_each_choice_increases_the_determinant_most() -> None:
    known = {f"device {i}": measured(i, 300, noise=0.1, seed=i) for i in range(2)}
    model = FromDevices(SPACE, **learn_devices(SPACE, known))
    pool = archs(12)
    inputs = np.column_stack([np.ones(12), model._inputs(pool)])
    prior = 1e-3 * np.eye(inputs.shape[1])
    chosen: list[int] = []
    for _ in range(6):
        gains = [
            -np.inf if i in chosen else np.linalg.slogdet(prior + inputs[[*chosen, i]].T @ inputs[[*chosen, i]])[1]
            for i in range(12)
        ]
        chosen.append(int(np.argmax(gains)))
    assert np.array_equal(model.choose(6, archs=pool), pool[chosen])


def test_by_what_devices_are_learned_is_decided_among_them() -> None:
    """Where it matters on which edge an operation is, counts of operations do not do."""
    rng = np.random.default_rng(0)
    by_place = {}
    for i, mix in enumerate(rng.uniform(0, 1, (4, 2))):
        rows = archs(400, seed=i)
        first, last = (rows[:, 0] == 3) * 5.0, (rows[:, 5] == 3) * 5.0
        by_place[f"device {i}"] = rows, 10 + mix[0] * first + mix[1] * last
    by_count = {f"device {i}": measured(i, 400, noise=0.5, seed=i) for i in range(4)}
    for some in (1, 2, 4):
        assert learn_devices(SPACE, dict(itertools.islice(by_place.items(), some)))["by"] == "all"
        assert learn_devices(SPACE, dict(itertools.islice(by_count.items(), some)))["by"] == "counts"


def test_in_mobile_networks_devices_are_learned_from_layers() -> None:
    space = OFAMobileNetV3(image_size=64)
    rows = space.sample(np.random.default_rng(0), 200)
    known = {
        name: (rows, LayerSum(space, open_device(name))(rows)["latency_ms"]) for name in ("eyeriss", "roofline-v100")
    }
    learned = learn_devices(space, known)
    assert learned["by"] == "layers"
    model = FromDevices(space, **learned)
    chosen = model.choose(20)
    new = LayerSum(space, open_device("roofline-raspi4"))
    model.fit(chosen, new(chosen)["latency_ms"])
    assert agreement(new(rows)["latency_ms"], model.predict(rows)).kendall_tau > 0.9


def test_what_is_not_known_is_said() -> None:
    width = len(OperationCounts(SPACE).names)
    with pytest.raises(SettingError, match="from measurements of other devices"):
        FromDevices(SPACE)
    with pytest.raises(SettingError, match=f"pixel has 2 slopes; nasbench201 has {width} features"):
        FromDevices(SPACE, known={"pixel": {"intercept": 0.0, "slopes": [1.0, 2.0]}})
    with pytest.raises(UnknownNameError, match="Did you mean 'counts'"):
        FromDevices(SPACE, by="count", known={"pixel": {"intercept": 0.0, "slopes": [1.0] * width}})
    with pytest.raises(SettingError, match="pixel: 5 architectures or more"):
        learn_devices(SPACE, {"pixel": measured(0, 4, noise=0, seed=0)})
    with pytest.raises(SettingError, match="of different values"):
        learn_devices(SPACE, {"pixel": (archs(9), np.ones(9))})
    model = FromDevices(SPACE, known={"pixel": {"intercept": 0.0, "slopes": [1.0] * width}})
    with pytest.raises(SettingError, match="4 architectures cannot be chosen of 3"):
        model.choose(4, archs=archs(3))
