"""Keywords and actions that are none."""

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from awnas_gym.errors import (
    AgentError,
    MissingDataError,
    SettingError,
    UnknownNameError,
)
from tests.envs.episodes import make, play


def test_wrong_id() -> None:
    with pytest.raises(gym.error.NameNotFound, match="NASBench201"):
        gym.make("awnas/NASBench20-v0")


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"objective": "acuracy"}, UnknownNameError, "Did you mean 'accuracy'"),
        ({"split": "validation"}, SettingError, "legal: train, valid, test"),
        ({"fidelity": 200}, SettingError, r"legal: \[1, 2, 3, 4\]"),
        ({"trial": 3}, SettingError, "legal: 'mean', 'random'"),
        ({"invalid": "skip"}, SettingError, "legal: repair, penalty, raise"),
        ({"action_mode": "edits"}, UnknownNameError, "Known: build, edit, joint"),
        ({"reward": "normalized"}, UnknownNameError, "Did you mean 'normalised'"),
        ({"dataset": "fashion4"}, UnknownNameError, "Did you mean 'fashion14'"),
        ({"dataset": "nowhere.awnas"}, MissingDataError, "no benchmark table at"),
        ({"trial": [1]}, SettingError, r"trial is \[1\]; it should be str or int"),
        ({"trial": True}, SettingError, "trial is True; it should be str or int"),
        ({"trial": None}, SettingError, "trial is None; it should be str or int"),
        ({"dataset": 3}, SettingError, "dataset is 3; it should be str"),
        ({"action_mode": [1]}, SettingError, r"action_mode is \[1\]; it should be str"),
        ({"objective": ["a"]}, SettingError, r"objective is \['a'\]; it should be str"),
        ({"reward": {}}, SettingError, "reward is {}; it should be str"),
        ({"split": ["valid"]}, SettingError, "split is .*; it should be str"),
        ({"fidelity": True}, SettingError, "fidelity is True; it should be int"),
        ({"fidelity": "4"}, SettingError, "fidelity is '4'; it should be int"),
        ({"invalid": ["repair"]}, SettingError, "invalid is .*; it should be str"),
        ({"action_mode": "edit", "edits": 0}, SettingError, "edits is a whole number from 1; got 0"),
        ({"action_mode": "edit", "edits": 2.0}, SettingError, "edits is 2.0; it should be int"),
        ({"edits": 3}, SettingError, "edits=3 needs action_mode='edit'; got 'build'"),
        ({"mask_in_obs": "maybe"}, SettingError, "mask_in_obs is 'maybe'; it should be bool"),
    ],
)
def test_wrong_keywords(tiny: str, keywords: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        make(tiny, **keywords)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("mode", "action"),
    [
        ("build", float("nan")),
        ("build", 5),
        ("build", -1),
        ("build", np.array([1, 2])),
        ("build", "conv"),
        ("build", None),
        ("joint", [0, 1, 2]),
        ("joint", [0.0] * 6),
        ("joint", np.full(6, np.nan)),
        ("joint", [0, 0, 0, 0, 0, 5]),
        ("joint", 3),
        ("edit", 30),
        ("edit", -1),
        ("edit", float("nan")),
        ("edit", [3] * 6),
    ],
)
def test_what_is_no_action_is_refused(tiny: str, mode: str, action: Any) -> None:
    env = make(tiny, action_mode=mode).unwrapped
    env.reset(seed=0)
    with pytest.raises(AgentError, match="an action here is"):
        env.step(action)


def test_a_step_after_the_end_is_refused(tiny: str) -> None:
    env = make(tiny, action_mode="joint").unwrapped
    env.reset(seed=0)
    play(env, [0] * 6)
    with pytest.raises(AgentError, match=r"call reset\(\)"):
        env.step([0] * 6)
