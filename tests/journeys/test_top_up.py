"""Journeys of a top-up: paid, reported once, seen on the SIM; and everything that can go wrong on the way."""

from __future__ import annotations

import pytest

from tests.driver import hidden_fields, reference_at
from tests.making import calls_of, cases_of, mails_to, order_of, refunds_of
from tests.owner import buy_top_up, open_sim, order_id, order_top_up, see_sim, top_up_path

HOUR = 3600
PLAN = "Asia 12 countries 3GB/month"


@pytest.fixture
def owner(traveller, sandbox):
    """Somebody whose SIM is open in their browser; no plan is on it."""
    traveller.sim = sandbox.world.sims.some("expired")
    assert open_sim(traveller, traveller.sim.iccid).status_code == 303
    return traveller


def send_form(owner, path, **changes):
    """Fill in the form at `path` and send it, leaving out what is empty."""
    fields = hidden_fields(owner.browser.get(path).text) | {"email": owner.email, "consent": "y"} | changes
    return owner.browser.post(path, data={name: value for name, value in fields.items() if value})


def taken(owner):
    """The codes of the plans the supplier took for the SIM."""
    return [order.plan.code for order in owner.sandbox.world.sims.top_ups(owner.sim.iccid)]


def test_a_top_up_is_paid_reported_once_and_seen_active(owner, sandbox):
    """The plan is on the SIM, reported once; page, mail and the SIM's page say so, none of them the full number."""
    reference = buy_top_up(owner)
    page = owner.look(reference).text
    assert "Your top-up is active" in page
    assert taken(owner) == ["DP20190802000311"]
    assert order_of(owner.house, order_id(owner, reference)).state == "delivered"
    assert "is on your SIM" in str(mails_to(sandbox, owner.email))
    after = see_sim(owner)
    assert "Asia 12 countries" in after.split("Plans on this SIM")[1].split("Add data")[0]
    assert owner.sim.iccid not in page + after + str(mails_to(sandbox, owner.email))


def test_a_top_up_behind_a_running_plan_waits_and_then_begins(traveller, sandbox):
    """With a plan in use the new one is queued; when its turn comes the order's page says active, with its last day."""
    traveller.sim = sandbox.world.sims.some("in_use")
    open_sim(traveller, traveller.sim.iccid)
    reference = buy_top_up(traveller)
    assert "waiting its turn" in traveller.look(reference).text
    traveller.wait(25 * 24 * HOUR)
    see_sim(traveller)
    page = traveller.look(reference).text
    assert "Your top-up is active" in page
    assert "Its last day is" in page


def test_a_lost_answer_is_looked_for_and_never_sent_again(owner, sandbox):
    """The supplier took the order and its answer was lost: it is found, delivered, and was reported once."""
    reference = order_top_up(owner)
    owner.pay(reference)
    sandbox.world.faults.arm("mall.syn_order_info", "timeout_after", 1, seconds=2)
    owner.land(reference)
    owner.drain()
    owner.wait(30)
    assert "Your top-up is active" in owner.look(reference).text
    assert len(taken(owner)) == 1
    assert len(calls_of(owner.house, order_id(owner, reference), "top_up")) == 1


def test_an_order_nobody_can_find_is_asked_about_for_an_hour_and_then_a_case(owner, sandbox):
    """The report never arrived: nothing is sent again, nothing refunded blindly, a person owns it after the hour."""
    reference = order_top_up(owner)
    owner.pay(reference)
    sandbox.world.faults.arm("mall.syn_order_info", "timeout_before", 1, seconds=2)
    owner.land(reference)
    inner = order_id(owner, reference)
    for _ in range(6):
        owner.wait(HOUR / 8)
        assert order_of(owner.house, inner).state == "paid"
    owner.wait(HOUR)
    assert order_of(owner.house, inner).state == "attention"
    assert [case.kind for case in cases_of(owner.house, inner)] == ["unknown_answer"]
    assert taken(owner) == []
    assert refunds_of(owner.house, inner) == []
    page = owner.look(reference).text
    assert "A person is looking" in page
    assert "A person answers" in page
    assert "within 4 hours" in page


