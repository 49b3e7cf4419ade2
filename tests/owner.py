"""What the owner of a SIM does at the shop, by its pages."""

from __future__ import annotations

import html
import re

from storefront.ordering import read
from storefront.ordering.progress import id_of
from tests.driver import hidden_fields, reference_at
from tests.making import mails_to

SIGN_IN = "/en/sim/sign-in"


def open_sim(traveller, number, **environ):
    """Type a number and press the button."""
    page = traveller.browser.get(SIGN_IN, environ_overrides=environ)
    fields = hidden_fields(page.text) | {"number": number}
    return traveller.browser.post(SIGN_IN, data=fields, environ_overrides=environ)


def see_sim(traveller):
    """The SIM's page once the workers have asked the supplier."""
    traveller.browser.get("/en/sim")
    traveller.drain()
    return traveller.browser.get("/en/sim").text


def top_up_path(traveller, name):
    """The address of the form for the plan called so: the SIM's page names places and sizes, the form the plan."""
    paths = re.findall(r'<a class="ticket[^>]*href="([^"]+)"', see_sim(traveller))
    return next(path for path in paths if name in html.unescape(traveller.browser.get(path).text))


def order_top_up(traveller, name="Asia 12 countries 3GB/month", **changes):
    """Place a top-up; its reference."""
    path = top_up_path(traveller, name)
    fields = hidden_fields(traveller.browser.get(path).text) | {"email": traveller.email, "consent": "y"} | changes
    answer = traveller.browser.post(path, data=fields)
    assert answer.status_code == 303, answer.text
    return reference_at(traveller.house, answer.headers["Location"])


def buy_top_up(traveller, **changes):
    """Place it, pay it, come back, and let the workers finish; its reference."""
    reference = order_top_up(traveller, **changes)
    traveller.pay(reference)
    traveller.land(reference)
    traveller.drain()
    return reference


def buy_esim(traveller):
    """Buy a new eSIM; its ICCID as the supplier knows it."""
    reference = traveller.order()
    traveller.pay(reference)
    traveller.land(reference)
    traveller.drain()
    profile = read.profile_of(traveller.house.read, order_id(traveller, reference))
    assert profile is not None
    return profile.iccid


def order_id(traveller, reference):
    """The inner id of a reference."""
    return id_of(traveller.house.read, reference)


def press(traveller, path, page, **fields):
    """Send a form of `page` to `path`."""
    return traveller.browser.post(path, data=hidden_fields(page) | fields)


def newest_code(traveller, address):
    """The six digits of the newest mail."""
    traveller.drain()
    mail = next(one for one in mails_to(traveller.sandbox, address) if "code" in one["subject"])
    return re.search(r"\b(\d{6})\b", mail["subject"] + mail["text"]).group(1)
