"""Subscribing on the hosted page, reading and ending subscriptions, through the real library."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
import stripe

from tests.sandbox.stripe_shop import open_shop
from tests.sandbox.stripe_subscribers import DAY, GOOD, HOUR, Subscribers, recurring


@pytest.fixture
def buyers() -> Iterator[Subscribers]:
    with open_shop() as made:
        yield Subscribers(made)


def test_a_paid_page_leaves_a_subscription_and_a_paid_invoice(buyers: Subscribers) -> None:
    """Nothing exists before the payment; afterwards session, subscription, invoice and payment name each other."""
    session = buyers.opened()
    assert (session.subscription, session.invoice, session.customer) == (None, None, None)
    page = requests.get(session.url, timeout=20).text
    assert "every 30 days" in page
    assert "Subscribe" in page
    assert buyers.v1.subscriptions.list({"status": "all"}).data == []

    assert buyers.shop.typed(session, GOOD).status_code == 303

    paid = buyers.v1.checkout.sessions.retrieve(session.id, {"expand": ["subscription", "invoice.payments"]})
    subscription, invoice = paid.subscription, paid.invoice
    assert (paid.status, paid.payment_status, paid.payment_intent) == ("complete", "paid", None)
    assert (subscription.status, subscription.billing_mode.type) == ("active", "flexible")
    assert subscription.metadata.to_dict() == {"renewal": "renewal-1"}
    assert "current_period_end" not in subscription
    item = subscription["items"].data[0]
    assert item.current_period_end - item.current_period_start == 30 * DAY
    assert (item.price.unit_amount, item.price.recurring.interval_count) == (1250, 30)
    assert (invoice.status, invoice.billing_reason, invoice.amount_paid) == ("paid", "subscription_create", 1250)
    assert invoice.parent.subscription_details.subscription == subscription.id == invoice_subscription(invoice)
    assert invoice.parent.subscription_details.metadata.to_dict() == {"renewal": "renewal-1"}
    payment = invoice.payments.data[0]
    intent = buyers.v1.payment_intents.retrieve(payment.payment.payment_intent, {"expand": ["latest_charge"]})
    assert (payment.status, intent.status, intent.latest_charge.paid) == ("paid", "succeeded", True)
    customer = buyers.v1.customers.retrieve(paid.customer)
    assert (customer.email, customer.id) == ("ada@traveller.example", subscription.customer)
    method = buyers.v1.payment_methods.retrieve(subscription.default_payment_method)
    assert (method.customer, method.card.last4) == (customer.id, "4242")
    found = buyers.v1.invoice_payments.list({"payment": {"type": "payment_intent", "payment_intent": intent.id}})
    assert [one.invoice for one in found.data] == [invoice.id]


def invoice_subscription(invoice: stripe.Invoice) -> str | None:
    """The subscription its first line is for."""
    parent = invoice.lines.data[0].parent
    assert parent is not None
    assert parent.subscription_item_details is not None
    return parent.subscription_item_details.subscription


def test_the_shop_is_told_in_order(buyers: Subscribers) -> None:
    """The log of one subscription; the shop's endpoint gets what concerns it."""
    buyers.subscribed()
    types = [event.type for event in buyers.told()]
    assert types == [
        "payment_intent.created",
        "customer.created",
        "payment_method.attached",
        "charge.succeeded",
        "payment_intent.succeeded",
        "customer.subscription.created",
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "invoice.payment_succeeded",
        "invoice_payment.paid",
        "checkout.session.completed",
    ]
    wanted = {"customer.subscription.created", "invoice.paid", "checkout.session.completed"}
    buyers.shop.eventually(lambda: wanted <= set(buyers.shop.endpoint.types()))
    assert "charge.succeeded" not in buyers.shop.endpoint.types()


@pytest.mark.parametrize("number", ["4000000000000002", "4000000000009995"])
def test_a_declined_subscriber_may_try_again(buyers: Subscribers, number: str) -> None:
    """A decline leaves neither customer nor subscription behind; a second card makes exactly one of each."""
    session = buyers.opened()
    assert buyers.shop.typed(session, number).status_code == 402
    assert buyers.v1.subscriptions.list({"status": "all"}).data == buyers.v1.customers.list().data == []
    assert buyers.shop.typed(session, GOOD).status_code == 303
    assert len(buyers.v1.subscriptions.list().data) == len(buyers.v1.customers.list().data) == 1


def test_a_bank_may_ask_a_subscriber(buyers: Subscribers) -> None:
    """3-D Secure on the first payment; this card is not asked again for renewals."""
    session = buyers.opened()
    challenge = buyers.shop.typed(session, "4000002500003155").headers["Location"]
    assert requests.post(challenge, data={"answer": "fail"}, timeout=20).status_code == 402
    assert buyers.v1.subscriptions.list().data == []
    challenge = buyers.shop.typed(session, "4000002500003155").headers["Location"]
    assert requests.post(challenge, data={"answer": "complete"}, allow_redirects=False, timeout=20).status_code == 303
    subscription = buyers.v1.subscriptions.list().data[0]
    buyers.later(30 * DAY + HOUR + 60)
    assert [one.status for one in buyers.invoices(subscription.id)] == ["paid", "paid"]


