"""Journeys of auto-renew: agreed, announced, charged, delivered, limited, unpaid, and given back."""

from __future__ import annotations

import datetime as dt

import pytest

from storefront.models.renewal import BillState, RenewalState
from storefront.ordering import change
from storefront.sandbox.linksfield.sims.plans import PLANS
from storefront.sandbox.linksfield.sims.sim import Renewal as Record
from tests.driver import VISA
from tests.making import mails_to, order_of, refunds_of
from tests.owner import open_sim
from tests.subscriber import (
    ASKS_ALWAYS,
    DECLINES_LATER,
    agree_top_up,
    ask,
    bills_of,
    charges,
    control,
    eligible,
    finish,
    leap,
    live,
    orders_of,
    renewal_of,
    stop_link,
    subjects,
    subscribe,
    subscribe_esim,
    view_of,
)


def states(house, renewal_id):
    """Of the orders its bills paid for."""
    return [order.state.value for order in orders_of(house, renewal_id)]


def at_cashier(sandbox, house, renewal_id):
    """The subscription as the cashier has it."""
    wanted = renewal_of(house, renewal_id).subscription_id
    return next(one for one in ask(sandbox, "subscriptions") if one["id"] == wanted)


def test_a_top_up_with_auto_renew_is_announced_charged_and_delivered_each_month(traveller, sandbox, house):
    """Agreed once; every 30 days two letters, one charge, one more plan on the SIM, and the books agree."""
    renewal_id = subscribe(traveller)
    started = renewal_of(house, renewal_id)
    assert started.state is RenewalState.ACTIVE
    assert started.card_last4 == "4242"
    assert any("Auto-renew is on" in one for one in subjects(sandbox, traveller.email))
    live(traveller, 31)
    assert states(house, renewal_id) == ["delivered"]
    letters = [one for one in mails_to(sandbox, traveller.email) if "we will charge" in one["subject"]]
    assert len(letters) == 2
    assert all("US$8.99" in one["text"] and "4242" in one["text"] and "/stop/" in one["text"] for one in letters)
    live(traveller, 31)
    assert states(house, renewal_id) == ["delivered", "delivered"]
    assert len(charges(sandbox)) == 3
    assert len(sandbox.world.sims.top_ups(started.iccid)) == 3


def test_a_new_esim_renews_when_the_supplier_knows_its_number(traveller, sandbox, house):
    """The first invoice belongs to the purchase; after delivery the number decides, and the next month is a top-up."""
    renewal_id = subscribe_esim(traveller)
    renewal = renewal_of(house, renewal_id)
    assert eligible(renewal.iccid)
    assert (renewal.state, renewal.plan_code != "") == (RenewalState.ACTIVE, True)
    assert bills_of(house, renewal_id) == []
    live(traveller, renewal.interval_days + 1)
    assert states(house, renewal_id) == ["delivered"]
    assert len(sandbox.world.sims.top_ups(renewal.iccid)) == 1


def test_a_new_esim_that_cannot_be_renewed_is_never_charged_twice(traveller, sandbox, house):
    """Known at delivery only: the subscription ends at once, a mail says why, the eSIM stays, no more charges."""
    sandbox.world.faults.arm("mall.single_verify", "code", 10)
    renewal_id = subscribe_esim(traveller)
    sandbox.world.faults.clear()
    traveller.wait(5)
    ended = view_of(house, renewal_id)
    assert (ended.state, ended.closing.why, ended.closing.has_sim) == ("ended", "not_eligible", False)
    assert at_cashier(sandbox, house, renewal_id)["status"] == "canceled"
    assert order_of(house, renewal_of(house, renewal_id).order_id).state.value == "delivered"
    closed = next(one for one in mails_to(sandbox, traveller.email) if "Auto-renew stopped" in one["subject"])
    assert "cannot renew this eSIM" in closed["text"]
    live(traveller, 40)
    assert len(charges(sandbox)) == 1


