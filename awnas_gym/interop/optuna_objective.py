"""An environment as an objective of Optuna, for its samplers and pruners; Optuna itself is not imported."""

from __future__ import annotations

from typing import Any, final

import gymnasium as gym

from awnas_gym.agents.play import find_space, play


@final
class OptunaObjective:
    """Called with a trial: suggests each decision as a categorical, plays the architecture, returns its reward.

    A study that maximises fits: `create_study(direction="maximize")`; of vector rewards, `directions=["maximize"] * n`.
    Optuna wants the same choices in every trial, so a decision that earlier ones rule out becomes the legal one that
    `space.complete` takes; the trial's attribute `architecture` says what was played.

    Args:
        env: of the build or the joint kind; its reset is seeded by the caller.
    """

    def __init__(self, env: gym.Env[Any, Any]) -> None:
        self.env, self.space = env, find_space(env)

    def __call__(self, trial: Any) -> float | tuple[float, ...]:  # noqa: ANN401 - Optuna's Trial
        """Play what the trial suggests."""
        names, sizes = self.space.decision_names, self.space.cardinalities
        wanted = [trial.suggest_categorical(name, list(range(size))) for name, size in zip(names, sizes, strict=True)]
        arch = self.space.complete(wanted)
        trial.set_user_attr("architecture", self.space.genotype(arch))
        (reward,) = play(self.env, arch).tolist()
        return tuple(reward) if isinstance(reward, list) else float(reward)
