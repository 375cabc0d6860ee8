"""Algorithms of Stable-Baselines3 and sb3-contrib as agents."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, final

import gymnasium as gym
import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from sb3_contrib import MaskablePPO
from stable_baselines3 import A2C, DQN, PPO
from stable_baselines3.common.callbacks import BaseCallback

from awnas_gym.agents.abstract import AbstractAgent, Callback
from awnas_gym.agents.checks import check_real, check_whole
from awnas_gym.agents.play import steps_per_evaluation
from awnas_gym.errors import AgentError, SettingError
from awnas_gym.files import write_atomically
from awnas_gym.seeding import derive_seed
from awnas_gym.spaces import Archs
from awnas_gym.spaces.edits import edit_masks

if TYPE_CHECKING:
    from typing_extensions import Self

WEIGHTS = "policy.safetensors"


@contextlib.contextmanager
def _own_random_state() -> Iterator[None]:
    """Run on one thread, and leave Python's, NumPy's and torch's global generators as found: the library seeds all."""
    python, legacy, threads = random.getstate(), np.random.get_state(), torch.get_num_threads()  # noqa: NPY002
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(legacy)  # noqa: NPY002
        torch.set_num_threads(threads)


@final
class _Listener(BaseCallback):
    """Hand what is evaluated to the user's callback; end exactly after the steps that were asked for."""

    def __init__(self, agent: SB3Agent, callback: Callback | None, steps: int) -> None:
        super().__init__()
        self.agent, self.callback, self.steps, self.taken = agent, callback, steps, 0

    def _on_step(self) -> bool:
        self.taken += 1
        if not self._hear(self.locals["infos"][0], float(self.locals["rewards"][0])):
            return False
        # A full rollout ends by itself, after its update; a part of one is too small to learn from.
        return self.taken < self.steps or self.taken % self.agent.rollout_steps == 0

    def _hear(self, info: dict[str, Any], reward: float) -> bool:
        if "architecture" not in info:
            return True
        arch, reward = self.agent.space.parse(info["architecture"]), info.get("value", reward)
        if not np.isfinite(reward):
            raise AgentError(f"the reward of {arch.tolist()} is {reward}; rewards are finite numbers")
        go_on = None if self.callback is None else self.callback(self.agent, arch, reward)
        return go_on is None or bool(go_on)


