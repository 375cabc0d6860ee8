"""Every ```python and ```bash block of README, CHANGELOG and docs runs.

Python blocks of a page run in one process, in order, so a later one may use the names of an earlier one. Lines of
bash that call `awnas` run, `make` lines must name a target, `pip install` lines an extra of the project; a page's
blocks share one folder. A block that needs a package of an extra, or data that a user has to bring, is skipped where
that is missing.
"""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import metadata
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^(`{3,})(\w*)[^\n]*\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL)
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
ONLY_CHECKED = {"git", "cd", "source", "python", "python3", "#"}
TIMEOUT_S = 300


@dataclass(frozen=True)
class Block:
    """A fenced block: its page, the line it starts in, its language and its text."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    return [Block(page, text[: found.start()].count("\n") + 1, found[2], found[3]) for found in FENCE.finditer(text)]


BLOCKS = [block for page in PAGES if page.is_file() for block in blocks(page)]
PYTHON_PAGES = sorted({block.page for block in BLOCKS if block.language == "python"})
SHELL = [block for block in BLOCKS if block.language == "bash"]


def needed(code: str) -> set[str]:
    """Return the top-level packages that a piece of code imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def in_environment(folder: Path) -> dict[str, str]:
    """Return the environment with this interpreter's scripts first, so that `awnas` is ours, and a home of its own."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"PATH": path, "MPLBACKEND": "Agg", "AWNAS_HOME": str(folder / "home")}


def run(command: list[str], folder: Path, what: str) -> None:
    """Run a command; fail with its output, or skip if it ended for want of a package or of data."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S, env=in_environment(folder), check=False
    )
    missing = re.search(r"^awnas_gym\.errors\.Missing(?:Extra|Data)Error: .*", done.stderr, re.MULTILINE)
    if done.returncode and missing:
        pytest.skip(f"{what}: {missing[0]}")
    assert done.returncode == 0, f"{what} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Path]:
    """One folder a page, with the examples of the repository beside it."""
    made = {}
    for page in PAGES:
        made[page] = tmp_path_factory.mktemp("page")
        if (ROOT / "examples").is_dir():
            (made[page] / "examples").symlink_to(ROOT / "examples")
    return made


@pytest.mark.parametrize("page", PYTHON_PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_blocks(page: Path, folders: dict[Path, Path]) -> None:
    parts = [block for block in BLOCKS if block.page == page and block.language == "python"]
    code = "\n".join(f"# {block}\n{block.text}" for block in parts)
    if missing := [name for name in needed(code) if find_spec(name) is None]:
        pytest.skip(f"{page.name} shows {', '.join(sorted(missing))}, which is not installed")
    script = folders[page] / "blocks.py"
    script.write_text(code, encoding="utf-8")
    run([sys.executable, str(script)], folders[page], f"the Python of {page.name}")


@pytest.mark.parametrize("block", SHELL, ids=str)
def test_shell_block(block: Block, folders: dict[Path, Path]) -> None:
    for line in block.text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if not words:
            continue
        if words[0] == "awnas":
            run(words, folders[block.page], f"{block}: {line}")
        elif words[0] == "make":
            assert all("=" in word or word in TARGETS for word in words[1:]), f"{block}: no target for {line!r}"
        elif words[:2] == ["pip", "install"]:
            extras = set(metadata("awnas-gym").get_all("Provides-Extra") or [])
            asked = {extra for group in re.findall(r"\[(.*?)\]", line) for extra in group.split(",")}
            assert asked <= extras, f"{block}: no extra {sorted(asked - extras)}"
        else:
            assert words[0] in ONLY_CHECKED, f"{block}: {line!r} is neither run nor known"


def test_what_needs_missing_data_is_skipped_and_nothing_else_is(tmp_path: Path) -> None:
    code = "import awnas_gym.errors as e; raise e.{}('no data')"
    with pytest.raises(pytest.skip.Exception, match="no data"):
        run([sys.executable, "-c", code.format("MissingDataError")], tmp_path, "x")
    with pytest.raises(AssertionError, match="no data"):
        run([sys.executable, "-c", code.format("SettingError")], tmp_path, "x")


def test_a_fence_is_found_with_its_line(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A\n\n```python\nx = 1\n```\n\ntext\n\n```bash\nawnas list\n```\n", encoding="utf-8")
    assert [(block.line, block.language, block.text) for block in blocks(page)] == [
        (3, "python", "x = 1\n"),
        (9, "bash", "awnas list\n"),
    ]


@pytest.mark.parametrize("page", [page for page in PAGES if page.is_file()], ids=lambda page: page.name)
def test_links_to_files_lead_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    targets = [t for t in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) if not re.match(r"[a-z]+:", t)]
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.is_file()], ids=lambda page: page.name)
def test_every_block_says_its_language(page: Path) -> None:
    languages = {"python", "bash", "yaml", "text", "bibtex", "json"}
    assert [str(block) for block in blocks(page) if block.language not in languages] == []


@pytest.mark.parametrize("page", ["benchmark", "configuration"])
def test_configurations_that_docs_show_can_be_run(page: str, tmp_path: Path) -> None:
    pytest.importorskip("stable_baselines3", reason="needs the extra [sb3]")
    from awnas_gym.suite import read_suite
    from awnas_gym.sweep import read_sweep

    found = [block for block in blocks(ROOT / "docs" / f"{page}.md") if "\nagents:" in block.text]
    (tmp_path / "shown.yaml").write_text(found[0].text, encoding="utf-8")
    if page == "benchmark":
        assert not read_suite(str(tmp_path / "shown.yaml")).problems()
    else:
        read_sweep(tmp_path / "shown.yaml")  # makes every part
