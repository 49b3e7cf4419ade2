"""The billing portal, and what tests may ask of subscriptions without a browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import stripe

from storefront.sandbox.stripe.check import findings
from tests.sandbox.stripe_shop import KEY, open_shop
from tests.sandbox.stripe_subscribers import ASKS_ALWAYS, DAY, DECLINES_LATER, GOOD, HOUR, Subscribers

BACK = "http://shop.example/renewals"


@pytest.fixture
def buyers() -> Iterator[Subscribers]:
    with open_shop() as made:
        yield Subscribers(made)


def portal(buyers: Subscribers, subscription: Any, **more: Any) -> Any:
    return buyers.v1.billing_portal.sessions.create({"customer": subscription.customer, "return_url": BACK, **more})


def flow(subscription: Any, **more: Any) -> dict[str, Any]:
    return {"type": "subscription_cancel", "subscription_cancel": {"subscription": subscription.id}, **more}


def test_a_customer_cancels_and_renews_in_the_portal(buyers: Subscribers) -> None:
    """Cancelling sets `cancel_at` to the period's end and leaves the flag false; renewing takes it back."""
    subscription = buyers.subscribed()
    end = subscription["items"].data[0].current_period_end
    opened = portal(buyers, subscription)
    home = requests.get(opened.url, timeout=20)
    assert home.status_code == 200
    for shown in ("Japan 5 GB", "US$12.50 every 30 days", "ending in 4242", BACK, "Invoices"):
        assert shown in home.text
    assert "<script" not in home.text
    cancel = f"{opened.url}/cancel/{subscription.id}"
    assert "Cancel Japan 5 GB?" in requests.get(cancel, timeout=20).text
    assert buyers.read(subscription.id).cancel_at is None
    assert "Cancels on" in requests.post(cancel, timeout=20).text
    planned = buyers.read(subscription.id)
    assert (planned.cancel_at, planned.cancel_at_period_end, planned.status) == (end, False, "active")
    event = buyers.told()[-1]
    assert (event.type, event.request.id) == ("customer.subscription.updated", None)
    assert event.data.previous_attributes.cancel_at is None

    assert "Renews on" in requests.post(f"{opened.url}/renew/{subscription.id}", timeout=20).text
    assert buyers.read(subscription.id).cancel_at is None

    requests.post(cancel, timeout=20)
    buyers.shop.world.clock.move(2 * DAY)
    buyers.until(end)
    ended = buyers.read(subscription.id)
    assert (ended.status, ended.ended_at, len(buyers.invoices(subscription.id))) == ("canceled", end, 1)
    types = [event.type for event in buyers.told()]
    assert "invoice.upcoming" not in types
    assert types[-1] == "customer.subscription.deleted"


def test_a_flow_leads_straight_to_the_end_and_back(buyers: Subscribers) -> None:
    """`flow_data` opens the cancel page, and its redirect brings the customer back to the shop."""
    subscription = buyers.subscribed()
    after = {"type": "redirect", "redirect": {"return_url": BACK}}
    opened = portal(buyers, subscription, flow_data=flow(subscription, after_completion=after))
    assert (opened.flow.type, opened.flow.subscription_cancel.subscription) == ("subscription_cancel", subscription.id)
    page = requests.get(opened.url, timeout=20)
    assert "form-action 'self' http://shop.example" in page.headers["Content-Security-Policy"]
    answer = requests.post(opened.url, allow_redirects=False, timeout=20)
    assert (answer.status_code, answer.headers["Location"]) == (303, BACK)
    assert buyers.read(subscription.id).cancel_at is not None
    with pytest.raises(stripe.InvalidRequestError, match="already set to be canceled"):
        portal(buyers, subscription, flow_data=flow(subscription))


def test_a_card_is_changed_in_the_portal(buyers: Subscribers) -> None:
    """A wrong or declined card changes nothing; a good one pays from then on."""
    subscription = buyers.subscribed()
    where = f"{portal(buyers, subscription).url}/card/{subscription.id}"
    assert "Change the card" in requests.get(where, timeout=20).text
    form = {"number": "5555555555554443", "expiry": "12/40", "cvc": "123", "name": "Ada Lovelace"}
    for number, status in (("5555555555554443", 422), ("4000000000000002", 402), ("5555555555554444", 200)):
        assert requests.post(where, data={**form, "number": number}, timeout=20).status_code == status
    buyers.later(30 * DAY + HOUR + 5)
    assert buyers.v1.charges.list().data[0].payment_method_details.card.brand == "mastercard"
    saved = buyers.v1.customers.payment_methods.list(subscription.customer)
    assert {one.card.last4 for one in saved.data} == {"4242", "4444"}


