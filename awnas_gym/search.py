"""Run an agent on an environment under a budget; resume it after a stop of any kind."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, final

import gymnasium as gym
import yaml

from awnas_gym.accounting import PeakMemory, account, learned
from awnas_gym.agents import AskTellAgent
from awnas_gym.agents.asynchronous import learn_asynchronously
from awnas_gym.agents.find import find_agent
from awnas_gym.agents.keeper import save_agent
from awnas_gym.agents.play import check_one_problem, find_kind, steps_per_evaluation
from awnas_gym.clock import SimulatedClock
from awnas_gym.config import check_keys, check_settings, read_yaml
from awnas_gym.envs import Budget, History, Recorder
from awnas_gym.errors import AgentError, BudgetExhausted, RunFolderError, SettingError, UnknownNameError
from awnas_gym.evaluators.abstract import AbstractEvaluator, TrainableEvaluator
from awnas_gym.evaluators.keeper import WeightKeeper
from awnas_gym.files import write_atomically
from awnas_gym.pareto import non_dominated
from awnas_gym.ranks import ALONE, Ranks
from awnas_gym.run_log import RunLog
from awnas_gym.tables import KINDS

CHECKPOINT_EVERY = 20
"""Evaluations between two checkpoints."""

Part = dict[str, Any]
"""A part and its settings: `{"name": "random"}` or `{"id": "awnas/NASBench201-v0", "action_mode": "joint"}`."""

BUDGET: dict[str, type | tuple[type, ...]] = {
    "evaluations": int,
    "cost_s": (int, float),
    "simulated_s": (int, float),
}
"""What a budget may say."""

FREE = frozenset({"workers", "worker_pool", "cache"})
"""Keywords of environments that change no history: a run may be resumed with others."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One agent with one seed on one environment.

    Attributes:
        environment: `id` and keywords.
        agent: `name` and settings; the name of an agent of your own is `module:Class`.
        budget: `evaluations`, `cost_s`, `simulated_s`; whatever is spent first ends the run.
        seed: of the agent and, through it, the environment.
        simulated_workers: that evaluate at a time on a simulated clock. An agent that asks and tells asks again as soon
            as one is free; any other has them for what it evaluates between two updates. For recorded costs only.
    """

    environment: Part
    agent: Part
    budget: Part = field(default_factory=lambda: {"evaluations": 300})
    seed: int = 0
    simulated_workers: int = 1

    def __post_init__(self) -> None:
        """Check names, keywords and types where the user wrote them."""
        check_keys(self.budget, where="budget", required={}, optional=BUDGET)
        Budget(**self.budget)
        SimulatedClock(self.simulated_workers)
        name, settings = _split(self.agent, "name", "agent")
        check_settings(find_agent(name), settings, where=f"agent {name}")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise SettingError(f"seed is a whole number from 0; got {self.seed!r}")

    def make_env(self) -> gym.Env[Any, Any]:
        """Build the environment; wrong ids and keywords get the nearest guess."""
        env_id, keywords = _split(self.environment, "id", "environment")
        if env_id not in gym.registry:
            raise UnknownNameError("environment", env_id, KINDS.load("environment"))
        entry_point = gym.registry[env_id].entry_point
        if isinstance(entry_point, str):
            check_settings(gym.envs.registration.load_env_creator(entry_point), keywords, where=env_id)
        return gym.make(env_id, disable_env_checker=True, **keywords)

    def make_agent(self, env: gym.Env[Any, Any]) -> Any:  # noqa: ANN401 - any agent
        """Build the agent; wrong settings are its own errors."""
        name, settings = _split(self.agent, "name", "agent")
        return find_agent(name)(env, seed=self.seed, **settings)


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
    evaluator = env.get_wrapper_attr("judge").evaluator
    _check_ranks(config, evaluator, ranks)
    _check_clock(config, env)
    check_one_problem(env, "a run")
    if folder is not None and ranks.rank == 0:
        _begin(config, env, folder)
    start, memory = time.perf_counter(), PeakMemory()
    checkpoints = _Checkpoints(folder, evaluator, checkpoint_every, ranks)

    def record(fields: dict[str, Any]) -> None:
        checkpoints.after(fields["n"])
        log.update(fields["n"] - 1, getattr(agent, "statistics", {}))
        log.evaluation(fields)
        if on_record is not None:
            on_record(fields)

    history = History(
        _budget(config, env),
        None if folder is None else folder / "history.jsonl",
        on_record=record,
        resumable=None if checkpoints.weights is None else checkpoints.weights.resumable,
        measured=isinstance(evaluator, TrainableEvaluator),
        writes=ranks.rank == 0,
        simulated_workers=config.simulated_workers,
        learned=lambda: None if _is_asynchronous(agent, config) else learned(agent),
    )
    log = RunLog(
        folder if ranks.rank == 0 else None, tensorboard=tensorboard
    )  # after the history, which refuses a second process
    try:
        ranks.agree(f"the evaluations that {folder} holds (do all machines see it?)", history.replayed)
        agent = checkpoints.agent = config.make_agent(Recorder(env, history))
        _learn(agent, env, history, asynchronous=_is_asynchronous(agent, config))
        log.update(len(history.records), getattr(agent, "statistics", {}))
        checkpoints.save(len(history.records))
        used = account(history, agent, wall_s=time.perf_counter() - start, memory=memory)
        summary = {**used, **_summarise(env, history, agent), "finished": True}
        ranks.agree("the architecture that was found", summary["incumbent"])
    finally:
        history.close()
        env.close()
        log.close()
    if folder is not None and ranks.rank == 0:
        write_atomically(folder / "summary.json", json.dumps(summary, indent=1))
    return Outcome(history.records, summary)


@final
class _Checkpoints:
    """Weights and agent of a run, saved at the same moments; without a folder nothing is saved.

    In the middle of a run the agent is saved as it was when it asked for the last architecture: its reward comes later.
    """

    def __init__(self, folder: Path | None, evaluator: AbstractEvaluator, every: int, ranks: Ranks) -> None:
        self.agent: Any = None
        self.weights: WeightKeeper | None = None
        if folder is not None and isinstance(evaluator, TrainableEvaluator):
            self.weights = WeightKeeper(folder, evaluator, every=every)
        self._folder = folder if ranks.rank == 0 else None

    def after(self, evaluations: int) -> None:
        """Save if it is time; called when so many evaluations were recorded or replayed."""
        if self.weights is not None and self.weights.after(evaluations):
            self._save_agent(evaluations)

    def save(self, evaluations: int) -> None:
        """Save at the end, after so many evaluations."""
        if self.weights is not None:
            self.weights.save(evaluations)
        self._save_agent(evaluations)

    def _save_agent(self, evaluations: int) -> None:
        if self._folder is not None:
            save_agent(self._folder, self.agent, evaluations)


def is_finished(folder: Path) -> bool:
    """Tell whether the run in `folder` spent its budget: its summary counts every line of its history."""
    try:
        summary = json.loads((folder / "summary.json").read_bytes())
        lines = (folder / "history.jsonl").read_bytes().count(b"\n")
    except (OSError, ValueError):
        return False
    return isinstance(summary, dict) and summary.get("evaluations") == lines


def check_config(config: Run, env: gym.Env[Any, Any], folder: Path, *, processes: int | None = None) -> None:
    """Check that `config.yaml`, if the folder has one, says what is wanted.

    Args:
        config: what is wanted.
        env: its environment.
        folder: of the run.
        processes: that trained the weights; None for those of the environment, which is to go on with them.

    Raises:
        RunFolderError: it cannot be read, or the folder holds another run.
    """
    path = folder / "config.yaml"
    if not path.exists():
        return
    content = _content(config, env) | ({} if processes is None else {"processes": processes})
    kinds: dict[str, type | tuple[type, ...]] = dict.fromkeys(content, (dict, int, str))
    later = {name: kinds.pop(name) for name in ("processes", "simulated_workers")}  # not in files of earlier versions
    try:
        stored = dict.fromkeys(later, 1) | read_yaml(path, required=kinds, optional=later)
    except SettingError as error:
        raise RunFolderError(str(error)) from error
    for key, value in content.items():
        if _binding(stored[key]) != _binding(value):
            raise RunFolderError(f"{folder} holds another run: its {key} is {stored[key]!r}, not {value!r}")


def _binding(part: object) -> object:
    """Return what of a part of `config.yaml` says which history a run has."""
    return {name: value for name, value in part.items() if name not in FREE} if isinstance(part, dict) else part


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


def _split(part: Part, key: str, kind: str) -> tuple[str, dict[str, Any]]:
    """Return a part's name and its settings."""
    if not isinstance(part, dict) or not isinstance(part.get(key), str):
        raise SettingError(f"{kind} is a mapping with '{key}' and settings, e.g. {{{key}: …}}; got {part!r}")
    return part[key], {name: value for name, value in part.items() if name != key}


