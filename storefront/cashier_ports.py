"""What we ask of the cashier about single payments: the port and its plain data.

Every method may raise the four shapes of `kernel.errors`, as in `ports`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from storefront.kernel.money import Money


@dataclass(frozen=True, slots=True)
class PageRequest:
    """All that opens a payment page; stored as sent, so that a repeat under the same key is the same request.

    `note` stands beside the pay button. With `renews_every_days` the payment begins a subscription, which names
    `renewal_id`.
    """

    order_id: str
    reference: str
    attempt: int
    amount: Money
    title: str
    description: str
    email: str
    locale: str
    success_url: str
    cancel_url: str
    expires_at: dt.datetime
    note: str = ""
    renews_every_days: int | None = None
    renewal_id: str = ""


class PageStatus(StrEnum):
    """The state of a payment page at the cashier."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class PaymentPage:
    """A hosted payment page as the cashier knows it now. `paid` is true only when money was captured.

    `subscription_id` and `customer_id` are what a completed page began.
    """

    session_id: str
    status: PageStatus
    paid: bool
    url: str | None
    amount: Money
    client_reference: str | None
    payment_id: str | None
    captured: Money | None
    refunded_minor: int
    card_brand: str | None
    card_last4: str | None
    receipt_url: str | None
    paid_at: dt.datetime | None
    livemode: bool
    subscription_id: str | None = None
    customer_id: str | None = None


@dataclass(frozen=True, slots=True)
class Capture:
    """Money the cashier took, wherever it was asked to.

    `refunded_minor` is what went back of it so far, `is_disputed` whether the buyer's bank ever asked for it.
    """

    payment_id: str
    captured: Money
    refunded_minor: int
    at: dt.datetime
    is_disputed: bool = False


class DisputeStatus(StrEnum):
    """Where the money of a dispute is: INQUIRY leaves it with us, OPEN and LOST with the bank, WON gave it back."""

    INQUIRY = "inquiry"
    OPEN = "open"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Dispute:
    """A buyer asked their bank for the money of a payment."""

    dispute_id: str
    status: DisputeStatus
    amount: Money
    at: dt.datetime


class RefundStatus(StrEnum):
    """The state of a refund at the cashier."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """A full or partial refund; the key makes a repeat harmless."""

    key: str
    payment_id: str
    amount: Money
    order_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class CashierRefund:
    """One refund as the cashier knows it; `is_ours` when it carries the mark the shop puts on each of its own."""

    refund_id: str
    status: RefundStatus
    amount: Money
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class CashierNotice:
    """A verified event: what it is about, never what is true; the truth is fetched."""

    event_id: str
    type: str
    object_id: str
    payment_id: str | None
    livemode: bool
    created_at: dt.datetime
    subscription_id: str | None = None


class Cashier(Protocol):
    """Where the money comes in. `open_page`, `expire_page` and `refund` have effects and carry keys."""

    def open_page(self, request: PageRequest) -> PaymentPage: ...

    def page(self, session_id: str) -> PaymentPage: ...

    def expire_page(self, session_id: str) -> PaymentPage:
        """Close an open page; when the race is lost, returns the page as it is now (read again)."""
        ...

    def refund(self, request: RefundRequest) -> CashierRefund: ...

    def refunds(self, payment_id: str) -> Sequence[CashierRefund]: ...

    def disputes(self, payment_id: str) -> Sequence[Dispute]: ...

    def captures(self, since: dt.datetime) -> Sequence[Capture]:
        """Everything captured since a moment, newest first: the cashier's own book."""
        ...

    def session_of_payment(self, payment_id: str) -> str | None:
        """The payment page that took this payment, for notices about charges."""
        ...

    def read_notice(self, payload: bytes, signature: str) -> CashierNotice:
        """Verify an event on its raw bytes. Raises `kernel.errors.Refused` for a forged, stale or foreign one."""
        ...
