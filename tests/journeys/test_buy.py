"""Buying, from the plan list to the QR code, and everything that goes wrong on the way there."""

import pytest
from sqlalchemy import update
from sqlmodel import select

from storefront.models.catalogue import Plan
from storefront.models.identity import SessionGrant
from storefront.models.order import Order, OrderState
from storefront.ordering.place import place
from tests import making
from tests.driver import DECLINED


def test_a_purchase_ends_with_the_code_the_supplier_assigned(traveller, house, sandbox):
    """Given a plan, when it is bought and paid, then My eSIM shows the very code the supplier assigned."""
    reference = traveller.order()
    traveller.pay(reference)
    traveller.land(reference)
    traveller.drain()
    page = traveller.look(reference).get_data(as_text=True)
    order_id = _id(house, reference)
    supplier_order = making.holds_of(house, order_id)[0].supplier_order_id
    assert sandbox.world.supplier.activation_code(supplier_order) in page


def test_the_landing_page_alone_delivers(traveller, house):
    """Webhook never: the buyer's return is enough."""
    reference = traveller.order()
    traveller.pay(reference)
    traveller.land(reference)
    assert traveller.phase(reference) == "ready"


def test_the_deadline_alone_delivers(traveller, house, sandbox):
    """Webhook never and tab closed: the last look before the hold ends finds the money."""
    reference = traveller.order()
    traveller.pay(reference)
    traveller.wait(9 * 60)
    assert traveller.phase(reference) == "ready"


def test_a_declined_card_and_then_another(traveller):
    """A decline leaves the page open; the second card buys."""
    reference = traveller.order()
    assert traveller.pay(reference, DECLINED)["result"] == "declined"
    traveller.land(reference)
    assert traveller.phase(reference) == "pay"
    traveller.pay(reference)
    traveller.land(reference)
    assert traveller.phase(reference) == "ready"


def test_a_double_click_is_one_order(traveller):
    """The same form twice leads to the same order, and to one hold."""
    plan = traveller.some_plan()
    fields = traveller.fill_checkout(plan["slug"])
    first, second = (traveller.submit(plan["slug"], fields).headers["Location"] for _ in range(2))
    assert first == second


def test_the_same_form_finds_its_order_though_the_plan_is_sold_out_since(traveller, house):
    """Its answer was lost, and it got the last one: who presses again comes to that order, others are told."""
    slug = traveller.some_plan()["slug"]
    fields = traveller.fill_checkout(slug)
    first = traveller.submit(slug, fields)
    late = traveller.fill_checkout(slug)
    with house.write() as session:
        session.execute(update(Plan).where(Plan.slug == slug).values(in_stock=False))
    again = traveller.submit(slug, fields)
    assert (again.status_code, again.headers["Location"]) == (303, first.headers["Location"])
    told = traveller.submit(slug, late)
    page = told.get_data(as_text=True)
    assert (told.status_code, "just sold out" in page) == (409, True)
    assert 'href="/en/usd/esim/japan"' in page
    assert "Reserve and pay" not in page, "what cannot be had is not offered again"


def test_an_unpaid_order_lapses_and_sets_the_profile_free(traveller, house, sandbox):
    """When the hold is about to end, the page is closed and the supplier is told, once."""
    reference = traveller.order()
    traveller.wait(9 * 60)
    order_id = _id(house, reference)
    assert traveller.phase(reference) == "lapsed"
    assert [call.attempt for call in making.calls_of(house, order_id, "release")] == [1]


def test_a_cancelled_order_cannot_be_paid_any_more(traveller, house):
    """Cancelling closes the payment page first."""
    reference = traveller.order()
    token = making_csrf(traveller, reference)
    traveller.browser.post(f"/en/orders/{reference}/cancel", data={"csrf_token": token})
    assert traveller.phase(reference) == "cancelled"
    payment = making.payments_of(house, _id(house, reference))[0]
    assert payment.state == "expired"


