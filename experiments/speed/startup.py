"""How long do `import awnas_gym` and `awnas --help` take, beside `import gymnasium`?

    python experiments/speed/startup.py --out experiments/speed/results/startup.json

Fresh processes, the commands in turn, medians.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from experiments.record import write_result

COMMANDS = {
    "gymnasium_s": "import gymnasium",
    "awnas_gym_s": "import awnas_gym",
    "awnas_help_s": "import sys; from awnas_gym.cli.main import main; sys.argv = ['awnas', '--help']; main()",
    "python_s": "pass",
}


def main() -> None:
    """Measure whole processes and print medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(options.repeats + 1):
        for name, code in COMMANDS.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
            if turn:  # the first fills the caches
                times[name].append(time.perf_counter() - start)
    result = {name: statistics.median(values) for name, values in times.items()}
    result["awnas_gym_over_gymnasium"] = statistics.median(
        ours / theirs for ours, theirs in zip(times["awnas_gym_s"], times["gymnasium_s"], strict=True)
    )
    for name, value in result.items():
        print(f"{name:<26} {value:>8.3f}")
    write_result(options.out, result)


if __name__ == "__main__":
    main()
