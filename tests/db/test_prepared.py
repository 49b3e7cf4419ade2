"""Statements built once see and obey the same transaction as the session."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import Row, bindparam, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, col, select

from storefront.db import prepared
from storefront.kernel.money import Money
from storefront.models.money import MoneyEntry, MoneyKind
from storefront.models.order import Order, OrderEvent, OrderState
from storefront.ordering.place import place
from storefront.payments import ledger
from tests.making import wanted

NOON = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)
_EMAIL = select(Order.email).where(col(Order.id) == bindparam("order_id"))
_RENAME = update(Order).where(col(Order.id) == bindparam("order_id")).values(email=bindparam("address"))


@pytest.fixture
def order_id(house):
    """A placed order."""
    return place(house.bench, wanted(house)).order_id


def test_what_the_session_has_not_written_yet_goes_first(house, order_id):
    """A changed row is stored before a prepared statement reads it."""
    with house.write() as session:
        order = session.get_one(Order, order_id)
        order.email = "new@traveller.example"
        assert prepared.run(session, _EMAIL, order_id=order_id).scalar_one() == "new@traveller.example"


def test_a_row_loaded_before_does_not_follow(house, order_id):
    """A prepared change is in the transaction; a row loaded before it keeps what it was read with until read again."""
    with house.write() as session:
        order = session.get_one(Order, order_id)
        before = order.email
        prepared.run(session, _RENAME, order_id=order_id, address="other@traveller.example")
        assert order.email == before
        session.refresh(order)
        assert order.email == "other@traveller.example"


def test_an_exception_takes_everything_back(house, order_id):
    """What was prepared, put and added before an error is gone with its transaction."""
    with pytest.raises(ZeroDivisionError), house.write() as session:
        prepared.run(session, _RENAME, order_id=order_id, address="lost@traveller.example")
        session.get_one(Order, order_id).reason = "lost"
        prepared.put(session, _event(order_id))
        raise ZeroDivisionError
    with house.read() as session:
        order = session.get_one(Order, order_id)
        moves = session.exec(select(OrderEvent.event).where(OrderEvent.order_id == order_id)).all()
    assert (order.email, order.reason, moves) == ("ada@traveller.example", "", ["placed"])


def test_a_row_that_breaks_a_rule_is_refused_at_once(house, order_id):
    """The database speaks when a row is put, not when the transaction ends."""
    with pytest.raises(IntegrityError), house.write() as session:
        prepared.put(session, _event("nobody"))
        raise AssertionError("the row was taken")


def test_the_database_numbers_what_has_no_number(house, order_id):
    """Two rows put without a number get numbers in their order."""
    with house.write() as session:
        for _ in range(2):
            prepared.put(session, _event(order_id))
        numbers = session.exec(select(OrderEvent.id).order_by(col(OrderEvent.id))).all()
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 3


def test_a_fact_said_twice_is_one_row(house, order_id):
    """Whoever writes the same fact again changes nothing, on either database."""
    fact = {"order_id": order_id, "kind": MoneyKind.CAPTURED, "object_id": "pi_1", "at": NOON}
    with house.write() as session:
        for _ in range(2):
            ledger.note(session, amount=Money(295, "USD"), **fact)
        assert len(session.exec(select(MoneyEntry)).all()) == 1
        assert ledger.balance(session, order_id) == 295


def test_no_column_hides_behind_a_word_of_rows():
    """A row read whole has words of its own; a column of that name could not be read from it.

    The one there is stands in a table that is only counted in.
    """
    words = {name for name in dir(Row) if not name.startswith("__")}
    taken = [str(column) for table in SQLModel.metadata.tables.values() for column in table.c if column.name in words]
    assert len(SQLModel.metadata.tables) > 20
    assert taken == ["attempt_counts.count"]


def _event(order_id):
    state = OrderState.PLACED
    return OrderEvent(order_id=order_id, at=NOON, event="seen", from_state=state, to_state=state)


def test_a_row_read_whole_has_its_columns_and_stays_as_it_is(house, order_id):
    """Whoever only looks gets every column as its own type, and no way to change what nobody would write."""
    by_id = select(Order).where(col(Order.id) == bindparam("order_id"))
    with house.read() as session:
        seen = prepared.first(session, by_id, order_id=order_id)
        loaded = session.get_one(Order, order_id)
        assert {name: getattr(seen, name) for name in Order.model_fields} == loaded.model_dump()
        assert prepared.rows(session, by_id, order_id="nobody") == []
        assert prepared.first(session, by_id, order_id="nobody") is None
    assert isinstance(seen.state, OrderState)
    with pytest.raises(AttributeError):
        seen.reason = "changed"


def test_a_session_is_made_for_whoever_uses_it(house, order_id):
    """A transaction of plain statements needs none; one that loads a row gets all of it, in the same transaction."""
    with house.write() as session:
        prepared.run(session, update(Order).values(reason="told plainly"))
        assert "identity_map" not in vars(session)
        order = session.get_one(Order, order_id)
        assert order.reason == "told plainly"
        order.reason = "told through the session"
    with house.read() as session:
        assert session.exec(select(Order.reason)).one() == "told through the session"


def test_what_a_session_does_not_have_is_an_error(house):
    """It is no bottomless pit: a misspelt name is told, whether or not the session was used."""
    with house.read() as session:
        for _ in range(2):
            with pytest.raises(AttributeError, match="no_such_thing"):
                session.no_such_thing  # noqa: B018 - asked for to be refused
