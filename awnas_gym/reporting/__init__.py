"""Reports: run folders in, statistics, one self-contained HTML page and files for papers out.

Test metrics are read here only.
"""

from __future__ import annotations

from awnas_gym.reporting.cells import summary_table
from awnas_gym.reporting.groups import Group, group_runs
from awnas_gym.reporting.ioh_files import write_ioh
from awnas_gym.reporting.page import write_report
from awnas_gym.reporting.paper import write_paper
from awnas_gym.reporting.read import Evaluation, Run, find_runs, read_run
from awnas_gym.reporting.summary import SummaryRow, headline, summarise

__all__ = [
    "Evaluation",
    "Group",
    "Run",
    "SummaryRow",
    "find_runs",
    "group_runs",
    "headline",
    "read_run",
    "summarise",
    "summary_table",
    "write_ioh",
    "write_paper",
    "write_report",
]
