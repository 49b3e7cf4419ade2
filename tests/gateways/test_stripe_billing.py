"""Subscriptions and invoices over the real library against the pretend Stripe, and in the shapes of four versions."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storefront.billing_ports import Invoice, InvoiceStatus, Subscription, SubscriptionStatus
from storefront.gateways.http import Http
from storefront.gateways.stripe import billing_objects as shapes
from storefront.gateways.stripe.billing import StripeBilling
from storefront.gateways.stripe.client import StripeCashier
from storefront.gateways.stripe.connection import connect
from storefront.gateways.stripe.notices import Notices
from storefront.kernel.errors import Unintelligible, Unreachable
from storefront.kernel.money import Money
from storefront.ports import PageStatus
from tests.gateways.making import page_request
from tests.gateways.test_stripe_notices import SECRET, signed

SAMPLES = Path(__file__).parent / "samples" / "stripe"
VERSIONS = ("acacia", "basil", "clover", "endive")
DAY = 86_400
DECLINED, DECLINES_LATER, ASKS_ALWAYS = "4000000000000002", "4000000000000341", "4000002760003184"
PRICE = Money(499, "USD")


@pytest.fixture
def cashier(new_cashier: Callable[..., StripeCashier], sandbox: Any) -> StripeCashier:
    """A cashier at the pretend Stripe."""
    return new_cashier(sandbox.url + "/stripe")


@pytest.fixture
def billing(http: Http, sandbox: Any) -> StripeBilling:
    """The same Stripe, asked about subscriptions."""
    return StripeBilling(connect(http, api_key="sk_test_of_the_house", url=sandbox.url + "/stripe", deadline=3.0))


def subscribed(cashier: StripeCashier, sandbox: Any, **card: str) -> str:
    """A subscription paid for on the page."""
    opened = cashier.open_page(page_request(renews_every_days=30, renewal_id="r-1"))
    sandbox.stripe(f"pay/{opened.session_id}", **card)
    begun = cashier.page(opened.session_id).subscription_id
    assert begun is not None
    return begun


def later(sandbox: Any, billing: StripeBilling, subscription_id: str, seconds: float) -> list[Invoice]:
    """Move the clock; the invoices then, newest first."""
    sandbox.world.clock.move(seconds)
    return list(billing.invoices(subscription_id))


def drafted(sandbox: Any, billing: StripeBilling, subscription_id: str) -> Invoice:
    """The draft of the first renewal, a minute after its period began."""
    ends = billing.subscription(subscription_id).period_ends_at
    now = sandbox.world.clock.now()
    return later(sandbox, billing, subscription_id, (ends - now).total_seconds() + 60)[0]


def test_a_page_that_begins_a_subscription_is_paid_like_any_other(cashier: StripeCashier, sandbox: Any) -> None:
    """Its money hangs on the first invoice: captured, card and receipt are read; the payment leads back to the page."""
    opened = cashier.open_page(page_request(renews_every_days=30, renewal_id="r-1"))
    assert (opened.status, opened.paid, opened.subscription_id) == (PageStatus.OPEN, False, None)
    sandbox.stripe(f"pay/{opened.session_id}")
    paid = cashier.page(opened.session_id)
    assert (paid.paid, paid.captured, paid.card_last4) == (True, PRICE, "4242")
    assert paid.subscription_id
    assert paid.customer_id
    assert paid.payment_id
    assert paid.receipt_url
    assert cashier.session_of_payment(paid.payment_id) == opened.session_id


def test_a_declined_card_begins_nothing(cashier: StripeCashier, sandbox: Any) -> None:
    """No money, no subscription; closed, the page stays without one."""
    opened = cashier.open_page(page_request(renews_every_days=30, renewal_id="r-1"))
    sandbox.stripe(f"pay/{opened.session_id}", number=DECLINED)
    page = cashier.page(opened.session_id)
    assert (page.paid, page.subscription_id, page.captured) == (False, None, None)
    assert cashier.expire_page(opened.session_id).status is PageStatus.EXPIRED


def test_a_subscription_is_read_with_price_period_and_card(
    cashier: StripeCashier, billing: StripeBilling, sandbox: Any
) -> None:
    """What pages and letters need: price, days, the next charge, the card."""
    found = billing.subscription(subscribed(cashier, sandbox))
    assert (found.status, found.price, found.interval_days) == (SubscriptionStatus.ACTIVE, PRICE, 30)
    assert (found.card_brand, found.card_last4) == ("visa", "4242")
    assert found.ends_at is None
    assert abs((found.period_ends_at - sandbox.world.clock.now()).total_seconds() - 30 * DAY) < 60
    (first,) = billing.invoices(found.subscription_id)
    assert (first.is_first, first.is_cycle, first.status) == (True, False, InvoiceStatus.PAID)


def test_a_renewal_is_drafted_charged_and_read_with_its_money(
    cashier: StripeCashier, billing: StripeBilling, sandbox: Any
) -> None:
    """A draft that bills the coming period, an hour later paid; the payment of a renewal was taken by no page."""
    subscription_id = subscribed(cashier, sandbox)
    draft = drafted(sandbox, billing, subscription_id)
    assert (draft.status, draft.is_cycle, draft.due, draft.advances) == (InvoiceStatus.DRAFT, True, PRICE, True)
    assert draft.period_ends_at - draft.period_starts_at == dt.timedelta(days=30)
    assert draft.charges_at is not None
    paid = later(sandbox, billing, subscription_id, 3700)[0]
    assert (paid.status, paid.captured) == (InvoiceStatus.PAID, None)
    whole = billing.invoice(paid.invoice_id)
    assert (whole.captured, whole.card_last4, whole.payment_id is not None) == (PRICE, "4242", True)
    assert cashier.session_of_payment(str(whole.payment_id)) is None


def test_a_draft_is_held_and_let_go_again(cashier: StripeCashier, billing: StripeBilling, sandbox: Any) -> None:
    """Held, it is not charged however long it waits; released, at the time that was named. Both are harmless twice."""
    subscription_id = subscribed(cashier, sandbox)
    draft = drafted(sandbox, billing, subscription_id)
    assert not billing.hold(draft.invoice_id).advances
    assert not billing.hold(draft.invoice_id).advances
    assert later(sandbox, billing, subscription_id, 2 * DAY)[0].status is InvoiceStatus.DRAFT
    at = sandbox.world.clock.now() + dt.timedelta(minutes=5)
    assert billing.release(draft.invoice_id, at).advances
    assert billing.release(draft.invoice_id, at).advances
    assert later(sandbox, billing, subscription_id, 400)[0].status is InvoiceStatus.PAID
    assert billing.hold(draft.invoice_id).status is InvoiceStatus.PAID


def test_an_end_is_read_back_and_leaves_nothing_to_pay(
    cashier: StripeCashier, billing: StripeBilling, sandbox: Any
) -> None:
    """Ended at once and again; a draft and an open invoice become void, a paid one stays as it is."""
    subscription_id = subscribed(cashier, sandbox)
    draft = drafted(sandbox, billing, subscription_id)
    for _ in range(2):
        assert billing.end(subscription_id).status is SubscriptionStatus.ENDED
    assert billing.void(draft.invoice_id).status is InvoiceStatus.VOID
    assert billing.void(draft.invoice_id).status is InvoiceStatus.VOID
    first = billing.invoices(subscription_id)[-1]
    assert billing.void(first.invoice_id).status is InvoiceStatus.PAID
    assert [one.status for one in later(sandbox, billing, subscription_id, 40 * DAY)] == [
        InvoiceStatus.VOID,
        InvoiceStatus.PAID,
    ]


@pytest.mark.parametrize(("number", "needs_buyer"), [(DECLINES_LATER, False), (ASKS_ALWAYS, True)])
def test_a_renewal_that_was_not_paid_says_why(
    cashier: StripeCashier, billing: StripeBilling, sandbox: Any, number: str, needs_buyer: bool
) -> None:
    """Declined, or the bank wants to ask: open, with a page to pay on; a void one is closed for good."""
    subscription_id = subscribed(cashier, sandbox, number=number)
    drafted(sandbox, billing, subscription_id)
    unpaid = later(sandbox, billing, subscription_id, 3700)[0]
    whole = billing.invoice(unpaid.invoice_id)
    assert (whole.status, whole.attempts, whole.needs_buyer) == (InvoiceStatus.OPEN, 1, needs_buyer)
    assert whole.pay_url is not None
    assert whole.captured is None
    assert billing.subscription(subscription_id).status is SubscriptionStatus.PAST_DUE
    assert billing.void(unpaid.invoice_id).status is InvoiceStatus.VOID


def test_many_invoices_are_read_to_the_last_page(
    cashier: StripeCashier, billing: StripeBilling, sandbox: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More invoices than one page holds: all of them, newest first, none twice."""
    monkeypatch.setattr("storefront.gateways.stripe.billing._A_PAGE", 2)
    subscription_id = subscribed(cashier, sandbox)
    found = later(sandbox, billing, subscription_id, 155 * DAY)
    assert len({one.invoice_id for one in found}) == len(found) == 6
    assert found == sorted(found, key=lambda one: one.period_starts_at, reverse=True)


