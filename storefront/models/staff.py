"""Staff of the desk: who they are, their sessions, and everything they did."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Index
from sqlmodel import Field, SQLModel

from storefront.db.types import EnumByValue, UtcTime


class StaffRole(StrEnum):
    """AGENT answers travellers; LEAD may also do what cannot be taken back."""

    AGENT = "agent"
    LEAD = "lead"


class Staff(SQLModel, table=True):
    """One person at the desk. `last_step` is the time step of the last second factor used: none works twice."""

    __tablename__ = "staff"

    id: str = Field(primary_key=True, max_length=36)
    email: str = Field(unique=True, max_length=254)
    name: str = Field(max_length=80)
    role: StaffRole = Field(sa_type=EnumByValue(StaffRole))
    password_hash: str = Field(max_length=200)
    sealed_secret: bytes
    last_step: int = Field(default=0, sa_type=BigInteger)
    made_at: dt.datetime = Field(sa_type=UtcTime)
    left_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)


class StaffSession(SQLModel, table=True):
    """One browser at the desk; the cookie holds the token, this row its hash. `time_zone` is what the browser said."""

    __tablename__ = "staff_sessions"

    id: str = Field(primary_key=True, max_length=36)
    token_hash: str = Field(unique=True, max_length=64)
    staff_id: str = Field(foreign_key="staff.id", max_length=36)
    opened_at: dt.datetime = Field(sa_type=UtcTime)
    seen_at: dt.datetime = Field(sa_type=UtcTime)
    time_zone: str = Field(default="", max_length=64)
    closed_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)


class StaffAction(SQLModel, table=True):
    """One thing somebody did at the desk; the database itself refuses to change or delete a row.

    `about` is the id of an order, SIM, closing or case; `key` is that of the form it was sent with, so that a form sent
    twice is done once.
    """

    __tablename__ = "staff_actions"
    __table_args__ = (Index("ix_staff_actions_about", "about", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    staff_id: str = Field(foreign_key="staff.id", max_length=36)
    at: dt.datetime = Field(sa_type=UtcTime)
    verb: str = Field(max_length=40)
    about: str = Field(max_length=80)
    key: str | None = Field(default=None, unique=True, max_length=64)
    reason: str = Field(default="", max_length=300)
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
