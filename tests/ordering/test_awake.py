"""Late money wakes an order whose standing row rests, or is just being laid to rest."""

from __future__ import annotations

import dataclasses
import threading
import time

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from storefront.jobs import outbox
from storefront.models.order import OrderState
from storefront.models.payment import Payment, PaymentState
from storefront.models.work import OutboxRow
from storefront.ordering import give_back
from storefront.ordering.bench import arm, locked, standing_key
from storefront.ordering.pay import settle_page
from storefront.ordering.states import Event, move
from storefront.worker.handlers import parked
from storefront.worker.run import drain
from tests.making import calls_of, cases_of, make_order, order_of, pay_at_cashier, payments_of


def _lapsed(house, sandbox):
    """An order that is given up, although its page was paid this moment; a worker is to look at it now."""
    order_id = make_order(house)
    pay_at_cashier(sandbox, house, order_id)
    with house.write() as session:
        session.execute(update(Payment).where(col(Payment.order_id) == order_id).values(state=PaymentState.EXPIRED))
        move(session, order_id, Event.LAPSED, now=house.bench.now(), reason="not_paid_in_time")
        arm(session, order_id, house.bench.now())
    return order_id


def _write_late_money(house, order_id):
    """What somebody does who dies before the order goes on."""
    settle_page(house.bench, order_id, house.outside.cashier.page(payments_of(house, order_id)[0].session_id))


def test_late_money_wakes_an_order_that_rests(house, sandbox):
    """Its row was done with, and whoever wrote the money down died: a worker takes the order on all the same."""
    order_id = _lapsed(house, sandbox)
    drain(house)
    assert order_of(house, order_id).state is OrderState.LAPSED
    assert drain(house) == 0
    _write_late_money(house, order_id)
    drain(house)
    assert order_of(house, order_id).state is OrderState.DELIVERED


def test_late_money_wakes_an_order_that_is_being_laid_to_rest(house, sandbox):
    """It comes while a worker tells the supplier to set the profile free: the worker goes on with the order."""
    order_id = _lapsed(house, sandbox)
    sandbox.world.faults.arm("linksfield.payment_notice", "slow", seconds=2)
    worker = threading.Thread(target=drain, args=(house,), kwargs={"rounds": 1})
    worker.start()
    until = time.monotonic() + 10
    while not calls_of(house, order_id, give_back.RELEASE):
        assert time.monotonic() < until, "the worker never told the supplier"
        time.sleep(0.02)
    _write_late_money(house, order_id)
    worker.join()
    assert order_of(house, order_id).state is OrderState.DELIVERED


@pytest.mark.parametrize("database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_work_that_is_given_up_in_the_moment_of_late_money(house, sandbox):
    """Its case names the order that the money holds, while the money waits for its row: neither is thrown back."""
    order_id = _lapsed(house, sandbox)
    with house.read() as session:
        row_id = session.exec(select(OutboxRow.id).where(OutboxRow.key == standing_key(order_id))).one()
    claimed = dataclasses.replace(outbox.claim(house.write, row_id, house.outside.clock), attempts=outbox.MAX_ATTEMPTS)
    with house.write() as session:
        locked(session, order_id)
        given_up = (house.write, claimed, RuntimeError(), house.outside.clock, parked(house))
        giving_up = threading.Thread(target=outbox.fail, args=given_up)
        giving_up.start()
        giving_up.join(timeout=10)
        assert not giving_up.is_alive()
        arm(session, order_id, house.bench.now())
    assert [case.kind for case in cases_of(house, order_id)] == ["parked_work"]
    with house.read() as session:
        assert not outbox.is_parked(session, standing_key(order_id))
