"""One row an environment id; the only room where spaces, evaluators, objectives and environments meet."""

from __future__ import annotations

from awnas_gym.tables import Row, Table

__all__ = ["ENVIRONMENTS"]

ENVIRONMENTS = Table(
    "environment",
    {
        "awnas/NASBench201-v0": Row(
            "awnas_gym.catalog.nasbench201:nasbench201",
            "NAS-Bench-201 cells from a table; dataset='fashion14' is embedded",
        ),
        "awnas/NASBench201-MO-v0": Row(
            "awnas_gym.catalog.multi_objective:nasbench201", "the same with vector rewards, for MO-Gymnasium"
        ),
        "awnas/NASBenchGraph-v0": Row(
            "awnas_gym.catalog.nasbench_graph:nasbench_graph",
            "graph networks on nine data sets; pip install nas-bench-graph",
        ),
        "awnas/NASBenchGraph-MO-v0": Row(
            "awnas_gym.catalog.nasbench_graph:nasbench_graph_mo", "the same with vector rewards, for MO-Gymnasium"
        ),
        "awnas/AnalogNASBench-v0": Row(
            "awnas_gym.catalog.analog_nasbench:analog_nasbench",
            "NAS-Bench-201 cells on analog hardware, test scores alone; pip install analog-nasbench",
        ),
        "awnas/AnalogNASBench-MO-v0": Row(
            "awnas_gym.catalog.analog_nasbench:analog_nasbench_mo", "the same with vector rewards, for MO-Gymnasium"
        ),
        "awnas/Table-v0": Row("awnas_gym.catalog.table:table", "any table over any space, e.g. one of your own"),
        "awnas/Table-MO-v0": Row("awnas_gym.catalog.table:table_mo", "the same with vector rewards, for MO-Gymnasium"),
    },
)
"""`awnas_gym` registers each row with Gymnasium."""
