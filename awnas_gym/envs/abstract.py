"""What the environments share: spaces, masks, the end of an episode, rendering."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from types import NoneType
from typing import Any, Literal, final

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from awnas_gym.config import check_keys
from awnas_gym.envs.judge import Judge, Judgement
from awnas_gym.errors import AgentError, SettingError
from awnas_gym.spaces import AbstractSpace, Archs

Invalid = Literal["repair", "penalty", "raise"]
INVALID = ("repair", "penalty", "raise")
PENALTY = -1.0
"""Reward of an episode with an illegal action under `invalid="penalty"`."""

STATE: dict[str, type | tuple[type, ...]] = {
    "arch": list,
    "decided": int,
    "was_invalid": bool,
    "fidelity": int,
    "trial": (str, int),
    "np_random": dict,
}
"""Keys of a state, and their types."""

Judged = Callable[[Archs], Judgement]
Interceptor = Callable[[Archs, dict[str, Any], Judged], Judgement]
"""Called for every evaluation with the row, what a history says of it, and the evaluation itself."""


class ArchitectureEnv(gym.Env[Any, Any]):
    """One architecture an episode, judged at its end.

    Args:
        judge: evaluator and objective.
        invalid: what an illegal action does. `"repair"`: it becomes `legal[a % len(legal)]`; `"penalty"`: the
            same, but the episode earns -1; `"raise"`: `AgentError`, and the state stays as it was.
        mask_in_obs: give the observation as a dictionary of `observations` and `action_mask`.
        render_mode: `"ansi"`, `"svg"`, `"rgb_array"` (needs matplotlib) or None.
    """

    metadata = {"render_modes": ["ansi", "svg", "rgb_array"], "render_fps": 4}  # noqa: RUF012 - Gymnasium's attribute

    def __init__(
        self, judge: Judge, *, invalid: Invalid = "repair", mask_in_obs: bool = False, render_mode: str | None = None
    ) -> None:
        if invalid not in INVALID:
            raise SettingError(f"invalid={invalid!r}; legal: {', '.join(INVALID)}")
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise SettingError(f"render_mode={render_mode!r}; legal: {', '.join(self.metadata['render_modes'])}")
        self.judge, self.invalid, self.mask_in_obs, self.render_mode = judge, invalid, mask_in_obs, render_mode
        self.space: AbstractSpace = judge.evaluator.space
        self.observation_space = spaces.MultiDiscrete([n + 1 for n in self.space.cardinalities])
        self._interceptor: Interceptor | None = None
        self._arch = np.full(len(self.space.cardinalities), -1, dtype=np.int64)
        self._decided = 0
        self._was_invalid = False
        self._names: dict[bytes, tuple[str, str]] = {}  # agents come back to the same architectures
        self._fidelity, self._trial = judge.fidelity, judge.trial
        self.action_space = self._actions()
        if mask_in_obs:
            self.observation_space = spaces.Dict(
                {"observations": self.observation_space, "action_mask": spaces.MultiBinary(len(self.action_masks()))}
            )

    # ---------------------------------------------------------------- what a kind must say

    @abstractmethod
    def _actions(self) -> spaces.Space[Any]:
        """Return the action space."""

    @abstractmethod
    def _mask(self) -> NDArray[np.int8] | tuple[NDArray[np.int8], ...]:
        """Return the legal actions, a fresh int8 array or, for `MultiDiscrete`, a tuple of them."""

    @abstractmethod
    def _read(self, action: Any) -> tuple[Archs, bool]:  # noqa: ANN401 - what an agent sends
        """Return the next decisions by an action, repaired if need be, and whether it was legal; change nothing."""

    @property
    @abstractmethod
    def horizon(self) -> int:
        """Steps an episode takes."""

    # ---------------------------------------------------------------- Gymnasium

    @final
    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Start an empty architecture. `options`: `fidelity` and `trial` for this and later episodes."""
        given = {"fidelity": self._fidelity, "trial": self._trial, **(options or {})}
        check_keys(
            given, where="reset options", required={}, optional={"fidelity": (int, NoneType), "trial": (str, int)}
        )
        fidelity = self.judge.evaluator.check_fidelity(given["fidelity"])
        trial = self.judge.evaluator.check_trial(given["trial"])
        super().reset(seed=seed)
        self._fidelity, self._trial = fidelity, trial
        self._arch[:] = -1
        self._decided = 0
        self._was_invalid = False
        return self._observation(), {"action_mask": self._mask()}

    @final
    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:  # noqa: ANN401 - what an agent sends
        """Apply an action; the last one of an episode earns the reward and the terminal `info`."""
        if self._decided == len(self._arch):
            raise AgentError("the episode is over; call reset() before the next step")
        decisions, legal = self._read(action)
        if not legal and self.invalid == "raise":
            raise AgentError(f"action {action!r} is illegal here; legal: see info['action_mask']")
        self._arch[self._decided : self._decided + len(decisions)] = decisions
        self._decided += len(decisions)
        self._was_invalid |= not legal
        info: dict[str, Any] = {"invalid": not legal, "action_mask": self._mask()}
        if self._decided < len(self._arch):
            return self._observation(), 0.0, False, False, info
        reward, about = self._evaluate()
        return self._observation(), reward, True, False, {**info, **about}

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

    @final
    def draw(self, arch: Archs) -> Any:  # noqa: ANN401 - a string or an image, by mode
        """Return what `render` does of the row `arch`, -1 where it is open."""
        from awnas_gym.spaces.drawing import draw_rgb, draw_svg, draw_text  # noqa: PLC0415 - few environments draw

        drawings: dict[str | None, Callable[..., Any]] = {"ansi": draw_text, "svg": draw_svg, "rgb_array": draw_rgb}
        return drawings[self.render_mode](self.space.graph(arch))

    @final
    def action_masks(self) -> NDArray[np.bool_]:
        """Return the legal actions, flat bool `[sum of the action space's sizes]`: sb3-contrib's dialect."""
        mask = self._mask()
        flat = np.concatenate(mask) if isinstance(mask, tuple) else mask
        return flat.astype(np.bool_)

    @final
    def intercept(self, interceptor: Interceptor) -> None:
        """Let `interceptor` answer for every evaluation from now on; the recorder uses it."""
        self._interceptor = interceptor

    @final
    def report(self, arch: Archs) -> dict[str, float]:
        """Return every recorded metric of one architecture, the test split's too. For reports, never for agents."""
        return self.judge.report(arch)

    @final
    def get_state(self) -> dict[str, Any]:
        """Return all that the next steps depend on, as plain values; `set_state` restores it."""
        return {
            "arch": self._arch.tolist(),
            "decided": self._decided,
            "was_invalid": self._was_invalid,
            "fidelity": self._fidelity,
            "trial": self._trial,
            "np_random": self.np_random.bit_generator.state,
        }

    @final
    def set_state(self, state: dict[str, Any]) -> None:
        """Go back to a state of `get_state`; it may come from another instance of the same environment.

        Raises:
            SettingError: it is no state of this environment; nothing was changed.
        """
        check_keys(state, where="state", required=STATE)
        arch, decided = state["arch"], state["decided"]
        if len(arch) != len(self._arch) or decided not in range(0, len(arch) + 1, len(arch) // self.horizon):
            raise SettingError(f"state: {decided} decisions of {arch} are none of this environment")
        for i, choice in enumerate(arch):
            legal = np.flatnonzero(self.space.mask(arch[:i])).tolist() if i < decided else [-1]
            if choice not in legal:
                raise SettingError(f"state: decision {i} is {choice!r}; legal: {legal}")
        fidelity = self.judge.evaluator.check_fidelity(state["fidelity"])
        trial = self.judge.evaluator.check_trial(state["trial"])
        try:
            type(self.np_random.bit_generator)().state = state["np_random"]
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            raise SettingError(f"state: np_random is no state of its generator: {error}") from error
        self._arch[:] = arch
        self._decided, self._was_invalid, self._fidelity, self._trial = decided, state["was_invalid"], fidelity, trial
        self.np_random.bit_generator.state = state["np_random"]

    # ---------------------------------------------------------------- inside

    def _observation(self) -> Any:  # noqa: ANN401 - an array or a dictionary
        decisions = self._arch + 1
        if not self.mask_in_obs:
            return decisions
        return {"observations": decisions, "action_mask": self.action_masks().astype(np.int8)}

    def _evaluate(self) -> tuple[float, dict[str, Any]]:
        rng = np.random.default_rng(self.np_random.integers(2**62)) if self._trial == "random" else self.np_random
        row = self._arch.astype(self.space.dtype)
        if row.tobytes() not in self._names:
            self._names[row.tobytes()] = (self.space.genotype(row), self.space.key(row))
        architecture, arch_key = self._names[row.tobytes()]
        about = {
            "architecture": architecture,
            "arch_key": arch_key,
            "split": self.judge.split,
            "fidelity": self._fidelity,
            "trial": self._trial,
            "invalid": self._was_invalid,
        }

        def evaluate(arch: Archs) -> Judgement:
            judged = self.judge(arch[None], fidelity=self._fidelity, trial=self._trial, rng=rng)[0]
            return replace(judged, reward=PENALTY) if self._was_invalid and self.invalid == "penalty" else judged

        judged = evaluate(row) if self._interceptor is None else self._interceptor(row, about, evaluate)
        about["metrics"] = dict(judged.metrics)
        if judged.cost_s is not None:
            about["cost_s"] = judged.cost_s
        if judged.missing:
            about["missing"] = True
        return judged.reward, about