class SB3Agent(AbstractAgent):
    """What the four algorithms share: seeds, learning, predictions, files.

    The policy is the library's MLP on one-hot decisions; episodes are not discounted. `predict` without
    `deterministic` draws from the library's global generators. After `load` the policy is the same; learning goes on
    with a fresh optimiser, exploration schedule and replay memory.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        learning_rate: of the library's optimiser.
        hidden: width of the two hidden layers.
        device: of torch, `"cpu"` or `"cuda"`.

    Attributes:
        model: the library's own object.
        rollout_steps: steps between two updates.
    """

    model: Any
    rollout_steps: int

    def __init__(
        self, env: gym.Env[Any, Any], *, seed: int | None, learning_rate: float, hidden: int, device: str
    ) -> None:
        super().__init__(env, seed=seed)
        self.learning_rate = check_real("learning_rate", learning_rate, exclude_low=True)
        self.hidden = check_whole("hidden", hidden, low=1)
        try:
            self.device = str(torch.device(device))
        except (RuntimeError, TypeError) as error:
            raise SettingError(f"device={device!r} is no device of torch: {error}") from error
        self._timesteps_before = self._updates_before = 0
        self._env_is_seeded = False

    @final
    def _make(self, algorithm: Callable[..., Any], **keywords: Any) -> Any:  # noqa: ANN401 - the library's
        """Build the library's model; seeded weights, undiscounted episodes."""
        policy = "MultiInputPolicy" if isinstance(self.env.observation_space, gym.spaces.Dict) else "MlpPolicy"
        with _own_random_state():
            return algorithm(
                policy,
                self.env,
                learning_rate=self.learning_rate,
                gamma=1.0,
                policy_kwargs={"net_arch": [self.hidden, self.hidden]},
                device=self.device,
                seed=self._seed("weights"),
                **keywords,
            )

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        return {"learning_rate": self.learning_rate, "hidden": self.hidden, "device": self.device}

    @property
    def policy_updates(self) -> int:
        """Updates of the policy: one a rollout, or for DQN one a step of its optimiser."""
        return self._updates_before + int(self.model._n_updates)  # noqa: SLF001 - the library shows it in its log alone

    def _seed(self, *keys: int | str) -> int:
        return derive_seed(self.seed, *keys) % 2**32  # the most that NumPy's legacy generator takes

    @final
    def learn(self, total_timesteps: int, callback: Callback | None = None) -> Self:
        """Let the library learn for `total_timesteps` steps, rounded down to whole evaluations.

        Begins with an empty architecture; the first call seeds the environment. `BudgetExhausted` from the
        environment passes through.
        """
        steps = steps_per_evaluation(self.env)
        check_whole("total_timesteps (an evaluation here takes that many steps)", total_timesteps, low=steps)
        whole = total_timesteps // steps * steps
        with _own_random_state():
            self.model.set_random_seed(self._seed("learn", self._timesteps_before + self.model.num_timesteps))
            if self._env_is_seeded:
                self.model.env._reset_seeds()  # noqa: SLF001 - or the reset below would seed it again
            self._env_is_seeded = True
            self.model._last_obs = None  # noqa: SLF001 - the library resets: the last call may have ended in mid-episode
            self.model.learn(whole, callback=_Listener(self, callback, whole), reset_num_timesteps=False)
        return self

    def predict(
        self,
        observation: Any,  # noqa: ANN401 - an array or a dictionary
        state: Any = None,  # noqa: ANN401 - handed through
        episode_start: ArrayLike | None = None,
        deterministic: bool = False,  # noqa: FBT001, FBT002 - Stable-Baselines3's signature
    ) -> tuple[NDArray[Any], Any]:
        """Return the policy's next action, and `state` as it came."""
        action, _ = self.model.predict(observation, deterministic=deterministic)
        return action, state

    def sample(self, n: int, *, seed: int) -> Archs:
        """Return `n` draws of the policy, int `[n, decisions]`; see `AbstractAgent`."""
        with _own_random_state():
            return super().sample(n, seed=seed)

    def propose(self, n: int, *, seed: int) -> Archs:
        """Return up to `n` different architectures of the policy; see `AbstractAgent`."""
        with _own_random_state():
            return super().propose(n, seed=seed)

    def _seed_predictions(self, seed: int) -> None:
        self.model.set_random_seed(seed % 2**32)

    def save(self, folder: str | Path) -> None:
        """Write the policy's weights (safetensors), then the settings (JSON); each file whole or not at all."""
        tensors = {name: tensor.contiguous().cpu() for name, tensor in self.model.policy.state_dict().items()}
        write_atomically(Path(folder) / WEIGHTS, save_tensors(tensors))
        super().save(folder)

    def _state(self) -> dict[str, Any]:
        timesteps = self._timesteps_before + self.model.num_timesteps
        return {"timesteps": timesteps, "policy_updates": self.policy_updates}

    def _restore(self, state: dict[str, Any]) -> None:
        self._timesteps_before, self._updates_before = state["timesteps"], state["policy_updates"]

    @classmethod
    def load(cls, folder: str | Path, env: gym.Env[Any, Any]) -> Self:
        """Return the agent that `save` wrote; `SettingError` if it is another kind or knows another space."""
        agent = super().load(folder, env)
        agent.model.policy.load_state_dict(load_tensors((Path(folder) / WEIGHTS).read_bytes()))
        return agent


class PPOAgent(SB3Agent):
    """Proximal policy optimisation [Schulman et al. 2017], Stable-Baselines3's.

    The library's defaults make one update in 2,048 steps: none in a search of 300 evaluations. Here an update
    comes every `evaluations_per_update`, 30 of them in 300, and each passes over all of its steps at once.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        learning_rate: of Adam.
        evaluations_per_update: finished architectures a rollout.
        epochs: passes over a rollout.
        entropy: coefficient of the entropy bonus.
        hidden: width of the two hidden layers.
        device: of torch, `"cpu"` or `"cuda"`.
    """

    algorithm: ClassVar[Callable[..., Any]] = PPO

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        seed: int | None = None,
        learning_rate: float = 3e-3,
        evaluations_per_update: int = 10,
        epochs: int = 10,
        entropy: float = 0.01,
        hidden: int = 64,
        device: str = "cpu",
    ) -> None:
        super().__init__(env, seed=seed, learning_rate=learning_rate, hidden=hidden, device=device)
        # Advantages are normalised within a rollout, which takes two of them.
        self.evaluations_per_update = check_whole("evaluations_per_update", evaluations_per_update, low=2)
        self.epochs = check_whole("epochs", epochs, low=1)
        self.entropy = check_real("entropy", entropy)
        self.rollout_steps = evaluations_per_update * steps_per_evaluation(env)
        self.model = self._make(
            self.algorithm,
            n_steps=self.rollout_steps,
            batch_size=self.rollout_steps,
            n_epochs=self.epochs,
            ent_coef=self.entropy,
        )

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        own = {"evaluations_per_update": self.evaluations_per_update, "epochs": self.epochs, "entropy": self.entropy}
        return {**super().settings, **own}

    @property
    def policy_updates(self) -> int:
        """Rollouts learned from; the library counts each `epochs` times."""
        return self._updates_before + int(self.model._n_updates) // self.epochs  # noqa: SLF001 - see SB3Agent


