"""When the weights of an evaluator that trains itself begin anew."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable

import numpy as np

from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.evaluators.abstract import AbstractEvaluator, TrainableEvaluator

WEIGHTS = ("keep", "init")
"""What `reset(options={"weights": ...})` may say."""


def begin_weights(
    evaluator: AbstractEvaluator, options: object, *, seeded: bool, generator: Callable[[], np.random.Generator]
) -> None:
    """Draw the weights anew if a seed was given, if it is asked for, or if there are none yet.

    Args:
        evaluator: of an environment that is reset; nothing is done to one that trains nothing.
        options: what was said of `weights`, or None.
        seeded: whether the reset has a seed.
        generator: of the environment, the first of several; drawn from only if weights are drawn.

    Raises:
        UnknownNameError: options are neither `"keep"` nor `"init"`.
    """
    if not isinstance(evaluator, TrainableEvaluator):
        return
    if options is not None and options not in WEIGHTS:
        raise UnknownNameError("weights", options, WEIGHTS)
    if seeded or options == "init" or not evaluator.started:
        evaluator.reset(int(generator().integers(2**62)))


def refuse_copies(evaluator: AbstractEvaluator) -> None:
    """Raise `SettingError` for an evaluator that trains, in a worker of asynchronous vectorisation."""
    if isinstance(evaluator, TrainableEvaluator):
        refuse_processes()


def refuse_processes() -> None:
    """Raise `SettingError` in a worker of asynchronous vectorisation: each would train weights of its own.

    Called before torch does anything there: in a process that was forked off one that has used it, it may wait forever.
    """
    if "AsyncVectorEnv" in multiprocessing.current_process().name:
        raise SettingError(
            "asynchronous vectorisation would train separate weights in each process; use "
            "gym.make_vec(id, vectorization_mode='vector_entry_point'), whose sub-environments share them"
        )
