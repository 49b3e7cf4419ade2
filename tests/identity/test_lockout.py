"""Rounds of attempts, and the waits between them."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from sqlmodel import select

from storefront.db.session import make_engine, session_factory
from storefront.identity.lockout import Allowance, Count, TooManyAttempts, charge, counted
from storefront.models.identity import AttemptCount
from tests.identity.making import Room

MINUTE = dt.timedelta(minutes=1)
THREE = Allowance("test", attempts=3, window=15 * MINUTE, longest=60 * MINUTE)
NOON = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)


def test_three_pass_and_the_fourth_waits() -> None:
    """A round allows its attempts; the next one is told how long to wait."""
    count = Count(0, NOON)
    for _ in range(3):
        count = counted(count, THREE, now=NOON)
    with pytest.raises(TooManyAttempts) as refused:
        counted(count, THREE, now=NOON + 5 * MINUTE)
    assert refused.value.retry_after == 600


def test_waits_double_and_stop_growing() -> None:
    """Whoever comes back the moment a wait is over waits twice as long the next time, up to the longest wait."""
    count, now, waits = Count(0, NOON), NOON, []
    for _ in range(5):
        for _ in range(3):
            count = counted(count, THREE, now=now)
        with pytest.raises(TooManyAttempts) as refused:
            counted(count, THREE, now=now)
        waits.append(refused.value.retry_after / 60)
        now += dt.timedelta(seconds=refused.value.retry_after)
    assert waits == [15, 30, 60, 60, 60]


def test_a_quiet_time_forgives() -> None:
    """After twice the wait, or a round that was not used up, counting starts anew."""
    assert counted(Count(3, NOON), THREE, now=NOON + 30 * MINUTE) == Count(1, NOON + 30 * MINUTE)
    assert counted(Count(2, NOON), THREE, now=NOON + 15 * MINUTE) == Count(1, NOON + 15 * MINUTE)


def test_a_day_of_guessing_is_bounded() -> None:
    """Ten thousand impatient attempts over a day win no more than the allowance's rounds."""
    count, passed = Count(0, NOON), 0
    for step in range(10_000):
        try:
            count = counted(count, THREE, now=NOON + step * dt.timedelta(days=1) / 10_000)
            passed += 1
        except TooManyAttempts:
            continue
    assert passed <= 3 * 26


def test_counts_survive_a_restart(room: Room) -> None:
    """A new process on the same database goes on counting where the old one stopped."""
    for _ in range(3):
        with room.write() as session:
            charge(session, THREE, "ada@example.com", now=NOON)
    reopened = make_engine(str(room.engine.url))
    with pytest.raises(TooManyAttempts), session_factory(reopened)() as session:
        charge(session, THREE, "ada@example.com", now=NOON)
    reopened.dispose()


def test_parallel_attempts_are_all_counted(room: Room) -> None:
    """Twenty threads at once get three attempts together, and the key never shows the address."""
    outcomes: list[bool] = []

    def attempt() -> None:
        try:
            with room.write() as session:
                charge(session, THREE, "ada@example.com", now=NOON)
            outcomes.append(True)
        except TooManyAttempts:
            outcomes.append(False)

    threads = [threading.Thread(target=attempt) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False] * 17 + [True] * 3
    with room.read() as session:
        assert all("ada" not in key for key in session.exec(select(AttemptCount.key)))
