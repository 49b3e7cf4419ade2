"""The cashier over the real library against the pretend Stripe, and against servers that fail in every way."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

import pytest

from storefront.gateways.stripe.client import StripeCashier
from storefront.kernel.errors import Refused, Throttled, Unreachable
from storefront.kernel.money import Money
from storefront.ports import DisputeStatus, PageStatus, RefundRequest, RefundStatus
from tests.gateways.making import page_request

CHALLENGED, DECLINED, SETTLES_LATER = "4000002500003155", "4000000000000002", "4000000000007726"


@pytest.fixture
def cashier(new_cashier: Callable[..., StripeCashier], sandbox: Any) -> StripeCashier:
    """A cashier at the pretend Stripe."""
    return new_cashier(sandbox.url + "/stripe")


def test_a_page_is_opened_paid_and_refunded(cashier: StripeCashier, sandbox: Any) -> None:
    """The whole life of a payment: open, paid with all details, found by its payment, refunded in two parts."""
    opened = cashier.open_page(page_request())
    assert (opened.status, opened.paid, opened.captured, opened.payment_id) == (PageStatus.OPEN, False, None, None)
    assert opened.url is not None
    assert opened.url.startswith("http")
    assert (opened.amount, opened.client_reference, opened.livemode) == (Money(499, "USD"), "7K3MXW0T9B", False)

    sandbox.stripe(f"pay/{opened.session_id}")
    paid = cashier.page(opened.session_id)
    assert (paid.status, paid.paid, paid.captured, paid.refunded_minor) == (
        PageStatus.COMPLETE,
        True,
        Money(499, "USD"),
        0,
    )
    assert (paid.card_brand, paid.card_last4) == ("visa", "4242")
    assert paid.receipt_url is not None
    assert paid.paid_at is not None
    assert paid.payment_id is not None
    assert cashier.session_of_payment(paid.payment_id) == opened.session_id

    first = cashier.refund(RefundRequest("order-1-refund-1", paid.payment_id, Money(200, "USD"), "1", "part"))
    again = cashier.refund(RefundRequest("order-1-refund-1", paid.payment_id, Money(200, "USD"), "1", "part"))
    rest = cashier.refund(RefundRequest("order-1-refund-2", paid.payment_id, Money(299, "USD"), "1", "rest"))
    assert first == again
    assert (first.status, first.amount) == (RefundStatus.DONE, Money(200, "USD"))
    assert {one.refund_id for one in cashier.refunds(paid.payment_id)} == {first.refund_id, rest.refund_id}
    assert cashier.page(opened.session_id).refunded_minor == 499


@pytest.mark.parametrize(("won", "word"), [(True, DisputeStatus.WON), (False, DisputeStatus.LOST)])
def test_a_bank_takes_the_money_back(cashier: StripeCashier, sandbox: Any, won: bool, word: DisputeStatus) -> None:
    """A dispute is open, then won or lost, for the amount of the charge; the capture says that there was one."""
    opened = cashier.open_page(page_request())
    sandbox.stripe(f"pay/{opened.session_id}")
    payment = cashier.page(opened.session_id).payment_id
    assert payment is not None
    assert cashier.disputes(payment) == ()
    made = sandbox.stripe(f"dispute/{payment}")
    (found,) = cashier.disputes(payment)
    assert (found.dispute_id, found.status, found.amount) == (made["id"], DisputeStatus.OPEN, Money(499, "USD"))
    sandbox.stripe(f"close_dispute/{made['id']}", won=won)
    assert [one.status for one in cashier.disputes(payment)] == [word]
    taken = cashier.captures(dt.datetime.now(dt.UTC) - dt.timedelta(hours=1))
    assert [one.is_disputed for one in taken if one.payment_id == payment] == [True]


def test_more_than_was_paid_cannot_be_refunded(cashier: StripeCashier, sandbox: Any) -> None:
    """Stripe's no to a refund is a refusal with its code."""
    opened = cashier.open_page(page_request())
    sandbox.stripe(f"pay/{opened.session_id}")
    payment = cashier.page(opened.session_id).payment_id
    assert payment is not None
    with pytest.raises(Refused) as refused:
        cashier.refund(RefundRequest("k", payment, Money(500, "USD"), "1", "too much"))
    assert refused.value.vendor_code


def test_a_slow_refund_is_pending(cashier: StripeCashier, sandbox: Any) -> None:
    """A refund that the bank takes its time for is pending, not done."""
    opened = cashier.open_page(page_request())
    sandbox.stripe(f"pay/{opened.session_id}", number=SETTLES_LATER)
    payment = cashier.page(opened.session_id).payment_id
    assert payment is not None
    refund = cashier.refund(RefundRequest("k", payment, Money(499, "USD"), "1", "slow"))
    assert refund.status is RefundStatus.PENDING


def test_the_same_attempt_is_the_same_page(cashier: StripeCashier) -> None:
    """A repeat after a lost answer finds the page again; another attempt opens another."""
    request = page_request()
    first = cashier.open_page(request)
    assert cashier.open_page(request).session_id == first.session_id
    assert cashier.open_page(page_request(attempt=2)).session_id != first.session_id