@final
class MaskablePPOAgent(PPOAgent):
    """PPO that never draws an illegal action [Huang & Ontañón, FLAIRS 2022], sb3-contrib's; else as `PPOAgent`.

    In the joint kind a mask is a necessary condition alone: what is illegal after the earlier decisions of the
    same action is repaired by the environment.
    """

    algorithm = MaskablePPO

    def predict(
        self,
        observation: Any,  # noqa: ANN401 - an array or a dictionary
        state: Any = None,  # noqa: ANN401 - handed through
        episode_start: ArrayLike | None = None,
        deterministic: bool = False,  # noqa: FBT001, FBT002 - Stable-Baselines3's signature
    ) -> tuple[NDArray[Any], Any]:
        """Return the policy's next action among the legal ones, which the observation tells, and `state` as it came."""
        rows, batched = self._decisions(observation)
        if self.kind == "edit":
            masks = edit_masks(self.space, rows)
        else:
            masks = np.stack([self._mask(prefix) for prefix in self._prefixes(observation)[0]])
        action, _ = self.model.predict(
            observation, deterministic=deterministic, action_masks=masks if batched else masks[0]
        )
        return action, state

    def _mask(self, prefix: list[int]) -> NDArray[np.bool_]:
        """Return the legal actions after `prefix`, flat bool `[sum of the action space's sizes]`."""
        cardinalities = self.space.cardinalities
        if self.kind == "joint":
            return np.concatenate([self.space.joint_mask(i) for i in range(len(cardinalities))])
        mask = np.zeros(max(cardinalities), dtype=np.bool_)
        legal = self.space.mask(prefix)
        mask[: len(legal)] = legal
        return mask


@final
class A2CAgent(SB3Agent):
    """Advantage actor-critic [Mnih et al., ICML 2016], Stable-Baselines3's.

    One step of the optimiser an update, 60 of them in 300 evaluations. Advantages are normalised, unlike in the
    library's default: differences of accuracy are small.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        learning_rate: of RMSprop.
        evaluations_per_update: finished architectures a rollout.
        entropy: coefficient of the entropy bonus.
        hidden: width of the two hidden layers.
        device: of torch, `"cpu"` or `"cuda"`.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        seed: int | None = None,
        learning_rate: float = 1e-3,
        evaluations_per_update: int = 5,
        entropy: float = 0.01,
        hidden: int = 64,
        device: str = "cpu",
    ) -> None:
        super().__init__(env, seed=seed, learning_rate=learning_rate, hidden=hidden, device=device)
        self.evaluations_per_update = check_whole("evaluations_per_update", evaluations_per_update, low=2)
        self.entropy = check_real("entropy", entropy)
        self.rollout_steps = evaluations_per_update * steps_per_evaluation(env)
        self.model = self._make(A2C, n_steps=self.rollout_steps, ent_coef=self.entropy, normalize_advantage=True)

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        own = {"evaluations_per_update": self.evaluations_per_update, "entropy": self.entropy}
        return {**super().settings, **own}


@final
class DQNAgent(SB3Agent):
    """Deep Q-learning [Mnih et al., Nature 2015], Stable-Baselines3's; not for `action_mode="joint"`.

    Schedules fit a search of hundreds of evaluations: one step of the optimiser a step of the environment after
    `warmup` random architectures, exploration that falls over the first half.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        learning_rate: of Adam.
        warmup: architectures before learning starts.
        target_update: steps of the environment between copies of the network to the target network.
        exploration_fraction: of a call of `learn`, over which the odds of a random action fall from 1.
        final_exploration: odds of a random action afterwards.
        hidden: width of the two hidden layers.
        device: of torch, `"cpu"` or `"cuda"`.
    """

    rollout_steps = 1

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        seed: int | None = None,
        learning_rate: float = 1e-3,
        warmup: int = 20,
        target_update: int = 60,
        exploration_fraction: float = 0.5,
        final_exploration: float = 0.05,
        hidden: int = 64,
        device: str = "cpu",
    ) -> None:
        super().__init__(env, seed=seed, learning_rate=learning_rate, hidden=hidden, device=device)
        if self.kind == "joint":
            raise SettingError(
                "DQN takes one Discrete action a step; make the environment with action_mode='build' or 'edit'"
            )
        self.warmup = check_whole("warmup", warmup, low=1)
        self.target_update = check_whole("target_update", target_update, low=1)
        self.exploration_fraction = check_real("exploration_fraction", exploration_fraction, high=1.0, exclude_low=True)
        self.final_exploration = check_real("final_exploration", final_exploration, high=1.0)
        self.model = self._make(
            DQN,
            buffer_size=50_000,  # every step of a long search; the library's million would take memory for nothing
            learning_starts=warmup * steps_per_evaluation(env),
            train_freq=self.rollout_steps,
            gradient_steps=1,
            batch_size=64,
            target_update_interval=target_update,
            exploration_fraction=self.exploration_fraction,
            exploration_final_eps=self.final_exploration,
        )

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        return {
            **super().settings,
            "warmup": self.warmup,
            "target_update": self.target_update,
            "exploration_fraction": self.exploration_fraction,
            "final_exploration": self.final_exploration,
        }
