"""Sweeps as rows with a due time: one worker claims a sweep, all of them see when it last ran."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import or_, update
from sqlmodel import Session, col, select

from storefront.cases import forget
from storefront.catalogue import refresh
from storefront.db import prepared
from storefront.kernel.clock import wall_now
from storefront.models.work import Sweep
from storefront.ordering import reconcile, sweeps
from storefront.renewals import sweeps as renewal_sweeps
from storefront.wiring import House
from storefront.worker import mail

LONGEST_LEASE = dt.timedelta(minutes=10)
_FIRST = prepared.either(lambda insert: insert(Sweep).on_conflict_do_nothing(index_elements=["name"]))
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Entry:
    """One sweep: its name, how often (business time), and what it does."""

    name: str
    every: dt.timedelta
    run: Callable[[House], object]

    @property
    def lease(self) -> dt.timedelta:
        """Wall time after which another worker may take it over: a look of each minute is not left out for ten."""
        return min(self.every, LONGEST_LEASE)


def _refresh(house: House) -> object:
    return refresh.refresh(house.outside, house.write, settings=house.settings, now=house.outside.clock.now())


LOOKS = (
    Entry("ordering.broken_promises", dt.timedelta(minutes=1), lambda house: sweeps.broken_promises(house.bench)),
    Entry("ordering.sleepers", dt.timedelta(minutes=2), lambda house: sweeps.sleepers(house.bench)),
    Entry("letters.mail_down", dt.timedelta(minutes=1), mail.watch),
    Entry("renewals.sleepers", dt.timedelta(minutes=10), lambda house: renewal_sweeps.sleepers(house.bench)),
    Entry("cases.forget", dt.timedelta(days=1), lambda house: forget.forget_proofs(house.write, house.bench.now())),
)
"""What asks only our own database, and takes moments."""
READINGS = (
    Entry("money.reconcile", dt.timedelta(days=1), lambda house: reconcile.daily(house.bench)),
    Entry("catalogue.refresh", dt.timedelta(hours=1), _refresh),
)
"""What reads long lists of a vendor, and takes minutes when that one is slow."""
TIMETABLE = (*LOOKS, *READINGS)


def run_due_sweeps(house: House, entries: Sequence[Entry] = TIMETABLE) -> list[str]:
    """Run every sweep that is due and free; returns their names."""
    ran = []
    for entry in entries:
        token = _claim(house, entry)
        if token is None:
            continue
        error = ""
        try:
            entry.run(house)
        except Exception as failed:  # noqa: BLE001 - one failing sweep must not stop the others
            error = type(failed).__name__
            _log.exception("sweep_failed", sweep=entry.name)
        _release(house, entry, token, error)
        ran.append(entry.name)
    return ran


def done_by_hand(house: House, name: str) -> None:
    """A sweep that a command just ran is due a whole period from now, not at once again."""
    entry = next(entry for entry in TIMETABLE if entry.name == name)
    now = house.outside.clock.now()
    with house.write() as session:
        _make(session, entry, now)
        session.execute(
            update(Sweep)
            .where(col(Sweep.name) == name)
            .values(due_at=now + entry.every, last_run_at=now, last_error="")
        )


def _claim(house: House, entry: Entry) -> str | None:
    now, wall, token = house.outside.clock.now(), wall_now(), secrets.token_hex(16)
    with house.read() as session:
        row = _row(session, entry)
        if row is not None and (row.due_at > now or (row.claim_token and row.lease_until and row.lease_until > wall)):
            return None
    with house.write() as session:
        if row is None:
            _make(session, entry, now)
        taken = session.execute(
            update(Sweep)
            .where(
                col(Sweep.name) == entry.name,
                col(Sweep.due_at) <= now,
                or_(col(Sweep.claim_token).is_(None), col(Sweep.lease_until) < wall),
            )
            .values(claim_token=token, lease_until=wall + entry.lease)
        )
        return token if taken.rowcount == 1 else None  # type: ignore[attr-defined]


def _release(house: House, entry: Entry, token: str, error: str) -> None:
    now = house.outside.clock.now()
    with house.write() as session:
        session.execute(
            update(Sweep)
            .where(col(Sweep.name) == entry.name, col(Sweep.claim_token) == token)
            .values(claim_token=None, lease_until=None, due_at=now + entry.every, last_run_at=now, last_error=error)
        )


def _make(session: Session, entry: Entry, now: dt.datetime) -> None:
    # Two workers that are the first ever both come here.
    prepared.run(session, _FIRST, name=entry.name, due_at=now, last_error="")


def _row(session: Session, entry: Entry) -> Sweep | None:
    return session.exec(select(Sweep).where(Sweep.name == entry.name)).first()