def test_a_portal_is_one_customer_s_and_short_lived(buyers: Subscribers) -> None:
    """Nobody else's subscription, nothing ended, nothing after an hour; parameters are checked."""
    mine, other = buyers.subscribed(), buyers.subscribed()
    opened = portal(buyers, mine)
    assert requests.post(f"{opened.url}/cancel/{other.id}", timeout=20).status_code == 404
    assert buyers.read(other.id).cancel_at is None
    for wrong in (
        {"customer": "cus_nobody"},
        {"flow_data": flow(other)},
        {"flow_data": {"type": "subscription_update"}},
        {"flow_data": {"type": "subscription_cancel"}},
        {"on_behalf_of": "acct_1"},
    ):
        with pytest.raises(stripe.InvalidRequestError):
            portal(buyers, mine, **wrong)
    with pytest.raises(stripe.InvalidRequestError, match="customer"):
        buyers.v1.billing_portal.sessions.create({"return_url": BACK})
    buyers.v1.subscriptions.cancel(mine.id)
    assert requests.post(f"{opened.url}/cancel/{mine.id}", timeout=20).status_code == 404
    buyers.later(HOUR)
    assert requests.get(opened.url, timeout=20).status_code == 404


def test_control_calls_play_the_customer(buyers: Subscribers) -> None:
    """Portal, card and invoice page by JSON; `next` says how far to move the clock for the next step."""
    subscription = buyers.subscribed()
    control, get = buyers.shop.control, buyers.get
    assert control("portal_cancel", subscription.id)["cancel_at_period_end"] is False
    assert buyers.read(subscription.id).cancel_at is not None
    assert control("portal_renew", subscription.id)["cancel_at"] is None
    assert control("set_card", subscription.id, number=ASKS_ALWAYS)["card"]["last4"] == "3184"
    steps = []
    while "invoice.collect" not in steps:
        step = get("next")
        buyers.shop.world.clock.move(step["seconds"] + 0.01)
        steps.append(step["what"])
    expected = ["session.expire", "subscription.upcoming", "subscription.turn", "invoice.finalize", "invoice.collect"]
    assert steps == expected
    waiting = get(f"invoices/{subscription.id}")[0]
    assert (waiting["status"], len(get("invoices")), len(get("subscriptions"))) == ("open", 2, 1)
    assert control("pay_invoice", waiting["id"], confirm=False)["result"] == "declined"
    assert control("pay_invoice", waiting["id"], number=ASKS_ALWAYS, confirm=None)["result"] == "challenge"
    assert control("pay_invoice", waiting["id"])["result"] == "paid"
    assert control("pay_invoice", waiting["id"])["result"] == "closed"
    assert control("outside_refund", waiting["id"])["amount"] == 1250
    assert any(event["type"] == "invoice.upcoming" and event["object"] is None for event in get("events")["events"])


def test_misfortunes_reach_the_new_calls(buyers: Subscribers) -> None:
    """A lost answer to a cancel has had its effect; one lost before it has not; a repeated key tells the same."""
    subscription = buyers.subscribed()
    faults = buyers.shop.world.faults
    faults.arm("stripe.subscription_cancel", "reset_before")
    with pytest.raises(stripe.APIConnectionError):
        buyers.v1.subscriptions.cancel(subscription.id)
    assert buyers.read(subscription.id).status == "active"
    faults.arm("stripe.subscription_cancel", "reset_after")
    with pytest.raises(stripe.APIConnectionError):
        buyers.v1.subscriptions.cancel(subscription.id)
    assert buyers.read(subscription.id).status == "canceled"
    faults.arm("stripe.subscription_retrieve", "status", status=500)
    with pytest.raises(stripe.APIError):
        buyers.read(subscription.id)

    other = buyers.subscribed()
    keyed = {"idempotency_key": "close-1"}
    first = buyers.v1.subscriptions.update(other.id, {"cancel_at_period_end": True}, keyed)
    buyers.v1.subscriptions.update(other.id, {"cancel_at_period_end": False})
    again = buyers.v1.subscriptions.update(other.id, {"cancel_at_period_end": True}, keyed)
    assert again.cancel_at_period_end is first.cancel_at_period_end is True
    assert buyers.read(other.id).cancel_at_period_end is False
    with pytest.raises(stripe.IdempotencyError):
        buyers.v1.subscriptions.update(other.id, {"cancel_at_period_end": False}, keyed)


