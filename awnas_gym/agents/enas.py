"""The controller of ENAS: an LSTM that draws architectures and learns from their rewards."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, final

import gymnasium as gym
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from awnas_gym.agents.ask_tell import AskTellAgent
from awnas_gym.agents.policies.losses import ppo_loss, reinforce_loss
from awnas_gym.agents.policies.make import make_policy
from awnas_gym.checks import above_zero, check_flag, check_optional, check_real, check_reals, check_whole
from awnas_gym.config import keywords
from awnas_gym.errors import SettingError, UnknownNameError
from awnas_gym.seeding import derive_seed
from awnas_gym.spaces import Archs
from awnas_gym.training.checkpoints import load_checkpoint, load_tensors, save_checkpoint
from awnas_gym.training.threads import torch_threads

if TYPE_CHECKING:
    from typing_extensions import Self

UPDATES = ("reinforce", "ppo")
MOMENTS = ("step", "exp_avg", "exp_avg_sq")
"""What Adam keeps of each weight."""


class _Heard(NamedTuple):
    """An architecture that waits for its update: what it earned, and how the policy saw it when it was heard."""

    arch: list[int]
    reward: float
    entropy: float
    advantage: float
    log_probs: Tensor


@final
class ENASController(AskTellAgent):
    """The controller of ENAS [Pham et al., ICML 2018] in torch, on one thread.

    It draws architectures from a policy. After every `aggregate` rewards the policy takes a step towards those that
    earned more than a moving average of rewards; `entropy_weight` times the entropy of the draws counts as reward.

    The defaults are those of the authors' script for cells on CIFAR-10, but for `epsilon`; there the controller takes
    30 such steps in each of 150 epochs. aw_nas's example has hidden 100, attention 100, learning_rate 3.5e-4 and
    entropy_weight 0.01. `docs/enas.md` lists these and others.

    The average starts at `initial_baseline`; from 0 everything is better than expected at first, and the
    policy learns to repeat what it drew, until some hundred rewards have been heard.

    Args:
        env: see `AbstractAgent`.
        seed: see `AbstractAgent`.
        network: `"anchor"`, attention over the nodes before, for spaces of cells that tell their `roles`; or `"embed"`,
            for any space. By default the first that fits.
        update: `"reinforce"`, one step; or `"ppo"`, `epochs` steps whose ratios are clipped.
        hidden: width of the LSTM.
        attention: of `"anchor"`: its width.
        separate_cells: of `"anchor"`: weights of its own for each cell.
        carry_state: of `"anchor"`: begin a cell with the LSTM's state at the end of the cell before it.
        temperature: divides logits; null for 1.
        tanh_constant: logits become `tanh_constant * tanh(logits)`; null leaves them.
        op_tanh_reduce: of `"anchor"`: divides the constant for operations.
        operation_bias: of `"anchor"`: where the learned bias of the operations' logits starts; [] for zeros.
        first_cell_bias: of `"anchor"`: constant bias of the operations of the first cell, after tanh; [] for none.
        force_uniform: draw uniformly whatever was learned.
        learning_rate: of Adam.
        beta1: of Adam, the decay of its first moment.
        epsilon: of Adam. The authors' code has 1e-3, with which a policy hardly moves within a hundred updates.
        aggregate: architectures an update.
        baseline_decay: of the moving average of rewards.
        initial_baseline: where the average starts; null for the first reward.
        entropy_weight: of the entropy of an architecture's decisions (nats, summed) in its reward; it has no gradient.
        clip: of `"ppo"`: how far a ratio may leave 1.
        epochs: of `"ppo"`: steps an update.
        device: of torch, `"cpu"` or `"cuda"`.

    Attributes:
        policy: the network.
        policy_updates: updates so far.
        baseline: the moving average; None before the first reward if it starts there.

    Raises:
        SettingError: a value out of its range, or a network that does not fit the space.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        *,
        seed: int | None = None,
        network: Literal["anchor", "embed"] | None = None,
        update: Literal["reinforce", "ppo"] = "reinforce",
        hidden: int = 64,
        attention: int = 64,
        separate_cells: bool = False,
        carry_state: bool = True,
        temperature: float | None = None,
        tanh_constant: float | None = 1.1,
        op_tanh_reduce: float = 2.5,
        operation_bias: Sequence[float] = (10, 10, 0, 0, 0),
        first_cell_bias: Sequence[float] = (0.25, 0.25, -0.25, -0.25, -0.25),
        force_uniform: bool = False,
        learning_rate: float = 3.5e-3,
        beta1: float = 0.0,
        epsilon: float = 1e-8,
        aggregate: int = 10,
        baseline_decay: float = 0.99,
        initial_baseline: float | None = 0.0,
        entropy_weight: float = 1e-4,
        clip: float = 0.2,
        epochs: int = 4,
        device: str = "cpu",
    ) -> None:
        super().__init__(env, seed=seed)
        if update not in UPDATES:
            raise UnknownNameError("update", update, UPDATES)
        self.network, self.update = network, update
        self.hidden = check_whole("hidden", hidden, low=1)
        self.attention = check_whole("attention", attention, low=1)
        self.separate_cells = check_flag("separate_cells", separate_cells)
        self.carry_state = check_flag("carry_state", carry_state)
        self.temperature = check_optional("temperature", temperature, exclude_low=True)
        self.tanh_constant = check_optional("tanh_constant", tanh_constant, exclude_low=True)
        self.op_tanh_reduce = above_zero("op_tanh_reduce", op_tanh_reduce)
        self.operation_bias = check_reals("operation_bias", operation_bias)
        self.first_cell_bias = check_reals("first_cell_bias", first_cell_bias)
        self.force_uniform = check_flag("force_uniform", force_uniform)
        self.learning_rate = above_zero("learning_rate", learning_rate)
        self.beta1 = check_real("beta1", beta1, high=0.9999)
        self.epsilon = above_zero("epsilon", epsilon)
        self.aggregate = check_whole("aggregate", aggregate, low=1)
        self.baseline_decay = check_real("baseline_decay", baseline_decay, high=1.0)
        self.initial_baseline = check_optional("initial_baseline", initial_baseline, low=-np.inf)
        self.entropy_weight = check_real("entropy_weight", entropy_weight)
        self.clip = above_zero("clip", clip)
        self.epochs = check_whole("epochs", epochs, low=1)
        try:
            self.device = str(torch.device(device))
            self.policy = make_policy(self.space, **{name: getattr(self, name) for name in keywords(make_policy)})
            self.policy.initialise(torch.Generator().manual_seed(derive_seed(self.seed, "weights")))
            self.policy.to(self.device)
        except (RuntimeError, TypeError, AssertionError) as error:
            raise SettingError(f"device={device!r} is no device of torch here: {error}") from error
        self._optimiser = torch.optim.Adam(
            self.policy.parameters(), lr=self.learning_rate, betas=(self.beta1, 0.999), eps=self.epsilon
        )
        self.policy_updates = 0
        self.baseline = self.initial_baseline
        self._waiting: list[_Heard] = []
        self._statistics: dict[str, float] = {}

    @property
    def settings(self) -> dict[str, Any]:
        """The constructor's keywords."""
        return {name: getattr(self, name) for name in keywords(type(self)) if name != "seed"}

    @property
    def statistics(self) -> dict[str, float]:
        """Of the last update: its loss, the mean and best of its rewards, mean entropy, and the baseline after it."""
        return dict(self._statistics)

    # ---------------------------------------------------------------- the policy

    def ask(self, n: int = 1) -> Archs:
        """Return `n` draws of the policy, int `[n, decisions]`."""
        with torch_threads(1):
            return self.policy.sample(self._rng, n)

    def _decide(self, prefix: list[int], rng: np.random.Generator, *, deterministic: bool) -> int:
        with torch_threads(1):
            odds = self.policy.probabilities(prefix)
        return int(odds.argmax() if deterministic else rng.choice(len(odds), p=odds / odds.sum()))

    # ---------------------------------------------------------------- learning

    def _tell(self, archs: Archs, rewards: NDArray[np.float64]) -> None:
        with torch_threads(1):
            with torch.no_grad():
                log_probs, entropies = self.policy(archs)
            totals = entropies.double().sum(dim=1).tolist()
            for arch, reward, entropy, row in zip(archs.tolist(), rewards.tolist(), totals, log_probs, strict=True):
                self._waiting.append(_Heard(arch, reward, entropy, self._advantage(reward, entropy), row))
            while len(self._waiting) >= self.aggregate:
                self._learn_from(self._waiting[: self.aggregate])
                del self._waiting[: self.aggregate]

    def _advantage(self, reward: float, entropy: float) -> float:
        """Move the baseline and return what the reward, with its bonus, is above it."""
        value = reward + self.entropy_weight * entropy
        if self.baseline is None:
            self.baseline = value
        self.baseline -= (1 - self.baseline_decay) * (self.baseline - value)
        return value - self.baseline

    def _learn_from(self, heard: list[_Heard]) -> None:
        archs = np.array([each.arch for each in heard])
        old = torch.stack([each.log_probs for each in heard])
        advantages = torch.tensor([each.advantage for each in heard], dtype=old.dtype, device=old.device)
        losses = []
        for _ in range(self.epochs if self.update == "ppo" else 1):
            log_probs, _ = self.policy(archs)
            if self.update == "ppo":
                loss = ppo_loss(log_probs, old, advantages, self.clip)
            else:
                loss = reinforce_loss(log_probs, advantages)
            self._optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            self._optimiser.step()
            losses.append(float(loss.detach()))
        self.policy_updates += 1
        rewards = [each.reward for each in heard]
        self._statistics = {
            "loss": losses[0],
            "mean_reward": float(np.mean(rewards)),
            "best_reward": max(rewards),
            "entropy": float(np.mean([each.entropy for each in heard])),
            "baseline": float(self.baseline or 0.0),
        }

    # ---------------------------------------------------------------- files

    def save(self, folder: str | Path) -> None:
        """Write weights, optimiser and state as one checkpoint, then the settings; each whole or not at all."""
        tensors = {f"policy.{name}": tensor for name, tensor in self.policy.state_dict().items()}
        for name, parameter in self.policy.named_parameters():
            for moment in MOMENTS if parameter in self._optimiser.state else ():
                tensors[f"{moment}.{name}"] = self._optimiser.state[parameter][moment]
        if self._waiting:
            tensors["waiting"] = torch.stack([each.log_probs for each in self._waiting])
        state = {
            **super()._state(),
            "policy_updates": self.policy_updates,
            "baseline": self.baseline,
            "waiting": [each[:-1] for each in self._waiting],
            "statistics": self._statistics,
        }
        save_checkpoint(Path(folder), tensors, state)
        super().save(folder)

    def _state(self) -> dict[str, Any]:
        return {}  # it is in the checkpoint, beside the tensors that belong to it

    @classmethod
    def load(cls, folder: str | Path, env: gym.Env[Any, Any]) -> Self:
        """Return the agent that `save` wrote.

        Raises:
            SettingError: it is another kind or knows another space.
            CheckpointError: its checkpoint is missing, truncated or altered.
        """
        agent = super().load(folder, env)
        agent._recall(folder)  # noqa: SLF001 - its own class
        return agent

    def _restore(self, state: dict[str, Any]) -> None:
        pass  # see `_state`

    def _recall(self, folder: str | Path) -> None:
        tensors, state = load_checkpoint(Path(folder))
        weights = {name.removeprefix("policy."): t for name, t in tensors.items() if name.startswith("policy.")}
        load_tensors(self.policy.state_dict(), weights, where=str(folder))
        for name, parameter in self.policy.named_parameters():
            if f"step.{name}" in tensors:
                self._optimiser.state[parameter] = {
                    moment: tensors[f"{moment}.{name}"].to("cpu" if moment == "step" else self.device)
                    for moment in MOMENTS
                }
        super()._restore(state)
        self.policy_updates, self.baseline = state["policy_updates"], state["baseline"]
        self._waiting = [
            _Heard(arch, reward, entropy, advantage, tensors["waiting"][i].to(self.device))
            for i, (arch, reward, entropy, advantage) in enumerate(state["waiting"])
        ]
        self._statistics = state["statistics"]
