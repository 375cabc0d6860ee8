"""Ways of knowing the metrics of an architecture: one file each, one row each."""

from __future__ import annotations

from awnas_gym.evaluators.abstract import AbstractEvaluator, AbstractRecorder, TrainableEvaluator, Trial
from awnas_gym.tables import Row, Table

__all__ = ["EVALUATORS", "RECORDERS", "AbstractEvaluator", "AbstractRecorder", "TrainableEvaluator", "Trial"]

EVALUATORS = Table(
    "evaluator",
    {
        "table": Row("awnas_gym.evaluators.table:TableEvaluator", "look up a recorded benchmark"),
        "joined": Row("awnas_gym.evaluators.joined:JoinedEvaluator", "a table, and metrics of further ones beside it"),
        "subspace": Row(
            "awnas_gym.evaluators.subspace:SubspaceEvaluator",
            "look up, in a table, a space that the table's space holds",
        ),
        "nasbench301": Row("awnas_gym.evaluators.surrogate301:Surrogate301", "surrogate models of NAS-Bench-301"),
        "scratch": Row(
            "awnas_gym.evaluators.scratch_evaluator:ScratchEvaluator", "train each architecture from scratch", "torch"
        ),
        "shared_weights": Row(
            "awnas_gym.evaluators.shared_weights:shared_weights",
            "weights that all architectures of a space share, trained meanwhile",
            "torch",
        ),
        "shared_language": Row(
            "awnas_gym.evaluators.shared_language:shared_language", "the same of recurrent cells, on a text", "torch"
        ),
    },
)

RECORDERS = Table(
    "recorder",
    {
        "scratch": Row("awnas_gym.evaluators.scratch:ScratchRecorder", "learning curves from scratch", "torch"),
        "latency": Row(
            "awnas_gym.evaluators.latency:LatencyRecorder", "latency of whole networks, this machine", "torch"
        ),
        "memory": Row(
            "awnas_gym.evaluators.memory:MemoryRecorder", "memory of activations at the fullest moment", "torch"
        ),
        "training_time": Row(
            "awnas_gym.evaluators.training_time:TrainingTimeRecorder", "seconds of one training, this machine", "torch"
        ),
    },
)