def test_other_parameters_under_the_same_attempt_are_refused(cashier: StripeCashier) -> None:
    """A recomputed request under an old key is a permanent error that says so."""
    request = page_request()
    cashier.open_page(request)
    with pytest.raises(Refused) as refused:
        cashier.open_page(page_request(amount=Money(500, "USD"), expires_at=request.expires_at))
    assert refused.value.vendor_code == "idempotency_error"


def test_a_declined_card_leaves_the_page_open(cashier: StripeCashier, sandbox: Any) -> None:
    """A buyer may try a second card; until then nothing is paid."""
    opened = cashier.open_page(page_request())
    sandbox.stripe(f"pay/{opened.session_id}", number=DECLINED)
    declined = cashier.page(opened.session_id)
    assert (declined.status, declined.paid, declined.captured) == (PageStatus.OPEN, False, None)
    sandbox.stripe(f"pay/{opened.session_id}")
    assert cashier.page(opened.session_id).paid


def test_an_open_challenge_is_not_paid(cashier: StripeCashier, sandbox: Any) -> None:
    """Between a card and the bank's approval there is no money."""
    opened = cashier.open_page(page_request())
    sandbox.stripe(f"pay/{opened.session_id}", number=CHALLENGED, confirm=None)
    assert not cashier.page(opened.session_id).paid
    sandbox.stripe(f"challenge/{opened.session_id}", confirm=True)
    assert cashier.page(opened.session_id).paid


def test_a_page_is_closed_once_and_stays_closed(cashier: StripeCashier) -> None:
    """Closing an open page expires it; closing it again tells the same."""
    opened = cashier.open_page(page_request())
    assert cashier.expire_page(opened.session_id).status is PageStatus.EXPIRED
    assert cashier.expire_page(opened.session_id).status is PageStatus.EXPIRED


def test_a_lost_race_for_closing_finds_the_payment(cashier: StripeCashier, sandbox: Any) -> None:
    """When the buyer was quicker, closing answers with the paid page."""
    opened = cashier.open_page(page_request())
    sandbox.stripe(f"pay/{opened.session_id}")
    lost = cashier.expire_page(opened.session_id)
    assert (lost.status, lost.paid, lost.captured) == (PageStatus.COMPLETE, True, Money(499, "USD"))


def test_money_without_cents(cashier: StripeCashier) -> None:
    """Yen travel as yen."""
    assert cashier.open_page(page_request(amount=Money(700, "JPY"), description="")).amount == Money(700, "JPY")


def test_unknown_objects_are_refused(cashier: StripeCashier) -> None:
    """A page that does not exist is a clear no; a payment without a page has none."""
    with pytest.raises(Refused) as refused:
        cashier.page("cs_test_nothing")
    assert refused.value.vendor_code == "resource_missing"
    assert refused.value.field is not None


@pytest.mark.parametrize("fault", ["timeout_before", "timeout_after", "reset_before", "reset_after", "malformed"])
def test_a_lost_answer_is_unreachable_and_the_repeat_finds_the_page(
    new_cashier: Callable[..., StripeCashier], sandbox: Any, fault: str
) -> None:
    """Whatever becomes of the first answer, the same request under the same key opens one page only."""
    cashier = new_cashier(sandbox.url + "/stripe", deadline=0.5)
    sandbox.arm("stripe.session_create", fault, seconds=1.0)
    request = page_request()
    with pytest.raises(Unreachable):
        cashier.open_page(request)
    patient = new_cashier(sandbox.url + "/stripe")
    again = _when_free(lambda: patient.open_page(request))
    assert patient.open_page(request).session_id == again.session_id


def test_a_stored_server_error_stays_with_its_attempt(cashier: StripeCashier, sandbox: Any) -> None:
    """Stripe replays a 500 under the same key; the next attempt succeeds."""
    sandbox.arm("stripe.session_create", "status", status=500)
    request = page_request()
    for _ in range(2):
        with pytest.raises(Unreachable):
            cashier.open_page(request)
    assert cashier.open_page(page_request(attempt=2)).status is PageStatus.OPEN


def test_too_many_calls_are_throttled(cashier: StripeCashier, sandbox: Any) -> None:
    """Stripe's rate limit is a wait, not a no."""
    sandbox.arm("stripe.session_create", "rate_limit")
    with pytest.raises(Throttled):
        cashier.open_page(page_request())


def test_a_plain_read_survives_one_reset(cashier: StripeCashier, sandbox: Any) -> None:
    """Reading a page is repeated once by the door."""
    opened = cashier.open_page(page_request())
    sandbox.arm("stripe.session_retrieve", "reset_before")
    assert cashier.page(opened.session_id).status is PageStatus.OPEN


def test_a_wrong_key_says_so(new_cashier: Callable[..., StripeCashier], sandbox: Any) -> None:
    """A key that Stripe does not take is `auth`, and the error does not repeat it."""
    with pytest.raises(Refused) as refused:
        new_cashier(sandbox.url + "/stripe", api_key="pk_wrong_key").page("cs_test_1")
    assert refused.value.vendor_code == "auth"
    assert "wrong_key" not in str(refused.value)


def _when_free(call: Callable[[], Any]) -> Any:
    """Repeat while Stripe says that the first call under the key is still at work."""
    for _ in range(40):
        try:
            return call()
        except Unreachable as busy:
            if busy.vendor_code != "idempotency_key_in_use":
                raise
        time.sleep(0.1)
    raise AssertionError("the key never came free")
