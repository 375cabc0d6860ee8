"""Agents by name: a row of `AGENTS`, or a user's own class as `module:Class`."""

from __future__ import annotations

import importlib
import inspect
import re
from typing import Any

from awnas_gym.agents import AGENTS
from awnas_gym.errors import SettingError, in_one_line, unknown

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")
_METHODS = ("learn", "predict", "save", "load")


def find_agent(name: str) -> Any:  # noqa: ANN401 - any class of agents
    """Import and return the class of agents called `name`.

    Args:
        name: a row of `AGENTS` or, with a colon, a module on the Python path and a class in it.

    Raises:
        UnknownNameError: no row has this name.
        MissingExtraError: a package is missing behind an extra.
        SettingError: the module cannot be imported, or the class is not there or is no agent.
    """
    if ":" not in name:
        return AGENTS.load(name)
    if not _NAME.fullmatch(name):
        raise SettingError(f"agent {name!r}: an agent of your own is 'module:Class', e.g. my_module:MyAgent")
    place, _, attribute = name.partition(":")
    try:
        module = importlib.import_module(place)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{place}.".startswith(f"{error.name}."):
            raise SettingError(
                f"agent {name!r}: no module {error.name!r} in the current folder or on the Python path"
            ) from error
        raise SettingError(f"agent {name!r}: {in_one_line(error)}") from error
    except Exception as error:
        raise SettingError(f"agent {name!r}: {in_one_line(error)}") from error
    found = getattr(module, attribute, None)
    if found is None:
        legal = [other for other, each in vars(module).items() if not _lacks(each)]
        raise SettingError(unknown(f"agent in {place}", attribute, legal))
    if lacks := _lacks(found):
        raise SettingError(
            f"agent {name!r} is no agent: it lacks {', '.join(lacks)}; subclass awnas_gym.agents.AskTellAgent or "
            "AbstractAgent"
        )
    return found


def label_of(name: str) -> str:
    """Return what folders and reports call an agent: of a user's own the name of its class."""
    return name.rpartition(":")[2]


def _lacks(found: object) -> list[str]:
    """Return what `found` would need to be a class of agents."""
    if not isinstance(found, type):
        return ["being a class"]
    methods = [name for name in _METHODS if not callable(getattr(found, name, None))]
    return methods or sorted(getattr(found, "__abstractmethods__", ()) if inspect.isabstract(found) else ())
