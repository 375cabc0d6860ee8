"""What every agent is."""

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

from awnas_gym.agents.play import find_kind, find_objectives, find_space
from awnas_gym.checks import check_whole
from awnas_gym.errors import AgentError, SettingError
from awnas_gym.files import write_atomically
from awnas_gym.seeding import derive_seed
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
