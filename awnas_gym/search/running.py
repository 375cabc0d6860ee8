"""One run, from its configuration to its summary."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from awnas_gym.accounting import PeakMemory, account, learned
from awnas_gym.agents.play import check_one_problem
from awnas_gym.envs import History, Recorder
from awnas_gym.errors import SettingError
from awnas_gym.evaluators.abstract import AbstractEvaluator, TrainableEvaluator
from awnas_gym.files import write_atomically
from awnas_gym.ranks import ALONE, Ranks
from awnas_gym.run_log import RunLog
from awnas_gym.search.checkpoints import CHECKPOINT_EVERY, Checkpoints
from awnas_gym.search.config import Run
from awnas_gym.search.folder import begin
from awnas_gym.search.incumbent import summarise
from awnas_gym.search.learning import budget_of, is_asynchronous, learn, mean_cost_s


@final
@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished run: its records and its summary."""

    records: list[dict[str, Any]]
    summary: dict[str, Any]


def run(
    config: Run,
    folder: Path | None = None,
    *,
    checkpoint_every: int = CHECKPOINT_EVERY,
    tensorboard: bool = False,
    on_record: Callable[[dict[str, Any]], None] | None = None,
    ranks: Ranks = ALONE,
) -> Outcome:
    """Let the agent search until the budget is spent; what `folder` already holds is replayed first.

    Args:
        config: what to run.
        folder: gets `config.yaml`, `history.jsonl`, `agent.jsonl` if the agent has statistics and, at the end, the
            agent and `summary.json`; None keeps all in memory.
        checkpoint_every: evaluations between two checkpoints of weights and agent, if the environment trains weights;
            there is one at the end too.
        tensorboard: write events for TensorBoard into the folder.
        on_record: called with every evaluation's record.
        ranks: processes that all do this call with the same arguments and train one set of weights: those of
            `training.distributed.process_group`. Rank 0 writes; the folder is one that all of them see.

    Raises:
        RunFolderError: the folder cannot be written or holds another run.
        AgentError: the agent sent something that is no action, or stopped evaluating.
        SettingError: there are several ranks, and the environment trains no weights that they could share; or each
            episode of the environment is another problem.
        RanksError: the ranks have come apart, or one of them has ended.
    """
    env = config.make_env()
    judge = env.get_wrapper_attr("judge")
    evaluator = judge.evaluator
    _check_ranks(config, evaluator, ranks)
    usual_s = mean_cost_s(config, env)
    check_one_problem(env, "a run")
    if folder is not None and ranks.rank == 0:
        begin(config, env, folder)
    agent: Any = None  # until the environment can be played
    start, memory = time.perf_counter(), PeakMemory()
    checkpoints = Checkpoints(folder, evaluator, checkpoint_every, ranks)

    def record(fields: dict[str, Any]) -> None:
        checkpoints.after(fields["n"])
        log.update(fields["n"] - 1, getattr(agent, "statistics", {}))
        log.evaluation(fields)
        if on_record is not None:
            on_record(fields)

    history = History(
        budget_of(config, env),
        None if folder is None else folder / "history.jsonl",
        on_record=record,
        resumable=None if checkpoints.weights is None else checkpoints.weights.resumable,
        measured=isinstance(evaluator, TrainableEvaluator),
        unrecorded_s=functools.cache(lambda fidelity: judge.mean_cost_at(fidelity) or usual_s),
        writes=ranks.rank == 0,
        simulated_workers=config.simulated_workers,
        learned=lambda: None if is_asynchronous(agent, config) else learned(agent),
    )
    log = RunLog(
        folder if ranks.rank == 0 else None, tensorboard=tensorboard
    )  # after the history, which refuses a second process
    try:
        ranks.agree(f"the evaluations that {folder} holds (do all machines see it?)", history.replayed)
        agent = checkpoints.agent = config.make_agent(Recorder(env, history))
        learn(agent, env, history, mean_cost_s=usual_s, asynchronous=is_asynchronous(agent, config))
        log.update(len(history.records), getattr(agent, "statistics", {}))
        checkpoints.save(len(history.records))
        used = account(history, agent, wall_s=time.perf_counter() - start, memory=memory)
        summary = {**used, **summarise(env, history, agent), "finished": True}
        ranks.agree("the architecture that was found", summary["incumbent"])
    finally:
        history.close()
        env.close()
        log.close()
    if folder is not None and ranks.rank == 0:
        write_atomically(folder / "summary.json", json.dumps(summary, indent=1))
    return Outcome(history.records, summary)


def _check_ranks(config: Run, evaluator: AbstractEvaluator, ranks: Ranks) -> None:
    """Refuse several processes where they would not train the same weights."""
    size = evaluator.ranks.size if isinstance(evaluator, TrainableEvaluator) else 1
    if size == ranks.size:
        return
    if size > 1:
        raise SettingError(f"the weights are trained by {size} processes; give them as run(..., ranks=)")
    raise SettingError(
        f"{ranks.size} processes were started to train one set of weights, and {config.environment['id']} trains none; "
        "run it without torchrun: --workers does several runs at a time"
    )
