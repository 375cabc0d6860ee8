"""Options of `reset`; states that are saved and restored."""

from typing import Any

import numpy as np
import pytest

from awnas_gym.errors import (
    SettingError,
)
from tests.envs.episodes import make, play


def test_reset_options(tiny: str) -> None:
    env = make(tiny, action_mode="joint")
    arch = [3, 2, 1, 3, 4, 3]
    env.reset(seed=0, options={"fidelity": 2, "trial": 1})
    info = play(env, arch)[4]
    assert (info["fidelity"], info["trial"]) == (2, 1)
    with pytest.raises(SettingError, match="fidelity 99"):
        env.reset(options={"fidelity": 99})
    with pytest.raises(SettingError, match=r"reset options: .*Known: fidelity, trial"):
        env.reset(options={"seed": 1})


@pytest.mark.parametrize("options", [{"fidelity": [2]}, {"fidelity": True}, {"trial": [1]}, {"trial": 1.0}], ids=str)
def test_reset_options_of_the_wrong_type(tiny: str, options: dict[str, Any]) -> None:
    env = make(tiny).unwrapped
    with pytest.raises(SettingError, match=f"{next(iter(options))} .*(should be|legal)"):
        env.reset(options=options)


def test_refused_reset_options_change_nothing(tiny: str) -> None:
    env = make(tiny).unwrapped
    env.reset(seed=0)
    env.step(3)
    before = env.get_state()
    with pytest.raises(SettingError, match="trial 3"):
        env.reset(seed=1, options={"fidelity": 2, "trial": 3})
    assert env.get_state() == before


@pytest.mark.parametrize("mode", ["build", "joint"])
def test_state_can_be_saved_and_restored(tiny: str, mode: str) -> None:
    env, twin = (make(tiny, action_mode=mode, trial="random").unwrapped for _ in range(2))
    env.reset(seed=0)
    if mode == "build":
        env.step(3)
    state = env.get_state()
    rest = [1, 2, 3, 4, 0] if mode == "build" else [3, 1, 2, 3, 4, 0]
    twin.reset(seed=99)
    twin.set_state(state)
    for choice in rest if mode == "build" else [rest]:
        one, two = env.step(choice), twin.step(choice)
        np.testing.assert_array_equal(one[0], two[0])
        assert one[1] == two[1]


@pytest.mark.parametrize("mode", ["build", "joint"])
@pytest.mark.parametrize(
    "change",
    [
        {"fidelity": 99},
        {"fidelity": "2"},
        {"fidelity": [2]},
        {"trial": 3},
        {"trial": [1]},
        {"arch": [9, -1, -1, -1, -1, -1]},
        {"arch": [3, 2]},
        {"arch": "333333"},
        {"arch": [-1] * 6, "steps": 6},
        {"arch": [3, 3, 3, 3, 3, 5], "steps": 6},
        {"arch": [3, 3, 3, 3, 3, 3], "steps": 5},
        {"arch": [3, 3, 3, 3, 3, "3"], "steps": 6},
        {"arch": [3, 3, 3, 3, 3, 3], "steps": 7},
        {"steps": -1},
        {"was_invalid": "no"},
        {"np_random": {}},
        {"np_random": {"bit_generator": "MT19937", "state": {}}},
        {"other": 1},
    ],
    ids=str,
)
def test_what_is_no_state_is_refused_and_nothing_changes(tiny: str, mode: str, change: dict[str, Any]) -> None:
    env = make(tiny, action_mode=mode).unwrapped
    env.reset(seed=0, options={"fidelity": 2, "trial": 1})
    if mode == "build":
        env.step(3)
    before = env.get_state()
    with pytest.raises(SettingError) as caught:
        env.set_state({**make(tiny).unwrapped.get_state(), **change})
    assert "\n" not in str(caught.value)
    assert env.get_state() == before


def test_the_joint_kind_has_no_half_states(tiny: str) -> None:
    env = make(tiny, action_mode="joint").unwrapped
    env.reset(seed=0)
    with pytest.raises(SettingError, match=r"steps is 2; legal: 0 … 1"):
        env.set_state({**env.get_state(), "arch": [3, 3, -1, -1, -1, -1], "steps": 2})
