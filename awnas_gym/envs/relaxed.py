"""The environment of gradient methods: an action is how much of each operation is on each edge."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal, final

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from awnas_gym.checks import above_zero, check_whole
from awnas_gym.config import check_keys
from awnas_gym.envs.evaluation import Interceptor, Wanted
from awnas_gym.envs.judge import Judge, Judgement
from awnas_gym.envs.mixture_cost import MixtureCost, counted_cost
from awnas_gym.envs.rendering import RENDER_MODES, check_render_mode, draw
from awnas_gym.envs.weights import begin_weights, refuse_copies
from awnas_gym.errors import AgentError, SettingError
from awnas_gym.evaluators.abstract import DifferentiableEvaluator
from awnas_gym.objectives.relaxed import Loss, RelaxedObjective
from awnas_gym.spaces import AbstractSpace, Archs
from awnas_gym.spaces.relaxable import Relaxable

Phase = Literal["weights", "gradient", "joint"]
PHASES: tuple[Phase, ...] = ("weights", "gradient", "joint")
MOST_LOSS = 1000.0
"""Losses in observations are at most this, in nats."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Phases:
    """Which phase comes when.

    Attributes:
        weight_steps: phases that train the network's weights, one after another.
        gradient_steps: phases that give the gradient of the matrix, after them.
        warmup_steps: further phases of the first kind at the beginning.
        max_steps: phases of an episode.

    Raises:
        SettingError: a number out of its range, or an episode without a gradient.
    """

    weight_steps: int = 1
    gradient_steps: int = 1
    warmup_steps: int = 0
    max_steps: int = 600

    def __post_init__(self) -> None:
        """Check the numbers."""
        for name, low in {"weight_steps": 0, "gradient_steps": 1, "warmup_steps": 0, "max_steps": 1}.items():
            check_whole(name, getattr(self, name), low=low)
        if self.max_steps <= self.warmup_steps + self.weight_steps:
            raise SettingError(
                f"an episode of max_steps={self.max_steps} has no gradient after warmup_steps={self.warmup_steps} and "
                f"weight_steps={self.weight_steps}"
            )

    def at(self, step: int, *, joint: bool) -> Phase:
        """Return the phase of a step of the episode, from 0."""
        if step < self.warmup_steps:
            return "weights"
        if joint:
            return "joint"
        inside = (step - self.warmup_steps) % (self.weight_steps + self.gradient_steps)
        return "weights" if inside < self.weight_steps else "gradient"


