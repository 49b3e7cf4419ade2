"""What the clock does to subscriptions: notice, turn of the period, draft, charge, and the end that was asked for."""

from __future__ import annotations

from storefront.sandbox.stripe.collect import collect_automatically, retry
from storefront.sandbox.stripe.core import Sandbox
from storefront.sandbox.stripe.invoices import FINALIZES_AFTER, finalize, make_invoice, period_lines
from storefront.sandbox.stripe.store import Json, new_id
from storefront.sandbox.stripe.subscription_states import (
    OVER,
    UPCOMING_BEFORE,
    UPDATED,
    end_subscription,
    next_period,
    period,
    schedule_period,
    stops_at,
)


def upcoming(box: Sandbox, identifier: str) -> None:
    """Three days before a period ends: tell what the next invoice will be. That invoice has no identifier yet."""
    subscription = box.store.get("subscription", identifier)
    end = period(subscription)[1]
    last = stops_at(subscription)
    if subscription["status"] in OVER or box.now() != end - UPCOMING_BEFORE or (last is not None and last <= end):
        return
    if subscription["status"] == "trialing":
        box.emit("customer.subscription.trial_will_end", subscription)
    lines = period_lines(box, subscription, next_period(subscription))
    invoice = make_invoice(box, subscription, "upcoming", period(subscription), lines)
    del invoice["id"]
    for line in lines:
        line.update(id=new_id("il_tmp_1"), invoice=None)
    invoice.update(created=end, next_payment_attempt=end + FINALIZES_AFTER)
    invoice["lines"]["url"] = f"/v1/invoices/upcoming/lines?subscription={identifier}"
    box.emit("invoice.upcoming", invoice)


def turn(box: Sandbox, identifier: str) -> None:
    """A period ended: the subscription ends as planned, or moves on and is billed for the next period."""
    subscription = box.store.get("subscription", identifier)
    span = period(subscription)
    if subscription["status"] in OVER or span[1] > box.now():
        return
    last = stops_at(subscription)
    if last is not None and last <= span[1]:
        end_subscription(box, subscription)
        return
    invoice = draft_next(box, subscription)
    start, end = next_period(subscription)
    moved = [
        {**item, "current_period_start": start, "current_period_end": end} for item in subscription["items"]["data"]
    ]
    changes: Json = {"items": {**subscription["items"], "data": moved}, "latest_invoice": invoice["id"]}
    if subscription["status"] == "trialing":
        changes["status"] = "active"
    box.amend(subscription, UPDATED, **changes)
    box.emit("invoice.created", invoice)
    schedule_period(box, subscription)


def draft_next(box: Sandbox, subscription: Json) -> Json:
    """The draft for the period that begins now; it becomes final an hour later unless somebody holds it."""
    lines = period_lines(box, subscription, next_period(subscription))
    invoice = box.store.put(make_invoice(box, subscription, "subscription_cycle", period(subscription), lines))
    advance_later(box, invoice)
    return invoice


def advance_later(box: Sandbox, invoice: Json, at: int | None = None) -> None:
    """Have a draft finalised by itself, at `at` or an hour from now."""
    due = box.now() + FINALIZES_AFTER if at is None else at
    invoice.update(auto_advance=True, automatically_finalizes_at=due, next_payment_attempt=due)
    box.store.schedule(due, "invoice.finalize", invoice["id"])


def finalize_due(box: Sandbox, identifier: str) -> None:
    """The clock reached `automatically_finalizes_at`: final, and charged at once."""
    invoice = box.store.get("invoice", identifier)
    due = invoice["automatically_finalizes_at"]
    if invoice["status"] != "draft" or not invoice["auto_advance"] or due is None or due > box.now():
        return
    finalize(box, invoice)
    if invoice["status"] == "open":
        collect_automatically(box, invoice)


def stop(box: Sandbox, identifier: str) -> None:
    """The clock reached `cancel_at`."""
    subscription = box.store.get("subscription", identifier)
    at = subscription["cancel_at"]
    if subscription["status"] not in OVER and at is not None and at <= box.now():
        end_subscription(box, subscription)


HAPPENINGS = {
    "subscription.upcoming": upcoming,
    "subscription.turn": turn,
    "subscription.cancel_at": stop,
    "invoice.finalize": finalize_due,
    "invoice.collect": retry,
}
