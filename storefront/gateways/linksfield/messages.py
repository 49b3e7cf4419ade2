"""The supplier's JSON, read and written without ever passing through a float.

Reading is strict about what we need (a missing or mistyped field is `Unintelligible`, named) and blind to the rest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NoReturn

from storefront.kernel.errors import Unintelligible

Json = str | int | Decimal | bool | None | Sequence["Json"] | Mapping[str, "Json"]


def write(value: Json) -> str:
    """Compact JSON text; a `Decimal` is written digit for digit (5 as 5, 4.99 as 4.99)."""
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError("JSON has no number for this")
        return format(value, "f")
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(str(name))}:{write(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ",".join(write(inner) for inner in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def read(text: bytes | str, *, call: str) -> Fields:
    """The JSON object in `text`; numbers become `int` or `Decimal`. Raises `Unintelligible` for anything else."""
    try:
        value = json.loads(text, parse_float=Decimal, parse_constant=_no_such_number)
    except (ValueError, RecursionError) as broken:
        # The parser's message may quote the text, and the text may hold an activation code.
        raise Unintelligible(f"{call}: the answer is not JSON ({type(broken).__name__})") from None
    if not isinstance(value, dict):
        raise Unintelligible(f"{call}: the answer is not a JSON object")
    return Fields(value, call=call)


def _no_such_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


class Fields:
    """One JSON object of an answer; every getter raises `Unintelligible` naming the field, never its value."""

    __slots__ = ("_call", "_path", "_values")

    def __init__(self, values: Mapping[str, Any], *, call: str, path: str = "") -> None:
        self._values = values
        self._call = call
        self._path = path

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    @property
    def raw(self) -> Mapping[str, Any]:
        """The plain values, for choices that `inferred` makes."""
        return self._values

    def text(self, name: str) -> str:
        """A non-empty string; a whole number is taken as its digits."""
        value = self._needed(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            self._fail(name, "is not text")
        if not value:
            self._fail(name, "is empty")
        return value

    def text_or(self, name: str, default: str) -> str:
        """The same, or `default` when the field is absent, null or empty."""
        return default if self._values.get(name) in (None, "") else self.text(name)

    def whole(self, name: str) -> int:
        """A whole number; text of digits is accepted."""
        value = self.number(name)
        if value != value.to_integral_value():
            self._fail(name, "is not a whole number")
        return int(value)

    def whole_or(self, name: str, default: int) -> int:
        """The same, or `default` when the field is absent, null or empty."""
        return default if self._values.get(name) in (None, "") else self.whole(name)

    def number(self, name: str) -> Decimal:
        """A number with exactly the digits written; text of a number is accepted."""
        value = self._needed(name)
        if isinstance(value, Decimal):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return Decimal(value)
        if not isinstance(value, str) or not value.replace(".", "", 1).removeprefix("-").isdecimal():
            self._fail(name, "is not a number")
        return Decimal(value)

    def inside(self, name: str) -> Fields:
        """The object under `name`."""
        value = self._needed(name)
        if not isinstance(value, dict):
            self._fail(name, "is not an object")
        return Fields(value, call=self._call, path=self._name(name))

    def each(self, name: str) -> list[Fields]:
        """The objects of the list under `name`; null counts as an empty list, an absent field does not."""
        if name in self._values and self._values[name] is None:
            return []
        value = self._needed(name)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self._fail(name, "is not a list of objects")
        return [Fields(item, call=self._call, path=f"{self._name(name)}[{at}]") for at, item in enumerate(value)]

    def _needed(self, name: str) -> Any:
        value = self._values.get(name)
        if value is None:
            self._fail(name, "is missing")
        return value

    def _name(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def _fail(self, name: str, fault: str) -> NoReturn:
        raise Unintelligible(f"{self._call}: field {self._name(name)} {fault}", field=self._name(name))
