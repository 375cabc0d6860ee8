"""Check an installed wheel: complete, importable without torch, its embedded environment playable.

Run by `make wheel` from another directory, in an environment that holds the wheel and its core dependencies.
"""

from __future__ import annotations

import sys
from importlib.metadata import files
from importlib.util import find_spec
from pathlib import Path

import gymnasium as gym

import awnas_gym

REPOSITORY = Path(__file__).resolve().parent.parent
NEEDED = (
    "awnas_gym/py.typed",
    "awnas_gym/benchmarks/tables/fashion14.awnas",
    "awnas_gym/data/FASHION_MNIST_LICENSE",
    "awnas_gym/data/fashion14.npz",
    "awnas_gym/reporting/template/page.html",
    "awnas_gym/reporting/template/shared.js",
)


def main() -> None:
    """Raise `SystemExit` with the first thing that is wrong."""
    if (REPOSITORY / "awnas_gym") in Path(awnas_gym.__file__).parents:
        raise SystemExit(f"imported the repository, not the wheel: {awnas_gym.__file__}")
    shipped = {str(path) for path in files("awnas-gym") or []}
    if missing := [path for path in NEEDED if path not in shipped]:
        raise SystemExit(f"the wheel lacks {', '.join(missing)}")
    if find_spec("torch"):
        raise SystemExit("torch is installed here; the check is for an environment without it")
    env = gym.make("awnas/NASBench201-v0")
    env.reset(seed=0)
    finished, info = False, {}
    while not finished:
        *_, terminated, truncated, info = env.step(env.action_space.sample())
        finished = terminated or truncated
    print(f"the wheel works without torch: {info['architecture']} {info['metrics']}", file=sys.stderr)


if __name__ == "__main__":
    main()
