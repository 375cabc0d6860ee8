"""Pickles larger than memory: the entries of one dictionary in them, handed over one at a time and then forgotten."""

from __future__ import annotations

from collections.abc import Callable
from mmap import mmap
from typing import Any, final

from awnas_gym.pickles.machine import Machine
from awnas_gym.pickles.names import check_plain
from awnas_gym.pickles.reading import damaged

LEARNING = 100
"""Entries whose texts are kept for good: later entries refer back to those that recur, such as names of fields."""

Each = Callable[[int, Any], None]
"""Gets the key and the value of an entry."""


def parse_entries(data: bytes | mmap, *, under: str, each: Each, where: str, at: int = 0) -> tuple[Any, int]:
    """Hand over the entries of the dictionary that stands under the key `under`, and return the rest of the pickle.

    The keys are numbers and the values dictionaries. An entry refers to no container of another one; texts that recur
    do so from the first `LEARNING` entries on.

    Args:
        data: the pickle, in memory or in a file.
        under: key of the dictionary in the outermost one.
        each: called with every entry.
        where: name of the pickle in errors.
        at: byte where it begins.

    Returns:
        The value of the pickle, with an empty dictionary under `under`, and the byte after its end.

    Raises:
        TableFileError: as `parse_pickle`; what `each` raises comes through.
    """
    reader = _Reader(Machine(data, frozenset(), at=at), under, each)
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

    def __init__(self, machine: Machine, under: str, each: Each) -> None:
        self.machine, self._under, self._each = machine, under, each
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
        entries = value.get(self._under) if isinstance(value, dict) else None
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
            if key == self._under and isinstance(value, dict):
                self._level, self._from = len(marks), self.machine.kept

    def _take_whole_entry(self) -> None:
        """A value is whole when the next key follows it, or the lot ends: `SETITEMS` then has its last entry."""
        machine = self.machine
        entries = machine.stack[machine.marks[-1] :]
        ends = machine.data[machine.at] == _SETITEMS and len(entries) == 2
        if ends or (len(entries) == 3 and type(entries[2]) is int):
            del machine.stack[machine.marks[-1] : machine.marks[-1] + 2]
            self._hand_over(*entries[:2])
            self._forget()

    def _hand_over(self, key: object, value: object) -> None:
        if type(key) is not int or not isinstance(value, dict):
            raise ValueError(f"an entry under {self._under!r} is no dictionary with a number")
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
