"""Write the results of runs as a file for the leaderboard.

Usage: python -m scripts.submit_to_leaderboard RUNS --out docs/leaderboard/NAME.json
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from awnas_gym.errors import AwnasError
from awnas_gym.files import write_atomically
from scripts.leaderboard_results import results_of


def main(arguments: list[str] | None = None) -> None:
    """Read the command line and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, help="folders of runs")
    parser.add_argument("--out", type=Path, required=True, help="the file, docs/leaderboard/NAME.json")
    options = parser.parse_args(arguments)
    try:
        results = results_of(options.runs)
        write_atomically(options.out, json.dumps(results, indent=1) + "\n")
    except AwnasError as error:
        sys.exit(str(error))
    runs = sum(len(entry["runs"]) for entry in results["entries"])
    print(f"{options.out}: {len(results['entries'])} entries, {runs} runs")
    print("Next: python -m scripts.make_leaderboard --check")


if __name__ == "__main__":
    main()
