"""A small grammar of calls with literal arguments, `Name(key=[('a', 0)], other=range(2, 6))`; nothing is evaluated."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, final

from awnas_gym.errors import GenotypeError

MOST_CHARACTERS = 20_000
DEEPEST = 6
"""Brackets within brackets."""
LONGEST_RANGE = 1_000

_TOKEN = re.compile(
    r"""\s*(?:(?P<name>[A-Za-z_][A-Za-z0-9_.]{0,60})|(?P<number>-?[0-9]{1,9}(?:\.[0-9]{1,9})?)"""
    r"""|'(?P<single>[^'\\\n]{0,80})'|"(?P<double>[^"\\\n]{0,80})"|(?P<sign>[()\[\],;=]))"""
)


@final
class Call(NamedTuple):
    """What was read: the name before the bracket (`""` without one), arguments by place and by name.

    Lists and tuples are lists, `range(a, b)` is written out, `np.array(x)` is `x`.
    """

    name: str
    positional: list[Any]
    named: dict[str, Any]


def read_call(text: str) -> Call:
    """Return the call that a text writes; the name and its brackets may be missing, arguments end in `,` or `;`.

    Raises:
        GenotypeError: it writes none; the message names the place.
    """
    reader = _Reader(text)
    name = ""
    if reader.at("name") and reader.tokens[reader.place + 1][1] == "(":
        name = reader.take()
        reader.expect("(")
    call = Call(name, [], {})
    end = ")" if name else ""
    while reader.value != end:
        _argument(reader, call)
        if reader.value not in {",", ";"}:
            break
        reader.take()
    if name:
        reader.expect(")")
    if not reader.at("end"):
        raise reader.error("the end")
    return call


def _argument(reader: _Reader, call: Call) -> None:
    if reader.at("name") and reader.tokens[reader.place + 1][1] == "=":
        key = reader.take()
        reader.expect("=")
        if key in call.named:
            raise GenotypeError(f"{key} is given twice in {reader.shown}")
        call.named[key] = _value(reader, 0)
    else:
        call.positional.append(_value(reader, 0))


def _value(reader: _Reader, depth: int) -> Any:  # noqa: ANN401 - a number, a text, or a list of such
    if depth > DEEPEST:
        raise GenotypeError(f"brackets are at most {DEEPEST} deep; see {reader.shown}")
    if reader.at("number"):
        number = reader.take()
        return float(number) if "." in number else int(number)
    if reader.at("text"):
        return reader.take()
    if reader.at("name"):
        return _function(reader, depth)
    closing = {"(": ")", "[": "]"}.get(reader.value)
    if closing is None:
        raise reader.error("a number, a quoted name or a bracket")
    reader.take()
    return _items(reader, closing, depth)


def _items(reader: _Reader, closing: str, depth: int) -> list[Any]:
    items = []
    while not (reader.at("sign") and reader.value == closing):
        items.append(_value(reader, depth + 1))
        if reader.value != ",":
            break
        reader.take()
    reader.expect(closing)
    return items


def _function(reader: _Reader, depth: int) -> list[Any]:
    name = reader.take()
    reader.expect("(")
    items = _items(reader, ")", depth)
    if name == "range" and len(items) == 2 and all(isinstance(item, int) for item in items):
        if items[1] - items[0] <= LONGEST_RANGE:
            return list(range(*items))
    elif name in {"np.array", "numpy.array", "array"} and len(items) == 1 and isinstance(items[0], list):
        return items[0]
    raise GenotypeError(f"of functions, range(2, 6) and np.array([…]) are read; got {name}(…) in {reader.shown}")


@final
class _Reader:
    """The tokens of a text, one after the other."""

    def __init__(self, text: str) -> None:
        self.shown = repr(text) if len(text) <= 80 else f"{text[:80]!r}…"
        if len(text) > MOST_CHARACTERS:
            raise GenotypeError(
                f"a genotype has at most {MOST_CHARACTERS:,} characters; {self.shown} has {len(text):,}"
            )
        self.tokens: list[tuple[str, str, int]] = []
        self.place, start, text = 0, 0, text.rstrip()
        while start < len(text):
            match = _TOKEN.match(text, start)
            if match is None:
                raise GenotypeError(f"{self.shown} cannot be read from character {start + 1} on: {text[start:][:20]!r}")
            kind = str(match.lastgroup)
            self.tokens.append(("text" if kind in {"single", "double"} else kind, match[kind], match.start(kind) + 1))
            start = match.end()
        self.tokens += [("end", "", len(text) + 1)] * 2  # so that there is always one to look at behind a name

    def at(self, kind: str) -> bool:
        return self.tokens[self.place][0] == kind

    @property
    def value(self) -> str:
        """The token, if it is a sign or the end; what is quoted is no sign."""
        kind, value, _ = self.tokens[self.place]
        return value if kind in {"sign", "end"} else "a value"

    def take(self) -> str:
        self.place += 1
        return self.tokens[self.place - 1][1]

    def expect(self, sign: str) -> None:
        if self.value != sign:
            raise self.error(repr(sign))
        self.take()

    def error(self, wanted: str) -> GenotypeError:
        kind, value, character = self.tokens[self.place]
        found = "it ends" if kind == "end" else f"there is {value!r}"
        return GenotypeError(f"{self.shown}: {wanted} is wanted at character {character}, where {found}")
