"""Plugins from files and entry points, in processes of their own: they are read when the package is imported."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples" / "plugins"
AWNAS = ["-c", "from awnas_gym.cli.main import main; main()"]
GOOD = "from awnas_gym.tables import Row\nROWS = {'objective': {'good': Row('fractions:Fraction', 'a class')}}\n"
WORK = """
import json, warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import awnas_gym
from awnas_gym.plugins import load_plugins
print(json.dumps({
    "plugins": {each.name: [list(each.rows), list(each.problems)] for each in load_plugins()},
    "warnings": [str(each.message) for each in caught if each.category.__name__ == "PluginWarning"],
    "places": [each.filename for each in caught],
}))
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return a function that runs Python in an empty folder, its home `home`, its plugins those of `folder`."""

    def call(
        *arguments: str, folder: Path | str = "", path: str = "", code: int = 0
    ) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [path])]),
            "AWNAS_HOME": str(tmp_path / "home"),
            "AWNAS_PLUGIN_DIR": str(folder),
        }
        command = [sys.executable, *(arguments if len(arguments) > 1 else ["-c", *arguments])]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=240, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    return call


def found(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    """Return what `WORK` printed."""
    content: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return content


def folder_of(tmp_path: Path, **files: str) -> Path:
    """Write a folder of plugin files; `__` in a name stands for `-`."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name.replace('__', '-')}.py").write_text(text)
    return folder


# ------------------------------------------------------------------ what is wrong

BROKEN = {
    "syntax": ("ROWS = {\n", "SyntaxError: "),
    "imports": (
        "import not_a_package_at_all\n",
        "ModuleNotFoundError: No module named 'not_a_package_at_all' (imports.py:1",
    ),
    "fails": ("x = 1\nx / 0\n", "ZeroDivisionError: division by zero (fails.py:2 in <module>)"),
    "leaves": ("raise SystemExit(3)\n", "SystemExit: 3 (leaves.py:1 in <module>)"),
    "empty": ("", "module 'awnas_gym.plugin_folder.empty' has no attribute 'ROWS'"),
    "kinds": ("ROWS = {'spcae': {}}\n", "No key named 'spcae'. Did you mean 'space'?"),
    "types": ("ROWS = {'space': {'a': 'm:C'}}\n", "ROWS['space']['a'] is 'm:C'; it should be Row(target, summary)"),
    "builtin": (GOOD.replace("good", "accuracy"), "objective 'accuracy' comes with the package; choose another name"),
    "hidden": (GOOD, "objective 'good' comes from the plugin good.py; choose another name"),
    "my__file": (GOOD, "'my-file' is no name of a module"),
}


def test_a_broken_plugin_is_named_once_and_skipped(run: Run, tmp_path: Path) -> None:
    files = {name: text for name, (text, _) in BROKEN.items()}
    folder = folder_of(tmp_path, good=GOOD, _helper="raise RuntimeError('nobody asked')", **files)
    (folder / "notes.txt").write_text("no plugin")
    (folder / "package").mkdir()
    about = found(run(WORK, folder=folder))
    assert about["plugins"].pop("good.py") == [[["objective", "good"]], []]
    assert sorted(about["plugins"]) == sorted(f"{name.replace('__', '-')}.py" for name in BROKEN)
    for name, (_, message) in BROKEN.items():
        rows, problems = about["plugins"][f"{name.replace('__', '-')}.py"]
        assert rows == []
        assert len(problems) == 1
        assert message in problems[0]
    assert len(about["warnings"]) == len(BROKEN)
    assert all(re.match(r"plugin [\w-]+\.py: ", warning) for warning in about["warnings"])
    assert set(about["places"]) == {"<string>"}, "a warning points to the line that imports the package"


def test_the_command_line_works_beside_broken_plugins_and_says_what_is_wrong(run: Run, tmp_path: Path) -> None:
    folder = folder_of(tmp_path, good=GOOD, fails=BROKEN["fails"][0])
    done = run(*AWNAS, "list", "objectives", folder=folder)
    assert re.search(r"^  good +a class  \(good\.py\)$", done.stdout, re.MULTILINE)
    assert done.stderr.count("PluginWarning: plugin fails.py: ZeroDivisionError") == 1
    lines = run(*AWNAS, "list", "plugins", folder=folder).stdout.splitlines()
    assert [line.split(None, 1) for line in lines] == [
        ["fails.py", BROKEN["fails"][1]],
        ["good.py", "objective good"],
    ]


def test_a_row_that_leads_nowhere_is_named_when_it_is_used(run: Run, tmp_path: Path) -> None:
    rows = "{'agent': {'lost': Row(f'{__name__}:Lost', 'an agent')}}"
    folder = folder_of(tmp_path, lost=f"from awnas_gym.tables import Row\nROWS = {rows}\n")
    done = run(*AWNAS, "search", "--agent", "lost", folder=folder, code=1)
    (line,) = done.stderr.splitlines()
    assert line.startswith("awnas: awnas_gym.plugin_folder.lost:Lost of the plugin lost.py: AttributeError: ")
    done = run(*AWNAS, "config", "new", folder=folder)
    assert "awnas: left out: awnas_gym.plugin_folder.lost:Lost of the plugin lost.py" in done.stderr
    assert "name: lost" not in done.stdout
    assert "name: random" in done.stdout


