"""Reading YAML that people wrote: safe, checked, with errors that name the file and the key."""

from __future__ import annotations

import functools
import inspect
import itertools
import re
import reprlib
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from awnas_gym.checks import check_whole
from awnas_gym.errors import SettingError, unknown

if TYPE_CHECKING:
    import yaml

T = TypeVar("T")

MAX_BYTES, MAX_NODES = 4 * 2**20, 2**21
"""Limits of a YAML file: its size, and its keys and values with every alias written out."""

_BRIEF = reprlib.Repr()
_BRIEF.maxlevel, _BRIEF.maxstring, _BRIEF.maxlong, _BRIEF.maxother = 3, 200, 200, 200


def read_yaml(
    path: Path,
    *,
    required: Mapping[str, type | tuple[type, ...]],
    optional: Mapping[str, type | tuple[type, ...]] | None = None,
) -> dict[str, Any]:
    """Return the mapping in a YAML file after `check_keys`.

    Raises:
        SettingError: the file cannot be read, is too large, is no YAML, gives a key twice, has aliases that write out
            to too much, or does not hold what is wanted.
    """
    return check_keys(_read(path, _content), where=str(path), required=required, optional=optional)


def has_key(path: Path, key: str) -> bool:
    """Tell whether a file holds a mapping in YAML with a key; False too where it cannot be read."""
    try:
        content = _read(path, _content)
    except SettingError:
        return False
    return isinstance(content, dict) and key in content


def read_items(path: Path, key: str) -> list[tuple[int, Any]]:
    """Return the items of a list in a YAML file, which is its content or stands under `key`, each with its line.

    Raises:
        SettingError: as of `read_yaml`, or there is no such list.
    """
    found = _read(path, lambda loader, root: _items(loader, root, key))
    if found is None:
        raise SettingError(f"{path}: a list is wanted, or a mapping with a list under '{key}'")
    return found


def _read(path: Path, take: Callable[[yaml.SafeLoader, yaml.Node | None], T]) -> T:
    """Return what `take` makes of the root of a YAML file, after a look at its keys and aliases."""
    import yaml  # noqa: PLC0415 - `import awnas_gym` does not need it

    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise ValueError(f"it has more than {MAX_BYTES:,} bytes, the most that is read of YAML")
        loader = _loader()(raw.decode())
        try:
            root = loader.get_single_node()
            if root is not None:
                _count_nodes(root, {})
            return take(loader, root)
        finally:
            loader.dispose()
    except OSError as error:
        raise SettingError(f"cannot read {path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise SettingError(f"{path} is no YAML: {' '.join(str(error).split())}") from error
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        # what PyYAML leaves uncaught of a wrong tag or of too much nesting
        reason = "it is no UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
        raise SettingError(f"cannot read {path}: {reason}") from error


@functools.cache
def _loader() -> type[yaml.SafeLoader]:
    """Return PyYAML's loader, but that `1e-3` is a number, as in YAML 1.2, and no text."""
    import yaml  # noqa: PLC0415

    class Loader(yaml.SafeLoader):
        pass

    numbers = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$")
    Loader.add_implicit_resolver("tag:yaml.org,2002:float", numbers, list("-+.0123456789"))
    return Loader


def parse_yaml(text: str) -> object:
    """Return what a text in YAML says.

    Raises:
        SettingError: it is no YAML.
    """
    import yaml  # noqa: PLC0415

    try:
        loader = _loader()(text)
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SettingError(" ".join(str(error).split())) from error


def _content(loader: yaml.SafeLoader, root: yaml.Node | None) -> object:
    """Return what `yaml.safe_load` does."""
    content: object = None if root is None else loader.construct_document(root)
    return content


def _items(loader: yaml.SafeLoader, root: yaml.Node | None, key: str) -> list[tuple[int, Any]] | None:
    import yaml  # noqa: PLC0415

    if isinstance(root, yaml.MappingNode):
        root = next((value for name, value in root.value if name.value == key), None)
    if not isinstance(root, yaml.SequenceNode):
        return None
    return [(node.start_mark.line + 1, loader.construct_document(node)) for node in root.value]


def _count_nodes(node: yaml.Node, known: dict[yaml.Node, int]) -> int:
    """Return how many keys and values a node has with aliases written out; refuse too many, and keys given twice."""
    import yaml  # noqa: PLC0415

    if node in known:
        return known[node]
    known[node] = MAX_NODES  # what holds itself never ends
    parts = node.value if isinstance(node, yaml.CollectionNode) else []
    if isinstance(node, yaml.MappingNode):
        keys = Counter((key.tag, key.value) for key, _ in parts if isinstance(key, yaml.ScalarNode))
        for (_, key), times in keys.items():
            if times > 1:
                raise yaml.MarkedYAMLError(problem=f"the key {key!r} is given twice", problem_mark=node.start_mark)
        parts = itertools.chain.from_iterable(parts)
    known[node] = total = 1 + sum(_count_nodes(part, known) for part in parts)
    if total > MAX_NODES:
        raise yaml.MarkedYAMLError(problem=f"its aliases write out to more than {MAX_NODES:,} keys and values")
    return total


def brief(value: object) -> str:
    """Return `repr(value)`, cut where it is long."""
    try:
        return _BRIEF.repr(value)
    except ValueError:  # more digits than Python writes
        return f"a {type(value).__name__} of too many digits"


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
        raise SettingError(f"{where}: a mapping with the keys {', '.join(types)} is wanted; got {brief(content)}")
    for key, value in content.items():
        if key not in types:
            raise SettingError(f"{where}: {unknown('key', key if isinstance(key, str) else brief(key), types)}")
        legal = types[key]
        wanted = legal if isinstance(legal, tuple) else (legal,)
        wrong_bool = isinstance(value, bool) and bool not in wanted
        if wrong_bool or not isinstance(value, wanted):
            names = " or ".join(kind.__name__ for kind in wanted)
            raise SettingError(f"{where}: {key} is {brief(value)}; it should be {names}")
    for key in required:
        if key not in content:
            raise SettingError(f"{where}: the key '{key}' is missing")
    return dict(content)


def check_sizes(sizes: Mapping[str, Any], *, where: str) -> None:
    """Raise `SettingError` for a value that is no whole number from 1."""
    for setting, value in sizes.items():
        check_whole(f"{where}: {setting}", value, low=1)


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
