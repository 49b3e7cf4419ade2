"""Subscriptions as objects: how one comes into being, what its state follows from, how it ends."""

from __future__ import annotations

from collections.abc import Iterator

from storefront.sandbox.stripe.core import NOBODY, Cause, Sandbox
from storefront.sandbox.stripe.periods import DAY, end_after
from storefront.sandbox.stripe.shape import fresh, inner
from storefront.sandbox.stripe.store import Json, Page, new_id

UPDATED = "customer.subscription.updated"
OVER = ("canceled", "incomplete_expired")
UPCOMING_BEFORE = 3 * DAY


def new_subscription(box: Sandbox, page: Page, customer: str, method: str, currency: str) -> Json:
    """The subscription a paid page begins: active, or on trial until its first charge."""
    now = box.now()
    data = page.subscription_data
    trial_end = data.get("trial_end")
    identifier = new_id("sub_1")
    prices = [(line["price"], line["quantity"]) for line in page.line_items if line["price"]["recurring"]]
    anchor = trial_end or now
    end = end_after(anchor, prices[0][0]["recurring"], now)
    items = [_item(identifier, price, quantity, now, end) for price, quantity in prices]
    subscription = fresh(
        "subscription",
        id=identifier,
        billing_cycle_anchor=anchor,
        billing_mode={"flexible": {"proration_discounts": "included"}, "type": "flexible", "updated_at": None},
        cancellation_details=inner("subscription", "cancellation_details"),
        created=now,
        currency=currency,
        customer=customer,
        default_payment_method=method,
        default_tax_rates=[],
        description=data.get("description"),
        items={
            "object": "list",
            "data": items,
            "has_more": False,
            "url": f"/v1/subscription_items?subscription={identifier}",
        },
        metadata={key: value for key, value in (data.get("metadata") or {}).items() if value},
        payment_settings=inner("subscription", "payment_settings", save_default_payment_method="off"),
        start_date=now,
        status="trialing" if trial_end else "active",
        trial_end=trial_end,
        trial_settings={
            "end_behavior": inner(
                "subscription", "trial_settings", "end_behavior", missing_payment_method="create_invoice"
            )
        },
        trial_start=now if trial_end else None,
    )
    box.store.put(subscription)
    schedule_period(box, subscription)
    return subscription


def _item(subscription: str, price: Json, quantity: int, start: int, end: int) -> Json:
    return fresh(
        "subscription_item",
        id=new_id("si_", 14),
        created=start,
        current_period_end=end,
        current_period_start=start,
        plan=plan_of(price),
        price=price,
        quantity=quantity,
        subscription=subscription,
        tax_rates=[],
    )


def plan_of(price: Json) -> Json:
    """The older name of a recurring price, which still stands beside it on every item."""
    plan = inner("subscription_item", "plan")
    plan.update(
        active=price["active"],
        amount=price["unit_amount"],
        amount_decimal=price["unit_amount_decimal"],
        created=price["created"],
        currency=price["currency"],
        id=price["id"],
        interval=price["recurring"]["interval"],
        interval_count=price["recurring"]["interval_count"],
        metadata={},
        product=price["product"],
    )
    del plan["deleted"]
    return plan


def period(subscription: Json) -> tuple[int, int]:
    """Start and end of the current period; they stand on the items, not on the subscription."""
    item = subscription["items"]["data"][0]
    return item["current_period_start"], item["current_period_end"]


def next_period(subscription: Json) -> tuple[int, int]:
    """The period that follows the current one."""
    start = period(subscription)[1]
    recurring = subscription["items"]["data"][0]["price"]["recurring"]
    return start, end_after(subscription["billing_cycle_anchor"], recurring, start)


def schedule_period(box: Sandbox, subscription: Json) -> None:
    """Have the notice before the end of the current period, and the end itself, happen."""
    start, end = period(subscription)
    if end - UPCOMING_BEFORE > start:
        box.store.schedule(end - UPCOMING_BEFORE, "subscription.upcoming", subscription["id"])
    box.store.schedule(end, "subscription.turn", subscription["id"])


def stops_at(subscription: Json) -> int | None:
    """When the subscription is going to end by itself, by whichever of its two fields."""
    if subscription["cancel_at_period_end"]:
        return period(subscription)[1]
    at: int | None = subscription["cancel_at"]
    return at


def invoices_of(box: Sandbox, subscription: str) -> Iterator[Json]:
    """Its invoices, the newest first."""
    return (invoice for invoice in box.store.newest_first("invoice") if subscription_of(invoice) == subscription)


def subscription_of(invoice: Json) -> str:
    """Which subscription an invoice bills."""
    return str(invoice["parent"]["subscription_details"]["subscription"])


def refresh_status(box: Sandbox, subscription: Json, cause: Cause = NOBODY) -> None:
    """Active or past due, as the newest invoice says that is neither a draft nor void."""
    if subscription["status"] in (*OVER, "trialing"):
        return
    latest = next(
        (one for one in invoices_of(box, subscription["id"]) if one["status"] not in ("draft", "void")),
        None,
    )
    if latest is None or latest["status"] != "open":
        status = "active"
    else:
        status = "past_due" if latest["attempted"] else subscription["status"]
    box.amend(subscription, UPDATED, cause, status=status)


def end_subscription(
    box: Sandbox, subscription: Json, reason: str = "cancellation_requested", cause: Cause = NOBODY
) -> None:
    """End it now. What it was billed and did not pay stays as it is, but nobody tries to collect it any more."""
    now = box.now()
    subscription.update(
        cancellation_details={**subscription["cancellation_details"], "reason": reason},
        canceled_at=subscription["canceled_at"] or now,
        ended_at=now,
        status="canceled",
    )
    box.emit("customer.subscription.deleted", subscription, cause)
    for invoice in list(invoices_of(box, subscription["id"])):
        if invoice["status"] in ("draft", "open"):
            stop_collecting(box, invoice, cause)


def stop_collecting(box: Sandbox, invoice: Json, cause: Cause = NOBODY) -> None:
    """Leave an invoice alone from now on."""
    box.amend(
        invoice,
        "invoice.updated",
        cause,
        auto_advance=False,
        automatically_finalizes_at=None,
        next_payment_attempt=None,
    )


def planned(box: Sandbox, subscription: Json, **wanted: object) -> Json:
    """What changes when an end is planned or taken back; `wanted` names one of its two fields or both."""
    plan = {name: wanted.get(name, subscription[name]) for name in ("cancel_at", "cancel_at_period_end")}
    is_planned = bool(plan["cancel_at_period_end"]) or plan["cancel_at"] is not None
    if plan["cancel_at"] is not None:
        box.store.schedule(float(str(plan["cancel_at"])), "subscription.cancel_at", subscription["id"])
    reason = "cancellation_requested" if is_planned else None
    return {
        **plan,
        "canceled_at": (subscription["canceled_at"] or box.now()) if is_planned else None,
        "cancellation_details": {**subscription["cancellation_details"], "reason": reason},
    }
