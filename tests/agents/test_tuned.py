"""Settings that come with the package."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from awnas_gym.agents import AGENTS
from awnas_gym.agents.tuned import FILE, tuned
from awnas_gym.config import keywords
from awnas_gym.errors import MissingExtraError, SettingError
from awnas_gym.suite import Suite
from awnas_gym.sweep import Sweep

SHIPPED = yaml.safe_load((Path(__file__).resolve().parents[2] / "awnas_gym" / "agents" / FILE).read_text())
ON = {"id": "awnas/NASBench201-v0"}


@pytest.mark.parametrize(("id_", "name"), [(id_, name) for id_, agents in SHIPPED.items() for name in agents])
def test_they_are_settings_of_the_agent(id_: str, name: str) -> None:
    found = tuned({"name": name, "tuned": True}, {"id": id_})
    assert found == {"name": name, **SHIPPED[id_][name]}
    try:
        assert set(SHIPPED[id_][name]) <= set(keywords(AGENTS.load(name)))
    except MissingExtraError as error:
        pytest.skip(str(error))


def test_own_settings_win() -> None:
    given = {"name": "sb3_ppo", "tuned": True, "learning_rate": 0.5}
    assert tuned(given, ON) == {**SHIPPED[ON["id"]]["sb3_ppo"], "name": "sb3_ppo", "learning_rate": 0.5}
    assert tuned({"name": "random"}, ON) == {"name": "random"}
    assert tuned({"name": "sb3_ppo", "tuned": False}, ON) == {"name": "sb3_ppo"}


def test_sweeps_and_suites_know_them() -> None:
    pytest.importorskip("stable_baselines3", reason="needs the extra [sb3]")
    agent, wanted = {"name": "sb3_ppo", "tuned": True}, {"name": "sb3_ppo", **SHIPPED[ON["id"]]["sb3_ppo"]}
    for runs in (
        Sweep(environment=ON, agents=[agent], budget={"evaluations": 10}).runs(),
        Suite(environments=[ON], agents=[agent], seeds=1).jobs(),
    ):
        assert [config.agent for config in runs.values()] == [wanted]


@pytest.mark.parametrize(("agent", "id_"), [
    ({"name": "random", "tuned": True}, ON["id"]),
    ({"name": "sb3_ppo", "tuned": True}, "awnas/Table-v0"),
    ({"name": "sb3_ppo", "tuned": "yes"}, ON["id"]),
])  # fmt: skip
def test_what_is_not_there(agent: dict[str, object], id_: str) -> None:
    with pytest.raises(SettingError, match="tuned is true for sb3_ppo on awnas/NASBench201-v0"):
        tuned(agent, {"id": id_})
