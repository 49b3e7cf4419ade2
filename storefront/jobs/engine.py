"""The engine that carries hints from whoever staged a row to a worker: Huey, on a SQLite file or on Redis.

Huey forgets a task when its worker is killed, whatever its store; that is why a message is a hint and no more.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import Path
from typing import Any

from huey import Huey, RedisHuey, SqliteHuey
from huey.consumer import Consumer

from storefront.jobs.outbox import LETTERS, Hint

RunRow = Callable[[str], Any]

GRACE = 3.0
"""Seconds that work in hand has left when its lane is told to stop; whatever is cut is taken up after its lease."""


class Lane(Enum):
    """A queue with threads of its own: a silent mail server must not hold up orders, nor a silent supplier letters."""

    ORDERS = "shop"
    LETTERS = "letters"


def lane_of(job: str) -> Lane:
    """Whatever only sends a mail is a letter; everything else moves an order, a SIM or a renewal."""
    return Lane.LETTERS if job.startswith(LETTERS) else Lane.ORDERS


class _SelfClosing(sqlite3.Connection):
    """Huey keeps its connection to the end; from Python 3.13 on one that is dropped open is reported as a leak."""

    def __del__(self) -> None:
        self.close()


class _Threads(Consumer):  # type: ignore[misc]
    """Leaves signals to whoever runs several of them: Huey would give each to the one that started last."""

    def _set_signal_handlers(self) -> None:
        pass


class Engine:
    """Sends row ids and, in a worker, runs them."""

    def __init__(self, *, data_dir: Path, redis_url: str) -> None:
        if not redis_url:
            data_dir.mkdir(parents=True, exist_ok=True)
        self._lanes = {lane: _queue(lane, data_dir / "queue.sqlite", redis_url) for lane in Lane}
        self._run_row: RunRow | None = None
        self._tasks = {lane: huey.task(name="run_row")(self._run) for lane, huey in self._lanes.items()}

    def hint(self, hints: Iterable[Hint]) -> None:
        """Tell the workers. A store that does not answer costs seconds (the relay sends again), never the request."""
        with contextlib.suppress(Exception):
            for hint in hints:
                self._tasks[lane_of(hint.job)](hint.row_id)

    def consumer(self, lane: Lane, run_row: RunRow, *, threads: int) -> Consumer:
        """The threads of one lane: `start`, `check_worker_health` and `stop` are their life."""
        self._run_row = run_row
        pace = {"initial_delay": 0.05, "max_delay": 0.2, "backoff": 1.5, "shutdown_timeout": GRACE}
        return _Threads(self._lanes[lane], workers=threads, periodic=False, **pace)

    def pending(self, lane: Lane) -> int:
        """Hints not yet taken."""
        return int(self._lanes[lane].pending_count())

    def _run(self, row_id: str) -> None:
        if self._run_row is not None:
            self._run_row(row_id)


def _queue(lane: Lane, file: Path, redis_url: str) -> Huey:
    if redis_url:
        return RedisHuey(lane.value, url=redis_url, results=False)
    return SqliteHuey(lane.value, filename=str(file), results=False, fsync=False, factory=_SelfClosing)
