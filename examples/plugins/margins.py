"""A task and a measure: classification by margins instead of cross-entropy, and accuracy with noise on the images."""

from __future__ import annotations

from awnas_gym.tables import Row

ROWS = {
    "task": {"margins": Row("awnas_gym.plugin_folder._margins_torch:Margins", "the multi-class hinge loss", "torch")},
    "measure": {
        "image_noise": Row(
            "awnas_gym.plugin_folder._margins_torch:ImageNoise", "accuracy with noise on the images", "torch"
        )
    },
}
