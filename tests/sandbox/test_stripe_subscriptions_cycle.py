"""What the clock does to a subscription: notice, draft, charge, failure, confirmation, end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import stripe

from storefront.sandbox.stripe.periods import end_after
from tests.sandbox.stripe_shop import open_shop
from tests.sandbox.stripe_subscribers import ASKS_ALWAYS, DAY, DECLINES_LATER, GOOD, HOUR, Subscribers, recurring


@pytest.fixture
def buyers() -> Iterator[Subscribers]:
    with open_shop() as made:
        yield Subscribers(made)


def period_end(subscription: Any) -> int:
    return int(subscription["items"].data[0].current_period_end)


def renewed(buyers: Subscribers, number: str, **changes: Any) -> tuple[Any, Any]:
    """A subscription a good card began and another is charged for, just after its first renewal was tried."""
    subscription = buyers.subscribed(**changes)
    buyers.shop.control("set_card", subscription.id, number=number)
    buyers.until(period_end(subscription) + HOUR)
    return buyers.read(subscription.id), buyers.invoices(subscription.id)[-1]


def test_a_period_turns_in_four_steps(buyers: Subscribers) -> None:
    """Notice three days before, draft at the end, final and paid an hour later, each stamped with its own time."""
    subscription = buyers.subscribed()
    end = period_end(subscription)
    begun = subscription.created

    buyers.until(end - 3 * DAY)
    notice = buyers.told()[-1]
    upcoming = notice.data.object
    assert (notice.type, notice.created) == ("invoice.upcoming", end - 3 * DAY)
    assert "id" not in upcoming
    assert (upcoming.amount_due, upcoming.next_payment_attempt) == (1250, end + HOUR)
    assert upcoming.parent.subscription_details.subscription == subscription.id
    assert len(buyers.invoices(subscription.id)) == 1

    buyers.until(end)
    draft = buyers.invoices(subscription.id)[-1]
    assert (draft.status, draft.billing_reason, draft.auto_advance) == ("draft", "subscription_cycle", True)
    assert (draft.created, draft.automatically_finalizes_at, draft.number) == (end, end + HOUR, None)
    assert (draft.period_start, draft.period_end) == (begun, end)
    assert (draft.lines.data[0].period.start, draft.lines.data[0].period.end) == (end, end + 30 * DAY)
    moved = buyers.read(subscription.id)
    assert (period_end(moved), moved.latest_invoice.id, moved.status) == (end + 30 * DAY, draft.id, "active")
    assert len(buyers.v1.charges.list().data) == 1

    buyers.until(end + HOUR)
    paid = buyers.v1.invoices.retrieve(draft.id, {"expand": ["payments", "confirmation_secret"]})
    assert (paid.status, paid.amount_paid, paid.amount_remaining, paid.attempt_count) == ("paid", 1250, 0, 1)
    assert paid.status_transitions.finalized_at == paid.status_transitions.paid_at == end + HOUR
    intent = buyers.v1.payment_intents.retrieve(paid.payments.data[0].payment.payment_intent)
    assert (intent.status, intent.payment_method) == ("succeeded", subscription.default_payment_method)
    assert paid.confirmation_secret.client_secret == intent.client_secret
    assert [event.type for event in buyers.told(end)] == [
        "customer.subscription.updated",
        "invoice.created",
        "payment_intent.created",
        "invoice.finalized",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice_payment.paid",
    ]


def test_months_at_once_play_every_cycle_in_order(buyers: Subscribers) -> None:
    """A leap of two years: every period once, stamped when it was due, and the log never goes back in time."""
    subscription = buyers.subscribed(line_items=recurring(recurring={"interval": "month"}))
    other = buyers.subscribed(line_items=recurring(recurring={"interval": "week", "interval_count": 2}))
    buyers.later(730 * DAY + 2 * HOUR)
    invoices = buyers.invoices(subscription.id)
    assert {one.status for one in invoices} == {"paid"}
    recurrence = {"interval": "month", "interval_count": 1}
    begun = subscription.created
    expected = [begun]
    while (end := end_after(begun, recurrence, expected[-1])) <= begun + 730 * DAY:
        expected.append(end)
    assert [one.created for one in invoices] == expected
    assert all(paid.status_transitions.paid_at == paid.created + HOUR for paid in invoices[1:])
    assert len(buyers.invoices(other.id)) == 730 // 14 + 1
    stamps = [event.created for event in buyers.told()]
    assert stamps == sorted(stamps)


@pytest.mark.parametrize(
    ("begun", "recurrence", "ends"),
    [
        ("2026-01-31", {"interval": "month", "interval_count": 1}, ["2026-02-28", "2026-03-31", "2026-04-30"]),
        ("2024-02-29", {"interval": "year", "interval_count": 1}, ["2025-02-28", "2026-02-28"]),
        ("2026-10-20", {"interval": "month", "interval_count": 3}, ["2027-01-20", "2027-04-20"]),
        ("2026-03-01", {"interval": "day", "interval_count": 30}, ["2026-03-31", "2026-04-30"]),
        ("2026-03-01", {"interval": "week", "interval_count": 2}, ["2026-03-15", "2026-03-29"]),
    ],
)
def test_periods_keep_their_day(begun: str, recurrence: dict[str, Any], ends: list[str]) -> None:
    """Months are calendar months that come back to the day they began on; days are days."""
    anchor = start = int(dt.datetime.fromisoformat(f"{begun}T09:30+00:00").timestamp())
    for expected in ends:
        start = end_after(anchor, recurrence, start)
        assert dt.datetime.fromtimestamp(start, dt.UTC).isoformat() == f"{expected}T09:30:00+00:00"


def test_a_card_that_declines_is_tried_four_times(buyers: Subscribers) -> None:
    """After 3, 5 and 7 days again; past due meanwhile; the last failure ends it and the invoice is left open."""
    subscription, failed = renewed(buyers, DECLINES_LATER)
    first = failed.created + HOUR
    assert (failed.status, failed.attempt_count, failed.next_payment_attempt) == ("open", 1, first + 3 * DAY)
    assert (subscription.status, subscription.latest_invoice.id) == ("past_due", failed.id)
    assert buyers.v1.subscriptions.list({"status": "past_due"}).data[0].id == subscription.id
    change = [event for event in buyers.told(first) if event.type == "customer.subscription.updated"]
    assert change[0].data.previous_attributes.to_dict() == {"status": "active"}

    buyers.until(first + 15 * DAY)

    tries = [event for event in buyers.told(first) if event.type == "invoice.payment_failed"]
    assert [(event.created - first) // DAY for event in tries] == [0, 3, 8, 15]
    assert [event.data.object.next_payment_attempt for event in tries][-1] is None
    ended = buyers.read(subscription.id)
    assert (ended.status, ended.ended_at) == ("canceled", first + 15 * DAY)
    assert ended.cancellation_details.reason == "payment_failed"
    left = buyers.v1.invoices.retrieve(failed.id)
    assert (left.status, left.auto_advance, left.next_payment_attempt) == ("open", False, None)
    assert [event.type for event in buyers.told()][-2:] == ["invoice.updated", "customer.subscription.deleted"]
    buyers.later(90 * DAY)
    assert len(buyers.invoices(subscription.id)) == 2


def test_a_new_card_mends_a_past_due_subscription(buyers: Subscribers) -> None:
    """The next try takes the new card, and the subscription is active again."""
    subscription, failed = renewed(buyers, DECLINES_LATER)
    buyers.shop.control("set_card", subscription.id, number=GOOD)
    buyers.until(failed.next_payment_attempt)
    assert buyers.v1.invoices.retrieve(failed.id).status == "paid"
    mended = buyers.read(subscription.id)
    assert (mended.status, period_end(mended)) == ("active", failed.created + 30 * DAY)


def test_a_bank_that_always_asks_needs_its_buyer(buyers: Subscribers) -> None:
    """The renewal waits on the invoice's page: failing the question keeps it open, answering it pays."""
    subscription, waiting = renewed(buyers, ASKS_ALWAYS)
    types = [event.type for event in buyers.told(waiting.created + HOUR)]
    assert types.index("invoice.payment_action_required") < types.index("invoice.payment_failed")
    assert (subscription.status, waiting.status) == ("past_due", "open")
    payment = buyers.v1.invoice_payments.list({"invoice": waiting.id}).data[0]
    assert buyers.v1.payment_intents.retrieve(payment.payment.payment_intent).status == "requires_action"
    page = requests.get(waiting.hosted_invoice_url, timeout=20)
    assert "Confirm US$12.50" in page.text
    assert "<script" not in page.text
    challenge = f"{waiting.hosted_invoice_url}/challenge"
    assert "ending in <strong>3184</strong>" in requests.get(challenge, timeout=20).text
    assert requests.post(challenge, data={"answer": "fail"}, timeout=20).status_code == 402
    assert "Nothing here" not in requests.get(challenge, timeout=20).text
    assert buyers.v1.invoices.retrieve(waiting.id).status == "open"

    buyers.until(waiting.next_payment_attempt)
    assert requests.post(challenge, data={"answer": "complete"}, timeout=20).status_code == 200

    assert buyers.v1.invoices.retrieve(waiting.id).status == "paid"
    assert buyers.read(subscription.id).status == "active"
    assert "Invoice paid" in requests.get(waiting.hosted_invoice_url, timeout=20).text
    charge = buyers.v1.charges.list().data[0]
    assert charge.payment_method_details.card.three_d_secure.result == "authenticated"


