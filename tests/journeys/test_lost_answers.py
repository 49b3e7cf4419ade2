"""Every answer that can be lost, and what becomes of the order and its money."""

import pytest

from storefront.models.order import OrderState
from storefront.ordering import change, notices
from storefront.ordering.steps import advance
from storefront.ordering.sweeps import broken_promises, invariant_violations
from storefront.worker.run import drain
from tests import making
from tests.events import deliver, event
from tests.owner import order_id as id_of
from tests.subscriber import control


def _paid(house, sandbox, plan=None):
    order_id = making.make_order(house, plan)
    making.pay_at_cashier(sandbox, house, order_id)
    return order_id


def _later(house, sandbox, seconds):
    sandbox.world.clock.move(seconds)
    house.outside.clock.forget()
    making.let_calls_age(house)
    drain(house)


def _settle(house, sandbox, order_id, *, rounds=12, step=15):
    """Let time pass in small steps until the order rests."""
    for _ in range(rounds):
        state = making.order_of(house, order_id).state
        if state in {OrderState.DELIVERED, OrderState.REFUNDED, OrderState.ATTENTION}:
            return state
        _later(house, sandbox, step)
    return making.order_of(house, order_id).state


@pytest.mark.parametrize("kind", ["timeout_after", "reset_after", "malformed", "html", "status"])
def test_a_notice_whose_answer_is_lost_is_read_back_not_repeated(house, sandbox, kind):
    """The supplier took the notice and the answer was lost: the order is delivered, and it was told once."""
    order_id = _paid(house, sandbox)
    params = {"status": 502} if kind == "status" else {"seconds": 1.5}
    sandbox.world.faults.arm("linksfield.payment_notice", kind, 1, **params)
    _settle_from_payment(house, order_id)
    state = _settle(house, sandbox, order_id)
    if kind == "status":  # this one has no effect at the supplier: asked again once, with the same order id
        assert state is OrderState.DELIVERED
        return
    assert state is OrderState.DELIVERED
    assert max(making.notices_taken(sandbox).values()) == 1


def test_a_notice_that_never_arrived_is_repeated_once(house, sandbox):
    """The connection broke before the supplier read it: the status says waiting, so it is sent once more."""
    order_id = _paid(house, sandbox)
    sandbox.world.faults.arm("linksfield.payment_notice", "reset_before", 1)
    _settle_from_payment(house, order_id)
    assert _settle(house, sandbox, order_id) is OrderState.DELIVERED
    assert [call.attempt for call in making.calls_of(house, order_id, "notify")] == [1, 2]


def test_a_notice_unanswered_for_good_becomes_a_case_never_a_refund(house, sandbox):
    """Nobody knows whether the profile was assigned: a person decides, nothing is bought or refunded."""
    order_id = _paid(house, sandbox)
    sandbox.world.faults.arm("linksfield.payment_notice", "reset_before", 9)
    _settle_from_payment(house, order_id)
    assert _settle(house, sandbox, order_id, rounds=60, step=20) is OrderState.ATTENTION
    assert [case.kind for case in making.cases_of(house, order_id)] == ["unknown_answer"]
    assert making.refunds_of(house, order_id) == []
    assert len(making.holds_of(house, order_id)) == 1


def test_whoever_looks_has_the_supplier_asked_again(house, sandbox, traveller):
    """An hour after, the pause between two questions is minutes long: opening the page asks now, but not every time."""
    sandbox.world.faults.arm("linksfield.payment_notice", "reset_before", 2)
    sandbox.world.faults.arm("linksfield.order_status", "status", 90, status=503)
    reference = traveller.order()
    traveller.pay(reference)
    traveller.land(reference)
    traveller.wait(3 * 3600)
    assert traveller.phase(reference) == "attention"
    traveller.wait(5)
    asked = id_of(traveller, reference)
    sandbox.world.supplier.pay_by_hand(making.holds_of(house, asked)[0].supplier_order_id)
    sandbox.world.faults.clear()
    assert traveller.drain() == 0
    for look in (traveller.look, traveller.phase, traveller.look):
        look(reference)
    assert traveller.drain() == 2, "the order once, and its letter"
    assert traveller.phase(reference) == "ready"