def _check_clock(config: Run, env: gym.Env[Any, Any]) -> None:
    """Refuse a simulated clock where nothing says how long an evaluation takes, or only doing it does."""
    if config.simulated_workers == 1 and "simulated_s" not in config.budget:
        return
    judge = env.get_wrapper_attr("judge")
    if isinstance(judge.evaluator, TrainableEvaluator) or judge.mean_cost_s is None:
        raise SettingError(
            f"simulated_workers and simulated_s need a table that says what each evaluation would have cost; "
            f"{config.environment['id']} has none here"
        )


def _is_asynchronous(agent: Any, config: Run) -> bool:  # noqa: ANN401 - any agent
    return config.simulated_workers > 1 and isinstance(agent, AskTellAgent)


def _budget(config: Run, env: gym.Env[Any, Any]) -> Budget:
    """Return the budget; a search by mixtures is one episode, whose end ends it too."""
    budget = Budget(**config.budget)
    if find_kind(env) != "relaxed":
        return budget
    evaluations = int(env.get_wrapper_attr("evaluations"))
    return replace(budget, evaluations=min(evaluations, budget.evaluations or evaluations))


def _learn(agent: Any, env: gym.Env[Any, Any], history: History, *, asynchronous: bool) -> None:  # noqa: ANN401
    """Call `learn` until the budget ends it, it used exactly the budget, or the agent says that it is done."""
    if asynchronous:
        with contextlib.suppress(BudgetExhausted):
            learn_asynchronously(agent, history.clock)
        return
    steps, mean_cost_s = steps_per_evaluation(env), _mean_cost_s(env, history.budget)
    try:
        while left := _left(history, mean_cost_s):
            if getattr(agent, "finished", False):
                return
            before = len(history.records)
            agent.learn(total_timesteps=steps * left)
            if len(history.records) == before and not getattr(agent, "finished", False):
                raise AgentError(f"{type(agent).__name__}.learn() returned without evaluating an architecture")
    except BudgetExhausted:
        pass


