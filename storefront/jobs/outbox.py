"""The outbox: work is a row, written in the transaction that makes the work necessary.

The row is the truth about attempts, due time, claim and last error. A queue message is only a hint that a row is
due: losing one costs seconds, never work. Two ways to write a row:

* `stage`: once and for all; a second call with the same key changes nothing (mails, notices).
* `rearm`: a standing row that is set to a new due time again and again (one for each order under way).
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, update
from sqlmodel import Session, col, select

from storefront.kernel.clock import Clock, wall_now
from storefront.kernel.ids import new_id
from storefront.models.work import OutboxRow, WorkState
from storefront.ports import SessionFactory

# A handler that outlives its lease may run twice at the same time; call rows make that harmless. A short lease makes
# the work of a killed worker wait seconds, not minutes.
LEASE = dt.timedelta(seconds=30)
HINT_LIFE = dt.timedelta(seconds=30)
MAX_ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row this worker holds until `LEASE` is over; `token` proves it."""

    id: str
    job: str
    arguments: dict[str, Any]
    token: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Again:
    """What a handler returns when all is well but the work must be looked at again at `due_at` (business time)."""

    due_at: dt.datetime


OnParked = Callable[[Session, OutboxRow], None]
"""Called in the transaction that parks a row, so that a parked row always has its case."""


def stage(session: Session, *, job: str, arguments: dict[str, Any], key: str, due_at: dt.datetime) -> str:
    """Write the work once; returns the row's id. With a known `key` nothing changes."""
    known = session.exec(select(OutboxRow.id).where(OutboxRow.key == key)).first()
    if known is not None:
        return known
    row = _new(job=job, arguments=arguments, key=key, due_at=due_at)
    session.add(row)
    session.info.setdefault("staged", []).append(row.id)
    return row.id


def rearm(
    session: Session, *, job: str, arguments: dict[str, Any], key: str, due_at: dt.datetime, hint: bool = False
) -> None:
    """Set the standing row of `key` to `due_at`, making it when it is new, waking it when it was done or parked.

    Whoever holds the row now loses the claim, so that finishing cannot wipe out what was asked for here.
    `hint` sends a message to the workers as soon as the transaction is stored.
    """
    row = session.exec(select(OutboxRow).where(OutboxRow.key == key)).first()
    if row is None:
        row = _new(job=job, arguments=arguments, key=key, due_at=due_at)
    row.state, row.due_at, row.claim_token, row.lease_until = WorkState.WAITING, due_at, None, None
    row.attempts, row.last_error, row.done_at = 0, "", None
    row.hinted_at = wall_now() if hint else None
    session.add(row)
    if hint:
        session.info.setdefault("staged", []).append(row.id)


def close(session: Session, key: str) -> None:
    """Nothing is left to do under `key`."""
    session.execute(
        update(OutboxRow)
        .where(col(OutboxRow.key) == key)
        .values(state=WorkState.DONE, claim_token=None, lease_until=None, done_at=wall_now())
    )


def standing(session: Session, key: str) -> OutboxRow | None:
    """The row of `key` while it waits for its time."""
    query = select(OutboxRow).where(OutboxRow.key == key, OutboxRow.state == WorkState.WAITING)
    return session.exec(query).first()


def is_closed(session: Session, key: str) -> bool:
    """Whether nothing is left to do under `key`."""
    return session.exec(select(OutboxRow.state).where(OutboxRow.key == key)).first() is WorkState.DONE


def is_parked(session: Session, key: str) -> bool:
    """Whether the work under `key` was given up and handed to a person."""
    return session.exec(select(OutboxRow.state).where(OutboxRow.key == key)).first() is WorkState.PARKED


def claim(write: SessionFactory, row_id: str, clock: Clock) -> Claimed | None:
    """Take a due row by one conditional UPDATE; None when it is not due, done, or held by somebody else."""
    token, wall = secrets.token_hex(16), wall_now()
    with write() as session:
        taken = session.execute(
            update(OutboxRow)
            .where(
                col(OutboxRow.id) == row_id,
                col(OutboxRow.state) == WorkState.WAITING,
                col(OutboxRow.due_at) <= clock.now(),
                or_(col(OutboxRow.claim_token).is_(None), col(OutboxRow.lease_until) < wall),
            )
            .values(claim_token=token, lease_until=wall + LEASE, attempts=col(OutboxRow.attempts) + 1)
            .returning(col(OutboxRow.id), col(OutboxRow.job), col(OutboxRow.arguments), col(OutboxRow.attempts))
        ).first()
    return Claimed(taken.id, taken.job, taken.arguments, token, taken.attempts) if taken else None


