"""Few permits for outside calls in web threads: a hanging supplier must never starve visitors."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, current_app

PATIENCE = 1.0
"""Seconds a request may wait for a permit. A call of a healthy outside ends much sooner and makes room."""


class Permits:
    """`count` requests of this process may call at once, and as many more may wait for their turn.

    All others go on without, so no more than twice `count` threads are kept from visitors, however long it hangs.
    """

    def __init__(self, count: int) -> None:
        self._calls = threading.BoundedSemaphore(count)
        self._room = threading.BoundedSemaphore(2 * count)

    @contextmanager
    def ask(self) -> Iterator[bool]:
        """Whether the caller may make its calls now."""
        if not self._room.acquire(blocking=False):
            yield False
            return
        try:
            granted = self._calls.acquire(timeout=PATIENCE)
            try:
                yield granted
            finally:
                if granted:
                    self._calls.release()
        finally:
            self._room.release()


def furnish(app: Flask, permits: int) -> None:
    """Give the app its permits; each process has its own."""
    app.extensions["outside_permits"] = Permits(permits)


@contextmanager
def outside_permit() -> Iterator[bool]:
    """Whether this request may call the outside itself; if not, a worker does it."""
    permits: Permits = current_app.extensions["outside_permits"]
    with permits.ask() as granted:
        yield granted