def _mean_cost_s(env: gym.Env[Any, Any], budget: Budget) -> float:
    """Return what an evaluation costs on average, where the budget is in seconds alone."""
    mean_cost_s = 0.0 if budget.evaluations is not None else env.get_wrapper_attr("judge").mean_cost_s
    if mean_cost_s is None:
        raise SettingError(
            "budget: cost_s, but this environment does not know what an evaluation costs; use evaluations"
        )
    return float(mean_cost_s)


def _left(history: History, mean_cost_s: float) -> int:
    """Return how many evaluations the budget still pays for: what schedules of agents are laid over.

    Of a budget in seconds that is an estimate, and one at least: going over it is what ends the run.
    """
    budget = history.budget
    if budget.evaluations is not None:
        return budget.evaluations - len(history.records)
    left = [] if budget.cost_s is None else [budget.cost_s - history.cost_s]
    if budget.simulated_s is not None:
        left.append(history.clock.workers * (budget.simulated_s - history.clock.end))
    return max(1, round(min(left) / mean_cost_s))


def _summarise(env: gym.Env[Any, Any], history: History, agent: Any) -> dict[str, Any]:  # noqa: ANN401 - any agent
    """Report every metric of the incumbent, which the rewards alone have picked."""
    records = sorted(history.records, key=lambda record: record.get("finished_s", 0.0))
    known = [record for record in records if not record.get("missing")] or records  # what has a score of its own
    if env.get_wrapper_attr("judge").objective.vector:
        return _front(env, known)
    judge, space = env.get_wrapper_attr("judge"), env.get_wrapper_attr("space")
    incumbent = max(known, key=merit) if known else None
    if incumbent is not None and find_kind(env) == "relaxed":  # rewards are of mixtures: the agent says what it found
        (arch,) = agent.propose(1, seed=0)
        incumbent = {**known[-1], "architecture": space.genotype(arch), "arch_key": space.key(arch)}
    arch = None if incumbent is None else space.parse(incumbent["architecture"])
    return {
        "incumbent": None
        if incumbent is None
        else {
            "architecture": incumbent["architecture"],
            "reward": incumbent["reward"],
            "n": incumbent["n"],
            **({"violation": incumbent["violation"]} if "violation" in incumbent else {}),
            "report": judge.report(arch),
        },
        **({"reference": judge.reference} if judge.evaluator.listable else {}),
    }


