"""Strict reading of request bodies: a missing or mistyped field is refused with code 2 and named."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from storefront.sandbox.http import Request

WRONG_PARAMETERS = 2


class Refusal(Exception):
    """The call ends with this code in the envelope."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Body:
    """The JSON object a caller sent; every getter raises Refusal code 2 naming the field."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    @classmethod
    def of(cls, request: Request) -> Body:
        """Read the body; numbers stay exact. Raises Refusal for anything but a JSON object sent as JSON."""
        if not request.headers.get("content-type", "").lower().startswith("application/json"):
            raise Refusal(WRONG_PARAMETERS, "Content-Type must be application/json")
        try:
            values = json.loads(request.body, parse_float=Decimal)
        except (ValueError, RecursionError):
            raise Refusal(WRONG_PARAMETERS, "the body is not JSON") from None
        if not isinstance(values, dict):
            raise Refusal(WRONG_PARAMETERS, "the body is not a JSON object")
        return cls(values)

    def text(self, name: str, *, may_be_empty: bool = False) -> str:
        """A string."""
        value = self._needed(name)
        if not isinstance(value, str):
            raise Refusal(WRONG_PARAMETERS, f"parameter {name} must be a string")
        if not value and not may_be_empty:
            raise Refusal(WRONG_PARAMETERS, f"parameter {name} must not be empty")
        return value

    def whole(self, name: str) -> int:
        """A JSON integer; text of digits is not one."""
        value = self._needed(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise Refusal(WRONG_PARAMETERS, f"parameter {name} must be an integer")
        return value

    def number(self, name: str) -> Decimal:
        """A JSON number, exact."""
        value = self._needed(name)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise Refusal(WRONG_PARAMETERS, f"parameter {name} must be a number")
        return Decimal(value)

    def whole_or_text(self, name: str, *, may_be_empty: bool = False) -> str:
        """An integer or a string, as text: for ids and country codes, which the pages write both ways."""
        value = self._needed(name)
        return str(self.whole(name)) if isinstance(value, int) else self.text(name, may_be_empty=may_be_empty)

    def one_of(self, name: str, allowed: tuple[int | str, ...]) -> int | str:
        """One of the values a page lists, in the type it lists them."""
        value = self._needed(name)
        for each in allowed:
            if type(value) is type(each) and value == each:
                return each
        raise Refusal(WRONG_PARAMETERS, f"parameter {name} must be one of {', '.join(map(str, allowed))}")

    def _needed(self, name: str) -> Any:
        if self.values.get(name) is None:
            raise Refusal(WRONG_PARAMETERS, f"parameter {name} is missing")
        return self.values[name]
