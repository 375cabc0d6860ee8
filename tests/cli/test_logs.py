"""`AWNAS_LOG_LEVEL` says what the command line shows of the package's logs."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from awnas_gym.benchmarks import load_table


def test_the_level_says_what_is_shown(awnas: Any, tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWNAS_LOG_LEVEL", raising=False)
    assert "opened" not in awnas("show", "0", "--dataset", tiny).stderr
    for level, shown in (("info", True), ("debug", True), ("warning", False), ("error", False)):
        monkeypatch.setenv("AWNAS_LOG_LEVEL", level)
        stderr = awnas("show", "0", "--dataset", tiny).stderr
        assert (f"awnas: INFO: awnas_gym.benchmarks: opened {tiny}" in stderr) == shown


def test_an_unknown_level_is_one_line(awnas: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWNAS_LOG_LEVEL", "warn")
    stderr = awnas("list", "agents", code=1).stderr
    assert stderr == (
        "awnas: AWNAS_LOG_LEVEL: No level named 'warn'. Did you mean 'warning'? Known: debug, error, info, warning.\n"
    )


def test_the_library_logs_and_adds_no_handler(tmp_path: Path, tiny: str, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "copy.awnas"
    path.write_bytes(Path(tiny).read_bytes())
    with caplog.at_level(logging.INFO, logger="awnas_gym"):
        table = load_table(str(path))
    assert caplog.messages == [f"opened {path}, checksum {table.checksum[:16]}"]
    assert logging.getLogger("awnas_gym").handlers == []


def test_what_is_read_from_a_package_is_logged(packages: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="awnas_gym"):
        load_table("analog_nasbench")
    (message,) = [each for each in caplog.messages if "analog" in each]
    assert f"analog_nasbench: read from {packages}" in message
