"""A wrapper that records every evaluation of a native vector environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from gymnasium.vector import VectorEnv, VectorWrapper
from numpy.typing import NDArray

from awnas_gym.envs.history import History
from awnas_gym.envs.vector import VectorArchitectureEnv
from awnas_gym.errors import SettingError

if TYPE_CHECKING:
    _VectorWrapper = VectorWrapper[Any, Any, Any, Any, NDArray[Any]]
else:
    _VectorWrapper = VectorWrapper  # takes no parameters before Gymnasium 1.3


@final
class VectorRecorder(_VectorWrapper):
    """Record each evaluation of the sub-environments in a history, under its budget.

    Evaluations of a step come in the order of the sub-environments, those of new starts (edit kind) after them; each
    is made by itself. `BudgetExhausted` ends a step in its middle: nothing but a `reset` may follow.

    Args:
        env: a native vector environment of this package, however wrapped.
        history: may be shared.

    Raises:
        SettingError: another vector environment.
    """

    def __init__(self, env: VectorEnv[Any, Any, NDArray[Any]], history: History) -> None:
        super().__init__(env)
        if not isinstance(env.unwrapped, VectorArchitectureEnv):
            raise SettingError(f"VectorRecorder wraps native vector environments of awnas_gym; got {env.unwrapped}")
        self.history = history
        env.unwrapped.intercept(history.answer, history.wanted)
