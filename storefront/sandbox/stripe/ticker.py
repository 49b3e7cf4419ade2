"""Lets the world's clock bring things about even while nobody calls: expired pages, refunds that settle."""

from __future__ import annotations

import threading
import time
import weakref

from storefront.sandbox.stripe.core import Sandbox

EVERY = 0.25


class Ticker:
    """A thread that lives only while something is scheduled and its sandbox is still in use."""

    def __init__(self, box: Sandbox) -> None:
        self._box = weakref.ref(box)
        self._lock = threading.Lock()
        self._running = False

    def wake(self) -> None:
        """See to it that scheduled things happen. Cheap; called after every request."""
        box = self._box()
        if self._running or box is None or not box.store.waiting:
            return
        with self._lock:
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="stripe-clock", daemon=True).start()

    def _run(self) -> None:
        while self._beat():
            time.sleep(EVERY)

    def _beat(self) -> bool:
        box = self._box()
        if box is None or box.world.closing.is_set():
            return False
        with box.world.lock:
            box.tick()
            if box.store.waiting:
                return True
            self._running = False
            return False
