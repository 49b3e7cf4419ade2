"""Work that must happen (outbox), notices that came in (inbox), and sweeps."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from storefront.db.types import EnumByValue, UtcTime


class WorkState(StrEnum):
    """WAITING until claimed; PARKED after too many failures (and then a case exists)."""

    WAITING = "waiting"
    DONE = "done"
    PARKED = "parked"


class OutboxRow(SQLModel, table=True):
    """One piece of work: a job name and ids. `due_at` is business time, `lease_until` and `hinted_at` wall time."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_due", "state", "due_at"),)

    id: str = Field(primary_key=True, max_length=36)
    job: str = Field(max_length=60)
    arguments: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    key: str = Field(unique=True, max_length=160)
    state: WorkState = Field(default=WorkState.WAITING, sa_type=EnumByValue(WorkState))
    due_at: dt.datetime = Field(sa_type=UtcTime)
    attempts: int = Field(default=0)
    claim_token: str | None = Field(default=None, max_length=64)
    lease_until: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    hinted_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    last_error: str = Field(default="", max_length=300)
    staged_at: dt.datetime = Field(sa_type=UtcTime)
    done_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)


class InboxRow(SQLModel, table=True):
    """One verified notice of a vendor, stored once; what it claims is never acted on, only what is read back.

    Whether that was done is told by the outbox row that was staged with it.
    """

    __tablename__ = "inbox"
    __table_args__ = (UniqueConstraint("source", "external_id"),)

    id: str = Field(primary_key=True, max_length=36)
    source: str = Field(max_length=20)
    external_id: str = Field(max_length=120)
    type: str = Field(max_length=80)
    object_id: str = Field(max_length=120)
    payment_id: str | None = Field(default=None, max_length=120)
    subscription_id: str | None = Field(default=None, max_length=120)
    received_at: dt.datetime = Field(sa_type=UtcTime)


class Sweep(SQLModel, table=True):
    """A recurring look at the whole shop; one worker claims it when it is due."""

    __tablename__ = "sweeps"

    name: str = Field(primary_key=True, max_length=60)
    due_at: dt.datetime = Field(sa_type=UtcTime)
    claim_token: str | None = Field(default=None, max_length=64)
    lease_until: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    last_run_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    last_error: str = Field(default="", max_length=300)
