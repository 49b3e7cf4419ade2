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
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, not_, or_, update
from sqlmodel import Session, col, select

from storefront.db import prepared
from storefront.kernel.clock import Clock, wall_now
from storefront.kernel.ids import new_id
from storefront.models.work import OutboxRow, WorkState
from storefront.ports import SessionFactory

# A handler that outlives its lease may run twice at the same time; call rows make that harmless. A short lease makes
# the work of a killed worker wait seconds, not minutes.
LEASE = dt.timedelta(seconds=30)
HINT_LIFE = dt.timedelta(seconds=30)
MAX_ATTEMPTS = 10
LETTERS = "letters."
"""How the names of jobs begin that only send a mail."""


class Hint(NamedTuple):
    """Word that a row is due, for the workers; `job` tells which of their lanes it belongs to."""

    row_id: str
    job: str


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


def _waking(insert: Any) -> Any:
    """Insert a row; one of the same key is set back to a fresh start instead."""
    row = insert(OutboxRow)
    fresh = ("state", "due_at", "claim_token", "lease_until", "attempts", "last_error", "done_at", "hinted_at")
    again = {name: getattr(row.excluded, name) for name in fresh}
    return row.on_conflict_do_update(index_elements=["key"], set_=again).returning(col(OutboxRow.id))


_BY_KEY = col(OutboxRow.key) == bindparam("key")
_STAGE = prepared.either(
    lambda insert: insert(OutboxRow).on_conflict_do_nothing(index_elements=["key"]).returning(col(OutboxRow.id))
)
_REARM = prepared.either(_waking)
_ID_OF = select(OutboxRow.id).where(_BY_KEY)
_STATE_OF = select(OutboxRow.state).where(_BY_KEY)
_STANDING = select(OutboxRow).where(_BY_KEY, OutboxRow.state == WorkState.WAITING)
_CLOSE = (
    update(OutboxRow)
    .where(col(OutboxRow.key) == bindparam("closed"))
    .values(state=WorkState.DONE, claim_token=None, lease_until=None, done_at=bindparam("at"))
)
_CLAIM = (
    update(OutboxRow)
    .where(
        col(OutboxRow.id) == bindparam("row_id"),
        col(OutboxRow.state) == WorkState.WAITING,
        col(OutboxRow.due_at) <= bindparam("now"),
        or_(col(OutboxRow.claim_token).is_(None), col(OutboxRow.lease_until) < bindparam("wall")),
    )
    .values(claim_token=bindparam("token"), lease_until=bindparam("until"), attempts=col(OutboxRow.attempts) + 1)
    .returning(col(OutboxRow.id), col(OutboxRow.job), col(OutboxRow.arguments), col(OutboxRow.attempts))
)
_STILL_OURS = (
    col(OutboxRow.id) == bindparam("row_id"),
    col(OutboxRow.claim_token) == bindparam("token"),
    col(OutboxRow.state) == WorkState.WAITING,
)
_FREE: dict[str, Any] = {"claim_token": None, "lease_until": None, "last_error": ""}
_FINISH = update(OutboxRow).where(*_STILL_OURS).values(**_FREE, state=WorkState.DONE, done_at=bindparam("at"))
_AGAIN = update(OutboxRow).where(*_STILL_OURS).values(**_FREE, due_at=bindparam("at"), attempts=0, hinted_at=None)


def stage(session: Session, *, job: str, arguments: dict[str, Any], key: str, due_at: dt.datetime) -> str:
    """Write the work once; returns the row's id. With a known `key` nothing changes."""
    row = _new(job=job, arguments=arguments, key=key, due_at=due_at)
    if prepared.run(session, _STAGE, **row).first() is None:
        return str(prepared.run(session, _ID_OF, key=key).scalar_one())
    session.info.setdefault("staged", []).append(Hint(row["id"], job))
    return str(row["id"])


def rearm(
    session: Session, *, job: str, arguments: dict[str, Any], key: str, due_at: dt.datetime, hint: bool = False
) -> None:
    """Set the standing row of `key` to `due_at`, making it when it is new, waking it when it was done or parked.

    Whoever holds the row now loses the claim, so that finishing cannot wipe out what was asked for here.
    `hint` sends a message to the workers as soon as the transaction is stored.
    """
    row = _new(job=job, arguments=arguments, key=key, due_at=due_at) | {"hinted_at": wall_now() if hint else None}
    row_id = prepared.run(session, _REARM, **row).scalar_one()
    if hint:
        session.info.setdefault("staged", []).append(Hint(row_id, job))


def close(session: Session, key: str) -> None:
    """Nothing is left to do under `key`."""
    prepared.run(session, _CLOSE, closed=key, at=wall_now())


def standing(session: Session, key: str) -> OutboxRow | None:
    """The row of `key` while it waits for its time."""
    return session.exec(_STANDING, params={"key": key}).first()


