"""The eSIM to install. Codes and images are ciphertext; open them with the vault only."""

from __future__ import annotations

import datetime as dt

from sqlmodel import Field, SQLModel

from storefront.db.types import UtcTime


class TopUp(SQLModel, table=True):
    """What became of a delivered top-up: queued behind the plan in use, or active, with its end (a date) if known."""

    __tablename__ = "top_ups"

    order_id: str = Field(primary_key=True, foreign_key="orders.id", max_length=36)
    supplier_order_no: str = Field(index=True, max_length=80)
    state: str = Field(max_length=16)
    expires_on: dt.date | None = None
    seen_at: dt.datetime = Field(sa_type=UtcTime)


class Profile(SQLModel, table=True):
    """One delivered profile; the ICCID is kept normalised and reversed (for searches by trailing digits)."""

    __tablename__ = "profiles"

    order_id: str = Field(primary_key=True, foreign_key="orders.id", max_length=36)
    iccid: str | None = Field(default=None, index=True, max_length=20)
    iccid_reversed: str | None = Field(default=None, index=True, max_length=20)
    sealed_code: bytes
    sealed_confirmation: bytes | None = None
    sealed_svg: bytes
    sealed_png: bytes
    supplier_status: str = Field(default="", max_length=40)
    expires_on: str | None = Field(default=None, max_length=32)
    delivered_at: dt.datetime = Field(sa_type=UtcTime)
