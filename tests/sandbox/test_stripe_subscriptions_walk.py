"""Two years of anything anybody may do to subscriptions, in any order: the books must agree at the end."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Any

import pytest

from storefront.sandbox.stripe import app, collect, invoice_calls, portal, sessions, subscriptions
from storefront.sandbox.stripe.card_form import asked_card
from storefront.sandbox.stripe.check import findings
from storefront.sandbox.stripe.core import NOBODY, Sandbox
from storefront.sandbox.stripe.errors import ApiError
from storefront.sandbox.stripe.payments import attempt
from storefront.sandbox.stripe.routes import Call
from storefront.sandbox.stripe.subscription_states import invoices_of, period, subscription_of
from storefront.sandbox.world import World
from tests.sandbox.stripe_subscribers import ASKS_ALWAYS, DAY, DECLINES_LATER, GOOD, HOUR, recurring

NUMBERS = (GOOD, DECLINES_LATER, ASKS_ALWAYS, "4000002500003155", "4000000000000002")
STEPS = 100


def call(identifier: str = "", **params: Any) -> Call:
    return Call(params, identifier, NOBODY)


class Walk:
    """One world and the die that decides what happens to it next."""

    def __init__(self, seed: int) -> None:
        self.die = random.Random(seed)
        self.world = World(seed=seed, base_url="http://sandbox.example")
        self.box: Sandbox = app.build(self.world, "", "whsec_test", "acct_1", "Shop")

    def card(self) -> Any:
        return asked_card(self.box, {"number": self.die.choice(NUMBERS)})

    def subscribe(self) -> None:
        rhythm = {"interval": self.die.choice(("day", "week", "month")), "interval_count": self.die.choice((2, 7, 12))}
        params: dict[str, Any] = {
            "mode": "subscription",
            "success_url": "http://shop.example/",
            "customer_email": "ada@traveller.example",
            "line_items": recurring(recurring=rhythm),
        }
        if self.die.random() < 0.3:
            params["subscription_data"] = {"trial_end": self.box.now() + 3 * DAY}
        session = sessions.create_session(self.box, call(**params))
        attempt(self.box, session, asked_card(self.box, {}), "ada@traveller.example")

    def on_subscription(self, one: Any) -> None:
        box, name = self.box, one["id"]
        update, stamp = subscriptions.update_subscription, box.now() + self.die.randint(1, 90) * DAY
        moves: tuple[Callable[[], Any], ...] = (
            lambda: portal.change_card(box, one, self.card()),
            lambda: portal.cancel_as_customer(box, one),
            lambda: portal.renew_as_customer(box, one),
            lambda: update(box, call(name, cancel_at_period_end=self.die.random() < 0.5)),
            lambda: update(box, call(name, cancel_at=stamp)),
            lambda: subscriptions.cancel_subscription(box, call(name)) if self.die.random() < 0.3 else None,
        )
        self.die.choice(moves)()

    def on_invoice(self, one: Any) -> None:
        box, name = self.box, one["id"]
        moves: tuple[Callable[[], Any], ...] = (
            lambda: invoice_calls.update_invoice(box, call(name, auto_advance=self.die.random() < 0.6)),
            lambda: invoice_calls.finalize_invoice(box, call(name)),
            lambda: invoice_calls.void_invoice(box, call(name)),
            lambda: invoice_calls.pay_invoice(box, call(name)),
            lambda: collect.pay_on_page(box, one, self.card(), "ada@traveller.example"),
            lambda: collect.confirm_on_page(box, one, confirmed=self.die.random() < 0.5),
        )
        self.die.choice(moves)()

    def step(self) -> None:
        self.box.tick()
        known = list(self.box.store.table("subscription").values())
        billed = list(self.box.store.table("invoice").values())[-5:]
        what = self.die.random()
        if what < 0.4:
            self.world.clock.move(self.die.choice((600, HOUR, DAY, 3 * DAY, 20 * DAY, 70 * DAY)))
        elif what < 0.7 and known:
            self.on_subscription(self.die.choice(known))
        elif what < 0.9 and billed:
            self.on_invoice(self.die.choice(billed))
        elif len(known) < 6:
            self.subscribe()


@pytest.mark.parametrize("seed", range(12))
def test_the_books_agree_whatever_happens(seed: int) -> None:
    """Whatever was done: money and invoices agree, periods have no gaps, one end each, and time never goes back."""
    walk = Walk(seed)
    for _ in range(STEPS):
        try:
            walk.step()
        except ApiError:
            continue
    walk.box.tick()
    store = walk.box.store
    for kind in ("checkout.session", "customer", "subscription", "invoice", "invoice_payment", "payment_intent"):
        for one in store.table(kind).values():
            assert findings(one) == []
    events = list(store.table("event").values())
    stamps = [event["created"] for event in events]
    assert stamps == sorted(stamps)
    _check_invoices(walk.box)
    ends = [event["data"]["object"]["id"] for event in events if event["type"] == "customer.subscription.deleted"]
    over = [one["id"] for one in store.table("subscription").values() if one["status"] == "canceled"]
    assert sorted(ends) == sorted(over)
    for one in store.table("subscription").values():
        spans = [line["period"] for invoice in invoices_of(walk.box, one["id"]) for line in invoice["lines"]["data"]]
        assert all(later["start"] == earlier["end"] for later, earlier in itertools.pairwise(spans))
        assert one["status"] == "canceled" or period(one)[1] > walk.box.now()


def _check_invoices(box: Sandbox) -> None:
    charges = [one for one in box.store.table("charge").values() if one["paid"]]
    for invoice in box.store.table("invoice").values():
        mine = [one for one in charges if box.store.invoice_of_intent.get(one["payment_intent"]) == invoice["id"]]
        is_charged = invoice["status"] == "paid" and invoice["amount_due"] > 0
        assert [one["amount"] for one in mine] == ([invoice["amount_due"]] if is_charged else [])
        ended = box.store.get("subscription", subscription_of(invoice))["ended_at"]
        assert ended is None or invoice["created"] <= ended