@final
class RelaxedEnv(gym.Env[dict[str, Any], NDArray[np.float32]]):
    """Mixtures of operations and the gradient of what they are worth.

    Each step is a phase. `weights`: the network takes a training step by the action; the reward is 0. `gradient`: the
    network stays as it is, a validation batch gives the reward and its gradient by the action. `joint`: both, on one
    training batch. Each phase with a gradient is an evaluation; its cost is the seconds since the one before.

    Args:
        judge: of single architectures; its evaluator is a `DifferentiableEvaluator`.
        objective: of mixtures; None for minus the loss.
        cost: of mixtures; `"macs"` and `"params"` are counted.
        phases: which comes when; of an evaluator whose phases are joint, `weight_steps` and `gradient_steps` say
            nothing.
        eigenvalue_every: gradients between two at which the metric `hessian_eigenvalue` is measured too; 0 for never.
        bound: gradients in observations are clipped to `[-bound, bound]`; the exact one is in `info`.
        render_mode: `"ansi"`, `"svg"`, `"rgb_array"` (needs matplotlib) or None; what is drawn is the architecture that
            the last action stands for.

    Attributes:
        horizon: phases of an episode.
        evaluations: of them, those with a gradient.
    """

    metadata = {"render_modes": RENDER_MODES, "render_fps": 4}  # noqa: RUF012 - Gymnasium's attribute

    def __init__(
        self,
        judge: Judge,
        *,
        objective: RelaxedObjective | None = None,
        cost: str | MixtureCost = "macs",
        phases: Phases | None = None,
        eigenvalue_every: int = 0,
        bound: float = 10.0,
        render_mode: str | None = None,
    ) -> None:
        evaluator, space = judge.evaluator, judge.evaluator.space
        if not isinstance(evaluator, DifferentiableEvaluator) or not isinstance(space, Relaxable):
            raise SettingError(f"{type(evaluator).__name__} of {space.name} does not mix operations")
        above_zero("bound", bound)
        check_whole("eigenvalue_every", eigenvalue_every, low=0)
        refuse_copies(evaluator)
        check_render_mode(render_mode)
        self.judge, self.render_mode = judge, render_mode
        self.space: AbstractSpace = evaluator.space
        self.phases = Phases() if phases is None else phases
        self.horizon = self.phases.max_steps
        names = [self.phases.at(step, joint=evaluator.joint) for step in range(self.horizon)]
        self.evaluations = len(names) - names.count("weights")
        self.bound = float(bound)
        self._evaluator, self._relaxable, self._names = evaluator, space, names
        self._objective = Loss() if objective is None else objective
        self._cost = counted_cost(space, cost) if isinstance(cost, str) else cost
        if self._objective.needs_cost:  # of costs too low it may have no value
            self._objective(1.0, self._cost.of_equal_weights(space.edge_legal))
        self._eigenvalue_every = eigenvalue_every
        self._interceptor: Interceptor | None = None
        self._wanted: Wanted = slice
        self._gradient: NDArray[np.float64] = np.zeros(space.edge_legal.shape)
        self._losses: list[float] = []
        self._weights: NDArray[np.float64] | None = None
        self._begin()
        self.action_space, self.observation_space = spaces_of(space, self.bound)

    # ---------------------------------------------------------------- Gymnasium

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Begin an episode. `options`: `weights`: `"keep"`, or `"init"` to draw them anew, which a seed does too."""
        given = check_keys(options or {}, where="reset options", required={}, optional={"weights": str})
        super().reset(seed=seed)
        begin_weights(self._evaluator, given.get("weights"), seeded=seed is not None, generator=lambda: self.np_random)
        self._begin()
        return self._observation(), {"phase": self._phase}

    def step(self, action: Any) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:  # noqa: ANN401 - any action
        """Do the phase by a matrix of weights `[edges, operations]`, flat or not.

        Raises:
            AgentError: it is no such matrix, or is not in [0, 1]; or the episode is over.
        """
        if self._steps == self.horizon:
            raise AgentError("the episode is over; call reset() before the next step")
        weights = self._relaxable.check_weights(action)
        if weights.min() < 0 or weights.max() > 1:
            raise AgentError(f"weights are in [0, 1]; got {weights.min():.6g} … {weights.max():.6g}")
        weights = np.where(self._relaxable.edge_legal, weights, 0.0)
        reward = 0.0
        info: dict[str, Any] = {}
        if self._phase == "weights":
            self._train(weights)
        else:
            reward, info = self._judge(weights)
        self._steps += 1
        self._weights = weights
        return self._observation(), reward, False, self._steps == self.horizon, {"phase": self._phase, **info}

    def render(self) -> Any:  # noqa: ANN401 - a string or an image, by mode
        """Return the architecture that the last action stands for, as text, SVG or an image uint8 `[H, W, 3]`."""
        if self.render_mode is None:
            gym.logger.warn(
                "render() without a render_mode; give gym.make(..., render_mode='ansi' | 'svg' | 'rgb_array')"
            )
            return None
        arch = np.full(len(self.space.cardinalities), -1)
        return draw(self.space, arch if self._weights is None else self._architecture(self._weights), self.render_mode)

    def close(self) -> None:
        """Let go of what the evaluator holds."""
        self._evaluator.close()

    # ---------------------------------------------------------------- beside Gymnasium

    def intercept(self, interceptor: Interceptor, wanted: Wanted = slice) -> None:
        """Let `interceptor` answer for every evaluation from now on; see `ArchitectureEnv.intercept`."""
        self._interceptor, self._wanted = interceptor, wanted

    def report(self, arch: Archs) -> dict[str, float]:
        """Return every metric of one architecture by the shared weights. For reports, never for agents."""
        return self.judge.report(arch)

    # ---------------------------------------------------------------- phases

    def _train(self, weights: NDArray[np.float64]) -> None:
        if not range(1)[self._wanted(1)]:
            return  # the next gradient is in the history, or is not going to be asked for
        start = time.perf_counter()
        self._losses.append(self._evaluator.train_mixed(weights, progress=self._progress))
        self._seconds += time.perf_counter() - start

    def _judge(self, weights: NDArray[np.float64]) -> tuple[float, dict[str, Any]]:
        arch = self._architecture(weights)
        about = {
            "architecture": self.space.genotype(arch),
            "arch_key": self.space.key(arch),
            "split": "train" if self._evaluator.joint else self.judge.split,
            "fidelity": self.judge.fidelity,
            "trial": self.judge.trial,
            "invalid": False,
        }

        def evaluate(_: Archs) -> Judgement:
            return self._measure(weights)

        judged = evaluate(arch) if self._interceptor is None else self._interceptor(arch, about, evaluate)
        if judged.gradient is None:
            raise AgentError("whoever answers for a mixture says its gradient")
        self._gradient = judged.gradient.reshape(self._gradient.shape)
        self._loss = next(value for name, value in judged.metrics.items() if name == f"{about['split']}_loss")
        self._losses, self._seconds = [], 0.0
        self._gradients += 1
        return float(judged.reward), {**about, "metrics": dict(judged.metrics), "gradient": self._gradient.copy()}

    def _measure(self, weights: NDArray[np.float64]) -> Judgement:
        """Return what a mixture is worth. Its cost is measured, and so of the history, not of an info."""
        start = time.perf_counter()
        sharpness = {}
        if self._eigenvalue_every and self._gradients % self._eigenvalue_every == 0:
            sharpness = {"hessian_eigenvalue": self._evaluator.eigenvalue(weights)}
        metrics, by_weight = self._evaluator.gradient(weights, progress=self._progress)
        loss = metrics["train_loss" if self._evaluator.joint else "valid_loss"]
        if self._objective.needs_cost:
            metrics[self._cost.metric] = self._cost(weights)
        metrics |= sharpness
        slope = self._objective(loss, metrics.get(self._cost.metric, 0.0))
        if self._losses:
            metrics["train_loss"] = float(np.mean(self._losses))
        gradient = np.where(weights != 0, slope.by_loss * by_weight + slope.by_cost * self._cost.entries, 0.0)
        seconds = self._seconds + time.perf_counter() - start
        return Judgement(
            slope.reward, dict(sorted(metrics.items())), round(seconds, 6), missing=False, gradient=gradient
        )

    # ---------------------------------------------------------------- state

    def _begin(self) -> None:
        self._steps, self._gradients, self._loss, self._seconds = 0, 0, 0.0, 0.0
        self._gradient = np.zeros_like(self._gradient)
        self._losses, self._weights = [], None

    def _architecture(self, weights: NDArray[np.float64]) -> Archs:
        return self._relaxable.discretize(weights).astype(self.space.dtype)

    @property
    def _phase(self) -> Phase:
        """The phase that the next action does; after the last one, that which came last."""
        return self._names[min(self._steps, self.horizon - 1)]

    @property
    def _progress(self) -> float:
        return self._steps / self.horizon

    def _observation(self) -> dict[str, Any]:
        return {
            "gradient": np.clip(self._gradient.ravel(), -self.bound, self.bound).astype(np.float32),
            "loss": np.clip([self._loss], 0.0, MOST_LOSS).astype(np.float32),
            "phase": np.int64(PHASES.index(self._phase)),
            "progress": np.array([self._progress], dtype=np.float32),
        }


def spaces_of(space: Relaxable, bound: float = 10.0) -> tuple[Any, spaces.Dict]:
    """Return the action space and the observation space over a space; gradients are at most `bound` there."""
    size = space.edge_legal.size
    observations = {
        "gradient": spaces.Box(-bound, bound, (size,), np.float32),
        "loss": spaces.Box(0.0, MOST_LOSS, (1,), np.float32),
        "phase": spaces.Discrete(len(PHASES)),
        "progress": spaces.Box(0.0, 1.0, (1,), np.float32),
    }
    return spaces.Box(0.0, 1.0, (size,), np.float32), spaces.Dict(observations)
