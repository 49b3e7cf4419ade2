"""Journeys into auto-renew: off by default, limits that mean something, one agreement for a SIM, seen by its owner."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from storefront.models.case import Case
from storefront.models.payment import Payment, PaymentState
from storefront.models.renewal import Renewal, RenewalState
from storefront.ordering.bench import wake_renewal
from storefront.ordering.pay import settle_page
from storefront.ordering.states import Event, move
from storefront.renewals import close
from storefront.sandbox.linksfield.sims.plans import PLANS
from storefront.sandbox.linksfield.sims.sim import Renewal as Record
from tests.making import mails_to, order_of, payments_of
from tests.owner import open_sim, order_id, press, see_sim, top_up_path
from tests.subscriber import (
    PLAN,
    agree_top_up,
    ask,
    charges,
    finish,
    renewal_of,
    some_iccid,
    subscribe,
    subscribe_esim,
    view_of,
)


def test_a_sim_the_supplier_renews_already_is_not_enrolled(traveller, sandbox, house):
    """An active record of somebody else's would charge twice: the form is refused before anything is placed."""
    open_sim(traveller, sandbox.world.sims.some("auto_renewing").iccid)
    path = top_up_path(traveller, PLAN)
    page = traveller.browser.get(path).text
    answer = press(traveller, path, page, email=traveller.email, consent="y", renew="y")
    assert answer.status_code == 409
    assert "Auto-renew is on already" in answer.text
    with house.read() as session:
        assert session.exec(select(Renewal)).all() == []


def test_a_sim_has_one_agreement_at_most(traveller, sandbox, house):
    """A second checkout with auto-renew is refused; two that were open at once leave one active, the other ends."""
    open_sim(traveller, some_iccid(sandbox))
    first, second = agree_top_up(traveller), agree_top_up(traveller)
    finish(traveller, first)
    finish(traveller, second)
    with house.read() as session:
        found = session.exec(select(Renewal).order_by(Renewal.id)).all()
    assert [(one.state.value, one.reason) for one in found] == [("active", ""), ("ended", "second")]
    path = top_up_path(traveller, PLAN)
    answer = press(traveller, path, traveller.browser.get(path).text, email="a@b.example", consent="y", renew="y")
    assert answer.status_code == 409


def test_nothing_agreed_before_a_closing_begins_after_it(traveller, sandbox, house):
    """Of two that were open at once, one is active and closed before the money for the other is known: it ends too."""
    iccid = some_iccid(sandbox)
    open_sim(traveller, iccid)
    first, second = agree_top_up(traveller), agree_top_up(traveller)
    finish(traveller, first)
    assert traveller.pay(second)["result"] == "paid"
    close.ask(house.bench, iccid=iccid, asked_by="desk", actor="ada", email=traveller.email, locale="en")
    traveller.drain()
    traveller.land(second)
    traveller.drain()
    traveller.wait(3)
    with house.read() as session:
        found = session.exec(select(Renewal).order_by(Renewal.id)).all()
    assert [(one.state.value, one.reason) for one in found] == [("ended", "asked"), ("ended", "asked")]
    assert [one["status"] for one in ask(sandbox, "subscriptions")] == ["canceled", "canceled"]
    assert order_of(house, order_id(traveller, second)).state.value == "delivered"
    again = agree_top_up(traveller)
    finish(traveller, again)
    assert view_of(house, found[-1].id).state == "ended"
    with house.read() as session:
        newest = session.exec(select(Renewal).order_by(Renewal.id.desc())).first()
    assert newest.state.value == "active", "what is agreed after the closing is a new wish"


def test_an_order_that_is_never_paid_leaves_nothing_behind(traveller, sandbox, house):
    """Agreed and not paid: dropped, no subscription, no letter."""
    open_sim(traveller, some_iccid(sandbox))
    reference = agree_top_up(traveller)
    traveller.wait(2500)
    traveller.wait(700)
    assert order_of(house, order_id(traveller, reference)).state.value == "lapsed"
    with house.read() as session:
        assert [one.state for one in session.exec(select(Renewal))] == [RenewalState.DROPPED]
    assert ask(sandbox, "subscriptions") == []


