"""Supernet of the space `mlp`: weights of the widest perceptron, of which each uses the first rows and columns."""

from __future__ import annotations

from awnas_gym.tables import Row

TARGET = "awnas_gym.plugin_folder._mlp_supernet_torch:Supernet"
ROWS = {"supernet": {"mlp": Row(TARGET, "weights that all perceptrons of the space mlp share", extra="torch")}}
