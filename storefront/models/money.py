"""The money ledger: what came in and what went out, one row for each fact at the cashier."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field, SQLModel

from storefront.db.types import EnumByValue, UtcTime


class MoneyKind(StrEnum):
    """CAPTURED: taken from a card. REFUNDED: sent back. RETURNED: a refund the bank sent back to us.

    DISPUTED: taken back by the buyer's bank. DISPUTE_WON: given to us after all. OWED: what the supplier has to get
    for an order it accepted, in its own currency; it is no money of ours and counts in no balance.
    """

    CAPTURED = "captured"
    REFUNDED = "refunded"
    RETURNED = "returned"
    DISPUTED = "disputed"
    DISPUTE_WON = "dispute_won"
    OWED = "owed"


class MoneyEntry(SQLModel, table=True):
    """One fact; the database refuses to change or delete it. `minor` is signed as we hold it, minor units.

    `object_id` is the cashier's payment, refund or dispute, or the supplier's order; together with the kind it makes a
    fact count once.
    """

    __tablename__ = "money_entries"
    __table_args__ = (UniqueConstraint("kind", "object_id"),)

    id: int | None = Field(default=None, primary_key=True)
    order_id: str = Field(index=True, foreign_key="orders.id", max_length=36)
    kind: MoneyKind = Field(sa_type=EnumByValue(MoneyKind))
    minor: int = Field(sa_type=BigInteger)
    currency: str = Field(max_length=3)
    object_id: str = Field(max_length=120)
    at: dt.datetime = Field(sa_type=UtcTime)
