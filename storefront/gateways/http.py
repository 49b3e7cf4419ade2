"""HTTP to vendors: connections of each thread, a deadline for each call, a cap on bodies, no redirects or cookies.

A call goes straight to the transport of requests, below its sessions: neither .netrc nor proxies named by the
environment may change who gets our credentials.

Nothing is repeated except plain reads, once, after a connection error, within the same deadline. Bodies, headers and
tokens never reach a log line or an error.
"""

from __future__ import annotations

import http.client
import io
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import requests
import urllib3.connection
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
)

from storefront.gateways.calls import (
    Deadline,
    DeadlineReader,
    Observe,
    connect_within,
    no_answer,
    outside_call,
)
from storefront.kernel.errors import Throttled, Unintelligible

Answer = TypeVar("Answer")

_CHUNK = 64 * 1024
_LONGEST_WAIT = 3600.0
_HEADERS = requests.utils.default_headers()

# The deadline of the call in hand. The connection objects of requests are made and reused far below any argument
# we could pass, and a call never leaves its thread.
_current = threading.local()


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One request. `is_read` promises that repeating it changes nothing; `operation` comes from a small fixed set."""

    vendor: str
    operation: str
    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    is_read: bool = False


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A complete answer of any status."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Http:
    """The only door to vendors over HTTP; safe to share among threads."""

    def __init__(self, observe: Observe, *, max_body_bytes: int = 4 * 1024 * 1024) -> None:
        self._observe = observe
        self._max_body_bytes = max_body_bytes
        self._local = threading.local()

    def ask(self, call: HttpCall, *, deadline: Deadline, understand: Callable[[HttpAnswer], Answer]) -> Answer:
        """Make the call and return what `understand` makes of the answer, whatever its status.

        Raises `Unreachable` when no complete answer came before the deadline, `Unintelligible` when the body is over
        the cap, `RuntimeError` inside a transaction, and what `understand` raises.
        """
        with outside_call(self._observe, call.vendor, call.operation) as record:
            answer = self._fetch(call, deadline)
            if answer.status >= 400:
                record.outcome = f"status_{answer.status}"
            return understand(answer)

    def _fetch(self, call: HttpCall, deadline: Deadline) -> HttpAnswer:
        attempts = 2 if call.is_read else 1
        while True:
            attempts -= 1
            try:
                return self._once(call, deadline)
            except (requests.RequestException, HTTPError, OSError) as broken:
                may_repeat = attempts and isinstance(broken, requests.ConnectionError) and not deadline.passed
                if not may_repeat:
                    raise no_answer(call.vendor, call.operation, deadline) from broken

    def _once(self, call: HttpCall, deadline: Deadline) -> HttpAnswer:
        _current.deadline = deadline
        try:
            with self._adapter().send(_prepared(call), stream=True, timeout=deadline.remaining()) as response:
                body = bytearray()
                for chunk in response.iter_content(_CHUNK):
                    body += chunk
                    if len(body) > self._max_body_bytes:
                        raise Unintelligible(f"{call.vendor}.{call.operation}: the answer is too long")
                return HttpAnswer(response.status_code, response.headers, bytes(body))
        finally:
            _current.deadline = None

    def _adapter(self) -> _BoundedAdapter:
        adapter: _BoundedAdapter | None = getattr(self._local, "adapter", None)
        if adapter is None:
            adapter = self._local.adapter = _BoundedAdapter()
        return adapter


def _prepared(call: HttpCall) -> requests.PreparedRequest:
    headers = _HEADERS.copy()
    headers.update(call.headers)
    request = requests.PreparedRequest()
    request.prepare_method(call.method)
    request.prepare_url(call.url, None)
    request.prepare_headers(headers)
    request.prepare_body(call.body, None)
    return request


def demand_success(call: str, answer: HttpAnswer) -> HttpAnswer:
    """The answer if its status is 200; else `Throttled` for 429 and `Unintelligible` (effect unknown) for the rest."""
    if answer.status == 429:
        raise Throttled(f"{call}: asked too often", retry_after=retry_after(answer.headers), vendor_code="http 429")
    if answer.status != 200:
        raise Unintelligible(f"{call}: status {answer.status}", vendor_code=f"http {answer.status}")
    return answer


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds the vendor wants to be left alone, at most an hour; 1 when it gives no plain number."""
    try:
        wanted = float(headers.get("Retry-After", ""))
    except ValueError:
        return 1.0
    return min(wanted, _LONGEST_WAIT) if wanted >= 0 else 1.0


def _deadline() -> Deadline:
    deadline: Deadline = _current.deadline
    return deadline


class _BoundedSocket:
    """What an HTTP response needs of a socket: a file to read from, here one that knows the deadline."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, *_mode: str) -> io.BufferedReader:
        return io.BufferedReader(DeadlineReader(self._sock, _deadline()))


class _BoundedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(_BoundedSocket(sock), *args, **options)  # type: ignore[arg-type]


class _BoundedConnection(urllib3.connection.HTTPConnection):
    """Connects, sends and reads within the deadline of the call in hand."""

    response_class = _BoundedResponse

    def _new_conn(self) -> socket.socket:
        try:
            return connect_within(self._dns_host, self.port, _deadline())
        except socket.gaierror as unknown:
            raise NameResolutionError(self.host, self, unknown) from unknown
        except TimeoutError as late:
            raise ConnectTimeoutError(self, "no connection in time") from late
        except OSError as broken:
            raise NewConnectionError(self, "no connection") from broken

    def send(self, data: Any) -> None:
        # A reused connection still carries the last read's small remainder as its timeout.
        if self.sock is not None:
            self.sock.settimeout(_deadline().remaining())
        super().send(data)


class _BoundedTlsConnection(_BoundedConnection, urllib3.connection.HTTPSConnection):
    pass


class _BoundedPool(HTTPConnectionPool):
    ConnectionCls = _BoundedConnection


class _BoundedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _BoundedTlsConnection


class _BoundedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _BoundedPool, "https": _BoundedTlsPool}
