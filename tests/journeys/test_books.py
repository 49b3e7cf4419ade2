"""The money ledger, and three books beside each other: agreement, and a difference planted in each of them."""

import csv

import pytest
import sqlalchemy.exc
from sqlalchemy import text
from sqlmodel import select

from storefront.models.money import MoneyEntry
from storefront.ordering import notices, reconcile, sweeps
from storefront.ordering.place import place_top_up
from storefront.ordering.steps import advance
from tests.agent import delivered, stuck
from tests.events import deliver, event
from tests.making import cases_of, order_of, pay_at_cashier, payments_of, wanted_top_up
from tests.owner import order_id
from tests.subscriber import control, live, subscribe


def entries(house):
    """Kind and signed minor units of every row."""
    with house.read() as session:
        rows = session.exec(select(MoneyEntry).order_by(MoneyEntry.id)).all()
    return [(one.kind.value, one.minor) for one in rows]


def settle_down(traveller):
    """What just happened is old enough for the books to be compared."""
    traveller.wait(180)


def test_every_minor_unit_is_written_down_once(traveller, sandbox, house):
    """A capture, and its refund; whatever is read again adds nothing."""
    reference = delivered(traveller)
    price = order_of(house, order_id(traveller, reference)).charged_minor
    for _ in range(3):
        traveller.land(reference)
    owed = -round(float(order_of(house, order_id(traveller, reference)).supplier_amount) * 100)
    assert entries(house) == [("captured", price), ("owed", owed)]
    sandbox.world.faults.arm("linksfield.payment_notice", "hold_lapsed", 1)
    sandbox.world.faults.arm("linksfield.pre_order", "sold_out", 0)
    other = traveller.order()
    traveller.pay(other)
    sandbox.world.faults.arm("linksfield.pre_order", "sold_out", 1)
    traveller.land(other)
    traveller.drain()
    paid = order_of(house, order_id(traveller, other)).charged_minor
    assert entries(house) == [("captured", price), ("owed", owed), ("captured", paid), ("refunded", -paid)]
    for statement in ("UPDATE money_entries SET minor = 1", "DELETE FROM money_entries"):
        with pytest.raises(sqlalchemy.exc.DatabaseError, match="added, never changed"), house.write() as session:
            session.execute(text(statement))


def test_a_shop_in_order_has_books_that_agree(traveller, sandbox, house, run):
    """A purchase, a top-up, a renewal: no difference, exit 0."""
    delivered(traveller)
    subscribe(traveller.other())
    live(traveller, 31)
    settle_down(traveller)
    code, said = run("reconcile", "--days", "60")
    assert (code, "agree about the last 60 days" in said) == (0, True), said
    code, said = run("reconcile", "--since", "2026-01-31T08:30")
    assert (code, "agree about everything since 2026-01-31 08:30 UTC" in said) == (0, True), said
    assert run("reconcile", "--since", "yesterday")[0] == 2


def test_a_difference_in_the_cashiers_book(traveller, sandbox, house, run, tmp_path):
    """Money Stripe took that no order knows, and an amount that changed there: named, with a remedy, in the table."""
    reference = delivered(traveller)
    settle_down(traveller)
    paid = payments_of(house, order_id(traveller, reference))[-1].payment_id
    charges = sandbox.world.stripe.store.table("charge")
    charge = next(one for one in charges.values() if one["payment_intent"] == paid)
    charge["amount_captured"] += 100
    strange = {**charge, "id": "ch_strange", "payment_intent": "pi_strange"}
    charges["ch_strange"] = strange
    code, said = run("reconcile", "--csv", str(tmp_path / "books.csv"))
    assert code == 1
    rows = list(csv.DictReader((tmp_path / "books.csv").read_text().splitlines()))
    assert {(row["kind"], row["object_id"]) for row in rows} == {
        ("captured_differs", paid),
        ("unknown_payment", "pi_strange"),
    }
    assert all(row["remedy"] and row["remedy"] in said for row in rows)


def test_a_difference_in_our_own_book(traveller, sandbox, house, run):
    """An order delivered without money, and money that nobody owns: named; the promise is one query."""
    reference = delivered(traveller)
    other = stuck(traveller, sandbox)
    settle_down(traveller)
    with house.write() as session:
        session.execute(text(f"UPDATE orders SET state = 'lapsed' WHERE reference = '{other}'"))
        session.execute(text("DELETE FROM cases"))
        session.execute(
            text(
                "INSERT INTO money_entries (order_id, kind, minor, currency, object_id, at) "
                "SELECT id, 'captured', 1, 'USD', 'pi_made_up', placed_at FROM orders "
                f"WHERE reference = '{other}'"
            )
        )
        session.execute(text(f"UPDATE orders SET promise_until = placed_at WHERE reference = '{other}'"))
    assert sweeps.invariant_violations(house.bench) == [other]
    code, said = run("reconcile")
    assert code == 1
    assert "promise_broken" in said
    assert "not_at_the_cashier" in said
    assert reference not in said


