"""The one place that knows what time it is. Always aware UTC.

In the demo and in tests an offset file moves business time; leases, sockets and webhook stamps stay on wall time.
"""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path


class Clock:
    """Business time: wall time plus the offset (seconds) kept in `offset_file`, if there is one."""

    def __init__(self, offset_file: Path | None = None) -> None:
        self._file = offset_file
        self._read_at = 0.0
        self._offset = 0.0

    def now(self) -> dt.datetime:
        """The present, aware UTC; the offset file is looked at no more than ten times a second."""
        if self._file is not None and time.monotonic() - self._read_at > 0.1:
            self._offset = _read_offset(self._file)
            self._read_at = time.monotonic()
        return dt.datetime.fromtimestamp(time.time() + self._offset, dt.UTC)

    def forget(self) -> None:
        """Read the offset afresh at the next look."""
        self._read_at = 0.0


def wall_now() -> dt.datetime:
    """Wall time, aware UTC, never moved: for leases and for stamps others check against their own clocks."""
    return dt.datetime.fromtimestamp(time.time(), dt.UTC)


def _read_offset(path: Path) -> float:
    try:
        text = path.read_text().strip()
    except FileNotFoundError:
        return 0.0
    return float(text) if text else 0.0
