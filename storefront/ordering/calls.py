"""Intent, call, outcome: the call row that makes a step safe to lose half-way.

Before an effect is asked for, its exact request is stored with a claim; the outcome is written only while the claim
still holds. A row still STARTED after its lease belongs to a caller that died: its answer counts as lost.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, insert, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from storefront.db import prepared
from storefront.kernel.clock import wall_now
from storefront.kernel.ids import new_id
from storefront.models.order import Call, CallState

LEASE_MARGIN = dt.timedelta(seconds=4)


class AlreadyBegun(Exception):
    """Somebody else makes this very call."""


_OF_STEP = (col(Call.order_id) == bindparam("order_id"), col(Call.step) == bindparam("step"))
_LATEST = select(Call).where(*_OF_STEP).order_by(col(Call.attempt).desc()).limit(1)
_SAME = select(Call.id).where(*_OF_STEP, col(Call.attempt) == bindparam("attempt"))
_BEGIN = insert(Call)
_END = (
    update(Call)
    .where(col(Call.id) == bindparam("call_id"), col(Call.claim_token) == bindparam("token"))
    .values(state=bindparam("outcome"), ended_at=bindparam("at"), error=bindparam("said"))
)


@dataclass(frozen=True, slots=True)
class Ticket:
    """The right to make one call, not later than `begin_by` (wall time), and to write its outcome."""

    call_id: str
    token: str
    key: str
    attempt: int
    request: dict[str, Any]
    begin_by: dt.datetime


def latest(session: Session, order_id: str, step: str) -> Call | None:
    """The newest call of a step; to be looked at only."""
    return prepared.first(session, _LATEST, order_id=order_id, step=step)


def latest_to_change(session: Session, order_id: str, step: str) -> Call | None:
    """As `latest`, for `reclaim` and `resolve`."""
    return session.exec(_LATEST, params={"order_id": order_id, "step": step}).first()


def is_running(call: Call) -> bool:
    """Whether some caller may still be waiting for this answer."""
    return call.state is CallState.STARTED and call.lease_until > wall_now()


def is_unresolved(call: Call | None) -> bool:
    """Whether the effect of this call is not known (its answer was lost, or its caller died)."""
    return call is not None and (
        call.state is CallState.UNKNOWN or (call.state is CallState.STARTED and call.lease_until <= wall_now())
    )


def begin(
    session: Session,
    *,
    order_id: str,
    step: str,
    attempt: int,
    key: str,
    request: dict[str, Any],
    deadline: float,
    now: dt.datetime,
) -> Ticket:
    """Store the intent of a new attempt, made `now`. Raises `AlreadyBegun` when somebody else did; roll back then.

    It is looked for before it is written: whoever ends that call at this moment holds its row and waits for the order,
    which our caller may have locked, and on PostgreSQL our insert would wait for them.
    """
    of_step = {"order_id": order_id, "step": step, "attempt": attempt}
    if prepared.run(session, _SAME, **of_step).first() is not None:
        raise AlreadyBegun(step)
    hard_end = wall_now() + dt.timedelta(seconds=deadline)
    ticket = Ticket(new_id(), secrets.token_hex(16), key, attempt, request, wall_now() + LEASE_MARGIN)
    begun = {"started_at": now, "hard_end_at": hard_end, "lease_until": hard_end + LEASE_MARGIN}
    ours = {"id": ticket.call_id, "claim_token": ticket.token, "key": key, "request": request}
    try:
        # The unique key speaks before the call is made.
        prepared.run(session, _BEGIN, **ours, **of_step, **begun, state=CallState.STARTED, error="")
    except IntegrityError as taken:
        raise AlreadyBegun(step) from taken
    return ticket


def reclaim(session: Session, call: Call, *, deadline: float) -> Ticket:
    """Take over a lost call in order to repeat it exactly: same key, same request, fresh token."""
    wall = wall_now()
    call.state, call.claim_token = CallState.STARTED, secrets.token_hex(16)
    call.hard_end_at = wall + dt.timedelta(seconds=deadline)
    call.lease_until = call.hard_end_at + LEASE_MARGIN
    session.add(call)
    return Ticket(call.id, call.claim_token, call.key, call.attempt, dict(call.request), wall + LEASE_MARGIN)


def end(session: Session, ticket: Ticket, state: CallState, error: str = "") -> bool:
    """Write the outcome; False when the claim was lost, and then nothing else may be written either."""
    ours = {"call_id": ticket.call_id, "token": ticket.token}
    return prepared.run(session, _END, **ours, outcome=state, at=wall_now(), said=error[:300]).rowcount == 1


def resolve(session: Session, call: Call, state: CallState, error: str = "") -> None:
    """A read has told what became of a lost call."""
    call.state, call.ended_at, call.error = state, wall_now(), error[:300]
    call.claim_token = secrets.token_hex(16)
    session.add(call)
