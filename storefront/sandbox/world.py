"""What every pretend service shares: one lock, one clock that can be moved, one list of armed faults, one seed."""

from __future__ import annotations

import datetime as dt
import itertools
import random
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class MovableClock:
    """Wall time plus an offset kept in a file, so that the shop's processes can follow the same clock."""

    def __init__(self, offset_file: Path | None = None) -> None:
        self._file = offset_file
        self._offset = 0.0
        if offset_file is not None and offset_file.exists():
            self._offset = float(offset_file.read_text() or "0")

    @property
    def offset(self) -> float:
        """Seconds the pretend world is ahead of wall time."""
        return self._offset

    def now(self) -> dt.datetime:
        """Aware UTC."""
        return dt.datetime.fromtimestamp(time.time() + self._offset, dt.UTC)

    def move(self, seconds: float) -> None:
        """Jump; the offset file is replaced in one step so that no reader sees half a number."""
        self._offset += seconds
        if self._file is not None:
            fresh = self._file.with_suffix(".new")
            fresh.write_text(repr(self._offset))
            fresh.replace(self._file)


@dataclass
class Fault:
    """One ordered misfortune: `kind` is what goes wrong, `target` where.

    A target is an operation name such as ``linksfield.pre_order``; ``linksfield.*`` is any operation of that service.
    """

    target: str
    kind: str
    times: int = 1
    params: dict[str, Any] = field(default_factory=dict)


class Faults:
    """Armed faults; each is used up `times` times, first armed first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[Fault] = []
        self.history: deque[dict[str, Any]] = deque(maxlen=500)

    def arm(self, target: str, kind: str, times: int = 1, **params: Any) -> None:
        """Order `kind` for the next `times` calls of `target`."""
        with self._lock:
            self._armed.append(Fault(target, kind, times, params))

    def take(self, target: str) -> Fault | None:
        """The fault due for this call of `target`, if any; uses one of its times up."""
        with self._lock:
            for fault in self._armed:
                if _meets(fault.target, target) and fault.times > 0:
                    fault.times -= 1
                    if fault.times == 0:
                        self._armed.remove(fault)
                    self.history.append({"target": target, "kind": fault.kind})
                    return fault
        return None

    def armed(self) -> list[Fault]:
        """What is still waiting to go wrong."""
        with self._lock:
            return list(self._armed)

    def clear(self) -> None:
        """Forget every armed fault."""
        with self._lock:
            self._armed.clear()


def _meets(wanted: str, target: str) -> bool:
    return wanted == target or (wanted.endswith("*") and target.startswith(wanted[:-1]))


class World:
    """The shared state of all pretend services; `lock` guards everything they keep in memory.

    The shop reaches the services under `base_url`, a person's browser under `public_url` (empty: the same).
    """

    def __init__(
        self, *, seed: int = 7, base_url: str = "", public_url: str = "", offset_file: Path | None = None
    ) -> None:
        self.seed = seed
        self.base_url = base_url
        self.public_url = public_url
        self.lock = threading.RLock()
        self.clock = MovableClock(offset_file)
        self.faults = Faults()
        self.random = random.Random(seed)
        self.closing = threading.Event()
        # Put here by whoever mounts them, so that a test that holds the world can look behind the counters.
        self.supplier: Any = None
        self.stripe: Any = None
        self.sims: Any = None
        self.pushes: Any = None
        self._serial = itertools.count(1)
        self.log: deque[dict[str, Any]] = deque(maxlen=2000)

    def pause(self, seconds: float) -> None:
        """Sleep on wall time, but no longer than this world lives. Never call it with the lock held."""
        self.closing.wait(seconds)

    def serial(self) -> int:
        """A number never given before in this world."""
        with self.lock:
            return next(self._serial)

    def note(self, service: str, what: str, **facts: Any) -> None:
        """Remember one call for the control page; never holds activation codes or tokens."""
        self.log.append({"at": self.clock.now().isoformat(), "service": service, "what": what, **facts})
