"""Write down what somebody did at the desk, in the transaction in which it was done. Rows are added, never changed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlmodel import Session

from storefront.models.staff import StaffAction


def record(
    session: Session, *, staff_id: str, verb: str, about: str, now: dt.datetime, reason: str = "", **facts: Any
) -> None:
    """One row; `facts` hold no secret and no full number of a SIM."""
    session.add(StaffAction(staff_id=staff_id, at=now, verb=verb, about=about, reason=reason[:300], facts=facts))
