"""What the algorithms of Stable-Baselines3 and sb3-contrib share as agents."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import gymnasium as gym
import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from stable_baselines3.common.callbacks import BaseCallback

from awnas_gym.agents.abstract import AbstractAgent, Callback
from awnas_gym.agents.play import steps_per_evaluation
from awnas_gym.checks import above_zero, check_whole
from awnas_gym.errors import AgentError, SettingError
from awnas_gym.files import write_atomically
from awnas_gym.seeding import derive_seed
from awnas_gym.spaces import Archs

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
        self.learning_rate = above_zero("learning_rate", learning_rate)
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
