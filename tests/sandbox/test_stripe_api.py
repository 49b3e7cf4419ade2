"""The API itself: what is refused, what is remembered, what is expired and refunded."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
import stripe

from storefront.sandbox.stripe.check import findings
from tests.sandbox.stripe_shop import KEY, Shop, open_shop


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_shop() as made:
        yield made


def line(**price: object) -> list[dict[str, object]]:
    """One line item; None takes a part of the price away."""
    data = {"currency": "usd", "unit_amount": 1250, "product_data": {"name": "Plan"}, **price}
    return [{"price_data": {name: value for name, value in data.items() if value is not None}, "quantity": 1}]


@pytest.mark.parametrize(
    ("change", "param", "code"),
    [
        ({"colour": "red"}, "colour", "parameter_unknown"),
        ({"payment_method_types": ["card"]}, "payment_method_types", "parameter_unknown"),
        ({"line_items": line(discount=5)}, "line_items[0][price_data][discount]", "parameter_unknown"),
        ({"line_items": line(currency=None)}, "line_items[0][price_data][currency]", "parameter_missing"),
        (
            {"line_items": line(unit_amount="12.50")},
            "line_items[0][price_data][unit_amount]",
            "parameter_invalid_integer",
        ),
        ({"line_items": line(unit_amount=10)}, None, "amount_too_small"),
        ({"line_items": line(currency="kwd", unit_amount=1251)}, "line_items[0][price_data][unit_amount]", None),
        ({"line_items": line(currency="xyz")}, "line_items[0][price_data][currency]", None),
        ({"locale": "tlh"}, "locale", None),
        ({"success_url": "shop.example/ok"}, "success_url", "url_invalid"),
        ({"success_url": None}, "success_url", "parameter_missing"),
        ({"customer_email": "nobody"}, "customer_email", "email_invalid"),
        ({"customer_email": ""}, "customer_email", "parameter_invalid_empty"),
        ({"customer": "cus_nobody", "customer_email": None}, "customer", "resource_missing"),
        ({"metadata": {"k": "v" * 501}}, "metadata[k]", None),
        ({"mode": "setup"}, "mode", None),
    ],
)
def test_a_wrong_session_is_refused_by_name(
    shop: Shop, change: dict[str, object], param: str | None, code: str
) -> None:
    """Every refusal names the parameter and carries the service's own code."""
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.opened(**change)
    assert (refused.value.http_status, refused.value.param, refused.value.code) == (400, param, code)
    assert (refused.value.headers or {})["Request-Id"].startswith("req_")


@pytest.mark.parametrize(("offset", "good"), [(1795, False), (1805, True), (86_400, True), (86_405, False)])
def test_a_page_lives_between_half_an_hour_and_a_day(shop: Shop, offset: int, good: bool) -> None:
    """`expires_at` is checked on the world's clock, wherever that has been moved to."""
    shop.world.clock.move(50_000)
    if good:
        assert shop.opened(expires_at=shop.now() + offset).status == "open"
    else:
        with pytest.raises(stripe.InvalidRequestError, match="expires_at"):
            shop.opened(expires_at=shop.now() + offset)


def test_only_test_keys_open_the_door(shop: Shop) -> None:
    """A live key is refused and never repeated in the answer."""
    for key in ("sk_live_secret_part", "nonsense"):
        client: Any = stripe.StripeClient(key, base_addresses={"api": f"{shop.url}/stripe"}, max_network_retries=0)
        with pytest.raises(stripe.AuthenticationError) as refused:
            client.v1.balance.retrieve()
        assert "secret_part" not in str(refused.value)
    assert requests.get(f"{shop.url}/stripe/v1/balance", auth=(KEY, ""), timeout=20).status_code == 200
    assert requests.get(f"{shop.url}/stripe/v1/balance", timeout=20).status_code == 401


def test_the_same_key_gets_the_first_answer(shop: Shop) -> None:
    """A repeat is replayed and marked; other parameters or another endpoint are misuse; after a day the key is new."""
    params, options = shop.session_params(), {"idempotency_key": "order-1-pay-1"}
    first = shop.v1.checkout.sessions.create(params, options)
    again = shop.v1.checkout.sessions.create(params, options)
    assert again.id == first.id
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError):
        shop.v1.checkout.sessions.create({**params, "client_reference_id": "OTHER"}, options)
    with pytest.raises(stripe.IdempotencyError):
        shop.v1.customers.create({"email": "a@b.example"}, options)
    shop.world.clock.move(24 * 3600 + 1)
    later = {**params, "expires_at": shop.now() + 1900}
    assert shop.v1.checkout.sessions.create(later, options).id != first.id


