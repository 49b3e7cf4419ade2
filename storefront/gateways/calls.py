"""What every call to a vendor obeys: no open transaction, one total deadline, one observation and one log line."""

from __future__ import annotations

import contextlib
import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

import structlog

from storefront.db.session import transaction_is_open
from storefront.kernel.errors import OutsideError, Unreachable

Observe = Callable[[str, str, str, float], None]
"""Takes vendor, operation, outcome and seconds of a finished call; `telemetry.metrics.Metrics.observe_call` fits."""

_log = structlog.get_logger(__name__)


class Deadline:
    """A moment on the monotonic clock after which nobody waits any more, however many reads or attempts that takes."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    @property
    def passed(self) -> bool:
        """Whether there is no time left."""
        return time.monotonic() >= self._ends

    def remaining(self) -> float:
        """Seconds left, always above zero; raises `TimeoutError` once there are none."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline of the call has passed")
        return left


class DeadlineReader(io.RawIOBase):
    """Reads a connected socket, allowing each read only what is left of the deadline.

    A socket timeout alone starts anew with every byte, so that a server sending one byte a second is waited for
    without end.
    """

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        super().__init__()
        self._sock = sock
        self._deadline = deadline
        # The socket counts its files: it stays open for us even when its connection object has let go of it.
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int | None:  # type: ignore[override]
        """Wait for the next bytes, at most until the deadline; raises `TimeoutError` past it."""
        self._sock.settimeout(self._deadline.remaining())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Let go of the socket."""
        if not self.closed:
            self._raw.close()
        super().close()


def connect_within(host: str, port: int, deadline: Deadline) -> socket.socket:
    """A connected socket; the look-up of the name and all addresses together share what is left of the deadline.

    Raises `OSError`.
    """
    failure: OSError | None = None
    for family, kind, protocol, _, address in _looked_up(host, port, deadline):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(deadline.remaining())
            sock.connect(address)
            # Requests are written in pieces; without this the second piece waits for the first one's receipt.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
        except OSError as broken:
            sock.close()
            failure = broken
    raise failure or OSError("the host has no address")


_Addresses = list[tuple[Any, Any, int, str, Any]]


def _looked_up(host: str, port: int, deadline: Deadline) -> _Addresses:
    """The system's resolver waits as long as it likes, so a thread waits for it; one left behind ends by itself."""
    with contextlib.suppress(socket.gaierror):
        # An address in figures needs nobody to look it up.
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    answers: SimpleQueue[_Addresses | OSError] = SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as broken:
            answers.put(broken)

    threading.Thread(target=look_up, name="resolver", daemon=True).start()
    try:
        found = answers.get(timeout=deadline.remaining())
    except Empty:
        raise TimeoutError("the name was not looked up in time") from None
    if isinstance(found, OSError):
        raise found
    return found


@dataclass(slots=True)
class CallRecord:
    """How the call in hand is counted; overwritten by the code of an error that leaves it."""

    outcome: str = "ok"


@contextmanager
def outside_call(observe: Observe, vendor: str, operation: str) -> Iterator[CallRecord]:
    """Wrap one call: raises `RuntimeError` inside a transaction, counts it, and logs one line without any content."""
    if transaction_is_open():
        raise RuntimeError(f"{vendor}.{operation} was called inside a database transaction")
    record = CallRecord()
    vendor_code = ""
    started = time.monotonic()
    try:
        yield record
    except OutsideError as failed:
        record.outcome, vendor_code = failed.code, failed.vendor_code
        raise
    except BaseException:
        record.outcome = "bug"
        raise
    finally:
        seconds = time.monotonic() - started
        observe(vendor, operation, record.outcome, seconds)
        say = _log.debug if record.outcome == "ok" else _log.warning
        say(
            "outside_called",
            vendor=vendor,
            operation=operation,
            outcome=record.outcome,
            vendor_code=vendor_code,
            seconds=round(seconds, 3),
        )


def no_answer(vendor: str, operation: str, deadline: Deadline) -> Unreachable:
    """The error for a call that broke off; says whether time ran out, and nothing of what was sent."""
    reason = "no complete answer in time" if deadline.passed else "the connection failed"
    return Unreachable(f"{vendor}.{operation}: {reason}", vendor_code="timeout" if deadline.passed else "connection")
