"""Pickles larger than memory: the entries of one dictionary in them, handed over one at a time and then forgotten."""

from __future__ import annotations

from collections.abc import Callable, Collection
from mmap import mmap
from typing import Any, final

from awnas_gym.pickles.machine import Machine
from awnas_gym.pickles.names import check_plain
from awnas_gym.pickles.reading import damaged

LEARNING = 100
"""Entries whose texts are kept for good: later entries refer back to those that recur, such as names of fields."""

Each = Callable[[Any, Any], None]
"""Gets the key and the value of an entry."""


def parse_entries(
    data: bytes | mmap, *, under: str | Collection[str], each: Each, where: str, keys: type = int, at: int = 0
) -> tuple[Any, int]:
    """Hand over the entries of the dictionaries that stand under some keys, and return the rest of the pickle.

    The entries' own keys are all numbers or all texts, and their values dictionaries; beside texts, of two entries or
    more. An entry refers to no container of another one; texts that recur do so from the first `LEARNING` entries on.

    Args:
        data: the pickle, in memory or in a file.
        under: key of the dictionary, or keys of several, wherever they stand.
        each: called with every entry.
        where: name of the pickle in errors.
        keys: `int` or `str`, of the entries.
        at: byte where it begins.

    Returns:
        The value of the pickle, with empty dictionaries under `under`, and the byte after its end.

    Raises:
        TableFileError: as `parse_pickle`; what `each` raises comes through.
    """
    names = frozenset({under} if isinstance(under, str) else under)
    reader = _Reader(Machine(data, frozenset(), at=at), names, each, keys)
    try:
        value = reader.run()
        check_plain(value)
    except _FromEach as wrapped:
        raise wrapped.error from None
    except Exception as error:  # damage shows itself in every way there is
        raise damaged(reader.machine, error, where) from error
    return value, reader.machine.at


class _FromEach(Exception):  # noqa: N818 - it only carries one
    """Carries an error of the caller's function past the net for damage."""

    def __init__(self, error: Exception) -> None:
        self.error = error


@final
class _Reader:
    """Runs a machine and takes the entries off its stack as they become whole."""

    def __init__(self, machine: Machine, under: frozenset[str], each: Each, keys: type) -> None:
        self.machine, self._under, self._each, self._keys = machine, under, each, keys
        self._level = 0  # height of the marks within the dictionary's entries
        self._from = 0  # values that were kept before the entry
        self._entries = 0

    def run(self) -> Any:  # noqa: ANN401 - whatever the pickle holds
        machine = self.machine
        machine.begin()
        while not machine.step():
            if len(machine.marks) != self._level:
                self._look_for_the_dictionary()
            elif self._level:
                self._take_whole_entry()
        value = machine.stack.pop()
        for name in self._under:
            entries = value.get(name) if isinstance(value, dict) else None
            if isinstance(entries, dict):  # a dictionary of one entry is written without a mark
                while entries:
                    self._hand_over(*entries.popitem())
        return value

    def _look_for_the_dictionary(self) -> None:
        """Find the mark after which its entries stand; they come in lots, each with a mark of its own."""
        marks, stack = self.machine.marks, self.machine.stack
        if len(marks) < self._level:
            self._level = 0
        if not self._level and marks and len(stack) == marks[-1] >= 2:
            key, value = stack[-2:]
            if type(key) is str and key in self._under and isinstance(value, dict):
                self._level, self._from = len(marks), self.machine.kept

    def _take_whole_entry(self) -> None:
        """A value is whole when the next key follows it, or the lot ends: `SETITEMS` then has its last entry."""
        machine = self.machine
        entries = machine.stack[machine.marks[-1] :]
        ends = machine.data[machine.at] == _SETITEMS and len(entries) == 2
        if ends or (len(entries) == 3 and type(entries[2]) is self._keys):
            del machine.stack[machine.marks[-1] : machine.marks[-1] + 2]
            self._hand_over(*entries[:2])
            self._forget()

    def _hand_over(self, key: object, value: object) -> None:
        if type(key) is not self._keys or not isinstance(value, dict):
            kind = "a number" if self._keys is int else "a text"
            raise ValueError(
                f"an entry under {' or '.join(map(repr, sorted(self._under)))} is no dictionary with {kind}"
            )
        check_plain(value)
        try:
            self._each(key, value)
        except Exception as error:
            raise _FromEach(error) from error

    def _forget(self) -> None:
        memo = self.machine.memo
        for number in range(self._from, self.machine.kept):
            value = memo.get(number)
            if isinstance(value, (dict, list, tuple, set)) or (self._entries >= LEARNING and type(value) is str):
                del memo[number]
        self._from = self.machine.kept
        self._entries += 1


_SETITEMS = ord("u")
