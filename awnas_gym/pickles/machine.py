"""The interpreter of pickles: the opcodes that plain data needs, in time and memory bounded by the stream's size."""

from __future__ import annotations

import pickletools
import struct
from collections.abc import Callable
from mmap import mmap
from typing import Any, final

from awnas_gym.pickles.names import Maker, Pending, Record, as_key, find

MOST_STEPS = 2**22
"""Opcodes of a pickle; a record of NATS-Bench has 50,000."""


@final
class Machine:
    """The stack machine that a pickle is a programme for.

    Args:
        data: the pickle, or a file that holds it.
        records: classes, `module.name`, whose instances are admitted.
        at: byte where it begins.

    Attributes:
        at: next byte that is read.
        stack: values; of a list whose end is still to come, those after its mark.
        marks: heights of the stack where such lists begin.
        memo: values by number, for what occurs more than once.
        kept: how many values were put there; one that keeps none of them for ever may take some out.
        copies: entries and letters that may still be copied; what is copied once each is no more than the stream.
    """

    def __init__(self, data: bytes | mmap, records: frozenset[str], *, at: int = 0) -> None:
        self.data, self.records = data, records
        self.at, self.copies = at, len(data)
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self.kept = 0

    def run(self, *, times: int = 1) -> Any:  # noqa: ANN401
        """Return the value on the stack at the opcode that ends the programme.

        Args:
            times: how often `MOST_STEPS` opcodes are run at most.

        Raises:
            ValueError: it holds what is not admitted.
            Exception: of any kind, where the pickle is damaged.
        """
        self.begin()
        most = MOST_STEPS * times
        for _ in range(most):
            if self.step():
                return self.stack.pop()
        raise ValueError(f"it has more than {most:,} opcodes")

    def begin(self) -> None:
        """Raise `ValueError` unless the first opcode is that of protocol 2 or later."""
        if self.data[self.at : self.at + 1] != b"\x80":
            raise ValueError("it does not begin like one of protocol 2 or later")

    def step(self) -> bool:
        """Do what the next opcode says; True if that ends the programme."""
        code = self.data[self.at]
        self.at += 1
        if code == _STOP:
            return True
        if code not in _STEPS:
            raise ValueError(f"the opcode {_OPCODES.get(code, code)} is none that plain data needs")
        _STEPS[code](self)
        return False

    def take(self, n: int) -> bytes:
        """Return the next `n` bytes."""
        part = self.data[self.at : self.at + n]
        if len(part) < n:
            raise EOFError
        self.at += n
        return part

    def number(self, size: int) -> int:
        """Return the next `size` bytes as a number from 0."""
        return int.from_bytes(self.take(size), "little")

    def line(self) -> str:
        """Return the text up to the next line feed."""
        end = self.data.find(b"\n", self.at)
        if end < 0:
            raise EOFError
        return self.take(end + 1 - self.at)[:-1].decode()

    def copy(self, value: object) -> None:
        """Account for a copy that is made of a value: of one that is shared, copies without end could be asked for."""
        self.copies -= len(value) if isinstance(value, (str, list, tuple, dict, set, frozenset)) else 0
        if self.copies < 0:
            raise ValueError("it copies the same values again and again")

    def since_mark(self) -> list[Any]:
        """Take the values after the last mark off the stack."""
        start = self.marks.pop()
        values = self.stack[start:]
        del self.stack[start:]
        return values


Step = Callable[[Machine], None]
"""What an opcode does."""


def _protocol(machine: Machine) -> None:
    if machine.number(1) not in range(2, 6):
        raise ValueError("it is of another protocol than 2 to 5")


def _frame(machine: Machine) -> None:
    """Pass over the length of a frame: the whole stream is in memory."""
    machine.take(8)


def _push(read: Callable[[Machine], Any]) -> Step:
    def step(machine: Machine) -> None:
        machine.stack.append(read(machine))

    return step


def _unpacked(form: str) -> Step:
    unpack, size = struct.Struct(form).unpack_from, struct.calcsize(form)

    def step(machine: Machine) -> None:
        if machine.at + size > len(machine.data):
            raise EOFError
        machine.stack.append(unpack(machine.data, machine.at)[0])
        machine.at += size

    return step


def _text(size: int) -> Step:
    return _push(lambda machine: machine.take(machine.number(size)).decode("utf-8", "surrogatepass"))


def _bytes(size: int) -> Step:
    return _push(lambda machine: machine.take(machine.number(size)))


def _last(n: int) -> Step:
    """Make a tuple of the last `n` values."""

    def step(machine: Machine) -> None:
        if len(machine.stack) < n:
            raise IndexError
        machine.stack[-n:] = [tuple(machine.stack[-n:])]

    return step