def test_an_expired_page_leaves_nothing(buyers: Subscribers) -> None:
    """Expiring calls the unfinished intent off."""
    session = buyers.opened()
    buyers.shop.typed(session, "4000000000000002")
    assert buyers.v1.checkout.sessions.expire(session.id).status == "expired"
    assert [one.status for one in buyers.v1.payment_intents.list().data] == ["canceled"]
    assert buyers.shop.control("pay", session.id)["result"] == "closed"


def test_a_known_customer_subscribes(buyers: Subscribers) -> None:
    """No second customer comes into being."""
    customer = buyers.v1.customers.create({"email": "bob@traveller.example"})
    subscription = buyers.subscribed(customer=customer.id, customer_email=None)
    assert (subscription.customer, len(buyers.v1.customers.list().data)) == (customer.id, 1)
    assert [one.id for one in buyers.v1.subscriptions.list({"customer": customer.id}).data] == [subscription.id]


def test_a_first_price_may_be_paid_once_beside_it(buyers: Subscribers) -> None:
    """One-time lines stand on the first invoice only."""
    once = {"currency": "usd", "unit_amount": 300, "product_data": {"name": "Set-up"}}
    subscription = buyers.subscribed(line_items=[*recurring(), {"price_data": once, "quantity": 1}])
    buyers.later(30 * DAY + HOUR + 60)
    assert [one.amount_paid for one in buyers.invoices(subscription.id)] == [1550, 1250]


def test_a_trial_charges_nothing_at_first(buyers: Subscribers) -> None:
    """On trial the card is kept and nothing is due; the first charge comes an hour after its end."""
    end = buyers.shop.now() + 10 * DAY
    session = buyers.opened(subscription_data={"trial_end": end})
    assert session.amount_total == 0
    assert buyers.shop.control("pay", session.id, number="4000000000000002")["result"] == "declined"
    assert buyers.shop.control("pay", session.id)["result"] == "paid"
    paid = buyers.v1.checkout.sessions.retrieve(session.id, {"expand": ["subscription"]})
    assert (paid.payment_status, paid.subscription.status, paid.subscription.trial_end) == (
        "no_payment_required",
        "trialing",
        end,
    )
    assert paid.subscription["items"].data[0].current_period_end == end
    buyers.until(end + HOUR)
    invoices = buyers.invoices(paid.subscription.id)
    assert [(one.billing_reason, one.amount_paid) for one in invoices] == [
        ("subscription_create", 0),
        ("subscription_cycle", 1250),
    ]
    assert buyers.read(paid.subscription.id).status == "active"
    assert buyers.v1.charges.list().data[0].created == end + HOUR


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"line_items": recurring(recurring=None)}, None),
        (
            {"line_items": recurring(recurring={"interval": "fortnight"})},
            "line_items[0][price_data][recurring][interval]",
        ),
        (
            {"line_items": recurring(recurring={"interval": "day", "interval_count": 1096})},
            "line_items[0][price_data][recurring][interval_count]",
        ),
        (
            {"line_items": [*recurring(), *recurring(recurring={"interval": "month"})]},
            "line_items",
        ),
        ({"payment_intent_data": {"description": "no"}}, "payment_intent_data"),
        ({"customer_creation": "always"}, "customer_creation"),
        ({"mode": "payment", "subscription_data": None}, "line_items"),
        ({"subscription_data": {"trial_end": 1}}, "subscription_data[trial_end]"),
        ({"subscription_data": {"metadata": {"k" * 41: "v"}}}, f"subscription_data[metadata][{'k' * 41}]"),
        ({"subscription_data": {"proration_behavior": "none"}}, "subscription_data[proration_behavior]"),
    ],
)
def test_a_wrong_subscription_page_is_refused(
    buyers: Subscribers, change: dict[str, object], param: str | None
) -> None:
    """What the mode does not allow is refused and named."""
    items = change.get("line_items")
    if items and param is None:
        price = items[0]["price_data"]  # type: ignore[index]
        del price["recurring"]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        buyers.opened(**change)
    assert refused.value.param == (param or "line_items")


def test_an_end_at_once_is_final(buyers: Subscribers) -> None:
    """DELETE ends it, a second one is a 404, and no later period is billed."""
    subscription = buyers.subscribed()
    ended = buyers.v1.subscriptions.cancel(subscription.id, {"invoice_now": False, "prorate": False})
    assert (ended.status, ended.cancellation_details.reason) == ("canceled", "cancellation_requested")
    assert ended.ended_at == ended.canceled_at == buyers.read(subscription.id).ended_at
    with pytest.raises(stripe.InvalidRequestError) as again:
        buyers.v1.subscriptions.cancel(subscription.id)
    assert (again.value.http_status, again.value.code) == (404, "resource_missing")
    with pytest.raises(stripe.InvalidRequestError, match="canceled subscription"):
        buyers.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": False})
    buyers.later(100 * DAY)
    assert len(buyers.invoices(subscription.id)) == 1
    assert buyers.v1.subscriptions.list().data == []
    assert [one.id for one in buyers.v1.subscriptions.list({"status": "ended"}).data] == [subscription.id]
    assert buyers.v1.subscriptions.update(subscription.id, {"metadata": {"closed": "yes"}}).metadata["closed"] == "yes"


