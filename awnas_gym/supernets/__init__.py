"""Torch networks of the spaces. To add one: a file with a `Network(space, arch, *, copies)`, and a row here."""

from __future__ import annotations

from awnas_gym.supernets.operations import OPERATIONS
from awnas_gym.tables import Row, Table

__all__ = ["NETWORKS", "OPERATIONS"]

NETWORKS = Table(
    "network",
    {"nasbench201": Row("awnas_gym.supernets.nasbench201:Network", "a NAS-Bench-201 cell as a plain network", "torch")},
)
