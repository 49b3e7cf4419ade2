"""Buying on the hosted page, through the real library."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
import stripe

from tests.sandbox.stripe_shop import Shop, open_shop


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with open_shop() as made:
        yield made


def test_a_purchase_ends_paid_and_told(shop: Shop) -> None:
    """One paid page: session, intent and charge agree on the money, the buyer lands on the shop, the shop is told."""
    session = shop.opened()
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    page = requests.get(session.url, timeout=20)
    assert page.text.index("never type a real card number") < page.text.index("<form")
    assert page.status_code == 200
    for shown in ("Japan 5 GB", "US$12.50", "ada@traveller.example", "4242 4242 4242 4242"):
        assert shown in page.text
    # The shop's own note is the one word on how long there is to pay, above the form.
    assert page.text.count("Your eSIM is ready in seconds.") == 1
    assert page.text.index("Your eSIM is ready in seconds.") < page.text.index("<form")
    assert "<script" not in page.text

    answer = shop.typed(session, "4242 4242 4242 4242")

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"http://shop.example/orders/1?session={session.id}"
    paid = shop.read(session.id)
    charge = paid.payment_intent.latest_charge
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    assert (paid.amount_total, paid.payment_intent.amount_received, charge.amount_captured) == (1250, 1250, 1250)
    assert paid.payment_intent.metadata["order"] == paid.metadata["order"] == "order-1"
    assert (charge.payment_method_details.card.brand, charge.payment_method_details.card.last4) == ("visa", "4242")
    assert paid.line_items.data[0].description == "Japan 5 GB"
    assert not paid.livemode
    told = [event for event in shop.endpoint.received if event.data.object.id == session.id]
    assert [event.type for event in told] == ["checkout.session.completed"]
    assert told[0].api_version == stripe.api_version
    assert "Already paid" in requests.get(session.url, timeout=20).text
    assert "US$12.50" in requests.get(charge.receipt_url, timeout=20).text


@pytest.mark.parametrize(
    ("number", "code", "words"),
    [
        ("4000000000000002", "generic_decline", "Your card was declined."),
        ("4000000000009995", "insufficient_funds", "insufficient funds"),
        ("4000000000000069", "expired_card", "has expired"),
        ("4000000000000127", "incorrect_cvc", "security code"),
    ],
)
def test_a_declined_card_may_be_followed_by_another(shop: Shop, number: str, code: str, words: str) -> None:
    """A decline keeps the page open with the reason, and a second card on the same page pays the same intent."""
    session = shop.opened()
    declined = shop.typed(session, number)
    assert declined.status_code == 402
    assert words in declined.text.replace("&#39;", "'")
    assert 'role="alert"' in declined.text
    assert number not in declined.text
    failed = shop.read(session.id)
    assert (failed.status, failed.payment_intent.status) == ("open", "requires_payment_method")
    assert failed.payment_intent.last_payment_error.decline_code == code
    assert failed.payment_intent.latest_charge.status == "failed"

    assert shop.typed(session, "5555555555554444").status_code == 303

    paid = shop.read(session.id)
    assert paid.payment_intent.id == failed.payment_intent.id
    assert paid.payment_intent.last_payment_error is None
    assert paid.payment_intent.latest_charge.payment_method_details.card.brand == "mastercard"


@pytest.mark.parametrize("number", ["4000002500003155", "4000002760003184"])
def test_a_bank_may_ask_to_confirm(shop: Shop, number: str) -> None:
    """3-D Secure: failing it leaves the page open, completing it pays and is marked on the charge."""
    session = shop.opened()
    asked = shop.typed(session, number)
    challenge = asked.headers["Location"]
    assert "Complete authentication" in requests.get(challenge, timeout=20).text
    assert shop.read(session.id).payment_intent.status == "requires_action"
    failed = requests.post(challenge, data={"answer": "fail"}, timeout=20)
    assert failed.status_code == 402
    assert shop.read(session.id).payment_intent.last_payment_error.code == "payment_intent_authentication_failure"

    challenge = shop.typed(session, number).headers["Location"]
    done = requests.post(challenge, data={"answer": "complete"}, allow_redirects=False, timeout=20)

    assert done.status_code == 303
    charge = shop.read(session.id).payment_intent.latest_charge
    assert charge.payment_method_details.card.three_d_secure.result == "authenticated"


@pytest.mark.parametrize(
    ("field", "value"),
    [("number", "4242424242424241"), ("expiry", "13/30"), ("expiry", "01/20"), ("cvc", "1"), ("name", " ")],
)
def test_a_mistyped_form_asks_no_bank(shop: Shop, field: str, value: str) -> None:
    """What is wrong on the form is said at the field, and no payment is tried."""
    session = shop.opened()
    answer = shop.typed(session, **{"number": "4242424242424242", field: value})
    assert answer.status_code == 422
    assert f'id="{field}"' in answer.text.partition('aria-invalid="true"')[0].rpartition("<input")[2]
    assert shop.read(session.id).payment_intent is None


def test_a_real_looking_card_is_declined_and_forgotten(shop: Shop) -> None:
    """A number that is no test card is declined, and no answer or log holds more than its last four digits."""
    session = shop.opened()
    number = "4539578763621486"
    assert shop.typed(session, number, cvc="987").status_code == 402
    read = shop.read(session.id)
    assert read.payment_intent.last_payment_error.decline_code == "test_mode_live_card"
    everything = repr(shop.world.log) + str(shop.v1.events.list({"limit": 100})) + str(read)
    assert number not in everything
    assert number[-4:] in everything


def test_terms_must_be_ticked_when_the_shop_asks(shop: Shop) -> None:
    """`consent_collection` puts a tick box on the page, requires it and records the consent."""
    session = shop.opened(consent_collection={"terms_of_service": "required"})
    assert shop.typed(session, "4242424242424242").status_code == 422
    assert shop.typed(session, "4242424242424242", terms="yes").status_code == 303
    assert shop.read(session.id).consent.terms_of_service == "accepted"


def test_money_is_shown_as_its_currency_writes_it(shop: Shop) -> None:
    """Exponents: yen have none, dinars three."""
    for currency, amount, shown in (("jpy", 900, "JP¥900"), ("kwd", 1250, "KWD 1.250"), ("eur", 999, "€9.99")):
        item = {"currency": currency, "unit_amount": amount, "product_data": {"name": "Plan"}}
        session = shop.opened(line_items=[{"price_data": item, "quantity": 1}])
        assert shown in requests.get(session.url, timeout=20).text


def test_an_unknown_page_says_so(shop: Shop) -> None:
    """A made-up address is a 404 with a sentence, not an error trace."""
    answer = requests.get(f"{shop.url}/checkout/pay/cs_test_nobody", timeout=20)
    assert (answer.status_code, "leads to no payment" in answer.text) == (404, True)
