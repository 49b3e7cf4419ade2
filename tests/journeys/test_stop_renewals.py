"""Journeys to the end of an auto-renew: by page, mail, portal, desk; proved on both sides; nothing charged after it."""

from __future__ import annotations

import re

import pytest
import requests
from sqlmodel import select

from storefront.models.case import Case
from storefront.models.renewal import Closing, Renewal
from storefront.models.work import InboxRow
from storefront.ordering import notices
from storefront.renewals import close
from storefront.sandbox.linksfield.sims.plans import PLANS
from storefront.sandbox.linksfield.sims.sim import Renewal as Record
from tests.events import deliver, event
from tests.making import is_done, mails_to, order_of
from tests.owner import press, see_sim
from tests.subscriber import (
    a_month,
    ask,
    bills_of,
    charges,
    control,
    live,
    orders_of,
    renewal_of,
    stop_link,
    subjects,
    subscribe,
    view_of,
)


def page_of(traveller, house, renewal_id):
    """The agreement's page: its path and text."""
    path = f"/en/renewals/{view_of(house, renewal_id).reference}"
    return path, traveller.browser.get(path).text


def is_ended(sandbox, house, renewal_id):
    """Nothing at the cashier or the supplier could charge any more."""
    row = renewal_of(house, renewal_id)
    subscription = next(one for one in ask(sandbox, "subscriptions") if one["id"] == row.subscription_id)
    invoices = {one["status"] for one in ask(sandbox, f"invoices/{row.subscription_id}")}
    records = [one for one in sandbox.world.sims.find(row.iccid).renewals if one.is_active]
    return subscription["status"] == "canceled" and invoices <= {"paid", "void"} and not records


def test_one_click_on_the_page_stops_it_for_good_with_proof(traveller, sandbox, house):
    """Both sides are read; page and mail say so apart; two months later nothing was charged; twice is harmless."""
    renewal_id = subscribe(traveller)
    path, page = page_of(traveller, house, renewal_id)
    first, second = (press(traveller, f"{path}/stop", page).headers["Location"] for _ in range(2))
    assert first == second == path
    assert "We are ending it now" in traveller.browser.get(path).text
    traveller.drain()
    page = traveller.browser.get(path).text
    assert "No further charge since" in page
    assert "Seen stopped at the network" in page
    assert "Last charge" in page
    assert is_ended(sandbox, house, renewal_id)
    mail = next(one for one in mails_to(sandbox, traveller.email) if "Auto-renew stopped" in one["subject"])
    assert "No further charge" in mail["text"]
    assert "the network was read" in mail["text"]
    press(traveller, f"{path}/stop", page)
    live(traveller, 60)
    assert len(charges(sandbox)) == 1
    with house.read() as session:
        assert len(session.exec(select(Closing)).all()) == 1


def test_a_mailed_link_stops_it_in_two_steps_without_signing_in(traveller, sandbox, house):
    """Opening the link, as a mail scanner does, stops nothing; the button does; used again it shows the proof."""
    renewal_id = subscribe(traveller)
    live(traveller, 28)
    link = stop_link(sandbox, traveller.email)
    stranger = traveller.other()
    for _ in range(3):
        page = stranger.browser.get(link)
        assert page.status_code == 200
        assert "Stop auto-renew?" in page.text
        assert 'name="referrer" content="no-referrer"' in page.text
        assert "Keep it, and see the order" not in page.text
    assert "Keep it, and see the order" in traveller.browser.get(link).text
    traveller.drain()
    assert view_of(house, renewal_id).is_on
    assert press(stranger, link, page.text).status_code == 303
    traveller.drain()
    again = stranger.browser.get(link)
    assert "No further charge since" in again.text
    assert re.search(r"The charge announced for .*?</dt><dd>was not made</dd>", again.text)
    assert press(stranger, link, page.text).status_code == 303
    assert "4242" not in again.text
    live(traveller, 40)
    assert len(charges(sandbox)) == 1
    assert is_ended(sandbox, house, renewal_id)


