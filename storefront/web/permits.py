"""Few permits for outside calls in web threads: a hanging supplier must never starve visitors."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, current_app


def furnish(app: Flask, permits: int) -> None:
    """Give the app its permits; each process has its own."""
    app.extensions["outside_permits"] = threading.BoundedSemaphore(permits)


@contextmanager
def outside_permit() -> Iterator[bool]:
    """Whether this request may call the outside itself; if not, a worker does it."""
    permits: threading.BoundedSemaphore = current_app.extensions["outside_permits"]
    granted = permits.acquire(blocking=False)
    try:
        yield granted
    finally:
        if granted:
            permits.release()
