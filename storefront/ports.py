"""What we ask of the outside, in our words: the ports, the plain data they carry, and the bundle that holds them.

Every method may raise the four shapes of `kernel.errors`: `Unreachable`, `Refused`, `Throttled`, `Unintelligible`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from sqlmodel import Session

from storefront.kernel.clock import Clock
from storefront.kernel.money import Money
from storefront.sim_ports import SimSupplier

SessionFactory = Callable[[], AbstractContextManager[Session]]
"""Opens one transaction: committed on leaving, rolled back on an exception."""


@dataclass(frozen=True, slots=True)
class Quote:
    """One price the supplier asks for a plan; `amount` is exactly the number it wrote (5 stays 5, 4.99 stays 4.99)."""

    currency: str
    currency_id: int
    amount: Decimal

    @property
    def money(self) -> Money:
        """The quote in minor units; raises `ValueError` when it has more places than the currency."""
        return Money.from_decimal(self.amount, self.currency)


@dataclass(frozen=True, slots=True)
class SupplierCountry:
    """A country the supplier sells: `mcc` is its mobile country code, `iso_name` the name the supplier uses."""

    mcc: str
    iso_name: str
    iso2: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class SupplierPlan:
    """A package as the supplier details it; data volume in megabytes (0 = unlimited), period in days."""

    package_id: int
    package_code: str
    name: str
    summary: str
    description: str
    covers_mcc: tuple[str, ...]
    data_mb: int
    is_unlimited: bool
    days: int
    period_num: int
    min_periods: int
    max_periods: int
    quotes: tuple[Quote, ...]
    in_stock: bool = True


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """Everything a pre-order carries, so that a repeat can be the exact same request. `api` is ``v1.1`` or ``v1.2``."""

    api: str
    package_id: int
    package_code: str
    period_num: int
    currency: str
    currency_id: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Hold:
    """A profile reserved for us: `order_id` is the supplier's key, `order_no` its display number."""

    order_id: str
    order_no: str
    plan_name: str
    ordered_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class PaymentNotice:
    """What we tell the supplier about a payment; `amount` in the unit the settings name, as text."""

    order_id: str
    amount: str
    currency: str
    paid_at: dt.datetime
    succeeded: bool


class SupplierOrderStatus(StrEnum):
    """The supplier's `orderPayStatus`."""

    WAITING = "waiting"
    PAID = "paid"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, repr=False)
class SupplierOrder:
    """The state of a supplier order; `activation_code` (secret) comes with PAID and may be unusable text."""

    order_id: str
    status: SupplierOrderStatus
    activation_code: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class SupplierProfile:
    """My eSIM Detail as the supplier tells it; `activation_code` and `confirmation_code` are secrets."""

    order_id: str
    iccid: str | None
    activation_code: str | None
    confirmation_code: str | None
    status: str
    expires_on: str | None


class Supplier(Protocol):
    """The wholesaler. `pre_order` and `notify_payment` have effects; all others are plain reads."""

    def countries(self) -> Sequence[SupplierCountry]: ...

    def plans(self, country: SupplierCountry) -> Sequence[int]:
        """Package ids sold for a country."""
        ...

    def plan(self, package_id: int) -> SupplierPlan: ...

    def pre_order(self, request: HoldRequest) -> Hold:
        """Reserve a profile. Raises `SoldOut` or `PriceChanged` (both `Refused`) when the supplier says so."""
        ...

    def notify_payment(self, notice: PaymentNotice) -> None:
        """Report a payment. Returns only on code 0; raises `HoldLapsed` (6006) or `Refused`, else unknown."""
        ...

    def order_status(self, order_id: str) -> SupplierOrder: ...

    def profile(self, order_id: str) -> SupplierProfile: ...


@dataclass(frozen=True, slots=True)
class PageRequest:
    """All that opens a payment page; stored as sent, so that a repeat under the same key is the same request.

    `note` stands beside the pay button.
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


class PageStatus(StrEnum):
    """The state of a payment page at the cashier."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class PaymentPage:
    """A hosted payment page as the cashier knows it now. `paid` is true only when money was captured."""

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
    """One refund as the cashier knows it."""

    refund_id: str
    status: RefundStatus
    amount: Money


@dataclass(frozen=True, slots=True)
class CashierNotice:
    """A verified event: what it is about, never what is true; the truth is fetched."""

    event_id: str
    type: str
    object_id: str
    payment_id: str | None
    livemode: bool
    created_at: dt.datetime


class Cashier(Protocol):
    """Where the money comes in. `open_page`, `expire_page` and `refund` have effects and carry keys."""

    def open_page(self, request: PageRequest) -> PaymentPage: ...

    def page(self, session_id: str) -> PaymentPage: ...

    def expire_page(self, session_id: str) -> PaymentPage:
        """Close an open page; when the race is lost, returns the page as it is now (read again)."""
        ...

    def refund(self, request: RefundRequest) -> CashierRefund: ...

    def refunds(self, payment_id: str) -> Sequence[CashierRefund]: ...

    def session_of_payment(self, payment_id: str) -> str | None:
        """The payment page that took this payment, for notices about charges."""
        ...

    def read_notice(self, payload: bytes, signature: str) -> CashierNotice:
        """Verify an event on its raw bytes. Raises `kernel.errors.Refused` for a forged, stale or foreign one."""
        ...


@dataclass(frozen=True, slots=True)
class Letter:
    """A composed mail: plain text and HTML bodies, and attachments as (file name, media type, bytes)."""

    to: str
    subject: str
    text: str
    html: str
    attachments: tuple[tuple[str, str, bytes], ...] = field(default=(), repr=False)
    message_id: str = ""


class Mailer(Protocol):
    """Hands a letter to the mail server; raises `Unreachable` or `Refused`."""

    def send(self, letter: Letter) -> None: ...


@dataclass(frozen=True, slots=True)
class Outside:
    """Who answers each port, and the house's clock; made once by `wiring`."""

    supplier: Supplier
    sims: SimSupplier
    cashier: Cashier
    mailer: Mailer
    clock: Clock
