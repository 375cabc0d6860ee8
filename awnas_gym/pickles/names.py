"""The names that a pickle of plain data may hold, what is made of them here, and what plain data is."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from awnas_gym.config import brief

MOST_DEPTH, LONGEST_KEY = 100, 64
"""Limits: containers within containers, and the entries of a tuple that is a key."""

_ATOMS = frozenset({bool, int, float, complex, str, bytes, type(None)})
_CODE = re.compile("[biufc][0-9]{1,2}")


@final
class Record(dict[str, Any]):
    """An instance of a class that the caller admits: its attributes by name, and nothing of the class."""


@final
@dataclass(frozen=True, slots=True)
class Maker:
    """What stands for a name: a function of ours that makes a value of the arguments in the pickle."""

    make: Callable[..., Any]


class Pending(ABC):
    """A value whose state comes later in the pickle.

    Attributes:
        built: the value, once it is there.
    """

    built: Any = None

    @abstractmethod
    def build(self, state: Any) -> Any:  # noqa: ANN401 - whatever the pickle holds
        """Return the value of a state."""


@final
class _DType(Pending):
    """A NumPy type; the state holds its byte order."""

    def __init__(self, code: object, *_: object) -> None:
        code = _short(code)
        if not isinstance(code, str) or not _CODE.fullmatch(code):
            raise ValueError(f"it holds numpy.dtype({brief(code)}), which is no type of numbers")
        self.built = np.dtype(code)

    def build(self, state: tuple[Any, ...]) -> np.dtype[Any]:
        self.built = self.built.newbyteorder(_short(state[1]))
        found: np.dtype[Any] = self.built
        return found


def _short(text: object) -> object:
    """Return the few letters that Python 2 wrote as bytes as text, and anything else as it is."""
    return text.decode("latin1") if isinstance(text, bytes) and len(text) <= 3 else text


@final
class _Array(Pending):
    """A NumPy array; the state holds all of it."""

    def __init__(self, *_: object) -> None:
        self.built = None

    def build(self, state: tuple[Any, ...]) -> NDArray[Any]:
        _, shape, dtype, fortran, raw = state
        self.built = _array(raw, dtype, shape, "F" if fortran else "C")
        found: NDArray[Any] = self.built
        return found


def _array(raw: object, dtype: object, shape: object, order: object) -> NDArray[Any]:
    if type(raw) is not bytes or not isinstance(dtype, np.dtype) or type(shape) is not tuple:
        raise ValueError("it holds an array that is none of numbers")
    array: NDArray[Any] = np.ndarray(shape, dtype, buffer=raw, order="F" if order == "F" else "C")
    if array.nbytes != len(raw):
        raise ValueError(f"it holds an array of {array.nbytes:,} bytes in {len(raw):,}")
    return array


def _scalar(dtype: object, raw: object) -> Any:  # noqa: ANN401 - a number of that type
    return _array(raw, dtype, (), "C")[()]


def _encode(text: str, encoding: object) -> bytes:
    """Return the bytes that protocol 2 writes as text."""
    if encoding != "latin1":
        raise ValueError("it holds bytes that are not written in latin1")
    return text.encode("latin1")


def _empty(kind: Callable[[], Any]) -> Maker:
    """Make an empty container and take no arguments: what is in it comes later in the pickle."""

    def make() -> Any:  # noqa: ANN401
        return kind()

    return Maker(make)


def _keys(values: Iterable[Any]) -> list[Any]:
    return [as_key(value) for value in values]


def _no_call(*_: object) -> None:
    raise ValueError("it calls numpy.ndarray")


_NAMES = {
    "builtins.set": Maker(lambda values=(): set(_keys(values))),
    "builtins.frozenset": Maker(lambda values=(): frozenset(_keys(values))),
    "builtins.complex": Maker(lambda real, imaginary: complex(float(real), float(imaginary))),
    "builtins.bytes": _empty(bytes),
    "builtins.bytearray": Maker(lambda raw=b"": raw),
    "_codecs.encode": Maker(_encode),
    "collections.OrderedDict": _empty(OrderedDict),
    "numpy.dtype": Maker(_DType),
    "numpy.ndarray": Maker(_no_call),
    "numpy.core.multiarray.scalar": Maker(_scalar),
    "numpy.core.multiarray._reconstruct": Maker(_Array),
    "numpy.core.numeric._frombuffer": Maker(_array),
}
_ELDER = {"__builtin__": "builtins", "numpy._core": "numpy.core"}
"""Packages that other versions of Python and NumPy name otherwise."""


def find(module: str, name: str, records: frozenset[str]) -> Maker:
    """Return what stands for a name; `ValueError` names one that is not admitted."""
    whole = f"{module}.{name}"
    if whole in records:
        return _empty(Record)
    for theirs, ours in _ELDER.items():
        if whole.startswith(f"{theirs}."):
            whole = ours + whole.removeprefix(theirs)
    if whole not in _NAMES:
        raise ValueError(f"it names {ascii(f'{module}.{name}')[1:200].rstrip(chr(39))}, which is not admitted")
    return _NAMES[whole]


def as_key(value: Any) -> Any:  # noqa: ANN401 - whatever the pickle holds
    """Return a value that may be a key: an atom, or a tuple of them.

    Hashing tuples within tuples takes for ever where they are shared, and the stack where they are deep.
    """
    for part in value if type(value) is tuple and len(value) <= LONGEST_KEY else (value,):
        if type(part) not in _ATOMS and not isinstance(part, np.generic):
            raise ValueError(f"it holds a {type(value).__name__} as a key")
        if type(part) is int and part.bit_length() > 64:  # numbers of equal hashes are found among these at will
            raise ValueError("it holds a number of more than 64 bits as a key")
    return value


def check_plain(value: Any) -> None:  # noqa: ANN401 - whatever the pickle holds
    """Raise `ValueError` unless all that is in a value is plain, `MOST_DEPTH` containers deep at most."""
    level, seen = [value], set[int]()
    for _ in range(MOST_DEPTH):
        deeper: list[Any] = []
        for each in level:
            kind = type(each)
            if kind in _ATOMS:
                continue
            if kind in {dict, OrderedDict, Record, list, tuple, set, frozenset}:
                if id(each) not in seen:
                    seen.add(id(each))
                    deeper += each.values() if isinstance(each, dict) else each
            elif not isinstance(each, (np.generic, np.ndarray, np.dtype)):
                raise ValueError(
                    "it holds half an array" if isinstance(each, Pending) else "it holds a name as a value"
                )
        if not deeper:
            return
        level = deeper
    raise ValueError(f"it nests more than {MOST_DEPTH} deep")