def test_an_answer_that_comes_at_last_closes_the_case_by_delivery(house, sandbox):
    """While a person looks, the shop goes on asking; the supplier's late word delivers."""
    order_id = _paid(house, sandbox)
    sandbox.world.faults.arm("linksfield.payment_notice", "reset_before", 2)
    sandbox.world.faults.arm("linksfield.order_status", "status", 60, status=503)
    _settle_from_payment(house, order_id)
    assert _settle(house, sandbox, order_id, rounds=80, step=30) is OrderState.ATTENTION
    sandbox.world.supplier.pay_by_hand(making.holds_of(house, order_id)[0].supplier_order_id)
    sandbox.world.faults.clear()
    _later(house, sandbox, 600)
    _later(house, sandbox, 600)
    assert making.order_of(house, order_id).state is OrderState.DELIVERED


def test_a_hold_that_lapsed_after_capture_is_reserved_again_at_the_paid_price(house, sandbox):
    """6006 after the money came: one more pre-order, one more notice, the same charge."""
    order_id = _paid(house, sandbox)
    sandbox.world.faults.arm("linksfield.payment_notice", "hold_lapsed", 1)
    _settle_from_payment(house, order_id)
    assert _settle(house, sandbox, order_id) is OrderState.DELIVERED
    assert [hold.state for hold in making.holds_of(house, order_id)] == ["dead", "used"]
    assert len(making.payments_of(house, order_id)) == 1


@pytest.mark.parametrize("misfortune", ["sold_out", "price_changed"])
def test_when_the_second_hold_cannot_be_had_the_money_goes_back(house, sandbox, misfortune):
    """Stock or price changed in between: a full refund, and a mail that says so."""
    order_id = _paid(house, sandbox)
    sandbox.world.faults.arm("linksfield.payment_notice", "hold_lapsed", 1)
    sandbox.world.faults.arm("linksfield.pre_order", misfortune, 9)
    _settle_from_payment(house, order_id)
    assert _settle(house, sandbox, order_id) is OrderState.REFUNDED
    order, refunds = making.order_of(house, order_id), making.refunds_of(house, order_id)
    assert [(row.amount_minor, row.state) for row in refunds] == [(order.charged_minor, "done")]
    drain(house)
    assert any("back" in mail["subject"].lower() for mail in making.mails_to(sandbox, order.email))


@pytest.mark.parametrize("code", [2, 1102, 10008, 10009])
def test_a_refused_notice_ends_delivered_or_refunded(house, sandbox, code):
    """Each code that means no kills the hold; the order ends well either way."""
    order_id = _paid(house, sandbox)
    sandbox.world.faults.arm("linksfield.payment_notice", "code", 1, code=code)
    _settle_from_payment(house, order_id)
    assert _settle(house, sandbox, order_id) in {OrderState.DELIVERED, OrderState.REFUNDED}


@pytest.mark.parametrize("code", [3004, 3005, 9999, 4242])
def test_a_code_that_says_neither_yes_nor_no_counts_as_a_lost_answer(house, sandbox, code):
    """3004, 3005, 9999 and unknown codes are never taken for a refusal: no second hold, no refund."""
    order_id = _paid(house, sandbox)
    sandbox.world.faults.arm("linksfield.payment_notice", "code", 1, code=code)
    _settle_from_payment(house, order_id)
    assert _settle(house, sandbox, order_id) is OrderState.DELIVERED
    assert len(making.holds_of(house, order_id)) == 1


