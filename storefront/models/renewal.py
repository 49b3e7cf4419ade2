"""Auto-renewals: what was agreed, what was billed, what was told beforehand, and how each came to its end."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from storefront.db.types import EnumByValue, UtcTime


class RenewalState(StrEnum):
    """AGREED at checkout, ACTIVE once the SIM is known and can be renewed, ENDING while a closing is open, ENDED.

    DROPPED: its order was never paid.
    """

    AGREED = "agreed"
    ACTIVE = "active"
    ENDING = "ending"
    ENDED = "ended"
    DROPPED = "dropped"


class Renewal(SQLModel, table=True):
    """One agreement to renew; `renewals.states.move` is the only writer of `state`.

    `order_id` is the purchase that began it. `charged_minor` is taken every `interval_days`; the plan columns are what
    is ordered each time and stay empty until the SIM is known. `active_for` is the ICCID while it is ACTIVE or ENDING
    and makes it the only one. The three limits are None where the traveller set none; `most_minor` counts renewals
    only. `next_charge_at`, card and `unpaid_url` are what the cashier last said.
    """

    __tablename__ = "renewals"
    __table_args__ = (Index("ix_renewals_state", "state"), Index("ix_renewals_email", "email"))

    id: str = Field(primary_key=True, max_length=36)
    reference: str = Field(unique=True, max_length=10)
    order_id: str = Field(unique=True, foreign_key="orders.id", max_length=36)
    state: RenewalState = Field(default=RenewalState.AGREED, sa_type=EnumByValue(RenewalState))
    reason: str = Field(default="", max_length=40)
    iccid: str | None = Field(default=None, index=True, max_length=20)
    active_for: str | None = Field(default=None, unique=True, max_length=20)
    email: str = Field(max_length=254)
    locale: str = Field(max_length=8)
    subscription_id: str | None = Field(default=None, unique=True, max_length=120)
    customer_id: str | None = Field(default=None, max_length=120)
    interval_days: int
    charged_minor: int = Field(sa_type=BigInteger)
    charged_currency: str = Field(max_length=3)
    plan_name: str = Field(default="", max_length=200)
    package_code: str = Field(default="", max_length=80)
    plan_code: str = Field(default="", max_length=80)
    periods: int = Field(default=1)
    data_mb: int = Field(default=0)
    is_unlimited: bool = Field(default=False)
    supplier_amount: str = Field(default="", max_length=24)
    supplier_currency: str = Field(default="", max_length=3)
    consent_text: str
    agreed_at: dt.datetime = Field(sa_type=UtcTime)
    most_renewals: int | None = None
    most_minor: int | None = Field(default=None, sa_type=BigInteger)
    last_day: dt.date | None = None
    next_charge_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    card_brand: str | None = Field(default=None, max_length=20)
    card_last4: str | None = Field(default=None, max_length=4)
    unpaid_url: str | None = None
    started_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    ended_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)


class RenewalEvent(SQLModel, table=True):
    """One thing that happened to a renewal, written in the transaction that made it happen."""

    __tablename__ = "renewal_events"
    __table_args__ = (Index("ix_renewal_events_renewal", "renewal_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    renewal_id: str = Field(foreign_key="renewals.id", max_length=36)
    at: dt.datetime = Field(sa_type=UtcTime)
    event: str = Field(max_length=40)
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class BillState(StrEnum):
    """What we decided about an invoice, or what became of it.

    HELD: we keep it from being charged. PASSED: it may be charged. UNPAID: the card said no, the cashier tries again.
    VOID: nobody can pay it any more. TAKEN: it was paid and has its order.
    """

    HELD = "held"
    PASSED = "passed"
    UNPAID = "unpaid"
    VOID = "void"
    TAKEN = "taken"


class Bill(SQLModel, table=True):
    """One invoice of a renewal after the first, which belongs to the purchase; `order_id` is the order it paid for.

    `starts_at` and `ends_at` are the period it bills; `reason` says why it was held, voided or given back.
    """

    __tablename__ = "renewal_bills"
    __table_args__ = (Index("ix_renewal_bills_renewal", "renewal_id"),)

    id: str = Field(primary_key=True, max_length=36)
    renewal_id: str = Field(foreign_key="renewals.id", max_length=36)
    invoice_id: str = Field(unique=True, max_length=120)
    state: BillState = Field(sa_type=EnumByValue(BillState))
    reason: str = Field(default="", max_length=40)
    due_minor: int = Field(sa_type=BigInteger)
    currency: str = Field(max_length=3)
    starts_at: dt.datetime = Field(sa_type=UtcTime)
    ends_at: dt.datetime = Field(sa_type=UtcTime)
    order_id: str | None = Field(default=None, unique=True, foreign_key="orders.id", max_length=36)
    seen_at: dt.datetime = Field(sa_type=UtcTime)


class RenewalNotice(SQLModel, table=True):
    """A letter that announces a charge; `charge_at` is the period's end it is about, `kind` which of its letters.

    `says` is the moment the letter names; `sent_at` is when the mail server took it.
    """

    __tablename__ = "renewal_notices"
    __table_args__ = (UniqueConstraint("renewal_id", "charge_at", "kind"),)

    id: str = Field(primary_key=True, max_length=36)
    renewal_id: str = Field(foreign_key="renewals.id", max_length=36)
    charge_at: dt.datetime = Field(sa_type=UtcTime)
    kind: str = Field(max_length=8)
    says: dt.datetime = Field(sa_type=UtcTime)
    staged_at: dt.datetime = Field(sa_type=UtcTime)
    sent_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)


class ClosingState(StrEnum):
    """ASKED: under way. STUCK: a case besides, and still tried. CLOSED: both sides were read and show none."""

    ASKED = "asked"
    STUCK = "stuck"
    CLOSED = "closed"


class Closing(SQLModel, table=True):
    """The end of every auto-renewal of one SIM, ours and the supplier's, wherever it was sold.

    `open_for` is the ICCID (the renewal's id while no SIM is known) while the closing is under way and makes it the
    only one. `renewal_id` names our own agreement if there was one; `charges_ended_at` is when the cashier was read
    and showed it ended. `closed` lists the supplier's records that were ended; `confirmed_at` is when the supplier was
    read and showed none.
    """

    __tablename__ = "closings"

    id: str = Field(primary_key=True, max_length=36)
    reference: str = Field(unique=True, max_length=10)
    iccid: str = Field(index=True, max_length=20)
    renewal_id: str | None = Field(default=None, index=True, foreign_key="renewals.id", max_length=36)
    open_for: str | None = Field(default=None, unique=True, max_length=36)
    state: ClosingState = Field(default=ClosingState.ASKED, sa_type=EnumByValue(ClosingState))
    why: str = Field(default="asked", max_length=40)
    asked_by: str = Field(max_length=20)
    actor: str = Field(max_length=80)
    email: str = Field(default="", max_length=254)
    locale: str = Field(default="en", max_length=8)
    closed: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    said: str = Field(default="", max_length=300)
    asked_at: dt.datetime = Field(sa_type=UtcTime)
    charges_ended_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
    confirmed_at: dt.datetime | None = Field(default=None, sa_type=UtcTime)
