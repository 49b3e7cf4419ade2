"""Processes of a shop inside one test process, and the scythe that kills them: at a commit, or in the middle of a call.

A kill is a `BaseException` where the process would have stopped to exist; nothing in the product knows of it.
"""

from __future__ import annotations

import http.client
import threading
from contextlib import contextmanager

from sqlalchemy import event

from storefront.wiring import wire
from tests.apps import create_app
from tests.crash.killing import Killed, commit_behind_its_back

BEFORE_COMMIT, AFTER_COMMIT, DURING_CALL = "before commit", "after commit", "during the call"
_here, _building = threading.local(), threading.Lock()


class Scythe:
    """One death at a time, ordered in advance for the nth commit or the nth call of whichever process makes it."""

    def __init__(self):
        self._lock = threading.Lock()
        self._place, self._left = "", 0
        self.deaths = 0

    def order(self, place, nth):
        """Somebody dies at the `nth` such moment from now on."""
        with self._lock:
            self._place, self._left = place, nth

    def forget(self):
        """Nobody dies any more."""
        self.order("", 0)

    def falls(self, *places):
        """Where this moment kills, or an empty text; an ordered death happens once."""
        with self._lock:
            if self._place not in places:
                return ""
            self._left -= 1
            if self._left:
                return ""
            place, self._place = self._place, ""
            self.deaths += 1
            return place


class Process:
    """A web or worker process: a house of its own on the shop's database, gone and made anew when it was killed."""

    def __init__(self, shop):
        self._shop = shop
        self._start()

    def _start(self):
        self.house = wire(self._shop.settings)
        self._app, self._dead, self.is_dead = None, [], False
        event.listen(self.house.engine, "commit", self._on_commit)

    @property
    def app(self):
        """Its web application."""
        # One at a time: routes are compiled with `ast`, which counts its depth for all threads together.
        with _building:
            if self._app is None:
                self._app = create_app(self.house)
            return self._app

    def run(self, work):
        """What it does, until it is done or killed; None then."""
        _here.process = self
        try:
            return work(self.house)
        except Killed:
            self.is_dead = True
            return None
        finally:
            _here.process = None

    def bury(self):
        """The operating system closes what it had open, and it is started again."""
        self.house.engine.dispose()
        for connection in self._dead:
            connection.close()
        self._start()

    def stop(self):
        """End it in peace."""
        self.house.engine.dispose()

    def falls_in_call(self):
        """Whether it dies while it waits for an answer."""
        return self.is_dead or bool(self._shop.scythe.falls(DURING_CALL))

    def _on_commit(self, connection):
        if connection.get_execution_options().get("read_only"):
            return
        place = BEFORE_COMMIT if self.is_dead else self._shop.scythe.falls(BEFORE_COMMIT, AFTER_COMMIT)
        if place:
            self.is_dead = True
            self._dead.append(connection.connection.driver_connection)
            if place == AFTER_COMMIT:
                commit_behind_its_back(connection)
            raise Killed


@contextmanager
def calls_can_kill():
    """Between a request that was sent and its answer there is a moment to die in: the standard library's read."""
    original = http.client.HTTPConnection.getresponse

    def getresponse(connection):
        process = getattr(_here, "process", None)
        if process is not None and process.falls_in_call():
            connection.close()
            raise Killed
        return original(connection)

    http.client.HTTPConnection.getresponse = getresponse
    try:
        yield
    finally:
        http.client.HTTPConnection.getresponse = original
