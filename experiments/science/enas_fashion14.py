"""Does the controller of ENAS (embedding LSTM) search the embedded table better than random search does?

python experiments/science/enas_fashion14.py --out experiments/science/results/enas_fashion14.json
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from awnas_gym.benchmarks import load_table
from experiments.compare import compare
from experiments.record import write_result

AGENTS = {
    "random": {"name": "random"},
    "enas": {"name": "enas"},
    "enas, authors' epsilon": {"name": "enas", "epsilon": 1e-3},
    "enas, c 2.5": {"name": "enas", "tanh_constant": 2.5},
    "enas, c 2.5, ppo": {"name": "enas", "tanh_constant": 2.5, "update": "ppo", "initial_baseline": None},
    "enas, c 2.5, 3 an update": {"name": "enas", "tanh_constant": 2.5, "aggregate": 3},
    "reinforce": {"name": "reinforce"},
}


def main() -> None:
    """Run every setting and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluations", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=40)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    environment = {"id": "awnas/NASBench201-v0", "action_mode": "joint"}
    budget = {"evaluations": options.evaluations, "seeds": options.seeds}
    results = compare(environment, AGENTS, workers=options.workers, **budget)
    write_result(options.out, {**budget, "table": load_table("fashion14").checksum, "results": results})


if __name__ == "__main__":
    main()
