"""Write down what somebody did at the desk, in the transaction in which it was done. Rows are added, never changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from storefront.db.prefix import begins_with
from storefront.models.staff import Staff, StaffAction
from storefront.ports import SessionFactory


@dataclass(frozen=True, slots=True)
class Deed:
    """One row of the record; `behind` names the supplier's orders that were given up with it, by commas."""

    id: int
    at: dt.datetime
    by: str
    role: str
    verb: str
    about: str
    why: str
    reason: str
    key: str
    closing: str
    behind: str


def record(
    session: Session,
    *,
    staff_id: str,
    verb: str,
    about: str,
    now: dt.datetime,
    reason: str = "",
    key: str | None = None,
    **facts: Any,
) -> None:
    """One row; `facts` hold no secret and no full number of a SIM."""
    session.add(
        StaffAction(staff_id=staff_id, at=now, verb=verb, about=about, key=key, reason=reason[:300], facts=facts)
    )


def of(read: SessionFactory, about: Sequence[str]) -> list[Deed]:
    """Everything done to any of these (ids of orders, SIMs, closings, cases), oldest first."""
    query = select(StaffAction, Staff).join(Staff, col(Staff.id) == col(StaffAction.staff_id))
    with read() as session:
        rows = session.exec(query.where(col(StaffAction.about).in_(about)).order_by(col(StaffAction.id))).all()
    return [_deed(action, person) for action, person in rows]


def by_id(read: SessionFactory, action_id: int) -> Deed | None:
    """One row of the record."""
    query = select(StaffAction, Staff).join(Staff, col(Staff.id) == col(StaffAction.staff_id))
    with read() as session:
        found = session.exec(query.where(StaffAction.id == action_id)).first()
    return _deed(*found) if found else None


def first_of_list(read: SessionFactory, batch: str) -> Deed | None:
    """Who began a pasted list, when and why: its first row. `batch` is the key of the form it was sent with."""
    query = select(StaffAction, Staff).join(Staff, col(Staff.id) == col(StaffAction.staff_id))
    mine = query.where(begins_with(StaffAction.key, f"{batch}:")).order_by(col(StaffAction.id)).limit(1)
    with read() as session:
        found = session.exec(mine).first()
    return _deed(*found) if found else None


def _deed(action: StaffAction, person: Staff) -> Deed:
    return Deed(
        action.id or 0,
        action.at,
        person.name,
        person.role.value,
        action.verb,
        action.about,
        str(action.facts.get("why", "")),
        action.reason,
        action.key or "",
        str(action.facts.get("closing", "")),
        str(action.facts.get("behind", "")),
    )
