"""Journeys of people who own a SIM already: sign in with its number, top it up, prove it is theirs."""

from __future__ import annotations

import re

from tests.driver import hidden_fields
from tests.making import mails_to, order_of

PATH = "/en/sim/sign-in"


def open_sim(traveller, number):
    """Type a number; the answer."""
    fields = hidden_fields(traveller.browser.get(PATH).text)
    return traveller.browser.post(PATH, data=fields | {"number": number})


def see_sim(traveller):
    """The SIM's page once the workers have asked the supplier."""
    traveller.drain()
    return traveller.browser.get("/en/sim")


def top_up(traveller, name):
    """Place a top-up of the plan called so; its reference."""
    page = see_sim(traveller).text
    ticket = next(part for part in page.split('<a class="ticket')[1:] if name in part)
    path = re.search(r'href="([^"]+)"', ticket).group(1)
    fields = hidden_fields(traveller.browser.get(path).text)
    answer = traveller.browser.post(path, data=fields | {"email": traveller.email, "consent": "y"})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].split("/orders/")[1].split("/")[0]


def order_id_of(traveller, reference):
    """The inner id."""
    return traveller.browser.get(f"/api/v1/orders/{reference}/status").get_json() and _id(traveller.house, reference)


def _id(house, reference):
    from storefront.ordering import read

    return read.id_of(house.read, reference)


def test_a_top_up_is_paid_reported_once_and_seen_active(traveller, sandbox):
    """Sign in by number, buy a plan for the SIM, pay: it is on the SIM, reported once, and the page says active."""
    sim = sandbox.world.sims.some("expired")
    assert open_sim(traveller, sim.iccid).status_code == 303
    reference = top_up(traveller, "Asia 12 countries 3GB/month")
    traveller.pay(reference)
    traveller.land(reference)
    traveller.drain()
    page = traveller.look(reference).text
    assert "Your top-up is active" in page
    assert sim.iccid not in page
    assert [order.plan.code for order in sandbox.world.sims.top_ups(sim.iccid)] == ["DP20190802000311"]
    assert order_of(traveller.house, _id(traveller.house, reference)).state == "delivered"
    assert "is on your SIM" in str(mails_to(sandbox, traveller.email))
    assert "Asia 12 countries" in see_sim(traveller).text