def test_a_case_resolves_itself_when_the_order_shows_up_late(owner, sandbox):
    """What was not to be found for an hour and then is there is delivered, and its case is closed."""
    reference = order_top_up(owner)
    owner.pay(reference)
    sandbox.world.faults.arm("mall.syn_order_info", "not_yet", 1, seconds=2 * HOUR)
    sandbox.world.faults.arm("mall.syn_order_info", "timeout_after", 1, seconds=2)
    owner.land(reference)
    inner = order_id(owner, reference)
    owner.wait(HOUR + 60)
    owner.wait(HOUR + 60)
    owner.wait(10 * 60)
    assert order_of(owner.house, inner).state in ("delivered", "confirmed")
    assert cases_of(owner.house, inner) == []
    assert len(taken(owner)) == 1


def test_a_refused_top_up_gives_the_money_back(owner, sandbox):
    """The supplier says no after the payment: the whole amount goes back, and the page says so."""
    reference = order_top_up(owner)
    owner.pay(reference)
    sandbox.world.faults.arm("mall.syn_order_info", "code", 1, message="not for this card")
    owner.land(reference)
    owner.drain()
    owner.wait(60)
    inner = order_id(owner, reference)
    assert order_of(owner.house, inner).state == "refunded"
    assert [refund.amount_minor for refund in refunds_of(owner.house, inner)] == [899]
    assert taken(owner) == []


def test_a_slow_supplier_is_waited_for_within_the_promise(owner, sandbox):
    """Taken but not yet on the SIM for twenty minutes: the page goes on promising, then shows it active."""
    reference = order_top_up(owner)
    owner.pay(reference)
    sandbox.world.faults.arm("mall.syn_order_info", "not_yet", 1, seconds=1200)
    owner.land(reference)
    owner.drain()
    page = owner.look(reference).text
    assert "We are adding your plan" in page
    assert "eSIM" not in page.split("<main")[1].split("</main>")[0]
    owner.wait(1260)
    owner.wait(60)
    assert "Your top-up is active" in owner.look(reference).text


def test_a_price_that_changed_is_never_charged(owner, sandbox):
    """The supplier asks more than the page said: nothing is charged and the page says why."""
    path = top_up_path(owner, PLAN)
    sandbox.world.faults.arm("mall.single_service_plan_page", "odd_field", 9, field="payAmount", value="99.00")
    reference = reference_at(owner.house, send_form(owner, path).headers["Location"])
    page = owner.look(reference).text
    assert order_of(owner.house, order_id(owner, reference)).reason == "price_changed"
    assert "price" in page
    assert "Nothing was charged" in page


def test_two_clicks_are_one_order(owner):
    """The same form sent twice is one order and one payment page."""
    path = top_up_path(owner, PLAN)
    fields = hidden_fields(owner.browser.get(path).text) | {"email": owner.email, "consent": "y"}
    first, second = (owner.browser.post(path, data=fields).headers["Location"] for _ in range(2))
    assert first == second


def test_the_same_form_finds_its_order_though_the_offer_is_gone_since(owner):
    """Its answer was lost, and the supplier no longer makes the offer: who presses again comes to that order."""
    path = top_up_path(owner, PLAN)
    fields = hidden_fields(owner.browser.get(path).text) | {"email": owner.email, "consent": "y"}
    first = owner.browser.post(path, data=fields)
    gone = "/en/sim/top-up/0000000000000000"
    again = owner.browser.post(gone, data=fields)
    assert (again.status_code, again.headers["Location"]) == (303, first.headers["Location"])
    assert owner.browser.post(gone, data=fields | {"form_key": "x" * 32}).status_code == 404


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"consent": ""}, "Tick this box"), ({"email": "ada"}, "example.com")],
    ids=["consent", "email"],
)
def test_a_faulty_form_names_the_field_and_buys_nothing(owner, changes, said):
    """What is missing is named at its field; no order is placed."""
    answer = send_form(owner, top_up_path(owner, PLAN), **changes)
    assert answer.status_code == 422
    assert said in answer.text


def test_a_plan_that_is_gone_says_so(owner):
    """An offer the supplier no longer makes is a clear 404 with the way back."""
    answer = owner.browser.get("/en/sim/top-up/0000000000000000")
    assert answer.status_code == 404
    assert "Choose another one" in answer.text


def test_a_new_esim_is_bought_in_the_same_session(owner, sandbox):
    """Signed in by card, the traveller buys a new eSIM by pre-order and sees its QR code."""
    reference = owner.order()
    owner.pay(reference)
    owner.land(reference)
    owner.drain()
    assert "qr.svg" in owner.look(reference).text
    assert "Your SIM" in see_sim(owner)