def test_before_it_stops_the_page_tells_what_was_paid_and_what_is_being_charged(traveller, sandbox, house):
    """The last charge with its day, what it brings and who to ask for it; then the one that has begun meanwhile."""
    renewal_id = subscribe(traveller)
    charge = view_of(house, renewal_id).last_charge
    assert f"/en/orders/{charge.order}/help?trouble=refund" in page_of(traveller, house, renewal_id)[1]
    live(traveller, 28)
    link = stop_link(sandbox, traveller.email)
    stranger = traveller.other()
    page = stranger.browser.get(link).text
    for said in ("Already paid: US$8.99", f'Charged on <time datetime="{charge.at:%Y-%m-%dT%H:%M:%S}', "mailto:"):
        assert said in page
    assert f"until {charge.brings_until:%d %b %Y}, whether".replace("until 0", "until ") in page
    assert "is under way" not in page
    while not view_of(house, renewal_id).under_way:
        assert len(charges(sandbox)) == 1
        traveller.wait(max(1.0, ask(sandbox, "next")["seconds"] + 1))
    page = stranger.browser.get(link).text
    assert "A charge of US$8.99 is under way" in page
    press(stranger, link, page)
    live(traveller, 3)
    assert len(charges(sandbox)) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda token: token[:-3] + "abc", "does not work"),
        (lambda token: "x" * 500, "does not work"),
        (lambda token: token.split(".")[0], "does not work"),
    ],
)
def test_a_link_that_was_changed_stops_nothing(traveller, sandbox, house, change, said):
    """Tampered, cut short or made up: one answer, one remedy, nothing changed."""
    renewal_id = subscribe(traveller)
    good = stop_link(sandbox, traveller.email)
    path, _, token = good.rpartition("/")
    answer = traveller.browser.get(f"{path}/{change(token)}")
    assert (answer.status_code, said in answer.text) == (404, True)
    form = traveller.browser.get(good).text
    assert press(traveller, f"{path}/{change(token)}", form).status_code == 404
    assert view_of(house, renewal_id).is_on


def test_a_link_that_is_too_old_stops_nothing(traveller, sandbox, house):
    """After 90 days a link says that it is too old, and what to do."""
    renewal_id = subscribe(traveller)
    link = stop_link(sandbox, traveller.email)
    sandbox.world.clock.move(91 * 86_400)
    house.outside.clock.forget()
    answer = traveller.browser.get(link)
    assert (answer.status_code, "too old" in answer.text) == (404, True)
    assert view_of(house, renewal_id).is_on


def test_a_cancellation_on_the_cashiers_own_page_is_mirrored(traveller, sandbox, house):
    """Portal: only the planned end is set there; both sides are ended, and the mail says where it was asked for."""
    renewal_id = subscribe(traveller)
    path, page = page_of(traveller, house, renewal_id)
    portal = press(traveller, f"{path}/card", page)
    assert portal.headers["Location"].startswith(f"{sandbox.url}/billing/")
    control(sandbox, f"portal_cancel/{renewal_of(house, renewal_id).subscription_id}")
    live(traveller, 1)
    assert (view_of(house, renewal_id).state, view_of(house, renewal_id).closing.why) == ("ended", "portal")
    assert is_ended(sandbox, house, renewal_id)
    live(traveller, 40)
    assert len(charges(sandbox)) == 1


def test_another_card_from_the_cashiers_page_is_announced(traveller, sandbox, house):
    """The next letter names the card that will be charged."""
    renewal_id = subscribe(traveller)
    control(sandbox, f"set_card/{renewal_of(house, renewal_id).subscription_id}", number="5555555555554444")
    live(traveller, 28)
    mail = next(one for one in mails_to(sandbox, traveller.email) if "we will charge" in one["subject"])
    assert "4444" in mail["text"]


def test_the_desk_closes_our_agreement_and_the_suppliers_records_at_once(traveller, sandbox, house, run):
    """One command, one number, every renewal of the SIM: ours and three of the supplier's."""
    renewal_id = subscribe(traveller)
    sim = sandbox.world.sims.find(renewal_of(house, renewal_id).iccid)
    for at in range(3):
        sim.renewals.append(Record(f"R{at}", f"P{at}", PLANS[at], 1, sandbox.world.sims.now()))
    code, text = run("renewal", "close", sim.iccid, "--by", "ada")
    assert code == 0
    assert "no further charge" in text
    assert text.count("ended:") == 3
    assert "closed: the supplier was read" in text
    assert is_ended(sandbox, house, renewal_id)
    traveller.drain()
    assert any("Auto-renew stopped" in one for one in subjects(sandbox, traveller.email))


