"""What we ask of the cashier about charges that repeat: the port and its plain data.

Every method may raise the four shapes of `kernel.errors`, as in `ports`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from storefront.kernel.money import Money


class SubscriptionStatus(StrEnum):
    """ACTIVE is billed as planned; PAST_DUE owes an invoice; ENDED is never billed again."""

    ACTIVE = "active"
    PAST_DUE = "past_due"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as the cashier knows it now; times are aware UTC.

    `ends_at` is when it is planned to end by itself, whichever field of the vendor's says so; `price` is what one
    period of `interval_days` costs.
    """

    subscription_id: str
    customer_id: str
    status: SubscriptionStatus
    price: Money
    interval_days: int
    period_ends_at: dt.datetime
    ends_at: dt.datetime | None
    ended_at: dt.datetime | None
    card_brand: str | None
    card_last4: str | None


class InvoiceStatus(StrEnum):
    """DRAFT can still be held; OPEN is being collected; the other three are final."""

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"


@dataclass(frozen=True, slots=True)
class Invoice:
    """One bill of a subscription. `is_first` belongs to the purchase that began it, `is_cycle` to a renewal.

    `advances` says whether the cashier goes on with it by itself; `charges_at` is when a draft becomes final.
    `payment_id`, `captured`, card, receipt and `paid_at` are there once money was captured.
    """

    invoice_id: str
    subscription_id: str
    is_first: bool
    is_cycle: bool
    status: InvoiceStatus
    due: Money
    advances: bool
    created_at: dt.datetime
    period_starts_at: dt.datetime
    period_ends_at: dt.datetime
    charges_at: dt.datetime | None
    attempts: int
    needs_buyer: bool
    pay_url: str | None
    payment_id: str | None
    captured: Money | None
    card_brand: str | None
    card_last4: str | None
    receipt_url: str | None
    paid_at: dt.datetime | None


class Billing(Protocol):
    """The cashier's subscriptions. `end`, `postpone`, `hold`, `release`, `void` have effects, harmless to repeat."""

    def subscription(self, subscription_id: str) -> Subscription: ...

    def invoices(self, subscription_id: str) -> Sequence[Invoice]:
        """Every invoice of the subscription, newest first."""
        ...

    def invoice(self, invoice_id: str) -> Invoice: ...

    def end(self, subscription_id: str) -> Subscription:
        """End it now, nothing prorated; returns what was read back afterwards (ENDED, unless `Unreachable`)."""
        ...

    def postpone(self, subscription_id: str, charge_at: dt.datetime) -> Subscription:
        """Let the next period begin at `charge_at`, later than planned, without a charge for the time between."""
        ...

    def hold(self, invoice_id: str) -> Invoice:
        """Keep a draft from being charged until `release` or `void`."""
        ...

    def release(self, invoice_id: str, charge_at: dt.datetime) -> Invoice:
        """Let a held draft be charged at `charge_at`, which lies in the future."""
        ...

    def void(self, invoice_id: str) -> Invoice:
        """Make a draft or open invoice void, so that nobody can pay it; a paid one is returned as it is."""
        ...

    def portal(self, customer_id: str, *, return_url: str, locale: str) -> str:
        """The address of a short-lived page on which the payer changes the card, reads invoices, or cancels."""
        ...
