"""`awnas data` as a user types it."""

from __future__ import annotations

import hashlib
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from awnas_gym.benchmarks import open_table, own_tables
from awnas_gym.cli.data import COMMANDS
from awnas_gym.cli.main import group
from awnas_gym.ingest.official import downloads
from awnas_gym.ingest.official.downloads import Download
from awnas_gym.spaces.nasbench101 import NASBench101
from experiments.official_files import nasbench101_records, write_tfrecord
from tests.cli.process import AWNAS, environment
from tests.ingest.official.file_server import serving


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWNAS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("AWNAS_DATA", raising=False)
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file in the form of NAS-Bench-101 with few cells, one of which was trained twice."""
    path = tmp_path_factory.mktemp("official") / "small.tfrecord"
    space = NASBench101()
    archs = np.unique(space.canonical(space.sample(np.random.default_rng(0), 60)), axis=0)
    hashes = [space.official_hash(arch) for arch in archs]
    records = list(nasbench101_records(archs, hashes, budgets=(4, 108), rng=np.random.default_rng(1)))
    left_out = next(i for i, record in enumerate(records) if b", 108, " in record)
    write_tfrecord(path, records[:left_out] + records[left_out + 1 :])
    return path


def run(*arguments: str) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(group, ["data", *arguments], catch_exceptions=True)


def test_each_command_explains_itself_and_shows_how_it_is_used(awnas: Any) -> None:
    text = awnas("data", "--help").stdout
    for name, summary in COMMANDS.items():
        assert summary in text
        explained = awnas("data", name, "--help").stdout
        assert f"data {name}" in explained
        assert name == "list" or f": awnas data {name} " in explained
    assert "Did you mean 'import'" in awnas("data", "imprt", code=2).stderr


def test_data_sets_are_listed_with_what_to_bring_and_where(
    awnas: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWNAS_DATA", str(tmp_path / "sets"))
    (tmp_path / "sets" / "svhn").mkdir(parents=True)
    text = awnas("data", "list").stdout
    assert f"Data sets, each in the folder of its name in {tmp_path / 'sets'}:" in text
    assert re.search(r"^  svhn +there$", text, re.MULTILINE)
    assert re.search(
        r"^  cifar10 +the folder cifar-10-batches-py of .*, from https://www.cs.toronto", text, re.MULTILINE
    )
    assert "fashion14" not in text


def test_from_an_official_file_to_an_environment(awnas: Any, small: Path) -> None:
    before = awnas("data", "list").stdout
    assert re.search(r"nasbench101 .*awnas data get nasbench101 or nasbench101-full, then awnas data import", before)
    done = awnas("data", "import", "nasbench101", str(small))
    rows = len(open_table(own_tables()["nasbench101"]).columns["archs"].values)
    for line in (
        r"written: .*nasbench101\.awnas \([\d.]+ MB\)",
        rf"architectures +{rows}$",
        r"epochs +4, 108$",
        rf"trainings of each +4 epochs: 3 \({rows}\); 108 epochs: 2 \(1\), 3 \({rows - 1}\)$",
        r"missing trainings +108 epochs: seed 2 \(1\)$",
        r"failed trainings +\d+ of 108 epochs$",
        r"best valid_accuracy +0\.\d{4}  [01/]+ conv",
        r"best test_accuracy +0\.\d{4}  [01/]+ conv",
        r'Next: gym\.make\("awnas/NASBench101-v0"\)$',
    ):
        assert re.search(line, done.stdout, re.MULTILINE), line
    assert "verified" not in done.stdout
    for bar in ("checksum", "nasbench101"):
        assert re.search(rf"{bar}: 100%\S+ ([\d.]+)k/\1k \[", done.stderr)
    after = awnas("data", "list").stdout
    assert re.search(rf"^nasbench101 +nasbench101 +{rows} +4, 108 +3 +0\.\d\d  NAS-Bench-101", after, re.MULTILINE)
    assert "data get nasbench101 " not in after
    assert re.fullmatch(
        rf"right: nasbench101: {rows} architectures, checksum \w{{16}}\n", awnas("data", "verify").stdout
    )
    code = "import gymnasium as gym, awnas_gym; print(gym.make('awnas/Table-v0', table='nasbench101').reset(seed=0)[0])"
    subprocess.run([AWNAS[0], "-c", code], env=environment(), check=True, timeout=120)


def test_what_cannot_be_imported_is_one_line(awnas: Any, small: Path, tmp_path: Path) -> None:
    awnas("data", "import", "nasbench101", str(small))
    before = own_tables()["nasbench101"].read_bytes()
    bad = tmp_path / "bad.tfrecord"
    bad.write_bytes(small.read_bytes()[:-3])
    for arguments, message in (
        (["nasbech101", "x"], "Did you mean 'nasbench101'?"),
        (["nasbench101", str(small)], "already there: nasbench101; replace them with --replace"),
        (["nasbench101", str(bad), "--replace"], "is truncated"),
        (["nasbench101", str(small), "--replace", "--workers", "2"], "nasbench101 takes no --workers"),
        (["nats-tss", "nowhere"], "no file or folder at nowhere"),
    ):
        (line,) = [x for x in awnas("data", "import", *arguments, code=1).stderr.splitlines() if "awnas:" in x]
        assert message in line
    assert own_tables()["nasbench101"].read_bytes() == before
    assert "written" in awnas("data", "import", "nasbench101", str(small), "--replace").stdout


def test_verify_says_what_is_wrong_with_which_table_and_fails(awnas: Any, small: Path) -> None:
    assert awnas("data", "verify").stdout == "you have no tables\n"
    awnas("data", "import", "nasbench101", str(small))
    path = own_tables()["nasbench101"]
    path.with_name("broken.awnas").write_bytes(path.read_bytes()[:-1] + b"\1")
    wrong, right = awnas("data", "verify", code=1).stdout.splitlines()
    assert re.match(r"wrong: broken: .*the checksum of params differs", wrong)
    assert right.startswith("right: nasbench101: ")
    assert awnas("data", "verify", "nasbench101").stdout == f"{right}\n"
    assert "Did you mean 'nasbench101'" in awnas("data", "verify", "nasbench11", code=1).stderr


def test_a_damaged_table_is_listed_as_such_and_removed(awnas: Any, small: Path) -> None:
    awnas("data", "import", "nasbench101", str(small))
    path = own_tables()["nasbench101"]
    path.write_bytes(path.read_bytes()[:-64])
    assert re.search(r"^nasbench101 +damaged: .* is truncated", awnas("data", "list").stdout, re.MULTILINE)
    assert "Aborted" in awnas("data", "remove", "nasbench101", code=1).stderr
    assert "removed: " in awnas("data", "remove", "nasbench101", "--yes").stdout
    assert own_tables() == {}


def test_an_own_table_is_added_and_listed(awnas: Any, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("index,valid_accuracy\n0,0.5\n7,0.75\n")
    added = awnas("data", "add", "own.csv", "--space", "nasbench201", "--name", "own", "--title", "My cells").stdout
    assert "2 architectures of nasbench201: valid_accuracy" in added
    listed = awnas("data", "list").stdout
    assert re.search(r"^own +nasbench201 +2 +1 +1 +0\.\d\d  My cells$", listed, re.MULTILINE)
    assert "right: own: 2 architectures" in awnas("data", "verify").stdout


# ------------------------------------------------------------------ get


def test_get_fetches_checks_and_says_what_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: Path) -> None:
    content = small.read_bytes()
    with serving(content) as server:
        row = Download(
            importer="nasbench101",
            file="file.bin",
            page="https://somewhere",
            url=server.url,
            sha256=hashlib.sha256(content).hexdigest(),
            megabytes=2,
        )
        monkeypatch.setattr(downloads, "DOWNLOADS", {"small": row})
        server.most = 10_000
        broken = run("get", "small")
        assert "the same command goes on" in str(broken.exception)
        server.most = None
        done = run("get", "small")
    target = tmp_path / "home" / "data" / "file.bin"
    assert done.exit_code == 0
    assert "file.bin (about 2 MB), from https://somewhere" in done.output
    assert f"verified: {target}\nNext: awnas data import nasbench101 {target}\n" in done.output
    assert server.asked == [None, "bytes=10000-"]
    assert run("import", "nasbench101", str(target)).exit_code == 0
    assert "verified" in run("get", "small").output
    assert len(server.asked) == 2  # it was there
    monkeypatch.setattr("awnas_gym.ingest.official.source.DOWNLOADS", {"small": row})
    again = run("import", "nasbench101", str(target), "--replace")
    assert f"verified: {target} has the official SHA-256" in again.output


def test_get_puts_files_where_the_variable_or_the_option_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(b"abc") as server:
        row = Download(importer="nasbench101", file="file.bin", page="https://somewhere", url=server.url)
        monkeypatch.setattr(downloads, "DOWNLOADS", {"small": row})
        monkeypatch.setenv("AWNAS_DATA", str(tmp_path / "data folder"))
        done = run("get", "small")
        assert f"fetched: {tmp_path}/data folder/file.bin" in done.output
        assert f"Next: awnas data import nasbench101 '{tmp_path}/data folder/file.bin'" in done.output
        run("get", "small", "--to", str(tmp_path / "other"))
    assert (tmp_path / "other" / "file.bin").read_bytes() == b"abc"


def test_get_of_what_only_a_person_can_fetch_says_how(awnas: Any, tmp_path: Path) -> None:
    done = awnas("data", "get", "nats-tss", code=1)
    folder = tmp_path / "home" / "data"
    assert re.search(rf"get it from https://drive\.google\.com/.*, put it into {folder}, unpack it there", done.stderr)
    assert f"then awnas data import nats-tss {folder}/NATS-tss-v1_0-3ffb9-simple" in done.stderr
    assert "Did you mean 'nats-tss'" in awnas("data", "get", "nats-ts", code=1).stderr


def test_ctrl_c_keeps_what_came(tmp_path: Path) -> None:
    content = np.random.default_rng(0).bytes(1_000_000)
    code = (
        "import sys; from awnas_gym.ingest.official import downloads as d\n"
        "d.DOWNLOADS = {'small': d.Download(importer='nasbench101', file='file.bin', page='p', url=sys.argv[1])}\n"
        "sys.argv[1:] = ['data', 'get', 'small']; from awnas_gym.cli.main import main; main()"
    )
    part = tmp_path / "home" / "data" / "file.bin.part"
    with serving(content) as server:
        server.most, server.waits = 500_000, True
        with subprocess.Popen(
            [AWNAS[0], "-c", code, server.url],
            env=environment(),
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
        ) as process:
            deadline = time.monotonic() + 60
            while (not part.exists() or part.stat().st_size < 400_000) and time.monotonic() < deadline:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "The same command goes on." in stderr
    assert 400_000 <= part.stat().st_size <= 500_000
