"""One family of calls at its door: the misfortune that is armed, the check of the caller, the call, the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from storefront.sandbox.http import Request, Response
from storefront.sandbox.linksfield import faults
from storefront.sandbox.linksfield.answers import to_json
from storefront.sandbox.linksfield.sims import misfortunes
from storefront.sandbox.world import Fault, World


class Refused(Exception):
    """The call ends with this code in the family's envelope; nothing happened."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Call:
    """A call whose signature is good: what it is, what was sent, and what is to go wrong with it."""

    operation: str
    path: str
    values: dict[str, Any]
    fault: Fault | None = None


Answer = Callable[[Call], Any]


class Family(Protocol):
    """What one family brings: its calls by method and path, how it reads requests, how it wraps answers."""

    name: str
    prefix: str

    def operations(self) -> Mapping[tuple[str, str], tuple[str, Answer]]:
        """(operation, what answers it) by method and path below the prefix."""

    def read(self, request: Request) -> dict[str, Any]:
        """What was sent. Raises Refused unless it is well-formed and signed."""

    def wrap(self, call: Call, data: Any, request: Request) -> bytes:
        """The answer to a call that was done."""

    def refuse(self, refused: Refused, request: Request) -> bytes:
        """The answer to a call that was not; HTTP 200 as ever."""

    @property
    def failure(self) -> str:
        """The code an ordered failure carries unless told."""


class Door:
    """Answers below one prefix; `handle` may be called from many threads."""

    def __init__(self, world: World, family: Family) -> None:
        self._world = world
        self._family = family
        self._operations = dict(family.operations())

    def handle(self, request: Request) -> Response:
        """One call."""
        path = request.path.removeprefix(self._family.prefix)
        found = self._operations.get((request.method, path))
        if found is None:
            body = to_json({"status": 404, "error": "Not Found", "path": path})
            return Response(404, [faults.JSON_TYPE], body)
        operation, answer = found
        fault = self._world.faults.take(f"{self._family.name}.{operation}")
        response, said = self._answered(request, Call(operation, path, {}, fault), answer)
        self._world.note(
            self._family.name,
            f"{request.method} {path}",
            target=operation,
            said=said,
            fault=fault.kind if fault else None,
        )
        return response

    def _answered(self, request: Request, call: Call, answer: Answer) -> tuple[Response, str]:
        fault = call.fault
        on_wire = fault if fault and fault.kind in misfortunes.ON_THE_WIRE else None
        if on_wire is not None and (ended := faults.before(self._world, on_wire)) is not None:
            return ended, ""
        said = "done"
        try:
            if fault is not None and fault.kind == "code":
                code = str(fault.params.get("code", self._family.failure))
                raise Refused(code, str(fault.params.get("message", "ordered fault")))
            values = self._family.read(request)
            call = Call(call.operation, call.path, values, fault)
            with self._world.lock:
                data = misfortunes.spoilt(answer(call), fault)
            body = self._family.wrap(call, data, request)
        except Refused as refused:
            said = f"{refused.code} {refused.message}"
            body = self._family.refuse(refused, request)
        response = faults.answered(body)
        return (faults.after(self._world, on_wire, response) if on_wire else response), said
