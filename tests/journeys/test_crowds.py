"""Many at once: buyers of the last profile, one event a thousand times, a database somebody else holds, odd clocks."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from sqlmodel import func, select

from storefront.models.order import Order, OrderState
from storefront.models.payment import Payment
from storefront.models.work import InboxRow
from storefront.ordering import sweeps
from storefront.ordering.place import place
from storefront.ordering.steps import advance
from tests.events import deliver, event
from tests.making import notices_taken, order_of, pay_at_cashier, payments_of, some_plan, wanted

BUYERS = 8


def test_eight_buyers_of_the_last_profile(house, sandbox):
    """One is served, seven are told that it is sold out; nobody pays for nothing, nothing is sold twice."""
    plan = some_plan(house)
    answer = requests.post(f"{sandbox.url}/control/stock", json={"package": plan.id, "stock": 1}, timeout=10)
    assert answer.ok, answer.text
    forms = [wanted(house, plan, email=f"b{at}@traveller.example", network=f"10.0.0.{at}") for at in range(BUYERS)]
    start = threading.Barrier(BUYERS)

    def buy(form):
        start.wait()
        placed = place(house.bench, form)
        advance(house.bench, placed.order_id)
        return placed.order_id

    with ThreadPoolExecutor(BUYERS) as pool:
        orders = list(pool.map(buy, forms))
    states = sorted(order_of(house, one).state for one in orders)
    assert states == [OrderState.AWAITING_PAYMENT] + [OrderState.REJECTED] * (BUYERS - 1)
    lucky = next(one for one in orders if order_of(house, one).state is OrderState.AWAITING_PAYMENT)
    pay_at_cashier(sandbox, house, lucky)
    assert {order_of(house, one).reason for one in orders if one != lucky} == {"sold_out"}
    assert len(sandbox.world.stripe.store.table("charge")) == 1


def test_one_event_a_thousand_times(traveller, house, sandbox):
    """Stored once, settled once, delivered once; every copy is answered with yes."""
    reference = traveller.order()
    traveller.pay(reference)
    with house.read() as session:
        page = session.exec(select(Payment)).one()
    body = event("checkout.session.completed", {"id": page.session_id, "object": "checkout.session"})
    assert {deliver(traveller, body) for _ in range(1000)} == {200}
    traveller.drain()
    with house.read() as session:
        assert session.exec(select(func.count()).select_from(InboxRow)).one() == 1
        assert session.exec(select(Order)).one().state is OrderState.DELIVERED
    assert len(sandbox.world.stripe.store.table("charge")) == 1
    assert list(notices_taken(sandbox).values()) == [1]


def test_a_clock_that_jumps(traveller, house):
    """Forward past every deadline and back again: the order ends right, and the promise holds at each look."""
    reference = traveller.order()
    traveller.pay(reference)
    for seconds in (3 * 3600, -2 * 3600, 40, -30):
        traveller.wait(seconds)
        assert sweeps.broken_promises(house.bench) >= 0
        assert sweeps.invariant_violations(house.bench) == []
    traveller.land(reference)
    traveller.wait(600)
    with house.read() as session:
        order = session.exec(select(Order)).one()
    assert order.state in {OrderState.DELIVERED, OrderState.REFUNDED}
    assert len(payments_of(house, order.id)) == 1


@pytest.mark.kill
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_locked_database_is_told_and_loses_nothing(traveller, house):
    """A notice that cannot be stored is refused, so that it comes again; a page says so; afterwards all goes on."""
    reference = traveller.order()
    traveller.pay(reference)
    with house.read() as session:
        page = session.exec(select(Payment)).one()
    body = event("checkout.session.completed", {"id": page.session_id, "object": "checkout.session"})
    held = sqlite3.connect(house.settings.data_dir / "shop.sqlite", isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    try:
        assert deliver(traveller, body) == 503
        sent = traveller.browser.post(
            "/en/usd/checkout/" + traveller.some_plan()["slug"],
            data=traveller.fill_checkout(traveller.some_plan()["slug"]),
        )
        assert (sent.status_code, "Traceback" in sent.text) == (503, False)
    finally:
        held.execute("ROLLBACK")
        held.close()
    assert deliver(traveller, body) == 200
    traveller.drain()
    assert traveller.phase(reference) == "ready"
