"""What a migration writes about orders that were there before it."""

from __future__ import annotations

from sqlalchemy import text

from storefront.db import migrate
from tests import making
from tests.agent import delivered
from tests.owner import order_id


def test_the_ledger_learns_what_the_supplier_has_to_get(traveller, house):
    """One step back and forward again: the same rows, whoever wrote them first."""
    about = order_id(traveller, delivered(traveller))
    query = text("SELECT order_id, kind, minor, currency, object_id FROM money_entries ORDER BY kind")
    with house.read() as session:
        before = session.execute(query).all()
    assert [(row.order_id, row.kind) for row in before] == [(about, "captured"), (about, "owed")]
    assert before[1].object_id == making.holds_of(house, about)[0].supplier_order_id
    migrate.downgrade(house.engine, "10e1853c89ba")
    with house.read() as session:
        assert [row.kind for row in session.execute(query)] == ["captured"]
    migrate.upgrade(house.engine)
    with house.read() as session:
        assert session.execute(query).all() == before
