"""A profile is set free only while nobody has paid for it."""

from __future__ import annotations

from sqlalchemy import update
from sqlmodel import col, select

from storefront.models.order import Call, Hold, HoldState, Order, OrderState
from storefront.models.payment import Payment, PaymentState
from storefront.ordering import give_back
from storefront.ordering.states import Event, move
from tests.making import make_order


def _lapsed(house):
    """An order that has lapsed with its page over and its profile still reserved, as a worker has just read it."""
    order_id = make_order(house)
    with house.write() as session:
        session.execute(update(Payment).where(col(Payment.order_id) == order_id).values(state=PaymentState.EXPIRED))
        move(session, order_id, Event.LAPSED, now=house.bench.now(), reason="not_paid_in_time")
    with house.read() as session:
        return session.get_one(Order, order_id)


def _hold_and_release(house, order_id):
    with house.read() as session:
        hold = session.exec(select(Hold).where(Hold.order_id == order_id)).one()
        asked = session.exec(select(Call).where(Call.order_id == order_id, Call.step == give_back.RELEASE)).first()
    return hold.state, asked


def test_a_lapsed_order_sets_its_profile_free(house):
    """The supplier is told once, and the hold is over."""
    order = _lapsed(house)
    give_back.release_step(house.bench, order)
    state, asked = _hold_and_release(house, order.id)
    assert state is HoldState.DEAD
    assert asked is not None


def test_late_money_keeps_the_profile_that_somebody_was_about_to_set_free(house):
    """A worker that read the order before the money came neither tells the supplier nor ends the hold."""
    order = _lapsed(house)
    with house.write() as session:
        move(session, order.id, Event.PAID, now=house.bench.now(), reason="")
    assert order.state is OrderState.LAPSED
    give_back.release_step(house.bench, order)
    assert _hold_and_release(house, order.id) == (HoldState.OPEN, None)