def test_an_expired_token_is_renewed_without_anybody_noticing(house, sandbox):
    """A newer login killed our token: the call is repeated under a fresh one."""
    sandbox.world.faults.arm("linksfield.pre_order", "token_killed", 1)
    order_id = making.make_order(house)
    assert making.order_of(house, order_id).state is OrderState.AWAITING_PAYMENT


@pytest.mark.parametrize("value", ["https://cdn.example.com/qr.png", "iVBORw0KGgoAAAANSUhEUg==", "<img src=x>"])
def test_something_that_is_no_activation_code_becomes_a_case_and_is_never_shown(house, sandbox, value):
    """An image address, base64 or HTML where the code should be: a person looks at it, the buyer does not see it."""
    order_id = _paid(house, sandbox)
    sandbox.world.faults.arm("linksfield.order_status", "bad_qr", 1, value=value)
    sandbox.world.faults.arm("linksfield.profile", "bad_qr", 1, value=value)
    _settle_from_payment(house, order_id)
    assert _settle(house, sandbox, order_id) is OrderState.ATTENTION
    assert [case.kind for case in making.cases_of(house, order_id)] == ["unusable_profile"]


def test_a_lost_answer_of_the_payment_page_opens_no_second_page(house, sandbox):
    """The page was opened and the answer lost: the same key and request find the same page."""
    sandbox.world.faults.arm("stripe.session_create", "reset_after", 1)
    order_id = making.make_order(house)
    _later(house, sandbox, 5)
    assert making.order_of(house, order_id).state is OrderState.AWAITING_PAYMENT
    assert len(sandbox.world.stripe.store.table("checkout.session")) == 1


def _told_while_it_is_asked_for_again(house, sandbox, monkeypatch, *, paid):
    """The first answer was lost; a notice about the page comes between the repeated call and its answer."""
    sandbox.world.faults.arm("stripe.session_create", "reset_after", 1)
    order_id = making.make_order(house)
    making.let_calls_age(house)
    open_page = house.outside.cashier.open_page

    def and_told_meanwhile(request):
        page = open_page(request)
        if paid:
            assert control(sandbox, f"pay/{page.session_id}", number=making.VISA)["result"] == "paid"
        notices.settle_session(house.bench, page.session_id)
        return page

    monkeypatch.setattr(house.outside.cashier, "open_page", and_told_meanwhile)
    advance(house.bench, order_id)
    monkeypatch.undo()
    (payment,) = making.payments_of(house, order_id)
    assert [call.state.value for call in making.calls_of(house, order_id, "page")] == ["done"]
    return order_id, payment


def test_a_page_paid_while_it_is_asked_for_again_is_one_page(house, sandbox, monkeypatch):
    """The order goes on at once."""
    order_id, _ = _told_while_it_is_asked_for_again(house, sandbox, monkeypatch, paid=True)
    assert making.order_of(house, order_id).state is OrderState.DELIVERED


def test_a_page_told_of_while_it_is_asked_for_again_can_be_paid(house, sandbox, monkeypatch):
    """The notice knows no address; the answer brings it, and its buyer is sent there."""
    order_id, payment = _told_while_it_is_asked_for_again(house, sandbox, monkeypatch, paid=False)
    assert making.order_of(house, order_id).state is OrderState.AWAITING_PAYMENT
    assert payment.url is not None
    assert payment.url.endswith(payment.session_id)
    assert payment.attempt == 1
    assert payment.expires_at > payment.opened_at


def test_a_stored_500_burns_its_key(house, sandbox):
    """A 500 would be replayed under its key for ever; the next attempt carries another."""
    sandbox.world.faults.arm("stripe.session_create", "status", 1, status=500)
    order_id = making.make_order(house)
    _later(house, sandbox, 5)
    assert making.order_of(house, order_id).state is OrderState.AWAITING_PAYMENT
    assert [call.attempt for call in making.calls_of(house, order_id, "page")] == [1, 2]


