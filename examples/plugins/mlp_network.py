"""Network of the space `mlp` in torch: what the recorders `latency` and `scratch` measure.

Plugins are imported with the package. What is slow to import stands in a file of its own, which is read when the part
is first used; `extra` says what to install where that fails.
"""

from __future__ import annotations

from awnas_gym.tables import Row

TARGET = "awnas_gym.plugin_folder._mlp_torch:Network"
ROWS = {"network": {"mlp": Row(TARGET, "a perceptron of the space mlp", extra="torch")}}
