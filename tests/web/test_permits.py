"""How many requests of a process may be engaged with the outside at once."""

from __future__ import annotations

import threading
from contextlib import ExitStack

from storefront.web import permits
from storefront.web.permits import Permits


def test_a_permit_that_comes_free_goes_to_who_waits() -> None:
    """Whoever finds all permits taken waits for its turn, and gets it when somebody is done."""
    room, asking, told = Permits(1), threading.Event(), []

    def want() -> None:
        asking.set()
        with room.ask() as granted:
            told.append(granted)

    with room.ask() as granted:
        assert granted
        waiting = threading.Thread(target=want)
        waiting.start()
        assert asking.wait(5)
        assert told == []
    waiting.join(5)
    assert told == [True]


def test_nobody_waits_where_too_many_wait_already(monkeypatch) -> None:
    """Twice as many as there are permits may be engaged; the next is told no at once, a waiting one when time is up."""
    monkeypatch.setattr(permits, "PATIENCE", 0.05)
    room, held, release = Permits(2), threading.Barrier(3), threading.Event()

    def hold() -> None:
        with room.ask() as granted:
            assert granted
            held.wait(5)
            release.wait(5)

    holders = [threading.Thread(target=hold) for _ in range(2)]
    for one in holders:
        one.start()
    held.wait(5)
    with ExitStack() as waiting:
        assert [waiting.enter_context(room.ask()) for _ in range(2)] == [False, False]
        monkeypatch.setattr(permits, "PATIENCE", 3600)
        with room.ask() as granted:
            assert not granted
    release.set()
    for one in holders:
        one.join(5)
    with room.ask() as granted:
        assert granted
