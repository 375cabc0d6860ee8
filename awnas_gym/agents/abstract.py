"""What every agent is, and what agents that propose whole architectures share."""

from __future__ import annotations

import json
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, final

import gymnasium as gym
import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.agents.checks import check_whole
from awnas_gym.agents.play import (
    check_one_problem,
    find_fidelity,
    find_kind,
    find_objectives,
    find_space,
    play,
    prepare,
    steps_per_evaluation,
)  # fmt: skip
from awnas_gym.errors import AgentError, SettingError
from awnas_gym.files import write_atomically
from awnas_gym.pareto import Front
from awnas_gym.seeding import derive_seed, generator
from awnas_gym.spaces import Archs

if TYPE_CHECKING:
    from typing_extensions import Self

Callback = Callable[[Any, Archs, float], "bool | None"]
"""Called after every evaluation with the agent, the architecture (int `[decisions]`) and its reward; False stops."""

FILE = "agent.json"

ROUNDS = 20
"""Times that as many architectures are drawn as are wanted, until so many differ."""


class AbstractAgent(ABC):
    """Plays an environment. A subclass takes its settings as keywords and hands them back by `settings`.

    Args:
        env: an environment of any kind, however wrapped.
        seed: of all the agent draws, and of the environment; None draws one, kept in `seed`.

    Attributes:
        hears: what rewards may be: numbers, or vectors as in the ids with `-MO-`.
        objectives: entries of a reward that is a vector; None if rewards are numbers.
    """

    hears: ClassVar[tuple[Literal["number", "vector"], ...]] = ("number",)

    def __init__(self, env: gym.Env[Any, Any], *, seed: int | None = None) -> None:
        self.env, self.space = env, find_space(env)
        self.kind = find_kind(env)
        self.objectives = find_objectives(env)
        if self.objectives is None and "number" not in self.hears:
            raise SettingError(
                f"{type(self).__name__} hears vectors, and rewards here are numbers: play an id with -MO-, e.g. "
                "awnas/NASBench201-MO-v0"
            )
        if self.objectives is not None and "vector" not in self.hears:
            raise SettingError(
                f"{type(self).__name__} hears one number a reward, and rewards here are vectors: play the id without "
                "-MO-, or MO-Gymnasium's LinearReward around this one; nsga2, pareto_evolution, cars and random hear "
                "vectors"
            )
        self.seed = secrets.randbits(32) if seed is None else check_whole("seed", seed, low=0)

    @property
    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords except `seed`: what `save` stores to build the agent again."""

    @property
    def statistics(self) -> dict[str, float]:
        """Of the last update, by name (`loss`, `entropy`, …), for a run's logs; empty where there are no updates."""
        return {}

    @abstractmethod
    def learn(self, total_timesteps: int, callback: Callback | None = None) -> Self:
        """Play `total_timesteps` steps of the environment and learn from them; a second call goes on."""

    @abstractmethod
    def predict(
        self,
        observation: Any,  # noqa: ANN401 - an array or a dictionary
        state: Any = None,  # noqa: ANN401 - handed through
        episode_start: ArrayLike | None = None,
        deterministic: bool = False,  # noqa: FBT001, FBT002 - Stable-Baselines3's signature
    ) -> tuple[NDArray[Any], Any]:
        """Return the next action, and `state` as it came.

        It is int64 `[]` (build, edit) or `[decisions]` (joint), or float32 `[edges * operations]` (relaxed). A batch of
        observations gives a batch of actions.
        """

    def sample(self, n: int, *, seed: int) -> Archs:
        """Return `n` draws of what the agent does now, int `[n, decisions]`, equal ones among them; learn nothing.

        Where `reset` draws contexts, they are for that of the environment's current episode; so of `propose`.

        Raises:
            SettingError: the environment is of the edit kind, where an agent changes architectures and draws none.
        """
        self._seed_predictions(derive_seed(seed, "sample"))
        return self._played(n, deterministic=False)

    def propose(self, n: int, *, seed: int) -> Archs:
        """Return up to `n` different architectures, int `[up to n, decisions]`: the agent's result.

        What `predict` decides deterministically comes first, then what it draws. Architectures of one class count as
        one. There are fewer where the agent has made up its mind, or is no policy and knows one best architecture.
        """
        if self.kind == "edit":
            return np.zeros((0, len(self.space.cardinalities)), dtype=self.space.dtype)
        self._seed_predictions(derive_seed(seed, "propose"))
        found = {self.space.key(row): row for row in self._played(1, deterministic=True)}
        for _ in range(ROUNDS):
            before = len(found)
            for row in self._played(n, deterministic=False):
                found.setdefault(self.space.key(row), row)
            if len(found) >= n or len(found) == before:
                break
        return np.stack(list(found.values())[:n])

    @final
    def _played(self, n: int, *, deterministic: bool) -> Archs:
        """Return the architectures at the ends of `n` episodes that are played without the environment."""
        decisions = len(self.space.cardinalities)
        if self.kind == "relaxed":
            return np.stack([self._mixed(deterministic=deterministic) for _ in range(n)])
        if self.kind == "edit":
            raise SettingError(f"{type(self).__name__} edits architectures here; it draws none from nothing")
        rows = np.full((n, decisions), -1, dtype=np.int64)
        for i in range(decisions if self.kind == "build" else 1):
            observation: Any = rows + 1
            if isinstance(self.env.observation_space, gym.spaces.Dict):
                observation = self._shown(rows, i)
            actions, _ = self.predict(observation, deterministic=deterministic)
            if self.kind == "joint":
                rows = np.asarray(actions, dtype=np.int64)
                continue
            for row, action in zip(rows, np.asarray(actions).tolist(), strict=True):
                legal = np.flatnonzero(self.space.mask(row[:i]))
                row[i] = action if action in legal else legal[action % len(legal)]  # as the environment repairs it
        return np.stack([self.space.complete(row) for row in rows])

    @final
    def _shown(self, rows: NDArray[np.int64], decided: int) -> dict[str, NDArray[Any]]:
        """Return a batch of observations that are dictionaries, of rows of which the first decisions are made."""
        found: dict[str, NDArray[Any]] = {"observations": rows + 1}
        for name in self.env.observation_space.spaces:  # type: ignore[attr-defined]
            if name == "action_mask":
                found[name] = self._masks(rows[:, :decided])
            elif name != "observations":  # the same all episode
                found[name] = np.repeat(self.env.get_wrapper_attr("beside")()[name][None], len(rows), axis=0)
        return found

    @final
    def _mixed(self, *, deterministic: bool) -> Archs:
        """Return the architecture of the mixture that the agent would choose at the end of a search."""
        space: Any = self.space
        shown = self.env.observation_space.spaces  # type: ignore[attr-defined]
        observation = {name: np.zeros(part.shape, dtype=part.dtype) for name, part in shown.items()}
        observation["progress"] += 1
        arch: Archs = space.discretize(self.predict(observation, deterministic=deterministic)[0])
        return arch

    @final
    def _masks(self, prefixes: NDArray[np.int64]) -> NDArray[np.int8]:
        """Return the mask of each observation, int8: of the next decision (build), of each by itself (joint)."""
        if self.kind == "joint":
            every = range(len(self.space.cardinalities))
            return np.tile(
                np.concatenate([self.space.joint_mask(i) for i in every]).astype(np.int8), (len(prefixes), 1)
            )
        masks = np.zeros((len(prefixes), max(self.space.cardinalities)), dtype=np.int8)
        legal = self.space.masks(prefixes)
        masks[:, : legal.shape[1]] = legal
        return masks

    def _seed_predictions(self, seed: int) -> None:
        """Begin the stream that `predict` draws from anew; an agent that draws from another one overrides it."""

    @abstractmethod
    def _state(self) -> dict[str, Any]:
        """Return what was learned, as values of JSON."""

    @abstractmethod
    def _restore(self, state: dict[str, Any]) -> None:
        """Go back to a `_state`."""

    def save(self, folder: str | Path) -> None:
        """Write the agent into `folder`: JSON, each file whole or not at all."""
        content = {
            "agent": type(self).__name__,
            "seed": self.seed,
            "settings": self.settings,
            "cardinalities": self.space.cardinalities,
            "state": self._state(),
        }
        write_atomically(Path(folder) / FILE, json.dumps(content, allow_nan=False))

    @classmethod
    def load(cls, folder: str | Path, env: gym.Env[Any, Any]) -> Self:
        """Return the agent that `save` wrote; `SettingError` if it is another kind or knows another space."""
        path = Path(folder) / FILE
        try:
            content = json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise SettingError(f"{path} holds no agent: {error}") from error
        if content["agent"] != cls.__name__:
            raise SettingError(f"{path} holds a {content['agent']}; load it by {content['agent']}.load")
        agent = cls(env, seed=content["seed"], **content["settings"])
        if tuple(content["cardinalities"]) != agent.space.cardinalities:
            raise SettingError(
                f"{path} learned on choices {content['cardinalities']}; here they are {list(agent.space.cardinalities)}"
            )
        agent._restore(content["state"])
        return agent

    @final
    def _decisions(self, observation: Any) -> tuple[NDArray[np.int64], bool]:  # noqa: ANN401 - an array or a dictionary
        """Return the decisions of each observation, int64 `[batch, decisions]`, -1 where open, and if batched."""
        array = np.asarray(observation["observations"] if isinstance(observation, Mapping) else observation)
        rows, decisions = np.atleast_2d(array), len(self.space.cardinalities)
        entries = decisions + (self.kind == "edit")  # the last is the edits left
        if rows.shape[1:] != (entries,):
            raise AgentError(f"an observation has {entries} entries; got shape {list(array.shape)}")
        return rows[:, :decisions].astype(np.int64) - 1, array.ndim == 2

    @final
    def _prefixes(self, observation: Any) -> tuple[list[list[int]], bool]:  # noqa: ANN401 - an array or a dictionary
        """Return the decisions made in each observation, and whether it was a batch of observations."""
        rows, batched = self._decisions(observation)
        decided = np.where((rows < 0).any(axis=1), (rows < 0).argmax(axis=1), rows.shape[1])
        if (decided == rows.shape[1]).any():
            raise AgentError("the observation shows a finished architecture; there is nothing left to decide")
        return [row[:k].tolist() for row, k in zip(rows, decided, strict=True)], batched


