"""Counted attempts with growing waits, kept in the database so that restarts and other processes see the same number.

A round allows so many attempts. Whoever uses a round up waits until its time is over, and the next round that follows
at once lasts twice as long. A quiet time of twice the round forgives everything.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Session

from storefront.kernel.errors import Kind, StorefrontError
from storefront.models.identity import AttemptCount


@dataclass(frozen=True, slots=True)
class Allowance:
    """`attempts` in a round of `window`; rounds that follow each other double up to `longest`."""

    name: str
    attempts: int
    window: dt.timedelta
    longest: dt.timedelta


@dataclass(frozen=True, slots=True)
class Count:
    """Attempts so far and when the present round began."""

    attempts: int
    since: dt.datetime


class TooManyAttempts(StorefrontError):
    """The round is used up; `retry_after` is in seconds."""

    kind = Kind.THROTTLED
    code = "too_many_attempts"

    def __init__(self, retry_after: float) -> None:
        super().__init__()
        self.retry_after = retry_after


def charge(session: Session, allowance: Allowance, subject: str, *, now: dt.datetime) -> None:
    """Count one attempt of `subject` in the caller's transaction; raises `TooManyAttempts` and then counts nothing."""
    key = f"{allowance.name}:{hashlib.sha256(subject.encode()).hexdigest()}"
    # The row must exist before it can be locked, or two first attempts would both count as the first.
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    session.execute(insert(AttemptCount).values(key=key, window_start=now, count=0).on_conflict_do_nothing())
    row = session.get_one(AttemptCount, key, with_for_update=True, populate_existing=True)
    after = counted(Count(row.count, row.window_start), allowance, now=now)
    row.count, row.window_start = after.attempts, after.since
    session.add(row)
    session.flush()


def counted(before: Count, allowance: Allowance, *, now: dt.datetime) -> Count:
    """The count after one more attempt; raises `TooManyAttempts` while a used-up round lasts."""
    if before.attempts == 0:
        return Count(1, now)
    length = _length(before.attempts, allowance)
    over = before.since + length
    used_up = before.attempts % allowance.attempts == 0
    if now < over:
        if used_up:
            raise TooManyAttempts((over - now).total_seconds())
        return Count(before.attempts + 1, before.since)
    if not used_up or now >= before.since + 2 * length:
        return Count(1, now)
    return Count(before.attempts + 1, now)


def _length(attempts: int, allowance: Allowance) -> dt.timedelta:
    rounds = min((attempts - 1) // allowance.attempts, 20)
    return min(allowance.window * (1 << rounds), allowance.longest)
