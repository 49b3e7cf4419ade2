"""Notices to the shop: signed, repeated until taken, and spoiled on purpose."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import stripe

from storefront.sandbox.stripe.signature import signature
from tests.sandbox.stripe_shop import SECRET, Shop, open_shop


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_shop() as made:
        yield made


def test_our_signature_is_the_library_s(shop: Shop) -> None:
    """The real library accepts the signature, refuses another secret, another body and an old stamp."""
    payload, now = b'{"object": "event", "id": "evt_1"}', int(time.time())
    assert stripe.Webhook.construct_event(payload, signature(payload, SECRET, now), SECRET).id == "evt_1"
    for body, secret, at in (
        (payload + b" ", SECRET, now),
        (payload, "whsec_other", now),
        (payload, SECRET, now - 301),
    ):
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(payload, signature(body, secret, at), SECRET)


def test_stamps_stay_on_wall_time(shop: Shop) -> None:
    """Moving the world's clock by weeks does not make signatures stale, only `created` moves."""
    shop.world.clock.move(30 * 86_400)
    shop.paid()
    event = shop.eventually(lambda: shop.endpoint.received)[0]
    assert event.created >= time.time() + 29 * 86_400


def test_a_refusing_shop_is_asked_again(shop: Shop) -> None:
    """Anything but 2xx is tried again with a fresh signature until it is taken; every try is on record."""
    shop.endpoint.statuses = [500, 302]
    shop.paid()
    event = shop.eventually(lambda: len(shop.endpoint.received) == 3 and shop.endpoint.received[0])
    tries = shop.deliveries(event.id)
    assert [(one["attempt"], one["status"]) for one in tries] == [(1, 500), (2, 302), (3, 200)]
    assert [item.pending_webhooks for item in shop.v1.events.list({"type": event.type}).data] == [0]


def test_a_dead_shop_hears_later(shop: Shop) -> None:
    """A shop that cannot be reached is tried again; the buyer's redirect does not wait for ever."""
    shop.control("settings", webhook_url="http://127.0.0.1:9/none")
    session = shop.opened()
    assert shop.typed(session, "4242424242424242").status_code == 303
    shop.control("settings", webhook_url=shop.endpoint.url)
    shop.eventually(lambda: shop.endpoint.types() == ["checkout.session.completed"])


def test_the_redirect_waits_for_the_answer_a_moment(shop: Shop) -> None:
    """The buyer is sent on once the shop answered, or after the set patience; off means at once."""
    shop.endpoint.seconds = 0.4
    began = time.monotonic()
    shop.typed(shop.opened(), "4242424242424242")
    assert shop.endpoint.types() == ["checkout.session.completed"]
    assert time.monotonic() - began < 2
    shop.control("settings", hold_redirect_seconds=0)
    shop.typed(shop.opened(), "4242424242424242")
    assert len(shop.endpoint.received) == 1
    shop.eventually(lambda: len(shop.endpoint.received) == 2)


def test_duplicates_and_drops(shop: Shop) -> None:
    """`duplicate` sends one event twice, `drop` never, and a resend by hand brings it after all."""
    shop.world.faults.arm("stripe.webhook", "duplicate")
    shop.paid()
    shop.eventually(lambda: len(shop.endpoint.received) == 2)
    assert len({event.id for event in shop.endpoint.received}) == 1
    shop.world.faults.arm("stripe.webhook", "drop")
    dropped = shop.paid()
    assert shop.deliveries()[-1]["error"] == "dropped on purpose"
    assert len(shop.endpoint.received) == 2
    events = shop.v1.events.list({"type": "checkout.session.completed"}).data
    shop.control("resend", next(event.id for event in events if event.data.object.id == dropped.id))
    assert shop.eventually(lambda: len(shop.endpoint.received) == 3)


def test_late_and_out_of_order(shop: Shop) -> None:
    """`late` waits its seconds; `reorder` lets the next event overtake."""
    shop.world.faults.arm("stripe.webhook", "late", seconds=0.5)
    began = time.monotonic()
    shop.paid()
    shop.eventually(lambda: shop.endpoint.received)
    assert time.monotonic() - began >= 0.5
    shop.world.faults.arm("stripe.webhook", "reorder")
    first, second = shop.paid(), shop.paid()
    shop.eventually(lambda: len(shop.endpoint.received) == 3)
    assert [event.data.object.id for event in shop.endpoint.received[1:]] == [second.id, first.id]


def test_outside_events(shop: Shop) -> None:
    """A refund at the dashboard and a dispute reach the shop although it asked for neither."""
    paid = shop.paid()
    shop.control("outside_refund", paid.payment_intent.id, amount=250)
    shop.eventually(lambda: {"refund.created", "charge.refunded"} <= set(shop.endpoint.types()))
    refund = next(event for event in shop.endpoint.received if event.type == "refund.created")
    assert (refund.data.object.amount, refund.request.id) == (250, None)
    shop.control("dispute", shop.paid().payment_intent.id)
    shop.eventually(lambda: "charge.dispute.created" in shop.endpoint.types())


def test_only_subscribed_types_are_sent(shop: Shop) -> None:
    """The endpoint's list of types is obeyed, and can be widened."""
    shop.paid()
    shop.eventually(lambda: shop.endpoint.types() == ["checkout.session.completed"])
    shop.control("settings", events=["payment_intent.succeeded"])
    shop.paid()
    shop.eventually(lambda: shop.endpoint.types()[1:] == ["payment_intent.succeeded"])