def test_an_end_may_be_planned_and_taken_back(buyers: Subscribers) -> None:
    """The flag and the stamp are two fields; each is taken back by itself, and a past stamp is refused."""
    subscription = buyers.subscribed()
    end = subscription["items"].data[0].current_period_end
    update = buyers.v1.subscriptions.update
    flagged = update(subscription.id, {"cancel_at_period_end": True})
    assert (flagged.cancel_at_period_end, flagged.cancel_at, flagged.canceled_at is None) == (True, None, False)
    undone = update(subscription.id, {"cancel_at_period_end": False})
    assert (undone.cancel_at_period_end, undone.canceled_at) == (False, None)
    stamped = update(subscription.id, {"cancel_at": "min_period_end"})
    assert (stamped.cancel_at_period_end, stamped.cancel_at) == (False, end)
    assert update(subscription.id, {"cancel_at": ""}).cancel_at is None
    with pytest.raises(stripe.InvalidRequestError, match="future"):
        update(subscription.id, {"cancel_at": end - 31 * DAY})
    with pytest.raises(stripe.InvalidRequestError, match="only specify one"):
        update(subscription.id, {"cancel_at": end, "cancel_at_period_end": True})
    update(subscription.id, {"cancel_at_period_end": True})
    buyers.until(end)
    ended = buyers.read(subscription.id)
    assert (ended.status, ended.ended_at, len(buyers.invoices(subscription.id))) == ("canceled", end, 1)


def test_a_stamp_in_a_later_period_lets_the_periods_before_it_pass(buyers: Subscribers) -> None:
    """`cancel_at` on day 75 of 30-day periods: three are paid, then it ends on that very second."""
    subscription = buyers.subscribed()
    at = subscription.start_date + 75 * DAY
    buyers.v1.subscriptions.update(subscription.id, {"cancel_at": at})
    buyers.later(200 * DAY)
    ended = buyers.read(subscription.id)
    assert (ended.status, ended.ended_at, len(buyers.invoices(subscription.id))) == ("canceled", at, 3)


def test_another_price_counts_from_the_next_period(buyers: Subscribers) -> None:
    """Changed without proration: nothing is due now, the next invoice is over the new price; the rest is refused."""
    subscription = buyers.subscribed()
    item = subscription["items"].data[0]
    data = {
        "currency": "usd",
        "product": item.price.product,
        "unit_amount": 1500,
        "recurring": {"interval": "day", "interval_count": 30},
    }
    wanted = {"items": [{"id": item.id, "price_data": data}], "proration_behavior": "none"}
    told = buyers.v1.subscriptions.update(subscription.id, {**wanted, "metadata": {"price": "new"}})
    assert told["items"].data[0].price.unit_amount == told["items"].data[0].plan.amount == 1500
    assert [event.type for event in buyers.told()][-1:] == ["customer.subscription.updated"]
    for wrong in (
        {"proration_behavior": "create_prorations"},
        {"items": [{"id": "si_nobody", "price_data": data}]},
        {"items": [{"id": item.id, "price_data": {**data, "recurring": {"interval": "month"}}}]},
        {"items": [{"id": item.id, "price_data": {**data, "currency": "eur"}}]},
        {"items": [{"id": item.id, "deleted": True}]},
    ):
        with pytest.raises(stripe.InvalidRequestError):
            buyers.v1.subscriptions.update(subscription.id, {**wanted, **wrong})
    buyers.later(30 * DAY + HOUR + 5)
    assert [one.amount_paid for one in buyers.invoices(subscription.id)] == [1250, 1500]


def test_one_update_is_told_once(buyers: Subscribers) -> None:
    """Notes, reason and planned end in one call make one event that names everything that changed."""
    subscription = buyers.subscribed()
    before = len(buyers.told())
    details = {"comment": "closed by the desk"}
    changed = buyers.v1.subscriptions.update(
        subscription.id, {"cancel_at_period_end": True, "metadata": {"by": "desk"}, "cancellation_details": details}
    )
    assert changed.cancellation_details.to_dict() == {
        "comment": "closed by the desk",
        "feedback": None,
        "feedback_option": None,
        "reason": "cancellation_requested",
    }
    (event,) = buyers.told()[before:]
    names = {"cancel_at_period_end", "canceled_at", "cancellation_details", "metadata"}
    assert set(event.data.previous_attributes.to_dict()) == names
    buyers.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    assert len(buyers.told()) == before + 1


def test_a_refund_of_a_subscriber_works_as_any_other(buyers: Subscribers) -> None:
    """The first invoice's payment can be given back; the subscription does not care."""
    subscription = buyers.subscribed()
    intent = subscription.latest_invoice.payments.data[0].payment.payment_intent
    assert buyers.v1.refunds.create({"payment_intent": intent}).amount == 1250
    assert buyers.read(subscription.id).status == "active"
