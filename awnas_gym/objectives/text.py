"""Objectives as text: `soft_cost(target=5, cost=params)`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import Any

from awnas_gym.config import keywords
from awnas_gym.errors import SettingError, unknown

Value = str | int | float | bool

_CALL = re.compile(r"\s*(\w+)\s*(?:\((.*)\)\s*)?", re.ASCII | re.DOTALL)
_SETTING = re.compile(r"\s*(\w+)\s*=\s*(\S+)\s*", re.ASCII)
_WORD = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_WHOLE = re.compile(r"[-+]?\d{1,18}", re.ASCII)
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?", re.ASCII)


def parse(text: str) -> tuple[str, dict[str, Value]]:
    """Return a name and its settings, of `name` or `name(setting=value, …)`.

    A value is a number, `true`, `false`, or a word of letters, digits and underscores, e.g. a metric.

    Raises:
        SettingError: the text is of no such form, or a setting comes twice.

    >>> parse("hinge_cost(target=5, cost=params, weight=1e-1)")
    ('hinge_cost', {'target': 5, 'cost': 'params', 'weight': 0.1})
    """
    form = "name or name(setting=value, …)"
    call = _CALL.fullmatch(text)
    if call is None:
        raise SettingError(f"an objective is {form}; got {text!r}")
    settings: dict[str, Value] = {}
    for part in (call[2] or "").split(",") if (call[2] or "").strip() else []:
        setting = _SETTING.fullmatch(part)
        if setting is None:
            raise SettingError(f"an objective is {form}; {part.strip()!r} in {text!r} is no setting=value")
        if setting[1] in settings:
            raise SettingError(f"objective {call[1]}: {setting[1]} is given twice")
        settings[setting[1]] = _value(call[1], *setting.groups())
    return call[1], settings


def _value(objective: str, name: str, text: str) -> Value:
    if text in {"true", "false"}:
        return text == "true"
    if _WORD.fullmatch(text):
        return text
    if _WHOLE.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    raise SettingError(f"objective {objective}: {name} is a number, true, false or a word; got {text!r}")


def check(make: Callable[..., Any], settings: Mapping[str, Value], *, name: str) -> None:
    """Raise `SettingError` for settings that an objective does not take, lacks, or whose type is another.

    What a setting means is checked by the objective itself.

    Args:
        make: the objective's class; `split` is not among its settings, the environment has it.
        settings: as `parse` returns them.
        name: of the objective.
    """
    where = f"objective {name}"
    takes_any = any(each.kind is Parameter.VAR_KEYWORD for each in signature(make).parameters.values())
    legal = {setting: each.default for setting, each in keywords(make).items() if setting != "split"}
    for setting, value in settings.items():
        if setting == "split":
            raise SettingError(f"{where}: the split is a keyword of the environment")
        if setting not in legal:
            if takes_any:
                continue
            known = unknown("setting", setting, legal) if legal else f"it has no settings; got {setting}"
            raise SettingError(f"{where}: {known}")
        default = legal[setting]
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if isinstance(default, (int, float)) and not isinstance(default, bool) and not is_number:
            raise SettingError(f"{where}: {setting} is a number; got {value!r}")
        if isinstance(default, str) and not isinstance(value, str):
            raise SettingError(f"{where}: {setting} is a word; got {value!r}")
    missing = [setting for setting, default in legal.items() if default is Parameter.empty and setting not in settings]
    if missing:
        raise SettingError(f"{where}: {missing[0]} is missing, e.g. {name}({'=…, '.join(missing)}=…)")