def test_a_difference_in_the_suppliers_book(traveller, sandbox, house, run):
    """Delivered here and not paid there, paid there and refunded here, and a supplier that does not say."""
    reference = delivered(traveller)
    settle_down(traveller)
    with house.write() as session:
        session.execute(text(f"UPDATE orders SET state = 'refunded' WHERE reference = '{reference}'"))
    assert "paid_there_only" in run("reconcile")[1]
    sandbox.world.faults.arm("linksfield.order_status", "reset_before", 5)
    assert "supplier_silent" in run("reconcile")[1]


def test_a_top_up_in_the_suppliers_book(traveller, sandbox, house, run):
    """Delivered here and shown nowhere there, and given back here though it is on the SIM."""
    iccid = sandbox.world.sims.create("expired").iccid
    placed = place_top_up(house.bench, wanted_top_up(house, iccid))
    advance(house.bench, placed.order_id)
    pay_at_cashier(sandbox, house, placed.order_id)
    notices.settle_order(house.bench, placed.order_id, budget=9)
    traveller.drain()
    assert [kind for kind, _ in entries(house)] == ["captured", "owed"]
    settle_down(traveller)
    assert run("reconcile")[0] == 0
    with house.write() as session:
        session.execute(text("UPDATE orders SET state = 'refunded'"))
    code, said = run("reconcile")
    assert (code, "paid_there_only" in said, "ask the supplier for the money back" in said) == (1, True, True)
    with house.write() as session:
        session.execute(text("UPDATE orders SET state = 'delivered'"))
    for hidden in sandbox.world.sims.top_ups(iccid):
        hidden.shows_at = float("inf")
    assert "not_paid_there" in run("reconcile")[1]
    sandbox.world.faults.arm("mall.*", "reset_before", 50)
    sandbox.world.faults.arm("csss.*", "reset_before", 50)
    assert "supplier_silent" in run("reconcile")[1]


@pytest.mark.parametrize("won", [True, False], ids=["won", "lost"])
def test_what_a_bank_takes_back_is_written_down(traveller, sandbox, house, run, won):
    """A dispute takes the money, a person owns it, and its end gives the money back or does not: once each."""
    reference = delivered(traveller)
    about = order_id(traveller, reference)
    paid = payments_of(house, about)[-1]
    settle_down(traveller)
    dispute = control(sandbox, f"dispute/{paid.payment_id}", reason="fraudulent")
    assert "disputed_differs" in run("reconcile")[1]
    for kind in ("charge.dispute.created", "charge.dispute.funds_withdrawn"):
        assert deliver(traveller, event(kind, dispute)) == 200
    traveller.drain()
    assert entries(house)[2:] == [("disputed", -paid.captured_minor)]
    assert [one.kind for one in cases_of(house, about)] == ["dispute"]
    assert run("reconcile")[0] == 0
    control(sandbox, f"close_dispute/{dispute['id']}", won=won)
    for kind in ("charge.dispute.closed", "charge.dispute.funds_reinstated"):
        assert deliver(traveller, event(kind, dispute)) == 200
    traveller.drain()
    back = [("dispute_won", paid.captured_minor)] if won else []
    assert entries(house)[2:] == [("disputed", -paid.captured_minor), *back]
    assert cases_of(house, about) == []
    assert run("reconcile")[0] == 0
    assert sweeps.invariant_violations(house.bench) == []


def test_the_daily_comparison_opens_one_case_and_closes_it(traveller, sandbox, house):
    """Owned by somebody while the books differ, and gone when they agree again."""
    reference = delivered(traveller)
    settle_down(traveller)
    with house.write() as session:
        session.execute(text(f"UPDATE orders SET state = 'refunded' WHERE reference = '{reference}'"))
    assert reconcile.daily(house.bench) == reconcile.daily(house.bench) == 1
    with house.write() as session:
        assert session.execute(text("SELECT count(*) FROM cases WHERE resolved_at IS NULL")).scalar() == 1
        session.execute(text(f"UPDATE orders SET state = 'delivered' WHERE reference = '{reference}'"))
    assert reconcile.daily(house.bench) == 0
    with house.read() as session:
        assert session.execute(text("SELECT count(*) FROM cases WHERE resolved_at IS NULL")).scalar() == 0
    assert cases_of(house, order_id(traveller, reference)) == []
