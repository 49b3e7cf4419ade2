"""Orders, the ledger of their moves, and the calls made for them."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from storefront.db.types import EnumByValue, UtcTime


class OrderState(StrEnum):
    """Where an order stands; `ordering.states` holds the table of moves."""

    PLACED = "placed"
    HELD = "held"
    AWAITING_PAYMENT = "awaiting_payment"
    PAID = "paid"
    CONFIRMED = "confirmed"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"
    REFUNDING = "refunding"
    REFUNDED = "refunded"
    ATTENTION = "attention"


class OrderKind(StrEnum):
    """ESIM: a new profile, reserved before payment. TOP_UP: more for a SIM the traveller owns, ordered after it."""

    ESIM = "esim"
    TOP_UP = "top_up"


class Order(SQLModel, table=True):
    """One purchase. Facts about the plan are copied at placing; `state` is written by `ordering.states.move` only.

    `supplier_amount` is the exact number the supplier quoted, as text; `charged_minor` is what the traveller pays.
    An eSIM names its catalogue plan in `plan_id`; a top-up its SIM in `iccid` (and
    reversed, for searches by trailing digits) and the supplier's plan in `plan_code`. `time_zone` is what the buyer's
    browser said, if it did.
    """

    __tablename__ = "orders"
    __table_args__ = (
        Index("ix_orders_state", "state", "placed_at"),
        Index("ix_orders_email", "email", "placed_at"),
        Index("ix_orders_network", "network", "placed_at"),
        Index("ix_orders_promise", "state", "promise_until"),
    )

    id: str = Field(primary_key=True, max_length=36)
    reference: str = Field(unique=True, max_length=10)
    state: OrderState = Field(default=OrderState.PLACED, sa_type=EnumByValue(OrderState))
    reason: str = Field(default="", max_length=40)
    kind: OrderKind = Field(default=OrderKind.ESIM, sa_type=EnumByValue(OrderKind))
    form_key: str = Field(unique=True, max_length=64)
    email: str = Field(max_length=254)
    locale: str = Field(max_length=8)
    network: str = Field(max_length=64)
    time_zone: str = Field(default="", max_length=64)
    plan_id: int | None = Field(default=None, foreign_key="plans.id", sa_type=BigInteger)
    iccid: str | None = Field(default=None, index=True, max_length=20)
    iccid_reversed: str | None = Field(default=None, index=True, max_length=20)
    plan_code: str = Field(default="", max_length=80)
    plan_name: str = Field(max_length=200)
    destination: str = Field(max_length=120)
    destination_slug: str = Field(max_length=64)
    data_mb: int
    is_unlimited: bool
    days: int
    package_code: str = Field(max_length=80)
    period_num: int
    currency_id: int
    supplier_amount: str = Field(max_length=24)
    supplier_currency: str = Field(max_length=3)
    charged_minor: int = Field(sa_type=BigInteger)
    charged_currency: str = Field(max_length=3)
    consent_text: str
    consent_at: dt.datetime = Field(sa_type=UtcTime)
    device_checked: bool = Field(default=False)
    hold_tries: int = Field(default=0)
    placed_at: dt.datetime = Field(sa_type=UtcTime)
    paid_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    promise_until: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    delivered_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)


class OrderEvent(SQLModel, table=True):
    """One move of an order, written in the transaction that made it."""

    __tablename__ = "order_events"
    __table_args__ = (Index("ix_order_events_order", "order_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    order_id: str = Field(foreign_key="orders.id", max_length=36)
    at: dt.datetime = Field(sa_type=UtcTime)
    event: str = Field(max_length=40)
    from_state: OrderState = Field(sa_type=EnumByValue(OrderState))
    to_state: OrderState = Field(sa_type=EnumByValue(OrderState))
    actor: str = Field(default="system", max_length=80)
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class CallState(StrEnum):
    """STARTED: on its way, or its caller died. UNKNOWN: the answer was lost and the effect must be found out."""

    STARTED = "started"
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Call(SQLModel, table=True):
    """One call to the outside: the intent with its exact request, then the outcome.

    `claim_token` is fresh for every claim; an outcome is written only while it still matches. `lease_until` and
    `hard_end_at` (when the call can no longer be running) are wall time, `started_at` is business time as the events
    around it are.
    """

    __tablename__ = "calls"
    __table_args__ = (UniqueConstraint("order_id", "step", "attempt"), Index("ix_calls_state", "state", "started_at"))

    id: str = Field(primary_key=True, max_length=36)
    order_id: str = Field(foreign_key="orders.id", max_length=36)
    step: str = Field(max_length=24)
    attempt: int
    state: CallState = Field(default=CallState.STARTED, sa_type=EnumByValue(CallState))
    key: str = Field(max_length=120)
    request: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    claim_token: str = Field(max_length=64)
    lease_until: dt.datetime = Field(sa_type=UtcTime)
    hard_end_at: dt.datetime = Field(sa_type=UtcTime)
    started_at: dt.datetime = Field(sa_type=UtcTime)
    ended_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    error: str = Field(default="", max_length=300)


class HoldState(StrEnum):
    """OPEN until the supplier took our notice (USED) or the reservation ended (DEAD)."""

    OPEN = "open"
    USED = "used"
    DEAD = "dead"


class Hold(SQLModel, table=True):
    """A profile the supplier reserved for an order; `api` is the pre-order version it was made with."""

    __tablename__ = "holds"
    __table_args__ = (UniqueConstraint("order_id", "attempt"),)

    id: str = Field(primary_key=True, max_length=36)
    order_id: str = Field(foreign_key="orders.id", max_length=36)
    attempt: int
    api: str = Field(max_length=8)
    state: HoldState = Field(default=HoldState.OPEN, sa_type=EnumByValue(HoldState))
    supplier_order_id: str = Field(unique=True, max_length=40)
    supplier_order_no: str = Field(index=True, max_length=80)
    amount: str = Field(max_length=24)
    currency: str = Field(max_length=3)
    held_at: dt.datetime = Field(sa_type=UtcTime)
    held_until: dt.datetime = Field(sa_type=UtcTime)
    released_notice_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
