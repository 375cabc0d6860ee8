"""How do the defaults of evolution and REINFORCE compare with the settings of the papers?

    python experiments/science/agent_settings.py --csv nb201.csv.gz --out results/agent_settings.json

On CIFAR-10 of the real NAS-Bench-201, 12-epoch validation. The defaults were chosen on this landscape, so this says
why they are what they are; it is no evidence that they are better elsewhere.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from experiments.compare import compare
from experiments.published import VALID, nasbench201
from experiments.record import write_result

AGENTS = {
    "random": {"name": "random"},
    **{
        f"evolution {size}/{sample}": {"name": "regularized_evolution", "population_size": size, "sample_size": sample}
        for size, sample in ((30, 10), (10, 3), (100, 10))
    },
    **{f"reinforce {rate}": {"name": "reinforce", "learning_rate": rate} for rate in (0.01, 0.05, 0.1, 0.2)},
}


def main() -> None:
    """Run every setting and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--csv", type=Path, required=True)
    parser.add_argument("--evaluations", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    budget = {"evaluations": options.evaluations, "seeds": options.seeds}
    with tempfile.TemporaryDirectory() as folder:
        table = nasbench201(options.csv, Path(folder))["cifar10"]
        environment = {"id": "awnas/Table-v0", "table": str(table), "fidelity": VALID, "action_mode": "joint"}
        results = compare(environment, AGENTS, workers=options.workers, **budget)
    write_result(options.out, {**budget, "results": results})


if __name__ == "__main__":
    main()
