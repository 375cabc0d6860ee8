"""What do the agents reach on the embedded benchmark? The reference scores beside its card.

python experiments/science/fashion14_agents.py --out experiments/science/results/fashion14_agents.json
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from awnas_gym.benchmarks import load_table
from experiments.compare import compare
from experiments.record import write_result

AGENTS = (
    "random", "regularized_evolution", "genetic", "local_search", "simulated_annealing", "cross_entropy", "reinforce",
)  # fmt: skip


def main() -> None:
    """Run every agent and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluations", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--agents", nargs="+", default=list(AGENTS))
    parser.add_argument("--action-mode", default="joint")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    environment = {"id": "awnas/NASBench201-v0", "action_mode": options.action_mode}
    budget = {"evaluations": options.evaluations, "seeds": options.seeds}
    results = compare(environment, {name: {"name": name} for name in options.agents}, workers=options.workers, **budget)
    write_result(options.out, {**budget, "table": load_table("fashion14").checksum, "results": results})


if __name__ == "__main__":
    main()
