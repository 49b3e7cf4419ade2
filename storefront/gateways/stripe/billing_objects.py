"""Stripe's subscriptions and invoices as the plain data of our ports, in the shapes of all versions since 2024.

What moved: the period's end went from the subscription to its items, an invoice names its subscription below `parent`,
and its money below `payments`. A planned end stands in one of two fields, depending on who planned it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from storefront.billing_ports import Invoice, InvoiceStatus, Subscription, SubscriptionStatus
from storefront.gateways.stripe.objects import Facts, fields_present, id_of, moment, money, unknown

_STATUS: Final = {
    "active": SubscriptionStatus.ACTIVE,
    "trialing": SubscriptionStatus.ACTIVE,
    "past_due": SubscriptionStatus.PAST_DUE,
    "unpaid": SubscriptionStatus.PAST_DUE,
    "incomplete": SubscriptionStatus.PAST_DUE,
    "paused": SubscriptionStatus.PAST_DUE,
    "canceled": SubscriptionStatus.ENDED,
    "incomplete_expired": SubscriptionStatus.ENDED,
}
_DAYS_OF: Final = {"day": 1, "week": 7}


def subscription(facts: Facts) -> Subscription:
    """A subscription, its card where `default_payment_method` was expanded. Raises `Unintelligible` naming a field."""
    with fields_present():
        item = facts["items"]["data"][0]
        ends = moment(item.get("current_period_end") or facts.get("current_period_end"), "current_period_end")
        planned = facts.get("cancel_at")
        ends_at = moment(planned, "cancel_at") if planned else ends if facts["cancel_at_period_end"] else None
        card = _card(facts.get("default_payment_method"))
        price = item["price"]
        status = _STATUS.get(facts["status"])
        if status is None:
            unknown("subscription.status")
        return Subscription(
            subscription_id=facts["id"],
            customer_id=id_of(facts["customer"]) or "",
            status=status,
            price=money("price.unit_amount", price["unit_amount"], price["currency"]),
            interval_days=_days(price.get("recurring") or {}),
            period_ends_at=ends,
            ends_at=ends_at,
            ended_at=moment(facts["ended_at"], "ended_at") if facts.get("ended_at") else None,
            card_brand=card.get("brand"),
            card_last4=card.get("last4"),
        )


def invoice(facts: Facts, payment: Facts | None = None) -> Invoice:
    """An invoice; `payment` is the payment intent that pays it, with its charge expanded, where one was read.

    Without `payment` nothing counts as captured. Raises `Unintelligible` naming a field.
    """
    with fields_present():
        line = facts["lines"]["data"][0]["period"]
        charge = _mapping((payment or {}).get("latest_charge"))
        card = _mapping(_mapping(charge.get("payment_method_details")).get("card"))
        is_captured = payment is not None and payment["status"] == "succeeded"
        changes = facts.get("status_transitions") or {}
        charges_at = facts.get("automatically_finalizes_at") or facts.get("next_payment_attempt")
        return Invoice(
            invoice_id=facts["id"],
            subscription_id=subscription_of(facts) or "",
            is_first=facts["billing_reason"] == "subscription_create",
            is_cycle=facts["billing_reason"] == "subscription_cycle",
            status=_invoice_status(facts["status"]),
            due=money("amount_due", facts["amount_due"], facts["currency"]),
            advances=bool(facts.get("auto_advance")),
            created_at=moment(facts["created"], "created"),
            period_starts_at=moment(line["start"], "lines.period"),
            period_ends_at=moment(line["end"], "lines.period"),
            charges_at=moment(charges_at, "next_payment_attempt") if charges_at else None,
            attempts=facts["attempt_count"],
            needs_buyer=payment is not None and payment["status"] == "requires_action",
            pay_url=facts.get("hosted_invoice_url"),
            payment_id=payment["id"] if payment is not None else None,
            captured=money("amount_received", payment["amount_received"], payment["currency"])
            if payment is not None and is_captured
            else None,
            card_brand=card.get("brand"),
            card_last4=card.get("last4"),
            receipt_url=charge.get("receipt_url"),
            paid_at=moment(changes["paid_at"], "paid_at") if changes.get("paid_at") else None,
        )


def subscription_of(facts: Facts) -> str | None:
    """Which subscription an invoice bills: below `parent` since basil, beside it before."""
    details = _mapping(_mapping(facts.get("parent")).get("subscription_details"))
    return id_of(details.get("subscription")) or id_of(facts.get("subscription"))


def subscription_named_by(facts: Facts) -> str | None:
    """The subscription an event's object is, bills, or began."""
    match facts.get("object"):
        case "subscription":
            return id_of(facts.get("id"))
        case "invoice":
            return subscription_of(facts)
        case "checkout.session":
            return id_of(facts.get("subscription"))
    return None


def _invoice_status(status: str | None) -> InvoiceStatus:
    try:
        return InvoiceStatus(status or "")
    except ValueError:
        unknown("invoice.status")


def _days(recurring: Facts) -> int:
    days = _DAYS_OF.get(recurring.get("interval", ""))
    if days is None:
        unknown("price.recurring.interval")
    return days * int(recurring["interval_count"])


def _card(method: Any) -> Facts:
    return _mapping(_mapping(method).get("card"))


def _mapping(value: Any) -> Facts:
    """The object in a field that may hold nothing, or only an id."""
    return value if isinstance(value, Mapping) else {}
