"""What a traveller with auto-renew does and lives through: subscribe, let time pass in its own steps, look, stop."""

from __future__ import annotations

import re

import requests
from sqlmodel import select

from storefront.models.renewal import Bill, Renewal
from storefront.renewals import read
from storefront.sandbox.linksfield.sims.registry import is_eligible
from tests.making import mails_to, order_of
from tests.owner import open_sim, order_top_up

DAY = 86_400
PLAN = "Asia 12 countries 3GB/month"
SIM_KIND = "pre_activated"
DECLINES_LATER, ASKS_ALWAYS = "4000000000000341", "4000002760003184"


def some_iccid(sandbox, kind=SIM_KIND, which=0):
    """A SIM the supplier knows, without an auto-renewal."""
    return sandbox.world.sims.some(kind, which).iccid


def agree_top_up(traveller, **limits):
    """Place a top-up that renews; its reference."""
    return order_top_up(traveller, name=PLAN, renew="y", **limits)


def subscribe(traveller, *, number=None, **limits):
    """Top up a SIM with auto-renew, paid and delivered; the renewal's inner id."""
    open_sim(traveller, some_iccid(traveller.sandbox))
    return finish(traveller, agree_top_up(traveller, **limits), number=number)


def subscribe_esim(traveller, **limits):
    """Buy a new eSIM with auto-renew; the renewal's inner id."""
    return finish(traveller, traveller.order(a_month(traveller), renew="y", **limits))


def a_month(traveller):
    """The slug of a plan in stock that is long enough to renew."""
    plans = traveller.browser.get("/api/v1/plans", query_string={"country": "JP", "limit": 50}).get_json()["plans"]
    return next(one["slug"] for one in plans if one["in_stock"] and one["days"] >= 7 and not one["is_regional"])


def finish(traveller, reference, *, number=None):
    """Pay the order, come back, let the workers finish; the id of what it began."""
    paid = traveller.pay(reference, number) if number else traveller.pay(reference)
    assert paid["result"] == "paid", paid
    traveller.land(reference)
    traveller.drain()
    traveller.wait(3)
    with traveller.house.read() as session:
        return session.exec(select(Renewal.id).order_by(Renewal.id.desc())).first()


def renewal_of(house, renewal_id):
    """The row as it stands."""
    with house.read() as session:
        return session.get(Renewal, renewal_id)


def view_of(house, renewal_id):
    """As its owner sees it."""
    return read.by_id(house.bench, renewal_id)


def bills_of(house, renewal_id):
    """Its bills, oldest first."""
    with house.read() as session:
        return session.exec(select(Bill).where(Bill.renewal_id == renewal_id).order_by(Bill.starts_at)).all()


def orders_of(house, renewal_id):
    """The orders its bills paid for, oldest first."""
    return [order_of(house, bill.order_id) for bill in bills_of(house, renewal_id) if bill.order_id]


def control(sandbox, path, **facts):
    """A word with the pretend cashier."""
    url = f"{sandbox.url}/stripe/_sandbox/{path}"
    answer = requests.post(url, json=facts, timeout=20) if facts else requests.post(url, json={}, timeout=20)
    assert answer.ok, answer.text
    return answer.json()


def ask(sandbox, path):
    """What the pretend cashier knows."""
    answer = requests.get(f"{sandbox.url}/stripe/_sandbox/{path}", timeout=20)
    assert answer.ok, answer.text
    return answer.json()


def live(traveller, days):
    """Let days pass as a running shop lives them: the workers look after every step the cashier's clock takes."""
    left = days * DAY
    while left > 0:
        ahead = ask(traveller.sandbox, "next")
        step = min(left, max(1.0, ahead["seconds"] + 1) if ahead["at"] is not None else left, DAY)
        traveller.wait(step)
        traveller.wait(90)
        left -= step + 90


def leap(traveller, days):
    """Let days pass while the shop is down; then its workers start again."""
    traveller.sandbox.world.clock.move(days * DAY)
    traveller.house.outside.clock.forget()
    requests.get(f"{traveller.sandbox.url}/stripe/_sandbox/next", timeout=20)
    traveller.drain()
    traveller.wait(60)


def charges(sandbox):
    """Every captured charge at the cashier that was not refunded in full: (payment, amount, when)."""
    found = sandbox.world.stripe.store.newest_first("charge")
    return [
        (one["payment_intent"], one["amount"], one["created"]) for one in found if one["paid"] and not one["refunded"]
    ]


def stop_link(sandbox, address, words="renew"):
    """The newest mailed link that stops a renewal, as a path."""
    for mail in mails_to(sandbox, address):
        found = re.search(r"https?://[^/\s]+(/\w+/stop/\S+)", mail["text"])
        if found and words in mail["subject"].lower() + mail["text"].lower():
            return found.group(1)
    raise AssertionError("no mail stops anything")


def subjects(sandbox, address):
    """Subjects in somebody's mailbox, oldest first."""
    return [one["subject"] for one in reversed(mails_to(sandbox, address))]


def eligible(iccid):
    """Whether the pretend supplier sells anything for a delivered eSIM by its number."""
    return is_eligible(iccid)