def test_an_open_invoice_may_be_paid_with_another_card(buyers: Subscribers) -> None:
    """On its page: a mistyped or declined card changes nothing, a good one pays and is not saved."""
    subscription, failed = renewed(buyers, DECLINES_LATER)
    form = {"number": "4242424242424241", "expiry": "12/40", "cvc": "123", "name": "Ada Lovelace"}
    assert requests.post(failed.hosted_invoice_url, data=form, timeout=20).status_code == 422
    form["number"] = "4000000000000002"
    assert requests.post(failed.hosted_invoice_url, data=form, timeout=20).status_code == 402
    form["number"] = GOOD
    assert requests.post(failed.hosted_invoice_url, data=form, timeout=20).status_code == 200
    read = buyers.read(subscription.id)
    assert (read.status, read.latest_invoice.status) == ("active", "paid")
    assert read.default_payment_method == subscription.default_payment_method
    assert buyers.shop.control("pay_invoice", failed.id, number=GOOD)["result"] == "closed"


def test_a_held_draft_waits(buyers: Subscribers) -> None:
    """`auto_advance` false holds it, true lets it go on an hour later; a draft is neither voided nor deleted."""
    subscription = buyers.subscribed()
    buyers.until(period_end(subscription))
    draft = buyers.invoices(subscription.id)[-1]
    held = buyers.v1.invoices.update(draft.id, {"auto_advance": False, "metadata": {"held": "no consent"}})
    assert (held.auto_advance, held.automatically_finalizes_at, held.metadata["held"]) == (False, None, "no consent")
    buyers.later(5 * DAY)
    assert buyers.v1.invoices.retrieve(draft.id).status == "draft"
    for refused in (buyers.v1.invoices.void_invoice, buyers.v1.invoices.delete):
        with pytest.raises(stripe.InvalidRequestError):
            refused(draft.id)
    released = buyers.v1.invoices.update(draft.id, {"auto_advance": True})
    assert released.automatically_finalizes_at >= buyers.shop.now() + HOUR - 2
    buyers.later(HOUR + 5)
    assert buyers.v1.invoices.retrieve(draft.id).status == "paid"