class AskTellAgent(AbstractAgent):
    """An agent that proposes whole architectures (`ask`) and hears their rewards (`tell`).

    `ask` and `tell` may be used without an environment loop, in batches; `learn` uses them `batch` at a time.
    The environment is of the build, the joint or the relaxed kind; `SettingError` if it is not.

    Attributes:
        batch: architectures that are asked for before the first of their rewards is heard: an environment with workers
            measures them at the same time. A subclass may have it as a setting.
        evaluations: rewards heard so far.
        best_arch: the architecture of the highest reward, int `[decisions]`, the earliest of equals, among those that
            were evaluated at the highest fidelity so far; None at first. Of vectors, the `compromise` of the front.
        best_reward: its reward.
        best_fidelity: what it was evaluated at.
        fidelity: at which the architectures that were asked for last are to be evaluated, int64 `[n]`; None for the
            environment's own. Only a `MultiFidelityAgent` asks for others.
        front: of vectors, what was evaluated and nothing evaluated dominates; empty if rewards are numbers.
    """

    batch: int = 1
    fidelity: NDArray[np.int64] | None = None

    def __init__(self, env: gym.Env[Any, Any], *, seed: int | None = None) -> None:
        super().__init__(env, seed=seed)
        if self.kind == "edit":
            raise SettingError(
                f"{type(self).__name__} proposes whole architectures; make the environment with action_mode='build' or "
                "'joint' ('edit' is for agents that act step by step: sb3_ppo, sb3_maskable_ppo, sb3_a2c, sb3_dqn)"
            )
        check_one_problem(env, type(self).__name__)
        self.evaluations = 0
        self.best_arch: Archs | None = None
        self.best_reward: Any = -np.inf
        self.best_fidelity = 0
        self.front = Front(len(self.space.cardinalities), self.objectives or 0)
        self._rng = generator(self.seed, "agent")
        # A stream of its own: looking at predictions does not change what is learned next.
        self._predict_rng = generator(self.seed, "predict")
        self._env_is_seeded = False

    @abstractmethod
    def ask(self, n: int = 1) -> Archs:
        """Return `n` architectures to evaluate, int `[n, decisions]`."""

    @final
    def tell(self, archs: ArrayLike, rewards: ArrayLike, *, fidelity: ArrayLike | None = None) -> None:
        """Learn rewards, float `[n]` or `[n, objectives]`, of `archs`, int `[n, decisions]`, whoever proposed them.

        Args:
            archs: what was evaluated.
            rewards: what it earned.
            fidelity: at which, one for all or int `[n]`; None for the environment's own or, of a `MultiFidelityAgent`,
                for those that it asked for.

        Raises:
            AgentError: a reward is missing, infinite or not a number; nothing was learned.
        """
        rows = self.space.check(archs)
        levels = self._asked_at(rows) if fidelity is None else np.broadcast_to(fidelity, len(rows)).astype(np.int64)
        self._hear(rows, np.atleast_1d(np.asarray(rewards, dtype=np.float64)), levels)

    def _asked_at(self, rows: Archs) -> NDArray[np.int64]:
        """Return at which fidelity `rows` are evaluated if nobody says it, int64 `[n]`."""
        return np.full(len(rows), find_fidelity(self.env))

    def _hear(self, rows: Archs, values: NDArray[np.float64], levels: NDArray[np.int64]) -> None:
        shape = (len(rows),) if self.objectives is None else (len(rows), self.objectives)
        if values.shape != shape:
            raise AgentError(f"{len(rows)} architectures need rewards of shape {list(shape)}; got {list(values.shape)}")
        if not np.isfinite(values).all():
            i = int(np.argwhere(~np.isfinite(values))[0][0])
            raise AgentError(f"the reward of {rows[i].tolist()} is {values[i]}; rewards are finite numbers")
        self._keep_best(rows, values, levels)
        self.evaluations += len(rows)
        self._tell_at(rows, values, levels)

    def _keep_best(self, rows: Archs, values: NDArray[np.float64], levels: NDArray[np.int64]) -> None:
        if self.objectives is not None:
            self.front.add(rows, values)
            if len(self.front):
                place = self.front.compromise()
                self.best_arch, self.best_reward = self.front.archs[place], self.front.rewards[place].tolist()
            return
        for row, value, level in zip(rows, values.tolist(), levels.tolist(), strict=True):
            if (level, value) > (self.best_fidelity, self.best_reward):
                self.best_arch, self.best_reward, self.best_fidelity = row.copy(), value, level

    def _tell_at(self, archs: Archs, rewards: NDArray[np.float64], fidelity: NDArray[np.int64]) -> None:
        """Learn from checked architectures and rewards, which were evaluated at `fidelity`, int64 `[n]`."""
        self._tell(archs, rewards)

    @abstractmethod
    def _tell(self, archs: Archs, rewards: NDArray[np.float64]) -> None:
        """Learn from checked architectures and rewards."""

    @final
    def learn(self, total_timesteps: int, callback: Callback | None = None) -> Self:
        """Ask, play and tell until `total_timesteps` steps were used; what is left of an episode is not begun.

        The first call seeds the environment. `BudgetExhausted` from the environment passes through.
        """
        steps = steps_per_evaluation(self.env)
        check_whole("total_timesteps (an evaluation here takes that many steps)", total_timesteps, low=steps)
        self.seed_environment()
        left = total_timesteps // steps
        while left:
            archs = self.ask(min(self.batch, left))
            left -= len(archs)
            if len(archs) > 1:
                prepare(self.env, archs, self.fidelity)
            levels = self._asked_at(archs)
            rewards = play(self.env, archs, fidelity=self.fidelity)
            self._hear(archs, rewards, levels)
            if callback is not None and not self._go_on(callback, archs, rewards):
                break
        return self

    @final
    def seed_environment(self) -> None:
        """Reset the environment with a seed of the agent's; only the first call does."""
        if not self._env_is_seeded:
            self.env.reset(seed=derive_seed(self.seed, "environment", self.evaluations))
            self._env_is_seeded = True

    def _go_on(self, callback: Callback, archs: Archs, rewards: NDArray[np.float64]) -> bool:
        """Call a callback for each evaluation until it stops; return whether it did not."""
        for arch, reward in zip(archs, rewards.tolist(), strict=True):
            go_on = callback(self, arch, reward)
            if go_on is not None and not go_on:
                return False
        return True

    @final
    def predict(
        self,
        observation: Any,  # noqa: ANN401 - an array or a dictionary
        state: Any = None,  # noqa: ANN401 - handed through
        episode_start: ArrayLike | None = None,
        deterministic: bool = False,  # noqa: FBT001, FBT002 - Stable-Baselines3's signature
    ) -> tuple[NDArray[Any], Any]:
        """Return the next action, and `state` as it came; see `AbstractAgent`."""
        if self.kind == "relaxed":
            best: Any = self.best_arch if deterministic and self.best_arch is not None else None
            row = self.space.sample(self._predict_rng, 1)[0] if best is None else best
            space: Any = self.space
            return space.relax(row).astype(np.float32).ravel(), state
        prefixes, batched = self._prefixes(observation)
        actions = []
        for prefix in prefixes:
            decided = len(prefix)
            for _ in range(len(self.space.cardinalities) - decided if self.kind == "joint" else 1):
                prefix.append(self._decide(prefix, self._predict_rng, deterministic=deterministic))
            actions.append(prefix if self.kind == "joint" else prefix[-1])
        array = np.array(actions, dtype=np.int64)
        return (array if batched else array[0, ...]), state

    def sample(self, n: int, *, seed: int) -> Archs:
        """Return `n` architectures that the agent would ask for next, int `[n, decisions]`; learn nothing."""
        before = self._rng
        self._rng = generator(seed, "sample")
        try:
            return self.ask(n)
        finally:
            self._rng = before

    def propose(self, n: int, *, seed: int) -> Archs:
        """Return up to `n` different architectures; see `AbstractAgent`. Of vectors, the front, compromise first."""
        if self.objectives is not None:
            return self._propose_front(n)
        before = self._predict_rng
        try:
            return super().propose(n, seed=seed)
        finally:
            self._predict_rng = before

    def _propose_front(self, n: int) -> Archs:
        found: dict[str, Archs] = {} if self.best_arch is None else {self.space.key(self.best_arch): self.best_arch}
        for row in self.front.archs:
            found.setdefault(self.space.key(row), row)
        rows = list(found.values())[:n]
        return np.array(rows, dtype=self.space.dtype).reshape(-1, len(self.space.cardinalities))

    def _seed_predictions(self, seed: int) -> None:
        self._predict_rng = np.random.default_rng(seed)

    def _decide(self, prefix: list[int], rng: np.random.Generator, *, deterministic: bool) -> int:
        """Return the next decision after `prefix`: here the best architecture's, or a random legal one before any."""
        if self.best_arch is None:
            return int(rng.choice(np.flatnonzero(self.space.mask(prefix))))
        return int(self.space.complete([*prefix, *self.best_arch[len(prefix) :].tolist()])[len(prefix)])

    def _state(self) -> dict[str, Any]:
        return {
            "evaluations": self.evaluations,
            "best_arch": None if self.best_arch is None else self.best_arch.tolist(),
            "best_reward": None if self.best_arch is None else self.best_reward,
            "best_fidelity": self.best_fidelity,
            "rng": self._rng.bit_generator.state,
            "predict_rng": self._predict_rng.bit_generator.state,
            **({} if self.objectives is None else {"front": [self.front.archs.tolist(), self.front.rewards.tolist()]}),
        }

    def _restore(self, state: dict[str, Any]) -> None:
        self.evaluations = state["evaluations"]
        if self.objectives is not None and state["front"][0]:
            self.front.add(self.space.check(state["front"][0]), np.array(state["front"][1], dtype=np.float64))
        if state["best_arch"] is not None:
            self.best_arch, self.best_reward = self.space.check(state["best_arch"])[0], state["best_reward"]
            self.best_fidelity = state["best_fidelity"]
        self._rng.bit_generator.state = state["rng"]
        self._predict_rng.bit_generator.state = state["predict_rng"]