def test_late_money_revives_what_was_agreed_with_it(traveller, sandbox, house):
    """Given up in the moment of payment, and what was agreed was dropped: the money brings back both, once."""
    sandbox.world.faults.arm("stripe.webhook", "drop", 9)
    open_sim(traveller, some_iccid(sandbox))
    reference = agree_top_up(traveller)
    order = order_id(traveller, reference)
    assert traveller.pay(reference)["result"] == "paid"
    with house.write() as session:
        session.execute(update(Payment).where(col(Payment.order_id) == order).values(state=PaymentState.EXPIRED))
        move(session, order, Event.LAPSED, now=house.bench.now(), reason="not_paid_in_time")
        [agreed] = session.exec(select(Renewal.id))
        wake_renewal(session, agreed, house.bench.now())
    traveller.drain()
    assert renewal_of(house, agreed).state is RenewalState.DROPPED
    settle_page(house.bench, order, house.outside.cashier.page(payments_of(house, order)[0].session_id))
    traveller.drain()
    traveller.wait(3)
    revived, renewal = order_of(house, order), renewal_of(house, agreed)
    assert (revived.state.value, revived.reason) == ("delivered", "")
    assert (renewal.state, renewal.reason) == (RenewalState.ACTIVE, "")
    assert [one["status"] for one in ask(sandbox, "subscriptions")] == ["active"]
    assert len(charges(sandbox)) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"most_renewals": "0"}, "more than zero"),
        ({"most_renewals": "-2"}, "more than zero"),
        ({"most_renewals": "three"}, "whole number"),
        ({"most_renewals": "100000"}, "120 renewals"),
        ({"most": "0"}, "more than zero"),
        ({"most": "-5"}, "more than zero"),
        ({"most": "5"}, "would allow none"),
        ({"most": "50 EUR"}, "You pay in USD"),
        ({"most": "€50"}, "You pay in USD"),
        ({"most": "a lot"}, "Write an amount"),
        ({"most": "1.005"}, "Write an amount"),
        ({"last_day": "2020-01-01"}, "This day is over"),
        ({"last_day": "soon"}, "year-month-day"),
        ({"last_day": "2126-01-01"}, "ten years"),
        ({"renew": "", "most_renewals": "2"}, "did not switch auto-renew on"),
    ],
)
def test_a_limit_that_means_nothing_is_named_and_buys_nothing(traveller, sandbox, house, changes, said):
    """The sentence stands beside its field, what was typed stays, nothing is placed."""
    open_sim(traveller, some_iccid(sandbox))
    path = top_up_path(traveller, PLAN)
    fields = {"email": traveller.email, "consent": "y", "renew": "y"} | changes
    answer = press(traveller, path, traveller.browser.get(path).text, **fields)
    assert answer.status_code == 422
    assert said in re.sub(r"&#39;", "'", answer.text)
    assert 'aria-invalid="true"' in answer.text
    with house.read() as session:
        assert session.exec(select(Renewal)).all() == []


def test_a_day_before_the_first_renewal_is_refused(traveller, sandbox, house):
    """A last day within the plan that is being bought would never renew anything."""
    open_sim(traveller, some_iccid(sandbox))
    path = top_up_path(traveller, PLAN)
    soon = str((house.outside.clock.now() + dt.timedelta(days=20)).date())
    fields = {"email": traveller.email, "consent": "y", "renew": "y", "last_day": soon}
    answer = press(traveller, path, traveller.browser.get(path).text, **fields)
    assert (answer.status_code, "already lasts until then" in answer.text) == (422, True)


def test_only_whoever_agreed_sees_it(traveller, sandbox, house):
    """Another browser, and another reference, get the answer of one that never was; its box is off by default."""
    renewal_id = subscribe(traveller)
    reference = view_of(house, renewal_id).reference
    assert "Auto-renew is on" in traveller.browser.get(f"/en/renewals/{reference}").text
    stranger = traveller.other()
    assert stranger.browser.get(f"/en/renewals/{reference}").status_code == 404
    open_sim(stranger, renewal_of(house, renewal_id).iccid)
    assert press(stranger, f"/en/renewals/{reference}/stop", see_sim(stranger)).status_code == 404
    assert traveller.browser.get("/en/renewals/ABCDEFGHJK").status_code == 404
    assert view_of(house, renewal_id).is_on
    checkout = traveller.browser.get(top_up_path(traveller, PLAN)).text
    assert not re.search(r'name="renew"[^>]*checked', checkout)
    with house.read() as session:
        assert session.exec(select(Case)).all() == []


def test_my_esim_leads_to_its_own_page_without_typing_a_number(traveller, sandbox, house):
    """Usage, plans and auto-renew of an eSIM bought here are one button away; another browser has no such button."""
    renewal_id = subscribe_esim(traveller)
    reference = view_of(house, renewal_id).order_reference
    page = traveller.look(reference).text
    assert "See usage and add data" in page
    path = f"/en/sim/of/{reference}"
    assert press(traveller, path, page).headers["Location"] == "/en/sim"
    assert "Your SIM" in see_sim(traveller)
    stranger = traveller.other()
    stranger.browser.get("/en/sim/sign-in")
    assert press(stranger, path, stranger.browser.get("/en/sim/sign-in").text).status_code == 404


def test_a_record_that_appears_meanwhile_ends_ours_before_it_begins(traveller, sandbox, house):
    """Sold elsewhere between the form and the delivery: ours ends, the other is left alone, a mail says which."""
    iccid = some_iccid(sandbox)
    open_sim(traveller, iccid)
    reference = agree_top_up(traveller)
    sim = sandbox.world.sims.find(iccid)
    sim.renewals.append(Record("R0", "P0", PLANS[0], 1, sandbox.world.sims.now()))
    renewal_id = finish(traveller, reference)
    assert (view_of(house, renewal_id).state, view_of(house, renewal_id).closing.why) == ("ended", "foreign_renewal")
    assert [one.is_active for one in sim.renewals] == [True]
    closed = next(one for one in mails_to(sandbox, traveller.email) if "Auto-renew stopped" in one["subject"])
    assert "sold elsewhere is active" in closed["text"]