def test_a_void_invoice_is_never_paid(buyers: Subscribers) -> None:
    """Finalise, then void: nothing is charged, its page says so, and the subscription stays active."""
    subscription = buyers.subscribed()
    buyers.until(period_end(subscription))
    draft = buyers.invoices(subscription.id)[-1]
    opened = buyers.v1.invoices.finalize_invoice(draft.id, {"auto_advance": False})
    assert (opened.status, opened.auto_advance, opened.next_payment_attempt) == ("open", False, None)
    void = buyers.v1.invoices.void_invoice(draft.id, {"expand": ["payments"]})
    assert (void.status, void.payments.data[0].status) == ("void", "canceled")
    assert buyers.read(subscription.id).status == "active"
    buyers.later(2 * DAY)
    assert len(buyers.v1.charges.list().data) == 1
    assert requests.get(void.hosted_invoice_url, timeout=20).status_code == 410
    for refused in (buyers.v1.invoices.void_invoice, buyers.v1.invoices.finalize_invoice, buyers.v1.invoices.pay):
        with pytest.raises(stripe.InvalidRequestError):
            refused(draft.id)


def test_an_invoice_finalised_by_hand_is_charged_an_hour_later(buyers: Subscribers) -> None:
    """With `auto_advance` it goes on by itself."""
    subscription = buyers.subscribed()
    buyers.until(period_end(subscription))
    draft = buyers.invoices(subscription.id)[-1]
    buyers.v1.invoices.finalize_invoice(draft.id)
    assert buyers.v1.invoices.retrieve(draft.id).status == "open"
    buyers.later(HOUR + 5)
    assert buyers.v1.invoices.retrieve(draft.id).status == "paid"


