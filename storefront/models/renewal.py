"""Auto-renewals that were closed, or are being closed."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from storefront.db.types import EnumByValue, UtcTime


class ClosingState(StrEnum):
    """ASKED: under way. STUCK: a case besides, and still tried. CLOSED: the supplier showed that none is active."""

    ASKED = "asked"
    STUCK = "stuck"
    CLOSED = "closed"


class Closing(SQLModel, table=True):
    """The end of every auto-renewal the supplier holds for one SIM, wherever it was sold.

    `open_for` is the ICCID while the closing is under way and makes it the only one; `closed` lists the supplier's
    records that were ended by it; `confirmed_at` is when the supplier was read and showed none.
    """

    __tablename__ = "closings"

    id: str = Field(primary_key=True, max_length=36)
    reference: str = Field(unique=True, max_length=10)
    iccid: str = Field(index=True, max_length=20)
    open_for: str | None = Field(default=None, unique=True, max_length=20)
    state: ClosingState = Field(default=ClosingState.ASKED, sa_type=EnumByValue(ClosingState))
    asked_by: str = Field(max_length=20)
    actor: str = Field(max_length=80)
    email: str = Field(default="", max_length=254)
    locale: str = Field(default="en", max_length=8)
    closed: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    said: str = Field(default="", max_length=300)
    asked_at: dt.datetime = Field(sa_type=UtcTime)
    confirmed_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
