"""Fixed windows of the rate limits, counted in this process.

The library's own store in memory starts a thread for a call and looks at every key in it, a hundred times a second when
the shop is busy: a crowd would slow itself down. Here a look at all keys costs once a minute.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from limits.storage import Storage

TIDY_EVERY = 60.0
"""Seconds between two looks for windows that have ended."""


class Windows(Storage):
    """How often each key was seen in its window; safe to share among threads."""

    STORAGE_SCHEME = None
    base_exceptions = ValueError

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._now = now
        self._lock = threading.Lock()
        self._seen: dict[str, tuple[int, float]] = {}
        self._tidy_at = now() + TIDY_EVERY

    def __len__(self) -> int:
        return len(self._seen)

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count one call; a window that has ended begins anew and lasts `expiry` seconds."""
        now = self._now()
        with self._lock:
            if now >= self._tidy_at:
                self._tidy(now)
            count, ends = self._seen.get(key, (0, 0.0))
            if ends <= now:
                count, ends = 0, now + expiry
            self._seen[key] = count + amount, ends
            return count + amount

    def get(self, key: str) -> int:
        """How often the key was seen in its present window."""
        count, ends = self._seen.get(key, (0, 0.0))
        return count if ends > self._now() else 0

    def get_expiry(self, key: str) -> float:
        """When the key's window ends, in seconds since the epoch; now when it has none."""
        return max(self._seen.get(key, (0, 0.0))[1], self._now())

    def check(self) -> bool:
        """Memory is always there."""
        return True

    def reset(self) -> int:
        """Forget every window; how many there were."""
        with self._lock:
            forgotten, self._seen = len(self._seen), {}
        return forgotten

    def clear(self, key: str) -> None:
        """Forget one window."""
        with self._lock:
            self._seen.pop(key, None)

    def _tidy(self, now: float) -> None:
        self._seen = {key: window for key, window in self._seen.items() if window[1] > now}
        self._tidy_at = now + TIDY_EVERY
