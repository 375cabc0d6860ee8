"""Torch networks of the spaces, and networks that hold the weights of all architectures of a space.

To add a plain network: a file with a class `(space, arch)`, and a row of `NETWORKS`. To add a supernet: a file with a
subclass of `AbstractSupernet`, and a row of `SUPERNETS`. Both rows have the name of the space.
"""

from __future__ import annotations

from awnas_gym.supernets.operations.table import OPERATIONS
from awnas_gym.tables import Row, Table

__all__ = ["NETWORKS", "OPERATIONS", "SUPERNETS"]

NETWORKS = Table(
    "network",
    {
        "nasbench201": Row(
            "awnas_gym.supernets.nasbench201:Network", "a NAS-Bench-201 cell as a plain network", "torch"
        ),
        "nasbench101": Row(
            "awnas_gym.supernets.nasbench101:Network", "a NAS-Bench-101 cell as a plain network", "torch"
        ),
        "nasbench_macro": Row("awnas_gym.supernets.stages:Network", "blocks of NAS-Bench-Macro likewise", "torch"),
        "fbnet": Row("awnas_gym.supernets.stages:Network", "blocks of FBNet likewise", "torch"),
        "proxylessnas": Row("awnas_gym.supernets.stages:Network", "blocks of ProxylessNAS likewise", "torch"),
        "darts": Row("awnas_gym.supernets.cells:CellsNetwork", "cells of DARTS as a plain network", "torch"),
        "nasbench301": Row("awnas_gym.supernets.cells:CellsNetwork", "cells of NAS-Bench-301 likewise", "torch"),
        "enas": Row("awnas_gym.supernets.cells:CellsNetwork", "cells of ENAS likewise", "torch"),
        "recurrent": Row("awnas_gym.supernets.recurrent:Network", "a recurrent cell as a language model", "torch"),
    },
)
"""Space -> its network: `Network(space, arch)` maps images `[B, C, H, W]` to logits `[B, classes]`.

That of `recurrent` maps tokens `[B, T]` and a state to logits `[B, T, tokens]` and states `[B, T, hidden]`.
One that several trainings can share (`awnas tabulate` trains all seeds at once) also takes `copies=k`, and maps
`[B, k * C, H, W]` to `[k, B, classes]`.
"""

SUPERNETS = Table(
    "supernet",
    {
        "nasbench201": Row("awnas_gym.supernets.nasbench201:Supernet", "weights of all NAS-Bench-201 cells", "torch"),
        "nasbench101": Row("awnas_gym.supernets.nasbench101:Supernet", "weights of all NAS-Bench-101 cells", "torch"),
        "nasbench_macro": Row("awnas_gym.supernets.stages:Supernet", "weights of all blocks of all layers", "torch"),
        "fbnet": Row("awnas_gym.supernets.stages:Supernet", "weights of all blocks of all layers", "torch"),
        "proxylessnas": Row("awnas_gym.supernets.stages:Supernet", "weights of all blocks of all layers", "torch"),
        "darts": Row("awnas_gym.supernets.cells:CellsSupernet", "weights of all cells of DARTS", "torch"),
        "nasbench301": Row("awnas_gym.supernets.cells:CellsSupernet", "weights of all cells of NAS-Bench-301", "torch"),
        "enas": Row("awnas_gym.supernets.cells:CellsSupernet", "weights of all cells of ENAS", "torch"),
        "recurrent": Row("awnas_gym.supernets.recurrent:Supernet", "weights of all recurrent cells", "torch"),
    },
)
"""Space -> what holds the weights of all its architectures: `Supernet(space)`, an `AbstractSupernet`."""
