"""The one function that moves an order, against a real database."""

import pytest
from sqlmodel import col, select

from storefront.models.order import OrderEvent, OrderState
from storefront.ordering.place import place
from storefront.ordering.states import Event, StateRaced, move, state_of, tell
from tests.making import wanted


@pytest.fixture
def order_id(house):
    """An order somebody gave up while another caller still had it before its eyes as placed."""
    placed = place(house.bench, wanted(house)).order_id
    with house.write() as session:
        move(session, placed, Event.CANCELLED, now=house.bench.now())
    return placed


def test_late_news_is_ignored(house, order_id):
    """Who looks again sees that nothing is left to do."""
    with house.write() as session:
        assert move(session, order_id, Event.REJECTED, now=house.bench.now()) is None
        assert state_of(session, order_id) is OrderState.CANCELLED


def test_who_acts_on_what_it_saw_before_is_raced(house, order_id):
    """The move is refused and all of its transaction taken back, also where the same news would be ignored."""
    with pytest.raises(StateRaced), house.write() as session:
        tell(session, order_id, "told", (OrderState.PLACED, OrderState.PLACED), now=house.bench.now())
        move(session, order_id, Event.REJECTED, now=house.bench.now(), before=OrderState.PLACED)
    with house.read() as session:
        assert state_of(session, order_id) is OrderState.CANCELLED
        assert session.exec(select(OrderEvent.event).order_by(col(OrderEvent.id))).all()[-1] == "cancelled"