def test_a_refund_whose_answer_is_lost_is_made_once(house, sandbox):
    """The same key, then read back: one refund of the full amount."""
    order_id = _paid(house, sandbox)
    sandbox.world.faults.arm("linksfield.payment_notice", "hold_lapsed", 1)
    sandbox.world.faults.arm("linksfield.pre_order", "sold_out", 9)
    sandbox.world.faults.arm("stripe.refund_create", "reset_after", 1)
    _settle_from_payment(house, order_id)
    assert _settle(house, sandbox, order_id) is OrderState.REFUNDED
    assert len(sandbox.world.stripe.store.table("refund")) == 1


@pytest.mark.parametrize("beside", [0, 1], ids=["alone", "beside an equal refund made at the cashier"])
def test_a_server_error_on_a_refund_does_not_hold_it_up(house, sandbox, traveller, beside):
    """Stripe replays its 500 under the same key for a day: the next try has another key, and it is one refund."""
    order_id = _paid(house, sandbox)
    notices.settle_order(house.bench, order_id, budget=0)
    payment = making.payments_of(house, order_id)[-1]
    half = payment.captured_minor // 2 * beside
    if beside:
        made = control(sandbox, f"outside_refund/{payment.payment_id}", amount=half)
        deliver(traveller, event("refund.created", made))
        sandbox.world.faults.arm("linksfield.*", "reset_before", 9)
        drain(house)
        sandbox.world.faults.clear()
    sandbox.world.faults.arm("stripe.refund_create", "status", 1, status=500)
    change.refund(house.bench, order_id, actor="ada", reason="desk", even_if_unknown=True)
    drain(house)
    assert making.order_of(house, order_id).state is OrderState.REFUNDING
    assert _settle(house, sandbox, order_id) is OrderState.REFUNDED
    made = [one for one in making.refunds_of(house, order_id) if not one.is_outside]
    assert [(one.key, one.amount_minor) for one in made] == [
        (f"refund-{payment.payment_id}.2", payment.captured_minor - half)
    ]
    charge = next(iter(sandbox.world.stripe.store.table("charge").values()))
    assert charge["amount_refunded"] == charge["amount_captured"]


def test_a_silent_supplier_before_payment_costs_the_buyer_nothing(house, sandbox):
    """No hold, no page, no charge: the order is rejected with a reason."""
    sandbox.world.faults.arm("linksfield.pre_order", "timeout_before", 9, seconds=1.5)
    order_id = making.make_order(house)
    order = making.order_of(house, order_id)
    assert (order.state, order.reason) == (OrderState.REJECTED, "supplier_unavailable")


def test_a_promise_that_runs_out_is_a_case_and_a_mail(house, sandbox):
    """Paid and stuck past the promised time: somebody owns it, and the buyer is told."""
    order_id = _paid(house, sandbox)
    sandbox.world.faults.arm("linksfield.order_status", "status", 500, status=503)
    _settle_from_payment(house, order_id)
    _later(house, sandbox, 16 * 60)
    assert len(invariant_violations(house.bench)) == 1
    broken_promises(house.bench)
    assert invariant_violations(house.bench) == []
    drain(house)
    assert len(making.mails_to(sandbox, "ada@traveller.example")) == 1


def test_money_that_comes_after_the_end_is_no_lost_money(house, sandbox):
    """The page was paid in the very moment it was closed: the order is taken up again or refunded."""
    order_id = making.make_order(house)
    making.pay_at_cashier(sandbox, house, order_id)
    sandbox.world.faults.arm("stripe.session_retrieve", "status", 1, status=500)
    _later(house, sandbox, 9 * 60)
    assert _settle(house, sandbox, order_id) in {OrderState.DELIVERED, OrderState.REFUNDED}


def _settle_from_payment(house, order_id):
    from storefront.ordering.notices import settle_order

    settle_order(house.bench, order_id, budget=60)
    advance(house.bench, order_id)