def test_a_strangers_browser_sees_nothing_of_an_order(traveller):
    """A reference is not a key: page, status, QR code and kit stay closed."""
    reference = traveller.order()
    traveller.pay(reference)
    traveller.land(reference)
    stranger = traveller.other()
    assert stranger.look(reference).status_code == 403
    paths = [f"/api/v1/orders/{reference}/status", f"/orders/{reference}/qr.svg", f"/en/orders/{reference}/kit"]
    assert [stranger.browser.get(path).status_code for path in paths] == [404, 404, 404]


def test_the_link_in_the_mail_opens_the_order_elsewhere(traveller, sandbox):
    """Another device follows the secret link and sees the eSIM; the link is not in the address any more."""
    reference = traveller.order()
    traveller.pay(reference)
    traveller.land(reference)
    traveller.drain()
    mail = next(one for one in making.mails_to(sandbox, traveller.email) if "/o/" in one["text"])
    path = "/o/" + mail["text"].split("/o/")[1].split()[0]
    phone = traveller.other()
    answer = phone.browser.get(path)
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith(f"/en/orders/{reference}")
    assert phone.look(reference).status_code == 200


def test_too_many_open_holds_are_refused_politely(traveller, house):
    """The fourth unpaid order of one address is refused with 429; nothing is held for it."""
    for _ in range(house.settings.open_holds_per_email):
        traveller.order()
    plan = traveller.some_plan()
    stranger = traveller.other()
    answer = stranger.submit(plan["slug"], stranger.fill_checkout(plan["slug"]))
    assert answer.status_code == 429
    assert "shop_session" not in "".join(answer.headers.getlist("Set-Cookie"))


def test_an_order_is_never_without_the_browser_that_may_see_it(traveller, house):
    """One transaction writes both: what cannot be written beside an order takes the order back."""

    def fail(_session, _order):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        place(house.bench, making.wanted(house), fail)
    with house.read() as session:
        assert session.exec(select(Order.id)).all() == []
    reference = traveller.order()
    with house.read() as session:
        granted = session.exec(select(SessionGrant.order_id)).all()
    assert granted == [_id(house, reference)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", ""),
        ("email", "not-an-address"),
        ("email", "a" * 250 + "@example.com"),
        ("consent", None),
        ("form_key", ""),
        ("form_key", "x" * 200),
    ],
)
def test_a_form_with_a_mistake_changes_nothing(traveller, house, field, value):
    """A wrong field is named with 422, and no order exists afterwards."""
    plan = traveller.some_plan()
    fields = traveller.fill_checkout(plan["slug"]) | {field: value}
    answer = traveller.submit(plan["slug"], {name: text for name, text in fields.items() if text is not None})
    assert answer.status_code == 422
    with house.read() as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM orders").scalar() == 0


def test_no_secret_of_a_purchase_is_logged(traveller, house, sandbox, capfd, caplog):
    """The activation code of a delivered order is in no log line."""
    reference = traveller.order()
    traveller.pay(reference)
    traveller.land(reference)
    traveller.drain()
    code = sandbox.world.supplier.activation_code(making.holds_of(house, _id(house, reference))[0].supplier_order_id)
    out, err = capfd.readouterr()
    assert code.split("$")[2] not in out + err + caplog.text


def _id(house, reference):
    from storefront.ordering.progress import id_of

    return id_of(house.read, reference)


def making_csrf(traveller, reference):
    """The token of the cancel form."""
    from tests.driver import hidden_fields

    return hidden_fields(traveller.look(reference).get_data(as_text=True))["csrf_token"]


def test_orders_end_in_states_without_debts(traveller, house):
    """A delivered order owes nothing: its standing work is done."""
    reference = traveller.order()
    traveller.pay(reference)
    traveller.land(reference)
    assert making.order_of(house, _id(house, reference)).state is OrderState.DELIVERED
    assert traveller.wait(3600) >= 0
    assert traveller.phase(reference) == "ready"
