"""Reading YAML that people wrote: safe, checked, with errors that name the file and the key."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from awnas_gym.errors import SettingError, unknown


def read_yaml(
    path: Path,
    *,
    required: Mapping[str, type | tuple[type, ...]],
    optional: Mapping[str, type | tuple[type, ...]] | None = None,
) -> dict[str, Any]:
    """Return the mapping in a YAML file after `check_keys`."""
    import yaml  # noqa: PLC0415 - `import awnas_gym` does not need it

    try:
        content = yaml.safe_load(path.read_bytes().decode())
    except OSError as error:
        raise SettingError(f"cannot read {path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise SettingError(f"{path} is no YAML: {' '.join(str(error).split())}") from error
    except (ValueError, RecursionError) as error:
        reason = "it is no UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
        raise SettingError(f"cannot read {path}: {reason}") from error
    return check_keys(content, where=str(path), required=required, optional=optional)


def check_keys(
    content: object,
    *,
    where: str,
    required: Mapping[str, type | tuple[type, ...]],
    optional: Mapping[str, type | tuple[type, ...]] | None = None,
) -> dict[str, Any]:
    """Return `content` if it is a mapping with all required keys, no unknown ones, and values of the given types.

    Raises:
        SettingError: names the place, the key, what it holds and what it should.
    """
    types = {**required, **(optional or {})}
    if not isinstance(content, dict):
        raise SettingError(f"{where}: a mapping with the keys {', '.join(types)} is wanted; got {content!r}")
    for key, value in content.items():
        if key not in types:
            raise SettingError(f"{where}: {unknown('key', key, types)}")
        legal = types[key]
        wanted = legal if isinstance(legal, tuple) else (legal,)
        wrong_bool = isinstance(value, bool) and bool not in wanted
        if wrong_bool or not isinstance(value, wanted):
            names = " or ".join(kind.__name__ for kind in wanted)
            raise SettingError(f"{where}: {key} is {value!r}; it should be {names}")
    for key in required:
        if key not in content:
            raise SettingError(f"{where}: the key '{key}' is missing")
    return dict(content)


def check_sizes(sizes: Mapping[str, Any], *, where: str) -> None:
    """Raise `SettingError` for a value that is no whole number from 1."""
    for setting, value in sizes.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise SettingError(f"{where}: {setting} is a whole number from 1; got {value!r}")


def keywords(target: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """Return the settings a part takes: its keyword-only arguments."""
    parameters = inspect.signature(target).parameters
    return {name: p for name, p in parameters.items() if p.kind is inspect.Parameter.KEYWORD_ONLY}


def check_settings(target: Callable[..., Any], settings: Mapping[str, Any], *, where: str) -> None:
    """Raise `SettingError` for a setting that `target` does not take; its value is checked by the part itself."""
    legal = keywords(target)
    for name in settings:
        if name not in legal:
            raise SettingError(f"{where}: {unknown('setting', name, legal)}")
