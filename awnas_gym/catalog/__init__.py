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
        "awnas/Table-v0": Row("awnas_gym.catalog.table:table", "any table over any space, e.g. one of your own"),
        "awnas/Table-MO-v0": Row("awnas_gym.catalog.table:table_mo", "the same with vector rewards, for MO-Gymnasium"),
    },
)
"""`awnas_gym` registers each row with Gymnasium."""
