"""Operation `ghost_conv_3x3`: half of the channels by a 1x1 convolution, the other half from them, cheaply."""

from __future__ import annotations

from awnas_gym.tables import Row

TARGET = "awnas_gym.plugin_folder._ghost_torch:GhostConv3x3"
ROWS = {"operation": {"ghost_conv_3x3": Row(TARGET, "1x1 and depthwise 3x3 convolution, appended", extra="torch")}}
