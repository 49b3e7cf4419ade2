"""Money that is not what was asked for: another amount, another page, an order that was over before it came."""

import pytest

from storefront.cases.resolve import resolve
from storefront.models.order import OrderState
from storefront.ordering import change, sweeps
from tests import making
from tests.events import deliver, event
from tests.owner import order_id
from tests.subscriber import control


def altered(traveller, reference, **changes):
    """Somebody changes the open page at the cashier; then it is paid."""
    session_id = traveller.payment_page(reference).rstrip("/").split("/")[-1]
    page = traveller.sandbox.world.stripe.store.table("checkout.session")[session_id]
    page.update({name: change(page[name]) for name, change in changes.items()})
    traveller.pay(reference)
    traveller.land(reference)
    traveller.drain()


@pytest.mark.parametrize(
    "changes",
    [{"amount_total": lambda was: was + 1}, {"amount_total": lambda was: was - 1}, {"currency": lambda _was: "eur"}],
    ids=["more", "less", "currency"],
)
def test_another_amount_is_never_taken_as_the_price(traveller, house, changes):
    """Nothing is ordered for it; a person has the case, and the money can go back."""
    reference = traveller.order()
    altered(traveller, reference, **changes)
    about = order_id(traveller, reference)
    assert making.order_of(house, about).state is OrderState.ATTENTION
    assert [one.kind for one in making.cases_of(house, about)] == ["amount_mismatch"]
    assert making.calls_of(house, about, "notify") == []
    change.refund(house.bench, about, actor="ada", reason="desk")
    traveller.drain()
    assert making.order_of(house, about).state is OrderState.REFUNDED
    assert making.cases_of(house, about) == []


def test_what_was_paid_too_much_stays_somebodys(traveller, house, sandbox):
    """A person lets it be delivered all the same: the case stays until the difference went back."""
    reference = traveller.order()
    altered(traveller, reference, amount_total=lambda was: was + 250)
    about = order_id(traveller, reference)
    change.retry(house.bench, about, actor="ada")
    traveller.drain()
    assert making.order_of(house, about).state is OrderState.DELIVERED
    assert [one.kind for one in making.cases_of(house, about)] == ["amount_mismatch"]
    traveller.wait(3600)
    assert sweeps.invariant_violations(house.bench) == []
    made = control(sandbox, f"outside_refund/{making.payments_of(house, about)[-1].payment_id}", amount=250)
    assert deliver(traveller, event("refund.created", made)) == 200
    traveller.drain()
    for case in making.cases_of(house, about):
        with house.write() as session:
            resolve(session, case.id, by="ada", resolution="the difference went back", now=house.bench.now())
    assert sweeps.invariant_violations(house.bench) == []
    assert making.order_of(house, about).state is OrderState.DELIVERED


@pytest.mark.parametrize("has_stock", [True, False], ids=["delivered", "refunded"])
def test_money_for_a_rejected_order_is_late_money(traveller, house, sandbox, has_stock):
    """Paid by another door after the shop had given up: reserved again at the paid price, or sent back."""
    sandbox.world.faults.arm("linksfield.pre_order", "sold_out", 1)
    about = making.make_order(house)
    order = making.order_of(house, about)
    assert order.state is OrderState.REJECTED
    page = making.open_another_page(house, order)
    control(sandbox, f"pay/{page.session_id}", number="4242424242424242")
    if not has_stock:
        sandbox.world.faults.arm("linksfield.package_detail", "sold_out", 1)
    for one in list(sandbox.world.stripe.store.table("event").values()):
        if one["type"] == "checkout.session.completed":
            assert deliver(traveller, one) == 200
    traveller.drain()
    wanted = OrderState.DELIVERED if has_stock else OrderState.REFUNDED
    assert making.order_of(house, about).state is wanted
