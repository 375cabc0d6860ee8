"""A recipe for training on the stripes: short, with images that are moved by a pixel.

`gym.make("awnas/Scratch-v0", space="mlp", dataset="stripes", recipe="stripes-5ep")` trains perceptrons by it.
"""

from __future__ import annotations

from awnas_gym.tables import Row
from awnas_gym.training.recipe import NamedRecipe, Recipe

ROWS = {"recipe": {"stripes-5ep": Row(f"{__name__}:stripes_5ep", "5 epochs, moved by up to a pixel")}}

CHOSEN = "tried out on the stripes"

stripes_5ep = NamedRecipe(
    recipe=Recipe(epochs=5, batch_size=20, learning_rate=0.05, crop=1),
    space="mlp",
    settings={},
    valid_fraction=0.2,
    sources={"epochs": CHOSEN, "batch_size": CHOSEN, "learning_rate": CHOSEN, "crop": CHOSEN, "valid_fraction": CHOSEN},
)