def test_notices_of_renewals_may_go_wrong(buyers: Subscribers) -> None:
    """Dropped, doubled and overtaken notices, as with any other event."""
    subscription = buyers.subscribed()
    endpoint = buyers.shop.endpoint
    buyers.shop.eventually(lambda: "checkout.session.completed" in endpoint.types())
    buyers.shop.control("settings", events=["invoice.created", "invoice.paid", "customer.subscription.*"])
    endpoint.received.clear()
    for kind in ("drop", "duplicate", "reorder"):
        buyers.shop.world.faults.arm("stripe.webhook", kind)
    end = subscription["items"].data[0].current_period_end
    buyers.until(end + HOUR)
    buyers.later(30 * DAY - HOUR)
    buyers.shop.eventually(lambda: len(endpoint.received) == 5)
    types = endpoint.types()
    assert sorted(types) == [
        "customer.subscription.updated",
        "invoice.created",
        "invoice.created",
        "invoice.created",
        "invoice.paid",
    ]
    assert types.index("invoice.paid") > types.index("customer.subscription.updated")


def test_a_cancel_and_the_clock_race_fairly(buyers: Subscribers) -> None:
    """Cancelled from many threads while the hour of the charge passes: either it was paid before, or never after."""
    subscription = buyers.subscribed()
    buyers.until(subscription["items"].data[0].current_period_end)
    seen: list[int] = []
    refused: list[str | None] = []

    def cancel() -> None:
        try:
            seen.append(buyers.v1.subscriptions.cancel(subscription.id).ended_at)
        except stripe.InvalidRequestError as late:
            refused.append(late.code)

    threads = [threading.Thread(target=cancel) for _ in range(4)]
    for thread in threads:
        thread.start()
    buyers.shop.world.clock.move(HOUR)
    for thread in threads:
        thread.join()
    assert (len(seen), refused) == (1, ["resource_missing"] * 3)
    buyers.later(40 * DAY)
    renewal = buyers.invoices(subscription.id)[-1]
    paid_at = renewal.status_transitions.paid_at
    assert renewal.status == "draft" or paid_at <= seen[0]


def test_every_billing_object_is_one_the_library_knows(buyers: Subscribers) -> None:
    """Answers are checked against the library's own annotations while these lists are read; events as well."""
    subscription = buyers.subscribed(GOOD)
    buyers.shop.control("set_card", subscription.id, number=DECLINES_LATER)
    buyers.later(200 * DAY)
    params = {"limit": 100, "expand": ["data.customer", "data.default_payment_method"]}
    assert buyers.v1.subscriptions.list({**params, "status": "all"}).data[0].customer.email == "ada@traveller.example"
    found = buyers.v1.invoices.list(
        {"limit": 100, "expand": ["data.payments", "data.parent.subscription_details.subscription"]}
    )
    assert {one.status for one in found.data} == {"paid", "open"}
    assert len(buyers.v1.invoice_payments.list({"status": "open"}).data) == 1
    assert buyers.v1.payment_methods.list({"customer": subscription.customer}).data
    read = buyers.v1.subscriptions.retrieve(
        subscription.id, {"expand": ["latest_invoice.payments", "default_payment_method", "customer"]}
    )
    assert read.latest_invoice.payments.data[0].status == "open"
    assert read.default_payment_method.card.last4 == "0341"
    raw = requests.get(f"{buyers.shop.url}/stripe/v1/events", {"limit": "100"}, auth=(KEY, ""), timeout=20).json()[
        "data"
    ]
    for event in raw:
        told = event["data"]["object"]
        wrong = findings({"id": "in_upcoming", **told} if event["type"] == "invoice.upcoming" else told)
        assert wrong == [], event["type"]
    kinds = {event.type.rpartition(".")[0] for event in buyers.told()}
    assert {"invoice", "customer.subscription", "payment_intent", "charge"} <= kinds
