"""Two processes under torchrun train one set of weights as one does, in step, and end together."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch: pip install 'awnas-gym[torch]'")

from awnas_gym.errors import CheckpointError, RanksError, RunFolderError, SettingError  # noqa: E402
from awnas_gym.ranks import ALONE, Ranks  # noqa: E402
from awnas_gym.search import run  # noqa: E402
from awnas_gym.training.distributed import device_of_rank, lost_rank, share  # noqa: E402
from awnas_gym.training.final_folder import train_in_folder  # noqa: E402
from awnas_gym.training.trained import score_folder  # noqa: E402
from tests.training import two_ranks  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
TIMEOUT_S = 300

if not torch.distributed.is_available() or not torch.distributed.is_gloo_available():
    pytest.skip("this build of torch has no gloo", allow_module_level=True)


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def torchrun(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TORCHRUN, *words], env=environment(), capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )


def of(rank: int, size: int) -> Ranks:
    """Return ranks that are not there."""
    ranks = Ranks()
    ranks.rank, ranks.size = rank, size
    return ranks


def evaluations(folder: Path) -> list[dict[str, Any]]:
    """Return a history without what is measured in seconds."""
    lines = (folder / "history.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(line).items() if not k.endswith("_s")} for line in lines]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """Return the folder of `two_ranks.main` and what each rank found."""
    folder = tmp_path_factory.mktemp("ranks")
    done = torchrun(str(Path(two_ranks.__file__)), str(folder))
    assert done.returncode == 0, done.stderr[-4000:]
    return folder, [json.loads((folder / f"rank-{rank}.json").read_text()) for rank in range(2)]


def test_shares_train_as_the_whole_batch_does(played: tuple[Path, list[dict[str, Any]]]) -> None:
    alone = two_ranks.play_chain(two_ranks.chain())
    for found in (found["chain"] for found in played[1]):
        assert found["loss"] == pytest.approx(alone["loss"], abs=1e-6)
        assert [g is None for g in found["gradients"]] == [g is None for g in alone["gradients"]]
        for mine, whole in zip(found["gradients"], alone["gradients"], strict=True):
            assert mine is None or np.abs(np.subtract(mine, whole)).max() < 1e-6
        for mine, whole in zip(found["weights"], alone["weights"], strict=True):
            assert np.abs(np.subtract(mine, whole)).max() < 1e-5
        assert found["metrics"]["valid_accuracy"] == alone["metrics"]["valid_accuracy"]
        assert found["metrics"]["valid_loss"] == pytest.approx(alone["metrics"]["valid_loss"], abs=1e-5)


def test_ranks_hold_the_same_to_the_bit(played: tuple[Path, list[dict[str, Any]]]) -> None:
    first, second = played[1]
    assert first["size"] == second["size"] == 2
    for name in ("chain", "means", "search", "resumed", "training"):
        assert first[name] == second[name]
    assert first["means"] == [pytest.approx(2 / 3), 1.0]
    assert first["statistics"] == second["statistics"] == pytest.approx([0.3, 0.3])  # a tenth of the mean of 2 and 4


def test_a_search_has_one_history_and_resumes_to_the_same(played: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, (found, _) = played
    assert len(evaluations(folder / "unbroken")) == 6
    assert evaluations(folder / "broken") == evaluations(folder / "unbroken")
    assert found["resumed"] == found["search"]
    assert [record["reward"] for record in evaluations(folder / "unbroken")] == found["search"]["rewards"]


@pytest.mark.parametrize("name", two_ranks.MIXTURES)
def test_a_search_by_mixtures_has_one_history_too(name: str, played: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, (first, second) = played
    assert first[name] == second[name] == first[f"{name}, resumed"]
    history = evaluations(folder / name)
    assert len(history) == 6
    assert all(record["gradient"].startswith("f") for record in history)
    assert evaluations(folder / f"{name}, broken") == history


def test_a_training_is_one_and_resumes_to_the_same(played: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, ranks = played
    for found in ranks:
        assert found["training, stopped"] == "AwnasError: stopped"
        assert found["training, resumed"]["summary"] == found["training"]["summary"]
        assert found["training, resumed"]["curve"] == found["training"]["curve"][2:]
    assert (folder / "stopped" / "weights.safetensors").read_bytes() == (
        folder / "training" / "weights.safetensors"
    ).read_bytes()
    assert len((folder / "stopped" / "metrics.jsonl").read_text().splitlines()) == 3
    scores = score_folder(folder / "training", ["valid"])["valid"]  # by one process
    assert scores["accuracy"] == ranks[0]["training"]["summary"]["valid_accuracy"]
    assert scores["loss"] == pytest.approx(ranks[0]["training"]["summary"]["valid_loss"], abs=1e-6)


def test_a_training_of_two_goes_on_with_two(tmp_path: Path, played: tuple[Path, list[dict[str, Any]]]) -> None:
    shutil.copytree(played[0] / "training", tmp_path / "training")
    (tmp_path / "training" / "summary.json").unlink()
    with pytest.raises(CheckpointError, match="was trained by 2 processes; 1 would end with another network"):
        train_in_folder(two_ranks.TRAINING, tmp_path / "training")


def test_one_process_does_not_go_on_with_a_run_of_two(played: tuple[Path, list[dict[str, Any]]]) -> None:
    with pytest.raises(RunFolderError, match="its processes is 2, not 1"):
        run(two_ranks.CONFIG, played[0] / "unbroken")


def test_what_ranks_cannot_do_together_is_refused(played: tuple[Path, list[dict[str, Any]]]) -> None:
    for rank, found in enumerate(played[1]):
        refusals = found["refusals"]
        assert "awnas/NASBench201-v0 trains none; run it without torchrun" in refusals["table"]
        assert "--workers is 1 under torchrun; got 2" in refusals["workers"]
        assert "run(..., ranks=)" in refusals["without ranks"]
        assert refusals["sync_batch_norm"].startswith("SettingError: sync_batch_norm is for GPUs")
        assert refusals["apart"].startswith("RanksError: the 2 processes have come apart at seed and architectures")
        assert f"after training step 0: rank 1 differ from rank 0; rank {rank} has" in refusals["apart"]


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds the rank by Linux's /proc")
def test_a_killed_rank_ends_the_command_and_it_resumes(
    tmp_path: Path, played: tuple[Path, list[dict[str, Any]]]
) -> None:
    words = ["-m", "awnas_gym", "search", "--agent", "random", "--seed", "3", "--out", str(tmp_path)]
    for name, value in two_ranks.ENVIRONMENT.items():
        words += ["--env", str(value)] if name == "id" else ["--env-arg", f"{name}={value}"]
    history = tmp_path / "random" / "seed-0003" / "history.jsonl"
    with subprocess.Popen(
        [*TORCHRUN, *words, "--evaluations", "6"], env=environment(), stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            end = time.monotonic() + TIMEOUT_S
            while time.monotonic() < end and not (history.exists() and history.read_bytes().count(b"\n") >= 2):
                time.sleep(0.02)
            os.kill(rank_of(process.pid, 1), signal.SIGKILL)
            _, errors = process.communicate(timeout=TIMEOUT_S)
        finally:
            process.terminate()
    assert process.returncode != 0
    assert "awnas, rank 0: rank 0 cannot go on with the others" in errors
    done = torchrun(*words, "--evaluations", "6", "--resume")
    assert done.returncode == 0, done.stderr[-4000:]
    assert done.stdout.count("Next: awnas report") == 1
    assert evaluations(history.parent) == evaluations(played[0] / "unbroken")


def rank_of(torchrun_pid: int, rank: int) -> int:
    """Return the process that torchrun has started as a rank."""
    for pid in Path(f"/proc/{torchrun_pid}/task/{torchrun_pid}/children").read_text().split():
        if f"RANK={rank}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
            return int(pid)
    raise AssertionError("no such rank")


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_shares_are_the_batch_and_their_weights_its_mean(size: int) -> None:
    batch = torch.arange(7.0), torch.arange(7)
    shares = [share(batch, of(rank, size)) for rank in range(size)]
    assert torch.equal(torch.cat([images for images, _, _ in shares]), batch[0])
    assert all(torch.equal(images, labels.float()) for images, labels, _ in shares)
    assert sum(float(images.mean()) * weight for images, _, weight in shares) / size == pytest.approx(3.0)


def test_a_batch_smaller_than_the_ranks_is_refused() -> None:
    with pytest.raises(SettingError, match="3 processes cannot share a batch of 2 images"):
        share((torch.zeros(2), torch.zeros(2)), of(0, 3))


def test_each_rank_has_its_own_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert device_of_rank("cuda", of(5, 8)) == "cuda:1"
    assert device_of_rank("cpu", of(5, 8)) == "cpu"
    assert device_of_rank("cuda:3", ALONE) == "cuda:3"
    with pytest.raises(SettingError, match="say 'cuda', each takes its own"):
        device_of_rank("cuda:3", of(5, 8))


def test_what_breaks_between_ranks_says_so() -> None:
    message = r"rank 1 cannot go on with the others: reset by peer\. If another"
    with pytest.raises(RanksError, match=message), lost_rank(of(1, 2)):
        raise RuntimeError("reset by peer. This is typically\nnothing")
    with pytest.raises(RuntimeError, match="mine"), lost_rank(ALONE):
        raise RuntimeError("mine")
    with pytest.raises(SettingError), lost_rank(of(1, 2)):
        raise SettingError("known")