@pytest.mark.parametrize(
    ("limits", "kept"),
    [({"most_renewals": "1"}, 1), ({"most": "9,00"}, 1), ({"last_day": 45}, 1)],
)
def test_it_stops_where_the_traveller_wanted(traveller, sandbox, house, limits, kept):
    """A number, an amount, a day: the last allowed renewal is delivered, then it ends by itself and says so."""
    if "last_day" in limits:
        limits = {"last_day": str((house.outside.clock.now() + dt.timedelta(days=45)).date())}
    renewal_id = subscribe(traveller, **limits)
    live(traveller, 30 * (kept + 1) + 5)
    assert states(house, renewal_id) == ["delivered"] * kept
    assert len(charges(sandbox)) == 1 + kept
    ended = view_of(house, renewal_id)
    assert (ended.state, ended.closing.why) == ("ended", "limit")
    closed = next(one for one in mails_to(sandbox, traveller.email) if "Auto-renew stopped" in one["subject"])
    assert "the limit you set" in closed["text"]


def test_an_end_of_our_own_leaves_what_others_sold_alone(traveller, sandbox, house):
    """A limit ends our agreement; a record sold elsewhere meanwhile is the traveller's own and stays."""
    renewal_id = subscribe(traveller, most_renewals="1")
    sim = sandbox.world.sims.find(renewal_of(house, renewal_id).iccid)
    live(traveller, 29)
    sim.renewals.append(Record("R0", "P0", PLANS[0], 1, sandbox.world.sims.now()))
    live(traveller, 3)
    assert (view_of(house, renewal_id).state, view_of(house, renewal_id).closing.why) == ("ended", "limit")
    assert [one.is_active for one in sim.renewals] == [True]


def test_a_declined_renewal_gives_nothing_until_it_is_paid(traveller, sandbox, house):
    """No plan without money: a mail with a way to pay, and the plan as soon as it was paid there."""
    renewal_id = subscribe(traveller, number=DECLINES_LATER)
    live(traveller, 31)
    assert [bill.state for bill in bills_of(house, renewal_id)] == [BillState.UNPAID]
    assert len(sandbox.world.sims.top_ups(renewal_of(house, renewal_id).iccid)) == 1
    assert sum("did not pay" in one for one in subjects(sandbox, traveller.email)) == 1
    path = stop_link(sandbox, traveller.email)
    page = traveller.browser.get(path).text
    assert "The last renewal is not paid" in page
    assert renewal_of(house, renewal_id).unpaid_url in page
    control(sandbox, f"pay_invoice/{bills_of(house, renewal_id)[0].invoice_id}", number=VISA)
    live(traveller, 1)
    assert states(house, renewal_id) == ["delivered"]
    assert "not paid" not in traveller.browser.get(path).text


def test_a_renewal_that_is_never_paid_ends_by_itself(traveller, sandbox, house):
    """The cashier tries for two weeks and gives up: ended on both sides, the invoice void, nothing owed."""
    renewal_id = subscribe(traveller, number=DECLINES_LATER)
    live(traveller, 50)
    ended = view_of(house, renewal_id)
    assert (ended.state, ended.closing.why) == ("ended", "not_paid")
    assert {one["status"] for one in ask(sandbox, f"invoices/{renewal_of(house, renewal_id).subscription_id}")} == {
        "paid",
        "void",
    }
    assert len(charges(sandbox)) == 1


def test_a_bank_that_wants_to_ask_is_answered_by_a_mailed_link(traveller, sandbox, house):
    """Strong authentication off session: nothing is delivered, the mail leads to the bank's question."""
    renewal_id = subscribe(traveller, number=ASKS_ALWAYS)
    live(traveller, 31)
    assert [(bill.state, bill.reason) for bill in bills_of(house, renewal_id)] == [(BillState.UNPAID, "needs_buyer")]
    mail = next(one for one in mails_to(sandbox, traveller.email) if "did not pay" in one["subject"])
    assert "/invoice/in_" in mail["text"]


def test_a_plan_that_is_no_longer_sold_is_not_charged(traveller, sandbox, house):
    """The last look finds nothing to deliver: the draft is made void, the renewal ends, nobody pays."""
    renewal_id = subscribe(traveller)
    sandbox.world.sims.find(renewal_of(house, renewal_id).iccid).areas = ()
    live(traveller, 32)
    assert (view_of(house, renewal_id).closing.why, states(house, renewal_id)) == ("cannot_deliver", [])
    assert len(charges(sandbox)) == 1


