"""What agents that propose whole architectures share."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, final

import gymnasium as gym
import numpy as np
from numpy.typing import ArrayLike, NDArray

from awnas_gym.agents.abstract import AbstractAgent, Callback
from awnas_gym.agents.play import check_one_problem, find_fidelity, play, prepare, steps_per_evaluation
from awnas_gym.checks import check_whole
from awnas_gym.errors import AgentError, SettingError
from awnas_gym.pareto import Front
from awnas_gym.seeding import derive_seed, generator
from awnas_gym.spaces import Archs

if TYPE_CHECKING:
    from typing_extensions import Self


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
