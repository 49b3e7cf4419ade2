"""What was begun in the transaction before is made at once, or not at all."""

from __future__ import annotations

import dataclasses
import datetime as dt
from functools import partial

import pytest
import requests

from storefront.kernel.clock import wall_now
from storefront.models.order import CallState, OrderState
from storefront.ordering import confirm, hold, notices
from storefront.ordering.bench import locked
from storefront.ordering.pay import settle_in
from storefront.ordering.steps import advance
from tests.driver import VISA
from tests.making import (
    calls_of,
    make_order,
    notices_taken,
    open_another_page,
    order_of,
    pay_at_cashier,
    payments_of,
)


def _paid(house, sandbox):
    """An order whose payment is written down, and the report that was begun with it."""
    order_id = make_order(house)
    pay_at_cashier(sandbox, house, order_id)
    page = house.outside.cashier.page(payments_of(house, order_id)[0].session_id)
    with house.write() as session:
        settle_in(session, house.bench, locked(session, order_id), page)
        return order_id, confirm.begin(session, house.bench, order_id)


def test_a_report_that_was_held_up_is_not_made_late(house, sandbox):
    """Made after its time it could run beside that of somebody else; another attempt is made instead, once."""
    order_id, begun = _paid(house, sandbox)
    *given, ticket = begun.go.args
    late = dataclasses.replace(ticket, begin_by=wall_now() - dt.timedelta(seconds=1))
    advance(house.bench, order_id, begun=dataclasses.replace(begun, go=partial(begun.go.func, *given, late)))
    assert [one.state for one in calls_of(house, order_id, "notify")] == [CallState.REFUSED, CallState.DONE]
    assert list(notices_taken(sandbox).values()) == [1]
    assert order_of(house, order_id).state is OrderState.DELIVERED


def test_a_read_that_was_begun_keeps_to_the_budget(house, sandbox):
    """The report is made although the time is over; the profile is left to a worker."""
    order_id, begun = _paid(house, sandbox)
    assert advance(house.bench, order_id, budget=0, begun=begun) is OrderState.CONFIRMED
    assert order_of(house, order_id).state is OrderState.CONFIRMED


@pytest.mark.parametrize(("within", "state"), [(0.4, OrderState.HELD), (4.0, OrderState.AWAITING_PAYMENT)])
def test_a_slow_supplier_leaves_the_page_to_a_worker(house, sandbox, monkeypatch, within, state):
    """What the supplier took of the time of whoever waits at the checkout, the cashier does not take once more."""
    monkeypatch.setattr(hold, "AT_ONCE_WITHIN", within)
    sandbox.world.faults.arm("linksfield.pre_order", "slow", seconds=0.5)
    order_id = make_order(house, is_advanced=False)
    advance(house.bench, order_id, budget=0.4)
    assert order_of(house, order_id).state is state
    advance(house.bench, order_id)
    assert order_of(house, order_id).state is OrderState.AWAITING_PAYMENT


def test_two_pages_of_one_order_lead_to_one_report(house, sandbox):
    """Whoever paid both gets one eSIM, and the other payment back."""
    order_id = make_order(house)
    other = open_another_page(house, order_of(house, order_id))
    notices.settle_session(house.bench, other.session_id)
    for payment in payments_of(house, order_id):
        paid = requests.post(
            f"{sandbox.url}/stripe/_sandbox/pay/{payment.session_id}", json={"number": VISA}, timeout=10
        )
        assert paid.json()["result"] == "paid"
    notices.settle_order(house.bench, order_id, budget=9)
    assert order_of(house, order_id).state is OrderState.DELIVERED
    assert list(notices_taken(sandbox).values()) == [1]
    assert sorted(one.is_extra for one in payments_of(house, order_id)) == [False, True]
