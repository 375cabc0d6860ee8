"""Objectives: metrics -> reward. To add one: a file with a subclass of `AbstractObjective`, and a row here."""

from __future__ import annotations

from awnas_gym.errors import SettingError
from awnas_gym.metrics import is_metric
from awnas_gym.objectives.abstract import AbstractObjective
from awnas_gym.objectives.metric import Metric
from awnas_gym.objectives.normalised import Normalised
from awnas_gym.objectives.relaxed import RELAXED_OBJECTIVES
from awnas_gym.objectives.text import check, parse
from awnas_gym.tables import Row, Table

__all__ = ["OBJECTIVES", "RELAXED_OBJECTIVES", "AbstractObjective", "Metric", "Normalised", "make_objective"]

OBJECTIVES = Table(
    "objective",
    {
        "accuracy": Row("awnas_gym.objectives.accuracy:Accuracy", "accuracy on the chosen split"),
        "perplexity": Row("awnas_gym.objectives.perplexity:Perplexity", "80 / perplexity on the chosen split [ENAS]"),
        "soft_cost": Row(
            "awnas_gym.objectives.soft_cost:SoftCost", "score * (cost / target) ** -0.07 [MnasNet]; target=…"
        ),
        "hard_cost": Row(
            "awnas_gym.objectives.hard_cost:HardCost", "score, above the target * target / cost [MnasNet]; target=…"
        ),
        "hinge_cost": Row(
            "awnas_gym.objectives.hinge_cost:HingeCost",
            "score - weight * max(0, cost / target - 1); target=…, weight=…",
        ),
        "absolute_cost": Row(
            "awnas_gym.objectives.absolute_cost:AbsoluteCost",
            "score - weight * |cost / target - 1| [TuNAS]; target=…, weight=…",
        ),
        "weighted_sum": Row(
            "awnas_gym.objectives.weighted_sum:WeightedSum", "sum of weight * metric; accuracy=1, latency_ms=…, …"
        ),
        "constrained": Row(
            "awnas_gym.objectives.constrained:Constrained", "score under cost <= target, for safe RL; target=…"
        ),
    },
)


def make_objective(text: str, *, split: str) -> AbstractObjective:
    """Return the objective that a text describes.

    Args:
        text: a row of `OBJECTIVES`, in brackets its settings, e.g. `soft_cost(target=5, cost=params)`; or a metric by
            its own name, e.g. `pixel3_latency_ms`.
        split: whose metrics a row of `OBJECTIVES` judges.

    Raises:
        UnknownNameError: no such objective or metric.
        SettingError: the text is of another form, or settings that the objective does not take.
    """
    name, settings = parse(text)
    if name not in OBJECTIVES and is_metric(name):
        if settings:
            raise SettingError(f"{name} is a metric and takes no settings; got {', '.join(settings)}")
        return Metric(name)
    make = OBJECTIVES.load(name)
    check(make, settings, name=name)
    try:
        objective: AbstractObjective = make(split=split, **settings)
    except SettingError as error:
        raise SettingError(f"objective {name}: {error}") from error
    return objective
