"""Many environments as one: a step of all of them is a few array operations."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from gymnasium.spaces import MultiDiscrete
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from awnas_gym.checks import check_whole
from awnas_gym.config import check_keys
from awnas_gym.envs.abstract import PENALTY, ArchitectureEnv
from awnas_gym.envs.evaluation import Interceptor, Wanted
from awnas_gym.envs.vector_evaluation import At, VectorEvaluation
from awnas_gym.envs.vector_info import Infos, merge, select, spread
from awnas_gym.envs.weights import begin_weights
from awnas_gym.errors import AgentError, SettingError, UnknownNameError, unknown
from awnas_gym.evaluators.abstract import Trial
from awnas_gym.spaces import Archs

SHARED = (
    *("action_space", "horizon", "invalid", "judge", "mask_in_obs", "metadata", "observation_space"),
    *("render_mode", "report", "space"),
)
"""Attributes of a single environment that are the same for each of many."""

Plan = tuple[int | slice, NDArray[np.int64], NDArray[np.bool_] | None]
"""Which decisions some actions make (a column or all), these decisions, and which actions were legal; None for all."""


@final
@dataclass(slots=True)
class Group:
    """Sub-environments at the same step of their episodes; they stay together until some of them are reset."""

    at: At
    step: int = 0


class VectorArchitectureEnv(VectorEnv[Any, Any, NDArray[Any]], ABC):
    """Many copies of an environment: the same results as Gymnasium's `SyncVectorEnv` of them.

    Two differences: `action_mask` is one int8 array `[n, sum of the action space's sizes]` in the joint kind too,
    and an action that is refused is refused before any sub-environment moves. The arrays returned are the caller's.

    Args:
        single: what there are copies of; it is not played itself.
        num_envs: how many.
        autoreset_mode: `"SameStep"`, `"NextStep"` or `"Disabled"`, or Gymnasium's `AutoresetMode`.
    """

    def __init__(
        self,
        single: ArchitectureEnv,
        num_envs: int = 1,
        *,
        autoreset_mode: AutoresetMode | str = AutoresetMode.SAME_STEP,
    ) -> None:
        modes = {mode.value: mode for mode in AutoresetMode}
        name = autoreset_mode.value if isinstance(autoreset_mode, AutoresetMode) else autoreset_mode
        if name not in modes:
            raise UnknownNameError("autoreset_mode", name, modes)
        check_whole("num_envs", num_envs, low=1)
        self.single, self.num_envs, self.autoreset_mode = single, num_envs, modes[name]
        self.metadata = {**single.metadata, "autoreset_mode": self.autoreset_mode}
        self.space, self.judge, self.render_mode = single.space, single.judge, single.render_mode
        self.single_action_space, self.single_observation_space = single.action_space, single.observation_space
        self.action_space = batch_space(single.action_space, num_envs)
        self.observation_space = batch_space(single.observation_space, num_envs)
        self._archs = np.full((num_envs, len(self.space.cardinalities)), -1, dtype=np.int64)
        self._masks = np.zeros((num_envs, len(single.action_masks())), dtype=np.int8)
        self._was_invalid = np.zeros(num_envs, dtype=np.bool_)
        self._horizon = single.horizon
        self._groups: list[Group] = []
        self._is_ready = False
        space = single.action_space
        self._choices = np.asarray(space.nvec if isinstance(space, MultiDiscrete) else space.n, dtype=np.uint64)  # type: ignore[attr-defined]
        self._evaluate = VectorEvaluation(single, num_envs, self._add_info)
        self._attributes: dict[str, tuple[Any, ...]] = {}

    # ---------------------------------------------------------------- what a kind must say

    @abstractmethod
    def _legal(self, group: Group) -> NDArray[Any]:
        """Return the legal actions of a group, `[group, sum of the action space's sizes]`, or one row for all."""

    @abstractmethod
    def _read(self, group: Group, actions: NDArray[np.int64]) -> Plan:
        """Return what the actions of a group do, repaired if need be; change nothing."""

    # ---------------------------------------------------------------- what a kind may say otherwise

    def _begin(self, at: At, arch: Archs | None) -> Infos:
        """Set the first architectures of episodes; return what the infos of `reset` say of it."""
        self._archs[at] = -1
        return {}

    def _earn(
        self, moved: NDArray[np.bool_], terminated: NDArray[np.bool_], invalid: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], Infos]:
        """Return the rewards of the step just made and what its infos say: here of finished architectures.

        Args:
            moved: which sub-environments made a step.
            terminated: which of them made their last.
            invalid: whose action was illegal, or where an episode ends, one of its actions; filled in here.
        """
        rewards = np.zeros(self.num_envs)
        if not np.count_nonzero(terminated):
            return rewards, {}
        at = self._at(terminated)
        np.copyto(invalid, self._was_invalid, where=terminated)
        penalty = PENALTY if self.single.invalid == "penalty" else None
        rewards[at], about = self._evaluate(self._archs[at], at, self._was_invalid[at], penalty=penalty)
        return rewards, about

    def _observe(self) -> NDArray[np.int64]:
        """Return the observations, without masks."""
        return self._archs + 1

    # ---------------------------------------------------------------- Gymnasium

    @final
    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, Infos]:
        """Start new episodes.

        Args:
            seed: of sub-environment 0, the others get `seed + i`; or one (or None) for each.
            options: those of a single environment, and `reset_mask`, bool `[n]`: who is reset (default: all).
        """
        given = dict(options or {})
        lanes = self._check_lanes(given.pop("reset_mask", None))
        seeds = self._check_seeds(seed)
        asked, arch = self._check_options(given, lanes)
        for lane in np.flatnonzero(lanes).tolist():
            if (each := seeds[lane]) is not None:
                self._evaluate.seed(lane, each)
        begin_weights(
            self.judge.evaluator,
            given.get("weights"),
            seeded=any(each is not None for each in seeds),
            generator=lambda: self._evaluate.seeded(0)[0],
        )
        self._evaluate.ask(asked)
        steps = np.zeros(self.num_envs, dtype=np.int64)
        for group in self._groups:
            steps[group.at] = group.step
        steps[lanes] = 0
        self._groups = [Group(self._at(steps == step), step) for step in sorted(set(steps.tolist()))]
        self._is_ready = False
        infos = self._start([Group(self._at(lanes))], arch)
        self._is_ready = True
        return self._observation(), infos

    @final
    def step(
        self,
        actions: Any,  # noqa: ANN401 - what an agent sends
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], Infos]:
        """Apply an action in each sub-environment; `AgentError`, before anything changes, if one is refused."""
        over, plans = self._plan(actions)
        self._is_ready = False  # after an evaluation that failed nothing follows but a reset
        invalid = np.zeros(self.num_envs, dtype=np.bool_)
        for group, (columns, decisions, legal) in plans:
            self._archs[group.at, columns] = decisions
            if legal is not None:
                invalid[group.at] = ~legal
                self._was_invalid |= invalid
            group.step += 1
            self._masks[group.at] = self._legal(group)
        walking = [group for group, _ in plans]
        done = [group for group in walking if group.step == self._horizon]
        moved, terminated = self._lanes(walking), self._lanes(done)
        rewards, about = self._earn(moved, terminated, invalid)
        infos: Infos = {}
        if walking:
            infos = {**about, "invalid": invalid, "_invalid": moved}
            infos |= {"action_mask": self._masks.copy(), "_action_mask": moved.copy()}
        if done and self.autoreset_mode is AutoresetMode.SAME_STEP:
            infos = self._end(terminated, infos)
            merge(infos, self._start(done))
        if over:
            merge(infos, self._start(over))
        self._is_ready = True
        return self._observation(), rewards, terminated, np.zeros(self.num_envs, dtype=np.bool_), infos

    @final
    def render(self) -> tuple[Any, ...] | None:
        """Return a drawing of each sub-environment."""
        if self.render_mode is None:
            self.single.render()  # warns
            return None
        return tuple(self.single.draw(arch) for arch in self._archs)

    @property  # type: ignore[misc]  # nobody sets it
    def np_random(self) -> tuple[np.random.Generator, ...]:  # type: ignore[override]  # as `SyncVectorEnv`
        """The generator of each sub-environment."""
        return tuple(self._evaluate.seeded(lane)[0] for lane in range(self.num_envs))

    @property
    def np_random_seed(self) -> tuple[int, ...]:  # type: ignore[override]  # as `SyncVectorEnv`
        """The seed of each sub-environment."""
        return tuple(self._evaluate.seeded(lane)[1] for lane in range(self.num_envs))

    # ---------------------------------------------------------------- beside Gymnasium

    @final
    def action_masks(self) -> NDArray[np.bool_]:
        """Return the legal actions, bool `[n, sum of the action space's sizes]`."""
        return self._masks.astype(np.bool_)

    @final
    def intercept(self, interceptor: Interceptor, wanted: Wanted = slice) -> None:
        """Let `interceptor` answer for every evaluation from now on, in index order; see `ArchitectureEnv`."""
        self._evaluate.intercept(interceptor, wanted)

    @final
    def close_extras(self, **kwargs: Any) -> None:  # noqa: ANN401 - Gymnasium's signature
        """Let go of what the evaluator holds: worker processes."""
        judge = getattr(self, "judge", None)  # Gymnasium also closes what was refused at construction
        if judge is not None:
            judge.evaluator.close()

    @final
    def call(self, name: str, *args: Any, **keywords: Any) -> tuple[Any, ...]:  # noqa: ANN401 - whatever it takes
        """Return what an attribute of each sub-environment is, or gives when called."""
        if name in self._attributes:
            return self._attributes[name]
        if name == "action_masks":
            return tuple(self.action_masks())
        if name == "render":
            return self.render() or (None,) * self.num_envs
        if name in {"np_random", "np_random_seed"}:
            return tuple(getattr(self, name))
        if name not in SHARED:
            legal = ("action_masks", "np_random", "np_random_seed", "render", *SHARED)
            raise AttributeError(unknown("attribute of sub-environments", name, legal))
        value = getattr(self.single, name)
        return tuple(value(*args, **keywords) if callable(value) else value for _ in range(self.num_envs))

    @final
    def get_attr(self, name: str) -> tuple[Any, ...]:
        """Return what an attribute of each sub-environment is, or gives when called."""
        return self.call(name)

    @final
    def set_attr(self, name: str, values: Any) -> None:  # noqa: ANN401 - whatever a user keeps there
        """Keep a user's own attribute, one value for each (list or tuple) or one for all.

        What the sub-environments share cannot differ: `SettingError`.
        """
        if hasattr(self.single, name):
            raise SettingError(f"{name} is the same for all sub-environments; give it when the environment is made")
        each = values if isinstance(values, (list, tuple)) else [values] * self.num_envs
        if len(each) != self.num_envs:
            raise SettingError(f"{name}: {len(each)} values for {self.num_envs} sub-environments")
        self._attributes[name] = tuple(each)

    # ---------------------------------------------------------------- what is given

    def _check_lanes(self, mask: object) -> NDArray[np.bool_]:
        if mask is None:
            return np.ones(self.num_envs, dtype=np.bool_)
        if (
            not isinstance(mask, np.ndarray)
            or mask.dtype != np.bool_
            or mask.shape != (self.num_envs,)
            or not mask.any()
        ):
            raise SettingError(f"reset_mask is a bool array of shape ({self.num_envs},), not all False; got {mask!r}")
        if not self._is_ready and not mask.all():
            raise AgentError("call reset() first, of all sub-environments")
        return mask.copy()

    def _check_seeds(self, seed: int | Sequence[int | None] | None) -> list[int | None]:
        if seed is None:
            return [None] * self.num_envs
        seeds = [seed + i for i in range(self.num_envs)] if isinstance(seed, (int, np.integer)) else list(seed)
        if len(seeds) != self.num_envs:
            raise SettingError(f"{len(seeds)} seeds for {self.num_envs} sub-environments")
        for each in seeds:
            if each is not None and (not isinstance(each, (int, np.integer)) or each < 0):
                raise SettingError(f"seeds are whole numbers from 0; got {each!r}")
        return [None if each is None else int(each) for each in seeds]

    def _check_options(
        self, options: dict[str, Any], lanes: NDArray[np.bool_]
    ) -> tuple[list[tuple[int, Trial]], Archs | None]:
        """Return fidelity and trial of each sub-environment, changed in `lanes`, and their first architecture."""
        check_keys(options, where="reset options", required={}, optional=self.single.options)
        evaluator, asked = self.judge.evaluator, list(self._evaluate.asked)
        for lane in np.flatnonzero(lanes).tolist() if options else []:
            fidelity, trial = asked[lane]
            fidelity = evaluator.check_fidelity(options.get("fidelity", fidelity))
            asked[lane] = fidelity, evaluator.check_trial(options.get("trial", trial))
        if options.get("arch") is None:
            return asked, None
        arch = self.space.check(options["arch"])
        if len(arch) != 1:
            raise SettingError(f"reset options: arch is one architecture; got {len(arch)}")
        return asked, arch[0]

    def _plan(self, actions: Any) -> tuple[list[Group], list[tuple[Group, Plan]]]:  # noqa: ANN401 - what an agent sends
        """Return the groups whose episodes are over, and the others with what their actions do; change nothing."""
        if not self._is_ready:
            raise AgentError("call reset() first, of all sub-environments")
        array = np.asarray(actions)
        if array.shape != self.action_space.shape or array.dtype.kind not in "iu":
            raise AgentError(
                f"actions here are whole numbers of shape {self.action_space.shape}; "
                f"got {array.dtype} of shape {array.shape}"
            )
        over = [group for group in self._groups if group.step == self._horizon]
        if over and self.autoreset_mode is AutoresetMode.DISABLED:
            lanes = np.flatnonzero(self._lanes(over)).tolist()
            raise AgentError(f"the episodes of {lanes} are over; call reset(options={{'reset_mask': ...}}) first")
        plans = []
        for group in self._groups:
            if group.step < self._horizon:
                own = array[group.at].astype(np.int64, copy=False)
                if np.count_nonzero(own.view(np.uint64) >= self._choices):  # what is negative becomes large
                    raise AgentError(f"actions here lie below {self._choices.tolist()}, from 0; got {own.tolist()}")
                plan = self._read(group, own)
                if self.single.invalid == "raise" and plan[2] is not None:
                    bad = np.arange(self.num_envs)[group.at][~plan[2]].tolist()
                    raise AgentError(f"the actions of {bad} are illegal here; legal: see info['action_mask']")
                plans.append((group, plan))
        return over, plans

    # ---------------------------------------------------------------- inside

    def _lanes(self, groups: list[Group]) -> NDArray[np.bool_]:
        """Return which sub-environments are in these groups, bool `[n]`."""
        lanes = np.zeros(self.num_envs, dtype=np.bool_)
        for group in groups:
            lanes[group.at] = True
        return lanes

    @staticmethod
    def _at(lanes: NDArray[np.bool_]) -> At:
        return slice(None) if np.count_nonzero(lanes) == len(lanes) else np.flatnonzero(lanes)

    def _start(self, groups: list[Group], arch: Archs | None = None) -> Infos:
        """Start new episodes, from `arch` if given, and return what their infos say."""
        lanes = self._lanes(groups)
        at = self._at(lanes)
        self._was_invalid[at] = False
        about = self._begin(at, arch)
        for group in groups:
            group.step = 0
            self._masks[group.at] = self._legal(group)
        masks = self._masks.copy() if isinstance(at, slice) else spread(self._masks[at], at, self.num_envs)
        return {"action_mask": masks, "_action_mask": lanes, **about}

    def _end(self, terminated: NDArray[np.bool_], infos: Infos) -> Infos:
        """Return infos with those of ended episodes put aside, beside their last observations."""
        at = self._at(terminated)
        rows, known = self._observe()[at], self._evaluate.known
        if self.single.mask_in_obs:
            masks = self._masks[at].copy()
            dicts = ({"observations": row, "action_mask": mask} for row, mask in zip(rows, masks, strict=True))
            last = np.fromiter(dicts, dtype=object, count=len(rows))
        else:
            last = known.last(rows, known.index(self._archs[at]))
        final_obs = spread(last, at, self.num_envs)
        ended: Infos = {"final_obs": final_obs, "_final_obs": terminated.copy()}
        ended |= {"final_info": select(infos, terminated), "_final_info": terminated.copy()}
        merge(ended, select(infos, ~terminated))
        return ended

    def _observation(self) -> Any:  # noqa: ANN401 - an array or a dictionary of arrays
        if not self.single.mask_in_obs:
            return self._observe()
        return {"observations": self._observe(), "action_mask": self._masks.copy()}
