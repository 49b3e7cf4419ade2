"""Who is in front of us: sessions, sign-in codes, order links and counted attempts."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from storefront.db.types import EnumByValue, UtcTime


class SessionKind(StrEnum):
    """Whose session it is."""

    TRAVELLER = "traveller"


class SessionLevel(StrEnum):
    """GUEST sees the orders granted to this browser; EMAIL has proved an address and sees all its orders.

    `sim_id` beside either is the SIM whose number was typed: an identifier, no credential. What is private about the
    SIM is shown when the proved address is that of the order which delivered its profile.
    """

    GUEST = "guest"
    EMAIL = "email"


class WebSession(SQLModel, table=True):
    """One browser's session; the cookie holds the token, this row its hash. Rotated on each rise of privilege."""

    __tablename__ = "sessions"

    id: str = Field(primary_key=True, max_length=36)
    token_hash: str = Field(unique=True, max_length=64)
    kind: SessionKind = Field(default=SessionKind.TRAVELLER, sa_type=EnumByValue(SessionKind))
    level: SessionLevel = Field(default=SessionLevel.GUEST, sa_type=EnumByValue(SessionLevel))
    email: str | None = Field(default=None, max_length=254)
    sim_id: str | None = Field(default=None, foreign_key="sims.id", max_length=36)
    created_at: dt.datetime = Field(sa_type=UtcTime)
    seen_at: dt.datetime = Field(sa_type=UtcTime)
    expires_at: dt.datetime = Field(sa_type=UtcTime)
    revoked_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)


class SessionGrant(SQLModel, table=True):
    """An order this browser may see: it placed it, or it followed its secret link."""

    __tablename__ = "session_grants"

    session_id: str = Field(primary_key=True, foreign_key="sessions.id", max_length=36)
    order_id: str = Field(primary_key=True, foreign_key="orders.id", max_length=36)
    granted_at: dt.datetime = Field(sa_type=UtcTime)


class SignInCode(SQLModel, table=True):
    """A six-digit code sent by mail: the hash for checking, the sealed text for the mail (dropped once sent)."""

    __tablename__ = "sign_in_codes"
    __table_args__ = (Index("ix_sign_in_codes_email", "email", "made_at"),)

    id: str = Field(primary_key=True, max_length=36)
    email: str = Field(max_length=254)
    code_hash: str = Field(max_length=200)
    sealed_code: bytes | None = None
    locale: str = Field(default="en", max_length=8)
    tries: int = Field(default=0)
    made_at: dt.datetime = Field(sa_type=UtcTime)
    expires_at: dt.datetime = Field(sa_type=UtcTime)
    used_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)


class OrderLink(SQLModel, table=True):
    """A secret link to one order; hashed, expires, swapped for a cookie and redirected away."""

    __tablename__ = "order_links"

    token_hash: str = Field(primary_key=True, max_length=64)
    order_id: str = Field(foreign_key="orders.id", max_length=36)
    made_at: dt.datetime = Field(sa_type=UtcTime)
    expires_at: dt.datetime = Field(sa_type=UtcTime)


class AttemptCount(SQLModel, table=True):
    """Attempts counted in the database, so that every process and every restart sees the same number."""

    __tablename__ = "attempt_counts"

    key: str = Field(primary_key=True, max_length=160)
    window_start: dt.datetime = Field(sa_type=UtcTime)
    count: int = Field(default=0)