def test_a_500_is_remembered_and_a_mistake_is_not(shop: Shop) -> None:
    """A failure inside is replayed under its key for ever; a refused parameter leaves the key unused."""
    options = {"idempotency_key": "unlucky"}
    shop.world.faults.arm("stripe.session_create", "status")
    for _ in range(2):
        with pytest.raises(stripe.APIError) as failed:
            shop.v1.checkout.sessions.create(shop.session_params(expires_at=None), options)
        assert failed.value.http_status == 500
    options = {"idempotency_key": "mistyped"}
    with pytest.raises(stripe.InvalidRequestError):
        shop.v1.checkout.sessions.create(shop.session_params(locale="tlh"), options)
    assert shop.v1.checkout.sessions.create(shop.session_params(), options).status == "open"


def test_a_twin_in_flight_is_a_conflict(shop: Shop) -> None:
    """While the first request with a key still runs, the second is told 409 and changes nothing."""
    params, options = shop.session_params(), {"idempotency_key": "twin"}
    shop.world.faults.arm("stripe.session_create", "slow", seconds=0.5)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(shop.v1.checkout.sessions.create, params, options)
        shop.eventually(lambda: shop.world.faults.history)
        threading.Event().wait(0.1)
        with pytest.raises(stripe.APIError) as conflict:
            shop.v1.checkout.sessions.create(params, options)
        assert conflict.value.error is not None
        assert (conflict.value.http_status, conflict.value.error.code) == (409, "idempotency_key_in_use")
        assert slow.result().id == shop.v1.checkout.sessions.create(params, options).id


@pytest.mark.parametrize(
    ("kind", "happened"),
    [("timeout_before", 0), ("reset_before", 0), ("timeout_after", 1), ("reset_after", 1), ("malformed", 1)],
)
def test_a_lost_answer_leaves_the_truth_findable(shop: Shop, kind: str, happened: int) -> None:
    """Before the effect nothing happened, after it the same key finds what did."""
    params, options = shop.session_params(), {"idempotency_key": "lost"}
    shop.world.faults.arm("stripe.session_create", kind, seconds=0.1)
    with pytest.raises(stripe.APIError if kind == "malformed" else stripe.APIConnectionError):
        shop.v1.checkout.sessions.create(params, options)
    assert len(shop.v1.checkout.sessions.list().data) == happened
    shop.v1.checkout.sessions.create(params, options)
    assert len(shop.v1.checkout.sessions.list().data) == 1


def test_too_many_requests(shop: Shop) -> None:
    """A rate limit is a 429 that no key remembers."""
    shop.world.faults.arm("stripe.session_create", "rate_limit")
    with pytest.raises(stripe.RateLimitError):
        shop.v1.checkout.sessions.create(shop.session_params(), {"idempotency_key": "busy"})
    assert shop.v1.checkout.sessions.create(shop.session_params(), {"idempotency_key": "busy"}).id


def test_the_clock_expires_a_page_and_tells(shop: Shop) -> None:
    """Past `expires_at` the page is expired without anybody asking, cannot be paid, and the shop is told."""
    session = shop.opened()
    shop.world.clock.move(3600)
    shop.eventually(lambda: "checkout.session.expired" in shop.endpoint.types())
    read = shop.v1.checkout.sessions.retrieve(session.id)
    assert (read.status, read.payment_status, read.url) == ("expired", "unpaid", None)
    page = shop.typed(session, "4242424242424242")
    assert page.status_code == 410
    assert "expired" in page.text
    assert shop.control("pay", session.id)["result"] == "closed"


def test_expiring_and_paying_race_to_one_end(shop: Shop) -> None:
    """Whoever comes first wins: never expired and paid, and the loser of an expiry gets a 400."""
    for _ in range(15):
        session = shop.opened()
        with ThreadPoolExecutor(2) as pool:
            paying = pool.submit(shop.control, "pay", session.id)
            expiring = pool.submit(shop.v1.checkout.sessions.expire, session.id)
        paid, refused = paying.result()["result"] == "paid", expiring.exception()
        end = shop.read(session.id)
        assert (end.status, end.payment_status) == (("complete", "paid") if paid else ("expired", "unpaid"))
        assert (refused is not None) == paid
        if refused is not None:
            assert isinstance(refused, stripe.InvalidRequestError)
            assert '["open"]' in str(refused)


def test_refunds_add_up_and_stop(shop: Shop) -> None:
    """Part, rest, then nothing more; the charge, the list and the balance agree."""
    intent = shop.paid().payment_intent
    with pytest.raises(stripe.InvalidRequestError):
        shop.v1.refunds.create({"payment_intent": intent.id, "amount": 1251})
    part = shop.v1.refunds.create({"payment_intent": intent.id, "amount": 250, "metadata": {"order": "1"}})
    rest = shop.v1.refunds.create({"charge": intent.latest_charge.id, "reason": "requested_by_customer"})
    assert (part.status, part.amount, rest.amount) == ("succeeded", 250, 1000)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.v1.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "charge_already_refunded"
    assert [found.id for found in shop.v1.refunds.list({"payment_intent": intent.id}).data] == [rest.id, part.id]
    charge = shop.v1.charges.retrieve(intent.latest_charge.id, {"expand": ["refunds"]})
    assert (charge.refunded, charge.amount_refunded, len(charge.refunds.data)) == (True, 1250, 2)
    shop.eventually(lambda: shop.endpoint.types().count("charge.refunded") == 2)