def test_the_portal_has_an_address(cashier: StripeCashier, billing: StripeBilling, sandbox: Any) -> None:
    """A page of the cashier's own, in a language it speaks."""
    customer = billing.subscription(subscribed(cashier, sandbox)).customer_id
    assert billing.portal(customer, return_url="https://shop.example/en/renewals/1", locale="xx").startswith("http")


FAULTS = ("timeout_before", "reset_before", "reset_after", "timeout_after", "malformed")


@pytest.mark.parametrize("kind", FAULTS)
def test_a_lost_answer_is_never_taken_for_a_no(
    cashier: StripeCashier, billing: StripeBilling, sandbox: Any, kind: str
) -> None:
    """Whatever is lost on the way to an end, it is an error; the next try finds out and ends it."""
    subscription_id = subscribed(cashier, sandbox)
    sandbox.world.faults.arm("stripe.subscription_cancel", kind, 1, seconds=4)
    with pytest.raises((Unreachable, Unintelligible)):
        billing.end(subscription_id)
    assert billing.end(subscription_id).status is SubscriptionStatus.ENDED


@pytest.mark.parametrize("target", ["invoice_void", "invoice_finalize"])
def test_a_void_whose_answer_was_lost_is_finished_by_the_next(
    cashier: StripeCashier, billing: StripeBilling, sandbox: Any, target: str
) -> None:
    """Half-way between draft and void is no place to stay."""
    subscription_id = subscribed(cashier, sandbox)
    draft = drafted(sandbox, billing, subscription_id)
    sandbox.world.faults.arm(f"stripe.{target}", "reset_after", 1)
    with pytest.raises(Unreachable):
        billing.void(draft.invoice_id)
    assert billing.void(draft.invoice_id).status is InvoiceStatus.VOID


