"""The engine that carries hints from whoever staged a row to a worker: Huey, on a SQLite file or on Redis.

Huey forgets a task when its worker is killed, whatever its store; that is why a message is a hint and no more.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from huey import Huey, RedisHuey, SqliteHuey

RunRow = Callable[[str], Any]


class _SelfClosing(sqlite3.Connection):
    """Huey keeps its connection to the end; from Python 3.13 on one that is dropped open is reported as a leak."""

    def __del__(self) -> None:
        self.close()


class Engine:
    """Sends row ids and, in a worker, runs them."""

    def __init__(self, *, data_dir: Path, redis_url: str) -> None:
        if redis_url:
            self._huey: Huey = RedisHuey("shop", url=redis_url, results=False)
        else:
            data_dir.mkdir(parents=True, exist_ok=True)
            self._huey = SqliteHuey(
                "shop", filename=str(data_dir / "queue.sqlite"), results=False, fsync=False, factory=_SelfClosing
            )
        self._run_row: RunRow | None = None
        self._task = self._huey.task(name="run_row")(self._run)

    def hint(self, row_ids: Iterable[str]) -> None:
        """Tell the workers. A store that does not answer costs seconds (the relay sends again), never the request."""
        with contextlib.suppress(Exception):
            for row_id in row_ids:
                self._task(row_id)

    def consumer(self, run_row: RunRow, *, threads: int) -> Any:
        """A Huey consumer whose `start`, `stop` and `run` are the worker's life."""
        self._run_row = run_row
        return self._huey.create_consumer(
            workers=threads, periodic=False, initial_delay=0.02, max_delay=0.2, backoff=1.3, check_worker_health=True
        )

    def pending(self) -> int:
        """Hints not yet taken."""
        return int(self._huey.pending_count())

    def _run(self, row_id: str) -> None:
        if self._run_row is not None:
            self._run_row(row_id)