def _keep(number: Callable[[Machine], int]) -> Step:
    def step(machine: Machine) -> None:
        machine.memo[number(machine)] = machine.stack[-1]
        machine.kept += 1

    return step


def _recall(size: int) -> Step:
    def step(machine: Machine) -> None:
        value = machine.memo[machine.number(size)]
        machine.stack.append(value.built if isinstance(value, Pending) else value)

    return step


def _mark(machine: Machine) -> None:
    machine.marks.append(len(machine.stack))


def _append(machine: Machine) -> None:
    _extend(machine, [machine.stack.pop()])


def _extend(machine: Machine, values: list[Any]) -> None:
    target = machine.stack[-1]
    if type(target) is not list:
        raise TypeError
    target += values


def _set_items(machine: Machine, values: list[Any]) -> None:
    target = machine.stack[-1]
    if not isinstance(target, dict) or len(values) % 2:
        raise TypeError
    for key, value in zip(values[::2], values[1::2], strict=True):
        target[as_key(key)] = value


def _add_items(machine: Machine) -> None:
    values = machine.since_mark()
    if type(machine.stack[-1]) is not set:
        raise TypeError
    machine.stack[-1].update(map(as_key, values))


def _one_item(machine: Machine) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    _set_items(machine, [key, value])


def _name(machine: Machine) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    if type(module) is not str or type(name) is not str:
        raise TypeError
    machine.stack.append(find(module, name, machine.records))


def _call(machine: Machine) -> None:
    """Call one of the makers of `names`."""
    arguments, maker = machine.stack.pop(), machine.stack.pop()
    if type(maker) is not Maker or type(arguments) is not tuple:
        raise ValueError("it calls what is no name, or without a tuple of arguments")
    for argument in arguments:
        machine.copy(argument)
    machine.stack.append(maker.make(*arguments))


def _build(machine: Machine) -> None:
    """Give the last value its state."""
    state, target = machine.stack.pop(), machine.stack[-1]
    if isinstance(target, Pending):
        machine.stack[-1] = target.build(state)
    elif type(target) is Record and isinstance(state, dict):
        machine.copy(state)
        target.update(state)
    else:
        raise ValueError(f"it gives a {type(target).__name__} a state")


_STOP = ord(".")
_BY_NAME: dict[str, Step] = {
    "PROTO": _protocol,
    "FRAME": _frame,
    "NONE": _push(lambda _: None),
    "NEWTRUE": _push(lambda _: True),
    "NEWFALSE": _push(lambda _: False),
    "BININT": _unpacked("<i"),
    "BININT1": _unpacked("<B"),
    "BININT2": _unpacked("<H"),
    "LONG1": _push(lambda machine: int.from_bytes(machine.take(machine.number(1)), "little", signed=True)),
    "BINFLOAT": _unpacked(">d"),
    "SHORT_BINUNICODE": _text(1),
    "BINUNICODE": _text(4),
    "BINUNICODE8": _text(8),
    "SHORT_BINBYTES": _bytes(1),
    "BINBYTES": _bytes(4),
    "BINBYTES8": _bytes(8),
    "BYTEARRAY8": _bytes(8),
    "SHORT_BINSTRING": _bytes(1),
    "BINSTRING": _bytes(4),
    "EMPTY_LIST": _push(lambda _: []),
    "EMPTY_TUPLE": _push(lambda _: ()),
    "EMPTY_DICT": _push(lambda _: {}),
    "EMPTY_SET": _push(lambda _: set()),
    "MARK": _mark,
    "APPEND": _append,
    "APPENDS": lambda machine: _extend(machine, machine.since_mark()),
    "SETITEM": _one_item,
    "SETITEMS": lambda machine: _set_items(machine, machine.since_mark()),
    "ADDITEMS": _add_items,
    "FROZENSET": _push(lambda machine: frozenset(map(as_key, machine.since_mark()))),
    "TUPLE": _push(lambda machine: tuple(machine.since_mark())),
    "TUPLE1": _last(1),
    "TUPLE2": _last(2),
    "TUPLE3": _last(3),
    "MEMOIZE": _keep(lambda machine: machine.kept),
    "BINPUT": _keep(lambda machine: machine.number(1)),
    "LONG_BINPUT": _keep(lambda machine: machine.number(4)),
    "BINGET": _recall(1),
    "LONG_BINGET": _recall(4),
    "GLOBAL": _push(lambda machine: find(machine.line(), machine.line(), machine.records)),
    "STACK_GLOBAL": _name,
    "REDUCE": _call,
    "NEWOBJ": _call,
    "BUILD": _build,
}
_OPCODES = {ord(op.code): op.name for op in pickletools.opcodes}
_STEPS = {code: _BY_NAME[name] for code, name in _OPCODES.items() if name in _BY_NAME}