def finish(write: SessionFactory, claimed: Claimed, outcome: Again | None) -> None:
    """Mark the row done, or due again. A claim lost in the meantime leaves the row as its new owner wants it."""
    values: dict[str, Any] = {"claim_token": None, "lease_until": None, "last_error": ""}
    if outcome is None:
        values |= {"state": WorkState.DONE, "done_at": wall_now()}
    else:
        values |= {"due_at": outcome.due_at, "attempts": 0, "hinted_at": None}
    with write() as session:
        session.execute(update(OutboxRow).where(*_still_ours(claimed)).values(**values))


def fail(write: SessionFactory, claimed: Claimed, error: Exception, clock: Clock, on_parked: OnParked) -> None:
    """Count the failure: due again after a growing pause, or parked with a case after `MAX_ATTEMPTS`."""
    pause = dt.timedelta(seconds=min(2.0**claimed.attempts, 600))
    with write() as session:
        row = session.exec(select(OutboxRow).where(*_still_ours(claimed)).with_for_update()).first()
        if row is None:
            return
        row.claim_token, row.lease_until, row.hinted_at = None, None, None
        row.last_error = type(error).__name__
        if claimed.attempts >= MAX_ATTEMPTS:
            row.state = WorkState.PARKED
            on_parked(session, row)
        else:
            row.due_at = clock.now() + pause
        session.add(row)


def due(read: SessionFactory, clock: Clock, *, limit: int = 200) -> list[str]:
    """Ids of rows that are due and free, oldest first."""
    with read() as session:
        query = select(OutboxRow.id).where(*_due_and_free(clock)).order_by(col(OutboxRow.due_at)).limit(limit)
        return list(session.exec(query))


def unhinted(read: SessionFactory, write: SessionFactory, clock: Clock, *, limit: int = 200) -> list[str]:
    """Rows that are due and free and have had no hint for `HINT_LIFE`; they are marked as hinted now."""
    stale = or_(col(OutboxRow.hinted_at).is_(None), col(OutboxRow.hinted_at) < wall_now() - HINT_LIFE)
    with read() as session:
        found = list(session.exec(select(OutboxRow.id).where(*_due_and_free(clock), stale).limit(limit)))
    if found:
        with write() as session:
            session.execute(update(OutboxRow).where(col(OutboxRow.id).in_(found)).values(hinted_at=wall_now()))
    return found


def backlog_age(read: SessionFactory, clock: Clock) -> float:
    """Seconds the oldest due row has been waiting (0 when nothing is late)."""
    with read() as session:
        oldest = session.exec(
            select(OutboxRow.due_at)
            .where(OutboxRow.state == WorkState.WAITING, OutboxRow.due_at <= clock.now())
            .order_by(col(OutboxRow.due_at))
            .limit(1)
        ).first()
    return max(0.0, (clock.now() - oldest).total_seconds()) if oldest else 0.0


def _new(*, job: str, arguments: dict[str, Any], key: str, due_at: dt.datetime) -> OutboxRow:
    wall = wall_now()
    # A hint sent before the row is due is wasted: leave such a row to the relay.
    hinted_at = wall if due_at <= wall else None
    return OutboxRow(
        id=new_id(), job=job, arguments=arguments, key=key, due_at=due_at, staged_at=wall, hinted_at=hinted_at
    )


def _still_ours(claimed: Claimed) -> tuple[Any, ...]:
    return (
        col(OutboxRow.id) == claimed.id,
        col(OutboxRow.claim_token) == claimed.token,
        col(OutboxRow.state) == WorkState.WAITING,
    )


def _due_and_free(clock: Clock) -> tuple[Any, ...]:
    return (
        col(OutboxRow.state) == WorkState.WAITING,
        col(OutboxRow.due_at) <= clock.now(),
        or_(col(OutboxRow.claim_token).is_(None), col(OutboxRow.lease_until) < wall_now()),
    )
