"""One row per API call the sandbox answers; each room lists its own rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from storefront.sandbox.stripe.core import Cause, Params, Sandbox
from storefront.sandbox.stripe.store import Json


@dataclass(frozen=True, slots=True)
class Call:
    """One API call after its parameters were read; `identifier` is the object named in the path, if any.

    `manner` is how an ordered misfortune wants the outcome to be, `manner_seconds` how soon.
    """

    params: Params
    identifier: str
    cause: Cause
    manner: str = ""
    manner_seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class Route:
    """`path` is below ``/v1/``, ``*`` standing for an identifier; `params` names the library's type for the request.

    `operation` is what a fault is ordered for, without the leading ``stripe.``; empty for calls that never go wrong.
    """

    method: str
    path: str
    params: str
    answer: Callable[[Sandbox, Call], Json]
    operation: str = ""


class Router:
    """Finds the row for a request."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._by_shape: dict[tuple[str, int], list[tuple[tuple[str, ...], Route]]] = {}
        for route in routes:
            steps = tuple(route.path.split("/"))
            self._by_shape.setdefault((route.method, len(steps)), []).append((steps, route))

    def find(self, method: str, path: str) -> tuple[Route, str] | None:
        """The row and the identifier in the path, or None."""
        given = path.split("/")
        for steps, route in self._by_shape.get((method, len(given)), ()):
            if all(step in ("*", piece) for step, piece in zip(steps, given, strict=True)):
                return route, next((piece for step, piece in zip(steps, given, strict=True) if step == "*"), "")
        return None
