"""What a person must decide."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from storefront.db.types import UtcTime


class Case(SQLModel, table=True):
    """Owned from the first second. `subject` makes opening idempotent: one open case for each (subject, kind)."""

    __tablename__ = "cases"
    __table_args__ = (Index("ix_cases_open", "resolved_at", "due_at"), Index("ix_cases_order", "order_id"))

    id: str = Field(primary_key=True, max_length=36)
    subject: str = Field(unique=True, max_length=160)
    order_id: str | None = Field(default=None, foreign_key="orders.id", max_length=36)
    kind: str = Field(max_length=40)
    detail: str = Field(default="", max_length=1000)
    owner: str = Field(max_length=80)
    opened_at: dt.datetime = Field(sa_type=UtcTime)
    due_at: dt.datetime = Field(sa_type=UtcTime)
    resolved_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    resolved_by: str = Field(default="", max_length=80)
    resolution: str = Field(default="", max_length=1000)


class CaseProof(SQLModel, table=True):
    """What a traveller sent in for a case: words, and a proof that a SIM is theirs; number and file are ciphertext.

    The number is an empty text when the case is about an order.
    """

    __tablename__ = "case_proofs"

    id: str = Field(primary_key=True, max_length=36)
    case_id: str = Field(foreign_key="cases.id", index=True, max_length=36)
    wish: str = Field(max_length=40)
    email: str = Field(max_length=254)
    words: str = Field(default="", max_length=2000)
    sealed_iccid: bytes
    media_type: str = Field(default="", max_length=40)
    sealed_file: bytes | None = None
    sent_at: dt.datetime = Field(sa_type=UtcTime)
