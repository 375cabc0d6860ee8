"""An optimiser and a scheduler: RMSprop, and a learning rate that falls as a power of the epochs that are left."""

from __future__ import annotations

from awnas_gym.tables import Row

ROWS = {
    "optimiser": {
        "rmsprop": Row("awnas_gym.plugin_folder._polynomial_torch:rmsprop", "RMSprop with momentum", "torch"),
    },
    "scheduler": {
        "polynomial": Row("awnas_gym.plugin_folder._polynomial_torch:polynomial", "a power of what is left", "torch"),
    },
}
