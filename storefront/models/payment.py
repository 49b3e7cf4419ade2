"""Money in and money back."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from storefront.db.types import EnumByValue, UtcTime


class PaymentState(StrEnum):
    """The payment page as last read back from the cashier."""

    OPEN = "open"
    PAID = "paid"
    EXPIRED = "expired"


class Payment(SQLModel, table=True):
    """One payment page of an order; `attempt` 0 is a page found at the cashier whose answer we had lost.

    Amounts in minor units; `is_extra` marks money for an order already paid; `subscription_id` is what this payment
    began. The payment of a renewal has no page: its `session_id` is the invoice.
    """

    __tablename__ = "payments"
    __table_args__ = (Index("ix_payments_order", "order_id"),)

    id: str = Field(primary_key=True, max_length=36)
    order_id: str = Field(foreign_key="orders.id", max_length=36)
    attempt: int
    state: PaymentState = Field(default=PaymentState.OPEN, sa_type=EnumByValue(PaymentState))
    session_id: str = Field(unique=True, max_length=120)
    url: str | None = None
    payment_id: str | None = Field(default=None, unique=True, max_length=120)
    subscription_id: str | None = Field(default=None, index=True, max_length=120)
    customer_id: str | None = Field(default=None, max_length=120)
    captured_minor: int | None = Field(default=None, sa_type=BigInteger)
    currency: str | None = Field(default=None, max_length=3)
    card_brand: str | None = Field(default=None, max_length=20)
    card_last4: str | None = Field(default=None, max_length=4)
    receipt_url: str | None = None
    is_extra: bool = Field(default=False)
    opened_at: dt.datetime = Field(sa_type=UtcTime)
    expires_at: dt.datetime = Field(sa_type=UtcTime)
    paid_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)


class RefundState(StrEnum):
    """DUE: decided, not yet asked for. The other three are the cashier's words."""

    DUE = "due"
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


class Refund(SQLModel, table=True):
    """Money on its way back; `key` is the idempotency key and says what it is for. `is_outside`: not made by us."""

    __tablename__ = "refunds"
    __table_args__ = (Index("ix_refunds_state", "state"), Index("ix_refunds_order", "order_id"))

    id: str = Field(primary_key=True, max_length=36)
    order_id: str = Field(foreign_key="orders.id", max_length=36)
    payment_id: str = Field(max_length=120)
    key: str = Field(unique=True, max_length=120)
    refund_id: str | None = Field(default=None, unique=True, max_length=120)
    state: RefundState = Field(default=RefundState.DUE, sa_type=EnumByValue(RefundState))
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str = Field(max_length=3)
    reason: str = Field(max_length=40)
    is_outside: bool = Field(default=False)
    decided_at: dt.datetime = Field(sa_type=UtcTime)
    done_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