def _front(env: gym.Env[Any, Any], known: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a summary says of vector rewards: the front that was found, and the exact one where it is known."""
    judge, space, reference = (env.get_wrapper_attr(name) for name in ("judge", "space", "reference"))
    members = [
        {
            "architecture": record["architecture"],
            "reward": record["reward"],
            "n": record["n"],
            "report": judge.report(space.parse(record["architecture"])),
        }
        for record in front_of(known)
    ]
    return {
        "objectives": list(env.get_wrapper_attr("objectives")),
        "incumbent": None,
        "front": members,
        **({} if reference is None else {"reference": reference}),
    }


def front_of(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the records of vector rewards that none dominates, each class once, by ascending first objective."""
    if not records:
        return []
    found: dict[str, dict[str, Any]] = {}
    for record, is_best in zip(records, non_dominated([record["reward"] for record in records]).tolist(), strict=True):
        if is_best:
            found.setdefault(f"{record['arch_key']} {record['reward']}", record)
    return sorted(found.values(), key=lambda record: list(record["reward"]))


def merit(record: dict[str, Any]) -> tuple[float, float, float]:
    """Return what records of scalar rewards are compared by: fidelity, how well the constraint is kept, reward.

    So the best is among those at the highest fidelity of the run, as BOHB has it [Falkner et al., ICML 2018].
    """
    return record["fidelity"], -record.get("violation", 0.0), record["reward"]


def _begin(config: Run, env: gym.Env[Any, Any], folder: Path) -> None:
    """Write `config.yaml`, or check that the one in the folder says the same; tell the evaluator of the folder."""
    check_config(config, env, folder)
    path = folder / "config.yaml"
    if not path.exists():
        write_atomically(path, yaml.safe_dump(_content(config, env), sort_keys=False))
    env.get_wrapper_attr("judge").evaluator.keep_in(folder)


def _content(config: Run, env: gym.Env[Any, Any]) -> dict[str, Any]:
    """Return what `config.yaml` holds: the run, its space, which numbers it is answered from, and who trains.

    Another number of processes has other batch norms, so other rewards: it cannot go on with a history.
    """
    space, evaluator = env.get_wrapper_attr("space"), env.get_wrapper_attr("judge").evaluator
    return {
        **asdict(config),
        "space": {"name": space.name, "settings": space.settings},
        "table": env.get_wrapper_attr("judge").version,
        "processes": evaluator.ranks.size if isinstance(evaluator, TrainableEvaluator) else 1,
    }