def test_a_plan_that_became_dearer_is_not_charged(traveller, sandbox, house):
    """The agreed price covers it no more: not what was agreed, so it ends before a charge."""
    renewal_id = subscribe(traveller)
    sandbox.world.faults.arm("mall.single_service_plan_page", "odd_field", 500, field="payAmount", value="99.00")
    live(traveller, 32)
    assert view_of(house, renewal_id).closing.why == "cannot_deliver"
    assert len(charges(sandbox)) == 1


def test_a_charge_the_supplier_refuses_goes_back_and_ends_it(traveller, sandbox, house):
    """Charged and refused: that invoice is refunded in full, the renewal stops, mails say both."""
    renewal_id = subscribe(traveller)
    sandbox.world.faults.arm("mall.syn_order_info", "code", 1, message="not for this card")
    live(traveller, 32)
    assert states(house, renewal_id) == ["refunded"]
    assert view_of(house, renewal_id).closing.why == "cannot_deliver"
    assert len(charges(sandbox)) == 1
    assert at_cashier(sandbox, house, renewal_id)["status"] == "canceled"


def test_a_charge_nobody_announced_goes_back(traveller, sandbox, house):
    """The shop was down while the month turned: the unannounced charge is refunded, and the next one is announced."""
    renewal_id = subscribe(traveller)
    leap(traveller, 31)
    live(traveller, 1)
    assert states(house, renewal_id) == ["refunded"]
    assert bills_of(house, renewal_id)[0].reason == "renewal_not_announced"
    assert view_of(house, renewal_id).is_on
    live(traveller, 31)
    assert states(house, renewal_id) == ["refunded", "delivered"]


def test_letters_that_cannot_be_sent_hold_the_charge(traveller, sandbox, house):
    """Without an announcement a draft waits; once the letter is out it is charged a day later."""
    renewal_id = subscribe(traveller)
    live(traveller, 26)
    sandbox.world.faults.arm("mail.*", "refuse", 10_000)
    live(traveller, 6)
    sandbox.world.faults.clear()
    assert [(one.state, one.reason) for one in bills_of(house, renewal_id)] == [(BillState.HELD, "not_announced")]
    assert len(charges(sandbox)) == 1
    live(traveller, 3)
    assert states(house, renewal_id) == ["delivered"]


def test_giving_the_purchase_back_ends_the_subscription_first(traveller, sandbox, house):
    """A refund of the order that began it: no further charge, then the money, then the proof."""
    renewal_id = subscribe(traveller)
    order = renewal_of(house, renewal_id).order_id
    change.refund(house.bench, order, actor="desk", reason="desk")
    traveller.drain()
    assert order_of(house, order).state.value == "refunded"
    ended, money_back = at_cashier(sandbox, house, renewal_id)["ended_at"], refunds_of(house, order)[0].done_at
    assert ended <= money_back.timestamp()
    traveller.wait(700)
    assert (view_of(house, renewal_id).state, view_of(house, renewal_id).closing.why) == ("ended", "refunded")


def test_a_plan_that_waits_its_turn_moves_the_charge(traveller, sandbox, house):
    """Three weeks of another plan are still to run: the charge comes when the last plan runs out, announced anew."""
    open_sim(traveller, sandbox.world.sims.some("in_use").iccid)
    renewal_id = finish(traveller, agree_top_up(traveller))
    first = renewal_of(house, renewal_id).next_charge_at
    live(traveller, 31)
    moved = renewal_of(house, renewal_id).next_charge_at
    assert moved > first + dt.timedelta(days=3)
    assert bills_of(house, renewal_id) == []
    ends = max(
        one.ends_at for one in sandbox.world.sims.find(renewal_of(house, renewal_id).iccid).orders if one.ends_at
    )
    assert abs(ends - moved.timestamp()) < 2.1 * 86_400
    live(traveller, (moved - house.outside.clock.now()).total_seconds() / 86_400 + 1)
    assert states(house, renewal_id) == ["delivered"]
    assert len(charges(sandbox)) == 2


def test_an_esim_that_was_never_switched_on_is_not_renewed(traveller, sandbox, house):
    """Nothing of it was used, so nothing is charged, month after month; a moved charge keeps to the last day too."""
    sandbox.world.sims.settings.apply_after = 400 * 86_400
    renewal_id = subscribe(traveller)
    live(traveller, 65)
    assert bills_of(house, renewal_id) == []
    assert len(charges(sandbox)) == 1
    assert view_of(house, renewal_id).is_on
