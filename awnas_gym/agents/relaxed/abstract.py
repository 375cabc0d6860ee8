"""What agents share that climb the gradient of mixtures."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, final

import gymnasium as gym
import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from awnas_gym.agents.abstract import AbstractAgent, Callback
from awnas_gym.checks import above_zero, check_real, check_whole
from awnas_gym.config import keywords
from awnas_gym.errors import SettingError
from awnas_gym.seeding import derive_seed, generator
from awnas_gym.spaces.relaxable import Relaxable

if TYPE_CHECKING:
    from typing_extensions import Self

INITIAL = 1e-3
"""Standard deviation of the first logits [DARTS]."""

WEIGHTS = 0
"""The phase, as observations say it, that trains the network and gives no gradient."""

MOMENTS = ("step", "exp_avg", "exp_avg_sq")
"""What Adam keeps of each parameter."""


class RelaxedAgent(AbstractAgent):
    """Plays mixtures: its parameters give the matrix of weights, and hear the gradient of what it is worth.

    A subclass says how (`_mixture`). Parameters are stepped by Adam after each phase with a gradient. At the end the
    matrix that `_strengths` gives is discretised. What depends on the length of a search goes by the share of it that
    is over.

    Args:
        env: of the relaxed kind; see `AbstractAgent`.
        seed: see `AbstractAgent`.
        learning_rate: of Adam.
        beta1: of Adam, the decay of its first moment.
        weight_decay: of Adam, added to the gradient.
        entropy_weight: of the entropy of `probabilities` (nats, summed over edges) in the reward; aw_nas has -0.01,
            which sharpens them.
        warmup: share of the search in which parameters are not stepped.

    Attributes:
        logits: float32 `[edges, operations]`; -inf where an operation is not legal.
        policy_updates: steps of Adam.
        phases: steps of the environment that were played.

    Raises:
        SettingError: a value out of its range, or an environment of another kind.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        seed: int | None,
        learning_rate: float,
        beta1: float = 0.5,
        weight_decay: float = 1e-3,
        entropy_weight: float = 0.0,
        warmup: float = 0.0,
    ) -> None:
        super().__init__(env, seed=seed)
        if self.kind != "relaxed" or not isinstance(self.space, Relaxable):
            raise SettingError(
                f"{type(self).__name__} plays mixtures, e.g. awnas/CNN-DARTS-v0; this environment is of the kind "
                f"{self.kind!r}"
            )
        self.relaxable: Relaxable = self.space
        self.learning_rate = above_zero("learning_rate", learning_rate)
        self.beta1 = check_real("beta1", beta1, high=0.9999)
        self.weight_decay = check_real("weight_decay", weight_decay)
        self.entropy_weight = check_real("entropy_weight", entropy_weight, low=-math.inf)
        self.warmup = check_real("warmup", warmup, high=1.0)
        self._rng, self._predict_rng = generator(self.seed, "agent"), generator(self.seed, "predict")
        self._legal = torch.from_numpy(self.relaxable.edge_legal)
        self.logits = self._drawn("weights", *self._legal.shape)
        self.policy_updates = self.phases = 0
        self._episode: dict[str, Any] | None = None  # the observation that the next action answers
        self._statistics: dict[str, float] = {}
        self._learned = self._parameters()
        self._optimiser = torch.optim.Adam(
            self._learned, lr=self.learning_rate, betas=(self.beta1, 0.999), weight_decay=self.weight_decay
        )

    # ---------------------------------------------------------------- what a method must say

    @abstractmethod
    def _mixture(self, progress: float, rng: np.random.Generator, *, climbs: bool) -> Tensor:
        """Return the matrix of weights `[edges, operations]` in [0, 1]; gradients flow from it to the parameters.

        Args:
            progress: share of the search that is over, in [0, 1].
            rng: of whatever is drawn.
            climbs: whether its gradient is going to be heard: else no operation need be run for its gradient alone.
        """

    # ---------------------------------------------------------------- what a method may say otherwise

    def _parameters(self) -> list[Tensor]:
        """Return what is learned; called once, at the end of the base's constructor."""
        return [self.logits]

    def _strengths(self) -> Tensor:
        """Return the matrix `[edges, operations]` whose strongest entries make the architecture."""
        return self.probabilities()

    def _penalty(self, progress: float) -> Tensor | None:
        """Return what is added to the loss of the parameters, beside minus the reward; nothing by default."""
        del progress
        return None

    def _update(self, mixture: Tensor, gradient: NDArray[np.float64], reward: float, progress: float) -> None:
        """Step the parameters by the gradient of the reward by the mixture."""
        del reward
        self._step(self._loss(mixture, gradient, progress))

    def _hear(self, metrics: dict[str, float]) -> None:
        """Hear the metrics of a phase with a gradient, after the update; nothing follows by default."""

    @property
    def finished(self) -> bool:
        """Whether the search is over before the episode is; then `learn` plays no more."""
        return False

    # ---------------------------------------------------------------- the protocol of agents

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        return {name: getattr(self, name) for name in keywords(type(self)) if name != "seed"}

    @property
    def statistics(self) -> dict[str, float]:
        """Of the last phase: the reward, the mean entropy of an edge in nats, the largest entry of the gradient."""
        return dict(self._statistics)

    @final
    def probabilities(self) -> Tensor:
        """Return the softmax of the logits on each edge, `[edges, operations]`; 0 where an operation is not legal."""
        return torch.softmax(self.legal_logits(), dim=1)

    @final
    def legal_logits(self) -> Tensor:
        """Return the logits, -inf where an operation is not legal."""
        return self.logits.masked_fill(~self._legal, -torch.inf)

    @final
    def learn(self, total_timesteps: int, callback: Callback | None = None) -> Self:
        """Play so many phases and learn from those with a gradient; a call after the end of an episode begins another.

        The first call seeds the environment. The callback gets what the mixture stands for and its reward.
        `BudgetExhausted` from the environment passes through.
        """
        check_whole("total_timesteps", total_timesteps, low=1)
        for _ in range(total_timesteps):
            if self.finished:
                break
            if self._episode is None:
                seed = None if self.phases else derive_seed(self.seed, "environment", 0)
                self._episode, _ = self.env.reset(seed=seed)
            if self._phase(self._episode, callback) is False:
                break
        return self

    def _phase(self, observation: dict[str, Any], callback: Callback | None) -> bool | None:
        """Play one phase; return what the callback says."""
        progress = float(observation["progress"][0])
        climbs = int(observation["phase"]) != WEIGHTS
        mixture = self._mixture(progress, self._rng, climbs=climbs)
        action = mixture.detach().numpy().ravel().astype(np.float32)
        after, reward, terminated, truncated, info = self.env.step(action)
        self._episode = None if terminated or truncated else after
        self.phases += 1
        if not climbs:
            return None
        if progress >= self.warmup:
            self._update(mixture, info["gradient"], float(reward), progress)
        self._statistics = {
            "reward": float(reward),
            "entropy": float(self._entropy().detach().mean()),
            "largest_gradient": float(np.abs(info["gradient"]).max()),
        }
        self._hear(info["metrics"])
        if callback is None:
            return None
        return callback(self, self.space.parse(info["architecture"]), float(reward))

    @final
    def _loss(self, mixture: Tensor, gradient: NDArray[np.float64], progress: float) -> Tensor:
        """Return a number whose gradient by the parameters is that of minus the reward and of what is added to it."""
        loss = (mixture * torch.tensor(-gradient, dtype=mixture.dtype)).sum()
        if self.entropy_weight:
            loss = loss - self.entropy_weight * self._entropy().sum()
        penalty = self._penalty(progress)
        return loss if penalty is None else loss + penalty

    @final
    def _step(self, loss: Tensor) -> None:
        """Take a step of Adam."""
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimiser.step()
        self.policy_updates += 1

    @final
    def _entropy(self) -> Tensor:
        """Return the entropy of each edge, in nats, `[edges]`."""
        logs = torch.log_softmax(self.legal_logits(), dim=1).masked_fill(~self._legal, 0.0)
        return -(self.probabilities() * logs).sum(dim=1)

    @final
    def _drawn(self, what: str, *shape: int) -> Tensor:
        """Return a parameter that is started at small noise."""
        drawn = INITIAL * generator(self.seed, what).standard_normal(shape)
        return torch.tensor(drawn, dtype=torch.float32, requires_grad=True)

    def predict(
        self,
        observation: Any,  # noqa: ANN401 - a dictionary
        state: Any = None,  # noqa: ANN401 - handed through
        episode_start: ArrayLike | None = None,
        deterministic: bool = False,  # noqa: FBT001, FBT002 - Stable-Baselines3's signature
    ) -> tuple[NDArray[Any], Any]:
        """Return the next mixture, float32 `[edges * operations]`; deterministic, that which is discretised."""
        with torch.no_grad():
            progress = float(np.ravel(observation["progress"])[0])
            mixture = self._strengths() if deterministic else self._mixture(progress, self._predict_rng, climbs=False)
        return mixture.numpy().ravel().astype(np.float32), state

    def _seed_predictions(self, seed: int) -> None:
        self._predict_rng = np.random.default_rng(seed)

    # ---------------------------------------------------------------- files

    def _state(self) -> dict[str, Any]:
        moments = [
            {name: self._optimiser.state[parameter][name].tolist() for name in MOMENTS}
            for parameter in self._learned
            if parameter in self._optimiser.state
        ]
        return {
            "parameters": [parameter.tolist() for parameter in self._learned],
            "moments": moments,
            "policy_updates": self.policy_updates,
            "phases": self.phases,
            "rng": self._rng.bit_generator.state,
        }

    def _restore(self, state: dict[str, Any]) -> None:
        with torch.no_grad():
            for parameter, values in zip(self._learned, state["parameters"], strict=True):
                parameter.copy_(torch.tensor(values))
        for parameter, moments in zip(self._learned, state["moments"], strict=False):
            self._optimiser.state[parameter] = {name: torch.tensor(moments[name]) for name in MOMENTS}
        self.policy_updates, self.phases = state["policy_updates"], state["phases"]
        self._rng.bit_generator.state = state["rng"]
