"""A person's verbs: browse, buy, pay, open the QR code. Pages come from the app, money moves in the sandbox."""

from __future__ import annotations

import re
from html import unescape

import requests
from sqlmodel import select

from storefront.models.order import Order
from storefront.models.payment import Payment
from storefront.worker.run import drain

VISA, DECLINED = "4242424242424242", "4000000000000002"


class Traveller:
    """One person with a cookie jar; `drain` plays the workers."""

    def __init__(self, app, house, sandbox):
        self.app, self.house, self.sandbox = app, house, sandbox
        self.browser = app.test_client()
        self.email = "ada@traveller.example"

    def other(self):
        """Another person at another browser."""
        return Traveller(self.app, self.house, self.sandbox)

    def session_cookie(self):
        """The token this browser holds."""
        return self.browser.get_cookie("shop_session", domain="localhost").value

    def some_plan(self, country="JP"):
        """A plan in stock, sold for one country in dollars."""
        plans = self.browser.get("/api/v1/plans", query_string={"country": country, "limit": 50}).get_json()["plans"]
        return next(one for one in plans if one["in_stock"] and not one["is_regional"])

    def fill_checkout(self, slug, **changes):
        """The fields of a freshly opened checkout form."""
        page = self.browser.get(f"/en/usd/checkout/{slug}").get_data(as_text=True)
        return hidden_fields(page) | {"email": self.email, "consent": "y", "device_ok": "y"} | changes

    def submit(self, slug, fields):
        """Press the button."""
        return self.browser.post(f"/en/usd/checkout/{slug}", data=fields)

    def order(self, slug=None, **changes):
        """Place an order; returns its reference."""
        slug = slug or self.some_plan()["slug"]
        answer = self.submit(slug, self.fill_checkout(slug, **changes))
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return reference_at(self.house, answer.headers["Location"])

    def payment_page(self, reference):
        """The address of the hosted page."""
        answer = self.browser.get(f"/en/orders/{reference}/pay")
        assert answer.status_code == 303
        return answer.headers["Location"]

    def pay(self, reference, number=VISA):
        """Pay at the cashier without its HTML; returns what the cashier said."""
        session_id = self.payment_page(reference).rstrip("/").split("/")[-1]
        return requests.post(
            f"{self.sandbox.url}/stripe/_sandbox/pay/{session_id}", json={"number": number}, timeout=10
        ).json()

    def land(self, reference):
        """Come back from the payment page."""
        return self.browser.get(f"/en/orders/{reference}/paid")

    def look(self, reference):
        """The order's page."""
        return self.browser.get(f"/en/orders/{reference}")

    def phase(self, reference):
        """What the waiting page is told."""
        return self.browser.get(f"/api/v1/orders/{reference}/status").get_json()["phase"]

    def drain(self):
        """Let the workers do everything that is due."""
        return drain(self.house)

    def wait(self, seconds):
        """Let time pass for everybody, then let the workers look."""
        self.sandbox.world.clock.move(seconds)
        self.house.outside.clock.forget()
        return self.drain()


def reference_at(house, address):
    """The order a form led to: by its own page, or by the payment page it had opened already."""
    if "/orders/" in address:
        return address.split("/orders/")[1].split("/")[0]
    with house.read() as session:
        opened = select(Order.reference).join(Payment, Payment.order_id == Order.id).where(Payment.url == address)
        return session.exec(opened).one()


def hidden_fields(html):
    """Names and values of hidden fields."""
    found = {}
    for tag in re.findall(r"<input\b[^>]*>", html):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if attributes.get("type") == "hidden" and "name" in attributes:
            found[attributes["name"]] = unescape(attributes.get("value", ""))
    return found
