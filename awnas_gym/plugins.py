"""Rows from outside: entry points of the group `awnas_gym.plugins`, and files in the plugin folder.

A plugin is a module with `ROWS`: for kinds of parts (the names in `tables.KINDS`) their rows by name. An entry point
names such a module, or `module:attribute` where the mapping is called otherwise.

    ROWS = {"objective": {"lean": Row(f"{__name__}:Lean", "accuracy, less a little for each parameter")}}
"""

from __future__ import annotations

import functools
import importlib
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any

from awnas_gym.errors import PluginError, PluginWarning, SettingError
from awnas_gym.home import plugin_folder

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from awnas_gym.plugin_rows import Plugin

GROUP = "awnas_gym.plugins"


@functools.cache
def load_plugins() -> tuple[Plugin, ...]:
    """Add the rows of every plugin to their tables, once a process, and warn of what is skipped."""
    sources = [*_entry_points(), *_files()]
    if not sources:
        return ()
    from awnas_gym.plugin_rows import add_rows  # noqa: PLC0415 - most have no plugin

    found = tuple(add_rows(name, load) for name, load in sources)
    for plugin in found:
        if plugin.problems:
            warnings.warn(f"plugin {plugin.name}: {'; '.join(plugin.problems)}", PluginWarning, stacklevel=3)
    return found


def _files() -> Iterator[tuple[str, Callable[[], object]]]:
    """Return (name, how to import it) of each file in the plugin folder that does not begin with `_`."""
    try:
        folder = plugin_folder()
    except SettingError:  # whoever runs this has no home folder
        return
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        if os.environ.get("AWNAS_PLUGIN_DIR"):
            yield "$AWNAS_PLUGIN_DIR", functools.partial(_refuse, f"cannot read {folder}: {error.strerror}")
        return
    for name in names:
        stem, ending = os.path.splitext(name)
        if ending != ".py" or name.startswith("_"):
            continue
        if stem.isidentifier():
            yield name, functools.partial(importlib.import_module, f"awnas_gym.plugin_folder.{stem}")
        else:
            yield name, functools.partial(_refuse, f"{stem!r} is no name of a module; legal: letters, digits and _")


def _refuse(reason: str) -> None:
    raise PluginError(reason)


def _entry_points() -> Iterator[tuple[str, Callable[[], object]]]:
    """Return (name, how to import it) of each entry point of the group."""
    if not _mentioned():
        return
    from importlib.metadata import entry_points  # noqa: PLC0415 - slow to import

    def name(entry: EntryPoint) -> str:
        distribution: Any = entry.dist  # the types of Python 3.10 do not know it
        return f"{distribution.name}:{entry.name}"

    for entry in sorted(entry_points(group=GROUP), key=name):
        yield name(entry), entry.load


def _mentioned() -> bool:
    """Tell whether an installed distribution may have entry points of the group; False is certain.

    This look at their files takes a small part of the time in which `importlib.metadata` is imported and asked.
    """
    if any(hasattr(finder, "find_distributions") for finder in sys.meta_path if finder is not PathFinder):
        return True
    for path in map(os.path.abspath, sys.path):
        try:
            names = os.listdir(path)
        except NotADirectoryError:  # an archive
            return True
        except OSError:
            continue
        for name in names:
            if name.lower().endswith((".dist-info", "egg-info")) and _names_group(os.path.join(path, name)):
                return True
    return False


def _names_group(folder: str) -> bool:
    try:
        with open(os.path.join(folder, "entry_points.txt"), "rb") as file:
            return GROUP.encode() in file.read()
    except OSError:  # most have none
        return False
