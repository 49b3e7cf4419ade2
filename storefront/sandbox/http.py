"""What every pretend service is handed and hands back: one request, one response."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl


@dataclass(slots=True)
class Request:
    """One HTTP request. `path` is percent-decoded; header names are lower-case; of a repeated name the last counts."""

    method: str
    path: str
    query_string: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def query(self) -> dict[str, str]:
        """The parameters behind the question mark."""
        return dict(parse_qsl(self.query_string, keep_blank_values=True)) if self.query_string else {}

    @property
    def form(self) -> dict[str, str]:
        """The fields of a posted form."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


@dataclass(slots=True)
class Response:
    """One answer, or an instruction to spoil it.

    `abort` closes the connection without a byte (`reset`: with a TCP reset); `drip` sends a byte every so many seconds.
    """

    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    abort: bool = False
    reset: bool = False
    drip: float = 0.0


Handler = Callable[[Request], Response]
"""Answers requests under one path prefix; called from many threads at once."""
