"""Signed notices to the shop: a few threads that start on demand, keep connections open and try again for a while."""

from __future__ import annotations

import fnmatch
import heapq
import http.client
import itertools
import json
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from storefront.sandbox.world import Fault, Faults

RETRY_AFTER = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 60.0)
TIMEOUT = 10.0
IDLE_SECONDS = 3.0
LOOK_UP_SECONDS = 0.5
REORDER_LIMIT = 3.0
REMEMBERED = 5000


SignedHeaders = Callable[[bytes, str, int], dict[str, str]]
"""Makes the headers that sign a payload from it, the secret and wall time in seconds since 1970."""


@dataclass
class Delivery:
    """One try to hand over one event, and what came of it."""

    event: str
    type: str
    attempt: int
    at: float
    status: int | None = None
    error: str | None = None
    seconds: float = 0.0


@dataclass
class _Job:
    event: str
    type: str
    payload: bytes
    attempt: int = 1


class Dispatcher:
    """Delivers events. `url`, `secret` and `events` may be changed at any time; an empty url sends nothing.

    `headers` signs each payload when it leaves; `target` is the name under which misfortunes are ordered.
    """

    def __init__(
        self,
        url: str,
        secret: str,
        faults: Faults,
        events: tuple[str, ...],
        closing: threading.Event,
        *,
        headers: SignedHeaders,
        target: str,
        threads: int = 2,
    ) -> None:
        self.url = url
        self.secret = secret
        self.events = events
        self.deliveries: deque[Delivery] = deque(maxlen=REMEMBERED)
        self._faults = faults
        self._threads = threads
        self._headers = headers
        self._target = target
        self._condition = threading.Condition()
        self._queue: list[tuple[float, int, _Job]] = []
        self._order = itertools.count()
        self._running = 0
        self._held: _Job | None = None
        self._answered: OrderedDict[str, threading.Event] = OrderedDict()
        self._closing = closing
        self._is_closed = False
        self.accepted: Callable[[str], None] = lambda _event_id: None

    def wants(self, event_type: str) -> bool:
        """Whether the shop's endpoint is subscribed to this type; ``*`` patterns count."""
        return bool(self.url) and any(fnmatch.fnmatchcase(event_type, pattern) for pattern in self.events)

    def send(self, event_id: str, event_type: str, event: dict[str, Any]) -> None:
        """Deliver an event soon; an ordered misfortune decides how. Never blocks on the network."""
        job = _Job(event_id, event_type, json.dumps(event).encode())
        with self._condition:
            self._answered[event_id] = threading.Event()
            while len(self._answered) > REMEMBERED:
                self._answered.popitem(last=False)
        fault = self._faults.take(self._target)
        if fault is not None and self._misfortune(job, fault):
            return
        self._put(job, 0.0)
        with self._condition:
            overtaken, self._held = self._held, None
        if overtaken is not None:
            # Late enough that a second thread cannot bring the two back into order.
            self._put(overtaken, 0.2)

    def _misfortune(self, job: _Job, fault: Fault) -> bool:
        """Apply a fault; true when the ordinary delivery is replaced by it."""
        if fault.kind == "drop":
            self.deliveries.append(Delivery(job.event, job.type, 0, time.time(), error="dropped on purpose"))
        elif fault.kind == "duplicate":
            self._put(job, 0.0)
            self._put(_Job(job.event, job.type, job.payload), 0.05)
        elif fault.kind == "late":
            self._put(job, float(fault.params.get("seconds", 2.0)))
        elif fault.kind == "reorder":
            with self._condition:
                self._held = job
            timer = threading.Timer(REORDER_LIMIT, self._release, [job])
            timer.daemon = True
            timer.start()
        else:
            return False
        return True

    def _release(self, job: _Job) -> None:
        """Nothing came to overtake a held event in time: send it after all."""
        with self._condition:
            if self._held is not job:
                return
            self._held = None
        self._put(job, 0.0)

    def resend(self, event_id: str, event_type: str, event: dict[str, Any]) -> None:
        """Deliver once more by hand, as the dashboard's button does; no misfortune applies."""
        self._put(_Job(event_id, event_type, json.dumps(event).encode()), 0.0)

    def wait_for(self, event_id: str, seconds: float) -> bool:
        """Block until the first try of an event was answered, at most `seconds`. Hold no lock while calling."""
        answered = self._answered.get(event_id)
        return answered.wait(seconds) if answered is not None else False

    def history(self) -> list[dict[str, Any]]:
        """Every remembered try, oldest first."""
        return [asdict(delivery) for delivery in list(self.deliveries)]

    def pending(self) -> int:
        """How many tries are still to come."""
        with self._condition:
            return len(self._queue) + (self._held is not None)

    def close(self) -> None:
        """Send nothing any more."""
        with self._condition:
            self._is_closed = True
            self._queue.clear()
            self._condition.notify_all()

    def _is_over(self) -> bool:
        return self._is_closed or self._closing.is_set()

    def _put(self, job: _Job, delay: float) -> None:
        with self._condition:
            if self._is_over():
                return
            heapq.heappush(self._queue, (time.monotonic() + delay, next(self._order), job))
            if self._running < self._threads:
                self._running += 1
                threading.Thread(target=self._work, name=self._target, daemon=True).start()
            self._condition.notify()

    def _next(self) -> _Job | None:
        """The next job whose time has come, or None after idling; the caller's thread then ends."""
        idle_until = time.monotonic() + IDLE_SECONDS
        with self._condition:
            while not self._is_over():
                now = time.monotonic()
                if self._queue and self._queue[0][0] <= now:
                    return heapq.heappop(self._queue)[2]
                if not self._queue and now >= idle_until:
                    break
                until = self._queue[0][0] if self._queue else idle_until
                self._condition.wait(min(until - now, LOOK_UP_SECONDS))
            self._running -= 1
        return None

    def _work(self) -> None:
        line = _Line()
        while (job := self._next()) is not None:
            if not self._deliver(line, job) and job.attempt <= len(RETRY_AFTER):
                delay = RETRY_AFTER[job.attempt - 1]
                self._put(_Job(job.event, job.type, job.payload, job.attempt + 1), delay)
        line.close()

    def _deliver(self, line: _Line, job: _Job) -> bool:
        at, began = time.time(), time.monotonic()
        delivery = Delivery(job.event, job.type, job.attempt, at)
        try:
            delivery.status = line.post(self.url, job.payload, self._headers(job.payload, self.secret, int(at)))
        except (OSError, http.client.HTTPException) as problem:
            delivery.error = f"{type(problem).__name__}: {problem}"
        delivery.seconds = round(time.monotonic() - began, 4)
        self.deliveries.append(delivery)
        answered = self._answered.get(job.event)
        accepted = delivery.status is not None and 200 <= delivery.status < 300
        if accepted:
            self.accepted(job.event)
        if answered is not None:
            answered.set()
        return accepted


class _Line:
    """One thread's connection to the shop, kept open between events."""

    def __init__(self) -> None:
        self._connection: http.client.HTTPConnection | None = None
        self._place = ("", "")

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def post(self, url: str, payload: bytes, headers: dict[str, str]) -> int:
        """Send one event and return the status. A kept connection that went stale is dialled once more."""
        parts = urlsplit(url)
        if (parts.scheme, parts.netloc) != self._place:
            self.close()
            self._place = (parts.scheme, parts.netloc)
        for reused in (self._connection is not None, False):
            try:
                return self._post_once(parts.path or "/", payload, headers)
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self.close()
                if not reused:
                    raise
            except (OSError, http.client.HTTPException):
                self.close()
                raise
        raise ConnectionError("the shop hung up twice")

    def _post_once(self, path: str, payload: bytes, headers: dict[str, str]) -> int:
        if self._connection is None:
            scheme, place = self._place
            kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
            self._connection = kind(place, timeout=TIMEOUT)
        self._connection.request("POST", path, payload, headers)
        answer = self._connection.getresponse()
        answer.read()
        if answer.will_close:
            self.close()
        return answer.status
