"""Tables `name -> "module:Class"`: parts are found by name and imported on first use."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, final

from awnas_gym.errors import MissingExtraError, PluginError, SettingError, UnknownNameError, in_one_line


@final
@dataclass(frozen=True, slots=True)
class Row:
    """One part.

    Attributes:
        target: where it is, `"module:attribute"`.
        summary: one line about it.
        extra: of this package, that its imports need.
        plugin: that it comes from; None for the package's own, and set by whoever adds the row.
    """

    target: str
    summary: str
    extra: str | None = None
    plugin: str | None = None

    def load(self) -> Any:  # noqa: ANN401 - whatever the row names
        """Import the part.

        Raises:
            MissingExtraError: a package is missing behind an extra.
            PluginError: anything else went wrong with a plugin's part.
        """
        module, _, attribute = self.target.partition(":")
        try:
            return getattr(importlib.import_module(module), attribute)
        except Exception as error:
            absent = error.name or "" if isinstance(error, ModuleNotFoundError) else ""
            if self.extra is not None and absent and not absent.startswith("awnas_gym"):
                raise MissingExtraError(absent, self.extra) from error
            if self.plugin is None:
                raise
            raise PluginError(f"{self.target} of the plugin {self.plugin}: {in_one_line(error)}") from error


@final
class Table(Mapping[str, Row]):
    """A kind of part (`"space"`, `"agent"`, …) and its rows; unknown names get the nearest guess.

    Read-only but for the rows that plugins add when the package is imported.
    """

    def __init__(self, kind: str, rows: Mapping[str, Row]) -> None:
        self.kind = kind
        self._rows = dict(rows)

    def __getitem__(self, name: str) -> Row:
        if name not in self._rows:
            raise UnknownNameError(self.kind, name, self._rows)
        return self._rows[name]

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def load(self, name: str) -> Any:  # noqa: ANN401 - whatever the row names
        """Import and return the part called `name`."""
        return self[name].load()

    def add(self, name: str, row: Row) -> None:
        """Add the row of a plugin; `SettingError` if the name is taken: whoever was first stays."""
        if name in self._rows:
            owner = self._rows[name].plugin
            where = "comes with the package" if owner is None else f"comes from the plugin {owner}"
            raise SettingError(f"{self.kind} {name!r} {where}; choose another name")
        self._rows[name] = row


KINDS = Table(
    "kind",
    {
        "environment": Row("awnas_gym.catalog:ENVIRONMENTS", "an id for gym.make"),
        "space": Row("awnas_gym.spaces:SPACES", "what can be chosen"),
        "agent": Row("awnas_gym.agents:AGENTS", "plays environments"),
        "objective": Row("awnas_gym.objectives:OBJECTIVES", "metrics -> reward"),
        "relaxed_objective": Row(
            "awnas_gym.objectives:RELAXED_OBJECTIVES", "loss and expected cost of a mixture -> reward"
        ),
        "table": Row("awnas_gym.benchmarks:TABLES", "recorded metrics"),
        "importer": Row("awnas_gym.ingest:IMPORTERS", "official files -> tables, for awnas data import"),
        "device": Row("awnas_gym.hardware:DEVICES", "says what layers cost on some hardware"),
        "cost_model": Row("awnas_gym.hardware:COST_MODELS", "measured networks -> what all others cost"),
        "predictor": Row("awnas_gym.predictors:PREDICTORS", "rewards of some architectures -> scores of all others"),
        "runtime": Row("awnas_gym.profiling:RUNTIMES", "measures layers and networks on this machine"),
        "evaluator": Row("awnas_gym.evaluators:EVALUATORS", "a way of knowing metrics"),
        "recorder": Row("awnas_gym.evaluators:RECORDERS", "a measurement for awnas tabulate"),
        "dataset": Row("awnas_gym.data:DATASETS", "images and labels, or text"),
        "network": Row("awnas_gym.supernets:NETWORKS", "the torch network of a space"),
        "operation": Row("awnas_gym.supernets:OPERATIONS", "what a network does on an edge or in a layer"),
        "supernet": Row("awnas_gym.supernets:SUPERNETS", "the weights that all architectures of a space share"),
        "recipe": Row("awnas_gym.training:RECIPES", "how networks are trained from scratch"),
        "task": Row("awnas_gym.tasks:TASKS", "loss and scores of what networks are trained for"),
        "measure": Row("awnas_gym.tasks:MEASURES", "further scores, by forward passes of their own"),
        "optimiser": Row("awnas_gym.training:OPTIMISERS", "trains the weights of a network"),
        "scheduler": Row("awnas_gym.training:SCHEDULERS", "the learning rate over the epochs"),
    },
)
"""The tables of the package, by the kind of their rows; each takes rows of plugins, and `awnas list` lists it."""