def sample(version: str, name: str) -> dict[str, Any]:
    """One event of a version."""
    found: dict[str, Any] = json.loads((SAMPLES / f"{version}.json").read_text())[name]
    return found


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["draft", "paid", "failed", "portal", "flag", "deleted", "completed"])
def test_an_event_of_any_version_names_its_subscription(version: str, name: str) -> None:
    """Before and after it moved below `parent`: the same subscription, the same type."""
    event = sample(version, name)
    body = json.dumps(event | {"created": int(time.time())}).encode()
    notice = Notices(SECRET, livemode=False).read(body, signed(body))
    assert (notice.subscription_id, notice.type) == ("sub_1", event["type"])


@pytest.mark.parametrize("version", VERSIONS)
def test_a_subscription_of_any_version_reads_the_same(version: str) -> None:
    """Period, planned end by either field, and end: equal plain data from all four shapes."""

    def read(name: str) -> Subscription:
        return shapes.subscription(sample(version, name)["data"]["object"])

    ends = dt.datetime(2027, 1, 12, tzinfo=dt.UTC)
    for name in ("portal", "flag"):
        assert read(name) == shapes.subscription(sample("endive", name)["data"]["object"])
        assert (read(name).ends_at, read(name).period_ends_at) == (ends, ends)
        assert read(name).status is SubscriptionStatus.ACTIVE
    assert (read("deleted").status, read("deleted").ended_at) == (SubscriptionStatus.ENDED, ends)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["draft", "paid", "failed"])
def test_an_invoice_of_any_version_reads_the_same(version: str, name: str) -> None:
    """Billed period, money, subscription: equal plain data from all four shapes; nothing is captured unread."""
    found = shapes.invoice(sample(version, name)["data"]["object"])
    assert found == shapes.invoice(sample("endive", name)["data"]["object"])
    assert (found.subscription_id, found.due, found.captured) == ("sub_1", Money(899, "USD"), None)
    assert found.period_starts_at == dt.datetime(2027, 1, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "change",
    [
        {"status": "surprise"},
        {"items": {"data": []}},
        {"items": None},
        {"cancel_at_period_end": None, "items": {"data": [{"price": {}}]}},
    ],
)
def test_a_subscription_we_cannot_read_is_unintelligible(change: dict[str, Any]) -> None:
    """A state or shape we do not know is not guessed at."""
    with pytest.raises(Unintelligible):
        shapes.subscription(sample("endive", "flag")["data"]["object"] | change)