def test_a_cashier_that_does_not_answer_is_tried_on_and_a_charge_meanwhile_goes_back(traveller, sandbox, house):
    """Asked to stop while the cashier is silent: a charge that slips in is refunded; a case besides."""
    renewal_id = subscribe(traveller)
    live(traveller, 29.9)
    link = stop_link(sandbox, traveller.email)
    sandbox.world.faults.arm("stripe.subscription_*", "reset_before", 10_000)
    sandbox.world.faults.arm("stripe.invoice_*", "reset_before", 10_000)
    press(traveller, link, traveller.browser.get(link).text)
    live(traveller, 1)
    assert view_of(house, renewal_id).state == "ending"
    with house.read() as session:
        assert [one.kind for one in session.exec(select(Case))] == ["closing_stuck"]
    assert len(charges(sandbox)) == 2
    sandbox.world.faults.clear()
    live(traveller, 1)
    assert [order.state.value for order in orders_of(house, renewal_id)] == ["refunded"]
    assert bills_of(house, renewal_id)[0].reason == "renewal_stopped"
    assert len(charges(sandbox)) == 1
    assert view_of(house, renewal_id).state == "ended"
    with house.read() as session:
        assert session.exec(select(Case)).one().resolved_by == "system"


def test_a_supplier_that_keeps_its_record_is_told_apart(traveller, sandbox, house):
    """Our half is over and proved while the supplier's sticks: the page and a mail say both; then it is closed."""
    renewal_id = subscribe(traveller)
    sim = sandbox.world.sims.find(renewal_of(house, renewal_id).iccid)
    sim.renewals.append(Record("R0", "P0", PLANS[0], 1, sandbox.world.sims.now()))
    sandbox.world.faults.arm("mall.cancel_auto_renewal_record", "code", 10_000)
    path, page = page_of(traveller, house, renewal_id)
    press(traveller, f"{path}/stop", page)
    traveller.drain()
    assert "No further charge since" in traveller.browser.get(path).text
    traveller.wait(1000)
    page = traveller.browser.get(path).text
    assert "does not yet show its own record as stopped" in page
    assert any("the network still owes" in one for one in subjects(sandbox, traveller.email))
    sandbox.world.faults.clear()
    traveller.wait(3700)
    assert view_of(house, renewal_id).closing.state == "closed"


def test_a_stop_before_the_esim_is_there_ends_it_without_a_sim(traveller, sandbox, house):
    """Paid, not delivered yet, and already stopped: nothing renews, the eSIM still comes."""
    reference = traveller.order(a_month(traveller), renew="y")
    traveller.pay(reference)
    with house.read() as session:
        renewal_id = session.exec(select(Renewal.id)).one()
    closing = close.ask(
        house.bench, iccid="", asked_by="traveller", actor="traveller", email="", locale="en", renewal_id=renewal_id
    )
    traveller.drain()
    traveller.wait(120)
    assert closing.renewal_id == renewal_id
    assert view_of(house, renewal_id).state == "ended"
    assert order_of(house, renewal_of(house, renewal_id).order_id).state.value == "delivered"
    live(traveller, 40)
    assert len(charges(sandbox)) == 1


def test_a_stopped_renewal_shows_on_the_sims_page_of_its_proved_owner_only(traveller, sandbox, house):
    """The card page of a browser that knows the number, and no more, says nothing about a renewal."""
    renewal_id = subscribe(traveller)
    assert "Next charge" not in see_sim(traveller)
    assert view_of(house, renewal_id).is_on


def test_events_only_say_when_to_look(traveller, sandbox, house):
    """Unknown, repeated, reordered, lying or old-shaped events are taken, and change nothing by themselves."""
    renewal_id = subscribe(traveller)
    ours = renewal_of(house, renewal_id).subscription_id
    bodies = [
        event("customer.subscription.deleted", {"id": "sub_unknown", "object": "subscription"}),
        event("customer.subscription.deleted", {"id": ours, "object": "subscription", "status": "canceled"}),
        event("invoice.paid", {"id": "in_lie", "object": "invoice", "subscription": ours, "status": "paid"}),
        event(
            "invoice.paid",
            {"id": "in_lie2", "object": "invoice", "parent": {"subscription_details": {"subscription": ours}}},
        ),
        event("invoice.upcoming", {"object": "invoice", "subscription": ours}),
        event("invoice.created", {"id": "in_alone", "object": "invoice"}),
    ]
    assert [deliver(traveller, body) for body in (*bodies, *reversed(bodies))] == [200] * 12
    traveller.drain()
    assert view_of(house, renewal_id).is_on
    assert bills_of(house, renewal_id) == []
    with house.read() as session:
        rows = session.exec(select(InboxRow)).all()
        assert len(rows) == len(bodies)
    assert is_done(house, notices.JOB)
    assert requests.get(f"{sandbox.url}/stripe/_sandbox/next", timeout=5).ok