def is_closed(session: Session, key: str) -> bool:
    """Whether nothing is left to do under `key`."""
    return prepared.run(session, _STATE_OF, key=key).scalar() is WorkState.DONE


def is_parked(session: Session, key: str) -> bool:
    """Whether the work under `key` was given up and handed to a person."""
    return prepared.run(session, _STATE_OF, key=key).scalar() is WorkState.PARKED


def claim(write: SessionFactory, row_id: str, clock: Clock) -> Claimed | None:
    """Take a due row by one conditional UPDATE; None when it is not due, done, or held by somebody else."""
    token, wall = secrets.token_hex(16), wall_now()
    claim = {"row_id": row_id, "token": token, "now": clock.now(), "wall": wall, "until": wall + LEASE}
    with write() as session:
        taken = prepared.run(session, _CLAIM, **claim).first()
    return Claimed(taken.id, taken.job, taken.arguments, token, taken.attempts) if taken else None


def finish(write: SessionFactory, claimed: Claimed, outcome: Again | None, clock: Clock) -> None:
    """Mark the row done, or due again. A claim lost in the meantime leaves the row as its new owner wants it.

    When a letter left stands beside what it tells, so it is business time.
    """
    ours = {"row_id": claimed.id, "token": claimed.token}
    with write() as session:
        if outcome is None:
            prepared.run(session, _FINISH, **ours, at=clock.now())
        else:
            prepared.run(session, _AGAIN, **ours, at=outcome.due_at)


def fail(
    write: SessionFactory,
    claimed: Claimed,
    error: Exception,
    clock: Clock,
    on_parked: OnParked,
    *,
    patience: dt.timedelta = dt.timedelta(),
) -> None:
    """Count the failure: due again after a growing pause, or parked with a case after `MAX_ATTEMPTS`.

    A row younger than `patience` (wall time) is not parked, however often it failed.
    """
    pause = dt.timedelta(seconds=min(2.0**claimed.attempts, 600))
    with write() as session:
        ours = select(OutboxRow).where(*_STILL_OURS).with_for_update()
        row = session.exec(ours, params={"row_id": claimed.id, "token": claimed.token}).first()
        if row is None:
            return
        row.claim_token, row.lease_until, row.hinted_at = None, None, None
        row.last_error = type(error).__name__
        if claimed.attempts >= MAX_ATTEMPTS and wall_now() - row.staged_at >= patience:
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


def unhinted(
    read: SessionFactory, write: SessionFactory, clock: Clock, *, letters: bool, limit: int = 200
) -> list[Hint]:
    """Letters, or all other rows, that are due and free and have had no hint for `HINT_LIFE`; marked as hinted now."""
    stale = or_(col(OutboxRow.hinted_at).is_(None), col(OutboxRow.hinted_at) < wall_now() - HINT_LIFE)
    is_letter = col(OutboxRow.job).startswith(LETTERS)
    kind = is_letter if letters else not_(is_letter)
    with read() as session:
        query = select(OutboxRow.id, OutboxRow.job).where(*_due_and_free(clock), stale, kind).limit(limit)
        found = [Hint(*row) for row in session.exec(query)]
    if found:
        ids = [hint.row_id for hint in found]
        with write() as session:
            session.execute(update(OutboxRow).where(col(OutboxRow.id).in_(ids)).values(hinted_at=wall_now()))
    return found


def letters_held(session: Session, since: dt.datetime, error: str) -> int:
    """How many letters staged before a moment (wall time) still wait, and failed last with this error."""
    held = (
        select(func.count())
        .select_from(OutboxRow)
        .where(
            OutboxRow.state == WorkState.WAITING,
            col(OutboxRow.job).startswith(LETTERS),
            OutboxRow.staged_at <= since,
            OutboxRow.last_error == error,
        )
    )
    return session.exec(held).one()


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


def _new(*, job: str, arguments: dict[str, Any], key: str, due_at: dt.datetime) -> dict[str, Any]:
    wall = wall_now()
    return {
        "id": new_id(),
        "job": job,
        "arguments": arguments,
        "key": key,
        "state": WorkState.WAITING,
        "due_at": due_at,
        "attempts": 0,
        "claim_token": None,
        "lease_until": None,
        # A hint sent before the row is due is wasted: leave such a row to the relay.
        "hinted_at": wall if due_at <= wall else None,
        "last_error": "",
        "staged_at": wall,
        "done_at": None,
    }


def _due_and_free(clock: Clock) -> tuple[Any, ...]:
    return (
        col(OutboxRow.state) == WorkState.WAITING,
        col(OutboxRow.due_at) <= clock.now(),
        or_(col(OutboxRow.claim_token).is_(None), col(OutboxRow.lease_until) < wall_now()),
    )