def test_paying_by_api_says_why_it_failed(buyers: Subscribers) -> None:
    """A decline and a question are 402s with their own codes; another saved card pays."""
    subscription, failed = renewed(buyers, DECLINES_LATER)
    with pytest.raises(stripe.CardError) as declined:
        buyers.v1.invoices.pay(failed.id)
    assert (declined.value.http_status, declined.value.code) == (402, "card_declined")
    asking = buyers.shop.control("set_card", subscription.id, number=ASKS_ALWAYS)["id"]
    with pytest.raises(stripe.CardError) as asked:
        buyers.v1.invoices.pay(failed.id, {"payment_method": asking})
    assert asked.value.code == "invoice_payment_intent_requires_action"
    good = buyers.shop.control("set_card", subscription.id, number=GOOD)["id"]
    assert buyers.v1.invoices.pay(failed.id, {"payment_method": good}).status == "paid"
    with pytest.raises(stripe.InvalidRequestError, match="already paid"):
        buyers.v1.invoices.pay(failed.id)


@pytest.mark.parametrize("hours", [0.0, 2.0])
def test_what_a_canceled_subscription_owed_is_left_alone(buyers: Subscribers, hours: float) -> None:
    """Draft or open, its invoice stays as it is and nobody collects it; it can still be voided."""
    subscription = buyers.subscribed()
    buyers.shop.control("set_card", subscription.id, number=DECLINES_LATER)
    buyers.until(period_end(subscription) + int(hours * HOUR))
    before = buyers.invoices(subscription.id)[-1]
    buyers.v1.subscriptions.cancel(subscription.id)
    buyers.shop.control("set_card", subscription.id, number=GOOD)
    buyers.later(60 * DAY)
    left = buyers.v1.invoices.retrieve(before.id)
    assert (left.status, left.auto_advance, left.next_payment_attempt) == (before.status, False, None)
    assert len(buyers.v1.charges.list({"customer": subscription.customer}).data) == (2 if hours else 1)
    if left.status == "draft":
        buyers.v1.invoices.finalize_invoice(left.id, {"auto_advance": False})
    assert buyers.v1.invoices.void_invoice(left.id).status == "void"
