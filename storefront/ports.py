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

from storefront.billing_ports import Billing
from storefront.cashier_ports import (
    Capture,
    Cashier,
    CashierNotice,
    CashierRefund,
    Dispute,
    DisputeStatus,
    PageRequest,
    PageStatus,
    PaymentPage,
    RefundRequest,
    RefundStatus,
)
from storefront.kernel.clock import Clock
from storefront.kernel.money import Money
from storefront.sim_ports import SimSupplier

__all__ = [
    "Capture",
    "Cashier",
    "CashierNotice",
    "CashierRefund",
    "Dispute",
    "DisputeStatus",
    "Hold",
    "HoldRequest",
    "Letter",
    "Mailer",
    "Outside",
    "PageRequest",
    "PageStatus",
    "PaymentNotice",
    "PaymentPage",
    "Quote",
    "RefundRequest",
    "RefundStatus",
    "SessionFactory",
    "Supplier",
    "SupplierCountry",
    "SupplierOrder",
    "SupplierOrderStatus",
    "SupplierPlan",
    "SupplierProfile",
]

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
    billing: Billing
    mailer: Mailer
    clock: Clock
