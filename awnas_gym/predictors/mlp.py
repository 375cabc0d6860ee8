"""Perceptrons on the choices of an architecture, or on the paths of its graph."""

from __future__ import annotations

from typing import Any, Literal, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.errors import UnknownNameError
from awnas_gym.predictors.encodings import PathEncoding, bits_of_choices
from awnas_gym.predictors.learning import LearningPredictor
from awnas_gym.predictors.losses import Scores
from awnas_gym.predictors.perceptrons import Perceptrons
from awnas_gym.seeding import generator
from awnas_gym.spaces import AbstractSpace, Archs

ENCODINGS = ("choices", "paths")


@final
class MLP(LearningPredictor):
    """One or several perceptrons with ReLU, trained side by side in NumPy [`nb101-seq` of aw_nas; naszilla].

    Args:
        space: see `AbstractPredictor`.
        seed: see `AbstractPredictor`.
        encoding: `"choices"`, a bit for each choice of each decision; or `"paths"`, a bit for each way from the input
            to the output of the graph (`PathEncoding`).
        paths: most paths of that encoding; 40 as in naszilla for NAS-Bench-101.
        loss: see `LearningPredictor`.
        margin: see `LearningPredictor`; 0.1 as in the configurations of GATES.
        layers: hidden ones; three of 200 units as in aw_nas's comparators.
        hidden: units of each.
        members: networks that differ in their weights at first; they learn from the same batches.
        epochs: see `LearningPredictor`; 200 as in aw_nas's configurations of TA-GATES and DELE.
        batch_size: see `LearningPredictor`.
        learning_rate: see `LearningPredictor`; 1e-3 as in the configurations of GATES.
    """

    def __init__(
        self,
        space: AbstractSpace,
        *,
        seed: int = 0,
        encoding: Literal["choices", "paths"] = "choices",
        paths: int = 40,
        loss: Literal["hinge", "mse", "mae"] = "hinge",
        margin: float = 0.1,
        layers: int = 3,
        hidden: int = 200,
        members: int = 1,
        epochs: int = 200,
        batch_size: int = 64,
        learning_rate: float = 1e-3,
    ) -> None:
        super().__init__(
            space, seed=seed, loss=loss, margin=margin, epochs=epochs, batch_size=batch_size,
            learning_rate=learning_rate, sizes={"paths": paths, "layers": layers, "hidden": hidden, "members": members},
        )  # fmt: skip
        if encoding not in ENCODINGS:
            raise UnknownNameError("encoding", encoding, ENCODINGS)
        self.encoding, self.members = encoding, members
        self._paths = PathEncoding(space, paths) if encoding == "paths" else None

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords except `seed`."""
        return {**super().settings, "encoding": self.encoding}

    def _begin(self, archs: Archs) -> None:
        self._read = self._bits(archs)
        rng, sizes = generator(self.seed, "weights"), self._sizes
        self._network = Perceptrons(self.members, self._read.shape[1], sizes["hidden"], sizes["layers"], rng=rng)

    def _step(self, rows: NDArray[np.int64], wanted: Scores, rng: np.random.Generator) -> None:
        self._network.step(self._read[rows], lambda scores: self._slopes(scores, wanted, rng), self.learning_rate)

    def _scores(self, archs: Archs) -> Scores:
        return self._network(self._bits(archs))

    def _bits(self, archs: Archs) -> NDArray[np.float32]:
        return bits_of_choices(self.space, archs) if self._paths is None else self._paths(archs)
