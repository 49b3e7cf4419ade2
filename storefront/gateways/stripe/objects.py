"""Stripe's objects as the plain data of our ports; no object of the library goes further than this file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, NoReturn

import stripe

from storefront.kernel.errors import Unintelligible
from storefront.kernel.money import Money
from storefront.ports import Capture, CashierRefund, Dispute, DisputeStatus, PageStatus, PaymentPage, RefundStatus

Facts = Mapping[str, Any]
"""An object of Stripe's as plain data, by the names of its fields."""

_REFUND_STATUS: Final = {
    "pending": RefundStatus.PENDING,
    "requires_action": RefundStatus.PENDING,
    "succeeded": RefundStatus.DONE,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.FAILED,
}
_DISPUTE_STATUS: Final = {
    "warning_needs_response": DisputeStatus.INQUIRY,
    "warning_under_review": DisputeStatus.INQUIRY,
    "warning_closed": DisputeStatus.INQUIRY,
    "prevented": DisputeStatus.INQUIRY,
    "needs_response": DisputeStatus.OPEN,
    "under_review": DisputeStatus.OPEN,
    "appeal_needs_response": DisputeStatus.OPEN,
    "appeal_under_review": DisputeStatus.OPEN,
    "won": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
}
_LOCALES: Final = frozenset(
    {"bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA", "hr", "hu", "id"}
    | {"it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sl", "sv", "th"}
    | {"tr", "vi", "zh", "zh-HK", "zh-TW"}
)
"""The languages the hosted page speaks; it refuses any other."""


def page(session: Facts, begun: Facts | None = None) -> PaymentPage:
    """A Checkout Session, with its payment intent and charge where they were expanded.

    The money of a subscription's page hangs on its first invoice: `begun` is the intent that paid that one.

    `paid` needs both Stripe's word and a captured amount, so that a session without the details never counts as paid.
    Raises `Unintelligible` naming a field that is missing or unknown.
    """
    with fields_present():
        return _page(session, begun)


def _page(session: Facts, begun: Facts | None) -> PaymentPage:
    intent = begun if begun is not None else _expanded(session["payment_intent"])
    charge = _expanded(intent["latest_charge"]) if intent is not None else None
    captured = None
    if intent is not None and intent["status"] == "succeeded":
        captured = money("payment_intent.amount_received", intent["amount_received"], intent["currency"])
    card = _card_of(charge or {})
    return PaymentPage(
        session_id=session["id"],
        status=_page_status(session["status"]),
        paid=session["payment_status"] == "paid" and captured is not None and captured.minor > 0,
        url=session["url"],
        amount=money("amount_total", session["amount_total"], session["currency"]),
        client_reference=session["client_reference_id"],
        payment_id=intent["id"] if intent is not None else id_of(session["payment_intent"]),
        captured=captured,
        refunded_minor=charge["amount_refunded"] if charge is not None else 0,
        card_brand=card.get("brand"),
        card_last4=card.get("last4"),
        receipt_url=charge["receipt_url"] if charge is not None else None,
        paid_at=moment(charge["created"], "charge.created") if charge is not None and captured is not None else None,
        livemode=session["livemode"],
        subscription_id=id_of(session["subscription"]),
        customer_id=id_of(session["customer"]),
    )


def refund(made: stripe.Refund) -> CashierRefund:
    """One refund; raises `Unintelligible` for a status we do not know."""
    with fields_present():
        status = _REFUND_STATUS.get(made.status or "")
        if status is None:
            unknown("refund.status")
        is_ours = "order_id" in (made.to_dict().get("metadata") or {})
        return CashierRefund(made.id, status, money("refund.amount", made.amount, made.currency), is_ours)


def dispute(made: stripe.Dispute) -> Dispute:
    """One dispute; raises `Unintelligible` for a status we do not know."""
    with fields_present():
        status = _DISPUTE_STATUS.get(made.status)
        if status is None:
            unknown("dispute.status")
        amount = money("dispute.amount", made.amount, made.currency)
        return Dispute(made.id, status, amount, moment(made.created, "dispute.created"))


def locale(wanted: str) -> str:
    """The hosted page's language for one of ours; ``auto`` when it does not speak it."""
    tag = wanted.replace("_", "-")
    for candidate in (tag, tag.split("-", 1)[0]):
        if candidate in _LOCALES:
            return candidate
    return "auto"


@contextmanager
def fields_present() -> Iterator[None]:
    """What the answer did not contain leaves as `Unintelligible` with the field's name.

    The library's objects raise `AttributeError` for it, plain data `KeyError`, `IndexError` or `TypeError`.
    """
    try:
        yield
    except (AttributeError, KeyError, IndexError, TypeError) as missing:
        unknown(str(missing))


def _page_status(status: str | None) -> PageStatus:
    try:
        return PageStatus(status or "")
    except ValueError:
        unknown("status")


def _card_of(charge: Facts) -> Facts:
    details = charge.get("payment_method_details") or {}
    return details.get("card") or {}


def _expanded(value: Any) -> Facts | None:
    """The object in an expandable field; None when there is none or only its id."""
    return value if isinstance(value, dict) else None


def id_of(value: Any) -> str | None:
    """The id in an expandable field, expanded or not."""
    if isinstance(value, stripe.StripeObject | dict):
        return str(value["id"])
    return value if isinstance(value, str) else None


def capture(charge: stripe.Charge) -> Capture:
    """A captured charge."""
    with fields_present():
        return Capture(
            payment_id=id_of(charge.payment_intent) or charge.id,
            captured=money("amount_captured", charge.amount_captured, charge.currency),
            refunded_minor=charge.amount_refunded,
            at=moment(charge.created, "created"),
            is_disputed=charge.disputed,
        )


def money(field: str, minor: int | None, currency: str | None) -> Money:
    """Stripe's minor units; raises `Unintelligible` naming `field`."""
    if minor is None or not currency:
        unknown(field)
    return Money(minor, currency.upper())


def moment(stamp: int | None, field: str) -> dt.datetime:
    """A stamp in seconds as aware UTC; raises `Unintelligible` naming `field`."""
    if stamp is None:
        unknown(field)
    return dt.datetime.fromtimestamp(stamp, dt.UTC)


def unknown(field: str) -> NoReturn:
    """Refuse an answer because of one field."""
    raise Unintelligible(f"stripe: field {field} is missing or unknown", field=field)