def test_a_folder_that_is_not_there(run: Run, tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    assert found(run(WORK, folder=missing))["warnings"] == [
        f"plugin $AWNAS_PLUGIN_DIR: cannot read {missing}: No such file or directory"
    ]
    assert found(run(WORK)) == {"plugins": {}, "warnings": [], "places": []}, "nobody asked for the default folder"
    assert f"there is no file in {tmp_path / 'home' / 'plugins'}" in run(*AWNAS, "list", "plugins").stdout
    (tmp_path / "home" / "plugins").mkdir(parents=True)
    (tmp_path / "home" / "plugins" / "good.py").write_text(GOOD)
    assert found(run(WORK))["plugins"] == {"good.py": [[["objective", "good"]], []]}


def test_a_home_folder_that_nobody_knows_is_no_obstacle(run: Run) -> None:
    code = "import os; os.environ['AWNAS_HOME'] = '~nobody-of-this-name'\n" + WORK
    assert found(run(code))["warnings"] == []


# ------------------------------------------------------------------ worker processes


def test_parts_of_a_file_travel_to_fresh_processes(run: Run, tmp_path: Path) -> None:
    """Also to processes that know nothing of this package before they are sent something of it."""
    (tmp_path / "script.py").write_text("""
import multiprocessing
import gymnasium as gym
import awnas_gym
from awnas_gym.spaces import SPACES
from awnas_gym.workers import worker_pool

if __name__ == "__main__":
    space = SPACES.load("mlp")()
    with worker_pool(2) as pool:
        print(pool.starmap(type(space).genotype, [(space, [2, 1, 0])] * 2))
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(space.genotype, [[2, 1, 0]]))
    envs = gym.make_vec("examples/MLP-v0", 2, "async", vector_kwargs={"context": "spawn"}, action_mode="joint")
    envs.reset(seed=0)
    print(envs.step([[0, 0, 0], [3, 0, 0]])[1].round(2).tolist())
    envs.close()
""")
    lines = run("-W", "ignore", "script.py", folder=EXAMPLES).stdout.splitlines()
    assert lines[:2] == ["['32-8-relu', '32-8-relu']", "['32-8-relu']"]
    small, large = json.loads(lines[2])
    assert 0.25 < small < large


# ------------------------------------------------------------------ packages


def installed(tmp_path: Path) -> Path:
    """Return a folder into which the example package was installed."""
    pytest.importorskip("setuptools", minversion="70.1", reason="builds the example package")
    source = shutil.copytree(EXAMPLES / "package", tmp_path / "package")
    target = tmp_path / "installed"
    options = ["--quiet", "--no-index", "--no-build-isolation", "--no-deps", "--target", str(target)]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(source)], check=True, timeout=120)
    return target


USE = """
import gymnasium as gym, awnas_gym
from awnas_gym.testing import check_env
env = gym.make("awnas/NASBench201-v0", objective="good_enough", action_mode="joint")
check_env(env)
env.reset(seed=0)
info = env.step([3] * 6)
print(info[1])
"""


def test_an_installed_package_adds_rows(run: Run, tmp_path: Path) -> None:
    target = installed(tmp_path)
    about = found(run(WORK, path=str(target)))
    name = "awnas-good-enough:good_enough"
    assert about["plugins"] == {name: [[["objective", "good_enough"]], []]}
    assert about["warnings"] == []
    assert float(run(USE, path=str(target)).stdout) > 0.75
    assert name in run(*AWNAS, "list", "objectives", path=str(target)).stdout
    first = found(run(f"import awnas_good_enough.objective\n{WORK}", path=str(target)))
    assert (first["plugins"], first["warnings"]) == (about["plugins"], [])
    archive = tmp_path / "archive.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for part in target.rglob("*"):
            file.write(part, part.relative_to(target))
    assert found(run(WORK, path=str(archive)))["plugins"] == about["plugins"]


def test_a_broken_package_is_named_and_skipped(run: Run, tmp_path: Path) -> None:
    """By entry points that lead nowhere, to no rows, and to rows that are imported too early."""
    (tmp_path / "early.py").write_text(f"import awnas_gym\n{GOOD}")
    (tmp_path / "mapping.py").write_text(GOOD.replace("ROWS", "MINE"))
    information = tmp_path / "broken-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    points = ["nowhere = not_a_package_at_all", "early = early", "mapping = mapping:MINE", "other = mapping:X"]
    (information / "entry_points.txt").write_text("\n".join(["[awnas_gym.plugins]", *points]))
    about = found(run(f"import early\n{WORK}", path=str(tmp_path)))
    assert {name: rows for name, (rows, _) in about["plugins"].items()} == {
        "broken:early": [],
        "broken:mapping": [["objective", "good"]],
        "broken:nowhere": [],
        "broken:other": [],
    }
    problems = {name: "".join(problems) for name, (_, problems) in about["plugins"].items()}
    assert "in a module that nobody imports before awnas_gym" in problems["broken:early"]
    assert problems["broken:nowhere"] == "ModuleNotFoundError: No module named 'not_a_package_at_all'"
    assert "has no attribute 'X'" in problems["broken:other"]
