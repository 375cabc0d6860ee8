"""What the environments share: spaces, masks, the end of an episode, rendering."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from types import MappingProxyType, NoneType
from typing import Any, ClassVar, Literal, final

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from numpy.typing import ArrayLike, NDArray

from awnas_gym.config import check_keys
from awnas_gym.envs.evaluation import Evaluation, Interceptor, Wanted
from awnas_gym.envs.judge import Judge, Reward
from awnas_gym.envs.rendering import RENDER_MODES, check_render_mode, draw
from awnas_gym.envs.state import STATE, check_decisions, check_generator
from awnas_gym.envs.weights import begin_weights, refuse_copies
from awnas_gym.errors import AgentError, SettingError
from awnas_gym.evaluators.abstract import TrainableEvaluator
from awnas_gym.spaces import AbstractSpace, Archs

Invalid = Literal["repair", "penalty", "raise"]
INVALID = ("repair", "penalty", "raise")
PENALTY = -1.0
"""Reward of what an illegal action led to under `invalid="penalty"`."""


class ArchitectureEnv(gym.Env[Any, Any]):
    """Architectures, decision by decision, at once or by edits, and what they are worth.

    Args:
        judge: evaluator and objective.
        invalid: what an illegal action does. `"repair"`: it becomes `legal[a % len(legal)]`; `"penalty"`: the
            same, but the evaluation earns -1; `"raise"`: `AgentError`, and the state stays as it was.
        mask_in_obs: give the observation as a dictionary of `observations` and `action_mask`.
        render_mode: `"ansi"`, `"svg"`, `"rgb_array"` (needs matplotlib) or None.
    """

    metadata = {"render_modes": RENDER_MODES, "render_fps": 4}  # noqa: RUF012 - Gymnasium's attribute

    def __init__(
        self, judge: Judge, *, invalid: Invalid = "repair", mask_in_obs: bool = False, render_mode: str | None = None
    ) -> None:
        if invalid not in INVALID:
            raise SettingError(f"invalid={invalid!r}; legal: {', '.join(INVALID)}")
        check_render_mode(render_mode)
        refuse_copies(judge.evaluator)
        if isinstance(judge.evaluator, TrainableEvaluator):
            self.options = {**self.options, "weights": str}
        self.judge, self.invalid, self.mask_in_obs, self.render_mode = judge, invalid, mask_in_obs, render_mode
        self.space: AbstractSpace = judge.evaluator.space
        self._arch = np.full(len(self.space.cardinalities), -1, dtype=np.int64)
        self._steps, self._was_invalid = 0, False
        self._evaluation = Evaluation(judge)
        self.action_space = self._actions()
        self.observation_space = self._observations()
        beside = self._spaces_beside()
        if mask_in_obs:
            beside["action_mask"] = spaces.MultiBinary(spaces.flatdim(self.action_space))
        if beside:
            self.observation_space = spaces.Dict({"observations": self.observation_space, **beside})

    # ---------------------------------------------------------------- what a kind must say

    @abstractmethod
    def _actions(self) -> spaces.Space[Any]:
        """Return the action space."""

    @abstractmethod
    def _mask(self) -> NDArray[np.int8] | tuple[NDArray[np.int8], ...]:
        """Return the legal actions, a fresh int8 array or, for `MultiDiscrete`, a tuple of them."""

    @abstractmethod
    def _read(self, action: Any) -> tuple[Archs, bool]:  # noqa: ANN401 - what an agent sends
        """Return the architecture after an action, int64 `[decisions]`, and whether the action was legal; -1 is open.

        What is illegal is repaired. Nothing is changed.
        """

    @property
    @abstractmethod
    def horizon(self) -> int:
        """Steps an episode takes."""

    @abstractmethod
    def _decided(self, steps: int) -> int:
        """Return how many decisions are made after `steps` steps of an episode."""

    # ---------------------------------------------------------------- what a kind may say otherwise

    options: Mapping[str, type | tuple[type, ...]] = MappingProxyType(
        {"fidelity": (int, NoneType), "trial": (str, int)}
    )
    """Options of `reset`, and their types; an evaluator that trains itself adds `weights`."""

    state: ClassVar[Mapping[str, type | tuple[type, ...]]] = STATE
    """Keys of a state, and their types."""

    def _observations(self) -> spaces.MultiDiscrete:
        """Return the observation space, without a mask."""
        return spaces.MultiDiscrete([n + 1 for n in self.space.cardinalities])

    def _observe(self) -> NDArray[np.int64]:
        """Return the observation, without a mask."""
        return self._arch + 1

    def _spaces_beside(self) -> dict[str, spaces.Space[Any]]:
        """Return the spaces of what an observation shows beside decisions and mask, by name."""
        return {}

    def beside(self) -> dict[str, Any]:
        """Return what an observation shows beside decisions and mask: fresh values by name, the same all episode."""
        return {}

    def _read_start(self, options: dict[str, Any]) -> Any:  # noqa: ANN401 - what `_begin` of the same kind takes
        """Return where an episode is to start by the options of the kind; `SettingError`, and nothing is changed."""
        return None

    def _begin(self, start: Any) -> dict[str, Any]:  # noqa: ANN401 - what `_read_start` of the same kind gives
        """Start an episode where `_read_start` says; return what the info of `reset` says of it."""
        self._arch[:], self._steps = -1, 0
        return {}

    def _earn(self) -> tuple[Reward, dict[str, Any]]:
        """Return the reward of the step just made and what its info says of it: here of the finished architecture."""
        if self._steps < self.horizon:
            return self._nothing(), {}
        return self._evaluate(self._punishment)

    def _nothing(self) -> Reward:
        """Return what a step without an evaluation earns."""
        return 0.0

    def _penalty(self) -> Reward:
        """Return what is paid under `invalid="penalty"`."""
        return PENALTY

    def _more_state(self) -> dict[str, Any]:
        """Return what a kind adds to a state."""
        return {}

    def _set_more_state(self, state: dict[str, Any]) -> None:
        """Restore what `_more_state` gave, or raise `SettingError` and change nothing."""

    # ---------------------------------------------------------------- Gymnasium

    @final
    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Start an episode.

        `options`: `fidelity` and `trial` for this and later episodes, those of the kind, and, where weights are
        trained, `weights`: `"keep"`, or `"init"` to draw them anew, which a seed does too.
        """
        given = check_keys(options or {}, where="reset options", required={}, optional=self.options)
        fidelity = self.judge.evaluator.check_fidelity(given.get("fidelity", self._evaluation.fidelity))
        trial = self.judge.evaluator.check_trial(given.get("trial", self._evaluation.trial))
        start = self._read_start(given)
        super().reset(seed=seed)
        weights, seeded = given.get("weights"), seed is not None
        begin_weights(self.judge.evaluator, weights, seeded=seeded, generator=lambda: self.np_random)
        self._evaluation.fidelity, self._evaluation.trial = fidelity, trial
        self._was_invalid = False
        about = self._begin(start)
        return self._observation(), {"action_mask": self._mask(), **about}

    @final
    def step(self, action: Any) -> tuple[Any, Reward, bool, bool, dict[str, Any]]:  # noqa: ANN401 - what an agent sends
        """Apply an action; what is evaluated after it earns the reward and fills `info`."""
        if self._steps == self.horizon:
            raise AgentError("the episode is over; call reset() before the next step")
        arch, legal = self._read(action)
        if not legal and self.invalid == "raise":
            raise AgentError(f"action {action!r} is illegal here; legal: see info['action_mask']")
        self._arch[:] = arch
        self._steps += 1
        self._was_invalid |= not legal
        reward, about = self._earn()
        info = {"invalid": not legal, "action_mask": self._mask(), **about}
        return self._observation(), reward, self._steps == self.horizon, False, info

    @final
    def render(self) -> Any:  # noqa: ANN401 - a string or an image, by mode
        """Return the cell as text, as SVG or as an image uint8 `[height, width, 3]`; open decisions are grey."""
        if self.render_mode is None:
            gym.logger.warn(
                "render() without a render_mode; give gym.make(..., render_mode='ansi' | 'svg' | 'rgb_array')"
            )
            return None
        return self.draw(self._arch)

    # ---------------------------------------------------------------- beside Gymnasium

    @property
    def fidelities(self) -> tuple[int, ...]:
        """What architectures may be evaluated at, ascending: mostly epochs. `reset(options={"fidelity": k})` asks."""
        return tuple(self.judge.evaluator.fidelities)

    @property
    def fidelity(self) -> int:
        """What the architectures of this and later episodes are evaluated at."""
        return self._evaluation.fidelity

    @property
    def constrained(self) -> bool:
        """Whether `info["cost"]` says by how much an evaluated architecture breaks the objective's constraint."""
        return self.judge.objective.constrained

    @final
    def draw(self, arch: Archs) -> Any:  # noqa: ANN401 - a string or an image, by mode
        """Return what `render` does of the row `arch`, -1 where it is open."""
        return draw(self.space, arch, self.render_mode)

    @final
    def action_masks(self) -> NDArray[np.bool_]:
        """Return the legal actions, flat bool `[sum of the action space's sizes]`: sb3-contrib's dialect."""
        mask = self._mask()
        flat = np.concatenate(mask) if isinstance(mask, tuple) else mask
        return flat.astype(np.bool_)

    @final
    def intercept(self, interceptor: Interceptor | None, wanted: Wanted = slice) -> None:
        """Let `interceptor` answer for every evaluation from now on; the recorder uses it.

        Args:
            interceptor: answers; with None the evaluator does.
            wanted: which of the evaluations that come next it will have made.
        """
        self._evaluation.interceptor, self._evaluation.wanted = interceptor, wanted

    @final
    def prepare(self, archs: ArrayLike, fidelity: ArrayLike | None = None) -> None:
        """Hear which architectures, int `[batch, decisions]`, will be finished next.

        An evaluator with workers measures them at the same time; the episodes that follow find them measured. Nothing
        else changes.

        Args:
            archs: in the order in which they will be finished.
            fidelity: that they will be asked for at, one for all or int `[batch]`; None for the present one.
        """
        self._evaluation.prepare(self.space.check(archs), fidelity)

    @final
    def close(self) -> None:
        """Let go of what the evaluator holds: worker processes."""
        self.judge.evaluator.close()

    @final
    def report(self, arch: Archs) -> dict[str, float]:
        """Return every recorded metric of one architecture, the test split's too. For reports, never for agents."""
        return self.judge.report(arch)

    @final
    def get_state(self) -> dict[str, Any]:
        """Return all that the next steps depend on, as plain values, for `set_state`."""
        return {
            "arch": self._arch.tolist(),
            "steps": self._steps,
            "was_invalid": self._was_invalid,
            "fidelity": self._evaluation.fidelity,
            "trial": self._evaluation.trial,
            "np_random": self.np_random.bit_generator.state,
            **self._more_state(),
        }

    @final
    def set_state(self, state: dict[str, Any]) -> None:
        """Go back to a state of `get_state`; it may come from another instance of the same environment.

        Raises:
            SettingError: it is no state of this environment; nothing was changed.
        """
        check_keys(state, where="state", required=self.state)
        arch, steps = state["arch"], state["steps"]
        if not 0 <= steps <= self.horizon:
            raise SettingError(f"state: steps is {steps}; legal: 0 … {self.horizon}")
        check_decisions(self.space, arch, self._decided(steps))
        fidelity = self.judge.evaluator.check_fidelity(state["fidelity"])
        trial = self.judge.evaluator.check_trial(state["trial"])
        check_generator(self.np_random, state["np_random"])
        self._set_more_state(state)
        self._arch[:] = arch
        self._steps, self._was_invalid = steps, state["was_invalid"]
        self._evaluation.fidelity, self._evaluation.trial = fidelity, trial
        self.np_random.bit_generator.state = state["np_random"]

    # ---------------------------------------------------------------- inside

    def _observation(self) -> Any:  # noqa: ANN401 - an array or a dictionary
        beside = self.beside()
        if self.mask_in_obs:
            beside["action_mask"] = self.action_masks().astype(np.int8)
        return {"observations": self._observe(), **beside} if beside else self._observe()

    @property
    def _punishment(self) -> Reward | None:
        """What the evaluation earns instead of its reward, if anything."""
        return self._penalty() if self._was_invalid and self.invalid == "penalty" else None

    @final
    def _evaluate(self, penalty: Reward | None = None) -> tuple[Reward, dict[str, Any]]:
        """Return the objective's value of the architecture, or `penalty`, and what is known of it."""
        return self._evaluation(self._arch, self.np_random, was_invalid=self._was_invalid, penalty=penalty)
