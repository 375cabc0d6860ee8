"""Where a user's own things are kept follows the environment's variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from awnas_gym.errors import SettingError
from awnas_gym.home import data_folder, home, plugin_folder


def test_the_defaults_lie_in_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWNAS_HOME", "AWNAS_PLUGIN_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert home() == tmp_path / ".awnas"
    assert plugin_folder() == str(tmp_path / ".awnas" / "plugins")


def test_variables_win_and_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWNAS_HOME", "~/mine")
    monkeypatch.delenv("AWNAS_PLUGIN_DIR", raising=False)
    assert home() == tmp_path / "mine"
    assert plugin_folder() == str(tmp_path / "mine" / "plugins")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWNAS_PLUGIN_DIR", "here")
    assert plugin_folder() == str(tmp_path / "here")


def test_a_home_folder_that_nobody_knows_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWNAS_HOME", "~nobody-of-this-name/mine")
    with pytest.raises(SettingError, match="set AWNAS_HOME to a folder"):
        home()


def test_official_files_lie_in_a_folder_of_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWNAS_HOME", str(tmp_path / "mine"))
    monkeypatch.delenv("AWNAS_DATA", raising=False)
    assert data_folder() == tmp_path / "mine" / "data"
    monkeypatch.setenv("AWNAS_DATA", "~/large")
    assert data_folder() == tmp_path / "large"
    monkeypatch.setenv("AWNAS_DATA", "~nobody-of-this-name/large")
    with pytest.raises(SettingError, match="set AWNAS_DATA to a folder"):
        data_folder()