def test_a_refund_may_stay_pending_or_fail_later(shop: Shop) -> None:
    """By order or by test card: pending settles or fails by hand, and a success may turn into a failure."""
    intent = shop.paid().payment_intent
    shop.world.faults.arm("stripe.refund_create", "pending")
    pending = shop.v1.refunds.create({"payment_intent": intent.id})
    assert (pending.status, pending.pending_reason) == ("pending", "processing")
    shop.control("fail_refund", pending.id)
    failed = shop.v1.refunds.retrieve(pending.id)
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    shop.world.faults.arm("stripe.refund_create", "fail_later", seconds=60)
    second = shop.v1.refunds.create({"payment_intent": intent.id})
    assert second.status == "succeeded"
    shop.world.clock.move(61)
    assert shop.v1.refunds.retrieve(second.id).status == "failed"
    settling = shop.v1.refunds.create({"payment_intent": shop.paid("4000000000007726").payment_intent.id})
    assert settling.status == "pending"
    shop.control("settle_refund", settling.id)
    assert shop.v1.refunds.retrieve(settling.id).status == "succeeded"
    shop.eventually(lambda: {"refund.updated", "refund.failed"} <= set(shop.endpoint.types()))


def test_lists_have_pages_and_filters(shop: Shop) -> None:
    """The library's own paging walks every object once; filters narrow."""
    made = [shop.opened().id for _ in range(5)]
    walked = [item.id for item in shop.v1.checkout.sessions.list({"limit": 2}).auto_paging_iter()]
    assert walked == made[::-1]
    paid = shop.paid()
    assert [item.id for item in shop.v1.checkout.sessions.list({"payment_intent": paid.payment_intent.id})] == [paid.id]
    assert not shop.v1.checkout.sessions.list({"created": {"gt": shop.now() + 5}}).data
    customer = shop.v1.customers.create({"email": "ada@traveller.example", "metadata": {"k": "v"}})
    assert [found.id for found in shop.v1.customers.list({"email": "ada@traveller.example"})] == [customer.id]
    names = {event.type for event in shop.v1.events.list({"type": "payment_intent.*", "limit": 100})}
    assert names == {"payment_intent.created", "payment_intent.succeeded"}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.v1.payment_intents.cancel(paid.payment_intent.id)
    assert refused.value.code == "payment_intent_unexpected_state"
    with pytest.raises(stripe.InvalidRequestError) as missing:
        shop.v1.payment_intents.retrieve("pi_nobody")
    assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")


def test_every_object_is_one_the_library_knows(shop: Shop) -> None:
    """After everything that can happen has happened, no stored object has an unknown, missing or mistyped field."""
    shop.v1.customers.create({"email": "a@b.example"})
    intent = shop.paid("4000002760003184").payment_intent
    shop.v1.refunds.create({"payment_intent": intent.id, "amount": 1})
    shop.control("outside_refund", intent.id, amount=2)
    shop.paid("4000000000000259")
    declined = shop.opened()
    shop.control("pay", declined.id, number="4000000000000002")
    shop.v1.checkout.sessions.expire(declined.id)
    answers = [shop.v1.balance.retrieve(), shop.v1.accounts.retrieve_current()]
    raw = requests.get(f"{shop.url}/stripe/v1/events", {"limit": "100"}, auth=(KEY, ""), timeout=20).json()["data"]
    seen = {event["data"]["object"]["object"] for event in raw}
    assert seen == {"checkout.session", "payment_intent", "charge", "refund", "dispute"}
    assert [found for event in raw for found in findings(event) + findings(event["data"]["object"])] == []
    assert all(answer.last_response.code == 200 for answer in answers)
    for path in (
        "checkout/sessions",
        "payment_intents",
        "charges",
        "refunds",
        "customers",
        "disputes",
        "balance_transactions",
    ):
        page = requests.get(f"{shop.url}/stripe/v1/{path}", auth=(KEY, ""), timeout=20).json()
        assert page["data"]
        assert findings(page) == []


def test_the_check_itself_bites() -> None:
    """An unknown field, a missing one and a wrong type are each found."""
    good = {"object": "balance", "available": [], "pending": [], "livemode": False}
    assert findings(good) == []
    assert findings({**good, "colour": "red"})
    assert findings({**good, "livemode": "no"})
    assert findings({name: value for name, value in good.items() if name != "pending"})
