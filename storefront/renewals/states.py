"""The renewal's states, the one table of moves, and the one function that makes a move."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from storefront.models.renewal import Renewal, RenewalEvent, RenewalState

_S = RenewalState


class Event(StrEnum):
    """What can happen to an agreement to renew."""

    STARTED = "started"
    DROPPED = "dropped"
    PAID_LATE = "paid_late"
    ENDING = "ending"
    ENDED = "ended"


MOVES: MappingProxyType[tuple[RenewalState, Event], RenewalState] = MappingProxyType(
    {
        (_S.AGREED, Event.STARTED): _S.ACTIVE,
        (_S.AGREED, Event.DROPPED): _S.DROPPED,
        (_S.AGREED, Event.ENDING): _S.ENDING,
        # Late money revives an order, and what was agreed with it.
        (_S.DROPPED, Event.PAID_LATE): _S.AGREED,
        (_S.ACTIVE, Event.ENDING): _S.ENDING,
        (_S.ENDING, Event.ENDED): _S.ENDED,
    }
)

IS_OPEN = frozenset({_S.AGREED, _S.ACTIVE})
"""States in which a closing can begin."""


def move(
    session: Session,
    renewal_id: str,
    event: Event,
    *,
    now: dt.datetime,
    facts: dict[str, Any] | None = None,
    **columns: Any,
) -> RenewalState | None:
    """Move the renewal by compare-and-set and write what happened in the same transaction.

    Returns the new state; None when the event is late, repeated, or somebody else was faster: then nothing is written.
    """
    state = RenewalState(session.exec(select(Renewal.state).where(Renewal.id == renewal_id)).one())
    following = MOVES.get((state, event))
    if following is None:
        return None
    changed = session.execute(
        update(Renewal)
        .where(col(Renewal.id) == renewal_id, col(Renewal.state) == state)
        .values(state=following, **columns)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        return None
    tell(session, renewal_id, event.value, now, **(facts or {}))
    session.expire_all()
    return following


def tell(session: Session, renewal_id: str, event: str, now: dt.datetime, **facts: Any) -> None:
    """Add a line to the renewal's history."""
    session.add(RenewalEvent(renewal_id=renewal_id, at=now, event=event, facts=facts))
