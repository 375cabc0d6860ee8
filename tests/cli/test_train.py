"""`awnas train` and `awnas test`: options and files, what they print, a stop by kill -9."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from tests.cli.process import AWNAS, environment

pytest.importorskip("torch", reason="training needs torch: pip install 'awnas-gym[torch]'")

from awnas_gym.cli.main import group

CELL = "|nor_conv_3x3~0|+|none~0|avg_pool_3x3~1|+|nor_conv_1x1~0|none~1|nor_conv_1x1~2|"
SMALL = ["--space", "nasbench201", "--space-arg", "channels=2", "--space-arg", "cells=1", "--genotype", CELL,
         "--batch-size", "500", "--threads", "1"]  # fmt: skip


def call(*arguments: str | Path, code: int = 0) -> str:
    """Run `awnas` in this process; return what it printed, or its error."""
    result = CliRunner().invoke(group, [str(argument) for argument in arguments], standalone_mode=True)
    assert result.exit_code == code, result.output
    error = "" if result.exception is None or isinstance(result.exception, SystemExit) else str(result.exception)
    return result.output + error


def curve(folder: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{name: value for name, value in line.items() if name != "wall_s"} for line in lines]


def test_train_then_test(tmp_path: Path) -> None:
    out = tmp_path / "run"
    text = call("train", *SMALL, "--epochs", "2", "--training-arg", "ema=0.5", "--scheduler", "constant", "--out", out)
    summary = json.loads((out / "summary.json").read_text())
    assert f"test_accuracy {summary['test_accuracy']:.4f}" in text
    assert f"{summary['params']:,} params" in text
    stored = yaml.safe_load((out / "config.yaml").read_text())
    assert stored["training"]["scheduler"] == {"name": "constant"}
    assert (stored["training"]["ema"], stored["dataset"], stored["seed"]) == (0.5, "fashion14", 0)
    rows = call("test", out, "--split", "valid", "--split", "test").splitlines()
    assert [row.split()[:3] for row in rows[1:]] == [
        ["valid", "final", f"{summary['valid_accuracy']:.4f}"],
        ["test", "final", f"{summary['test_accuracy']:.4f}"],
    ]
    last = curve(out)[-1]["valid_accuracy"]
    assert f"{last:.4f}" in call("test", out, "--split", "valid", "--weights", "last")
    assert "already holds a training; --resume goes on with it" in call("train", *SMALL, "--out", out, code=1)
    again = call("train", "--resume", "--out", out)
    assert again.strip() == text[text.index(CELL) :].strip()
    call("train", *SMALL, "--epochs", "1", "--out", out, "--overwrite")
    assert len(curve(out)) == 1


def test_options_win_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    call("config", "train", path, "--space", "nasbench201")
    content = yaml.safe_load(path.read_text())
    content["training"] = {"epochs": 7, "learning_rate": 0.5}
    content["space"] |= {"channels": 3, "cells": 1}
    path.write_text(yaml.safe_dump(content))
    out = tmp_path / "run"
    call(
        "train", path, "--epochs", "1", "--batch-size", "500", "--space-arg", "channels=2", "--seed", "3", "--out", out
    )
    stored = yaml.safe_load((out / "config.yaml").read_text())
    assert (stored["space"]["channels"], stored["space"]["cells"], stored["seed"]) == (2, 1, 3)
    assert (stored["training"]["epochs"], stored["training"]["learning_rate"]) == (1, 0.5)


def test_every_setting_of_the_written_file_is_one(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    call("config", "train", path)
    lines = [line.replace("# ", "", 1) if line.startswith("  # ") else line for line in path.read_text().splitlines()]
    from awnas_gym.training.final_config import FinalTraining

    path.write_text("\n".join(lines))
    written = FinalTraining(**yaml.safe_load(path.read_text()))
    bare = FinalTraining(space="darts", genotype=written.genotype, dataset="fashion14")
    assert written == bare


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        (["train"], "no space and no genotype: give CONFIG, or --space and --genotype", 2),
        (["train", "--space", "nasbench201"], "no genotype", 2),
        (["train", *SMALL, "--training-arg", "epoch=1"], "Did you mean 'epochs'", 1),
        (["train", *SMALL, "--training-arg", "epochs"], "is not NAME=VALUE", 2),
        (["train", *SMALL, "--resume", "--overwrite"], "give one of them", 2),
        (["train", *SMALL, "--device", "cuda:99"], "device 'cuda:99' cannot be used", 1),
        (["train", "--resume", "--out", "none"], "none holds no training", 1),
        (["test", "."], "holds no training", 1),
    ],
)
def test_what_is_wrong(
    arguments: list[str], message: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert message in call(*arguments, code=code)
    assert not (tmp_path / "runs").exists()


def test_kill_9_and_resume(tmp_path: Path) -> None:
    command = [*SMALL, "--epochs", "12", "--training-arg", "ema=0.9"]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    call("train", *command, "--out", whole)
    process = subprocess.Popen(
        [*AWNAS, "train", *command, "--out", str(killed)], env=environment(), stderr=subprocess.DEVNULL
    )
    lines = killed / "metrics.jsonl"
    until = time.monotonic() + 200
    while process.poll() is None and time.monotonic() < until:
        if lines.exists() and lines.read_bytes().count(b"\n") >= 2:
            os.kill(process.pid, signal.SIGKILL)
        time.sleep(0.005)
    assert process.wait() == -signal.SIGKILL
    assert not (killed / "summary.json").exists()
    call("train", "--resume", "--out", killed, "--threads", "1")
    assert curve(killed) == curve(whole)
    assert (killed / "weights.safetensors").read_bytes() == (whole / "weights.safetensors").read_bytes()
