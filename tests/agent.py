"""Somebody at the support desk, at a browser of their own."""

import re

import pyotp
import requests
from sqlmodel import select

from storefront.kernel.clock import wall_now
from storefront.models.payment import Refund
from storefront.web.checkout.forms import new_form_key


class Agent:
    """Somebody at the desk, at a browser of their own."""

    def __init__(self, app, house, run, email="eva@desk.example", role="agent"):
        self.app, self.house, self.browser, self.email = app, house, app.test_client(), email
        code, text = run("staff", "add", email, "--name", "Eva", "--role", role, "--password", "correct horse battery")
        assert code == 0, text
        self.secret = re.search(r"secret\s+(\w+)", text).group(1)

    def post(self, path, **fields):
        """Send a form, with the token a page of the desk gave."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.browser.get("/desk/sign-in").text).group(1)
        return self.browser.post(path, data={"csrf_token": token, **fields})

    def sign_in(self, **changes):
        """With password and authenticator."""
        code = pyotp.TOTP(self.secret).at(wall_now())
        fields = {"email": self.email, "password": "correct horse battery", "code": code} | changes
        return self.post("/desk/sign-in", **fields)

    def preview(self, path):
        """The page that shows what a verb would do."""
        return self.browser.get(path)

    def do(self, path, *, why="not_arrived", shown=None, **fields):
        """Look at a verb, choose a reason, and send it; the answer."""
        page = shown or self.preview(path).text
        seen = re.search(r'name="seen" value="([^"]*)"', page).group(1)
        key = fields.pop("key", None) or re.search(r'name="key" value="([^"]*)"', page).group(1)
        return self.post(path, **{"seen": seen, "key": key, "why": why, **fields})

    def close_list(self, numbers, reason):
        """Begin the closings of a list."""
        return self.post("/desk/close/begin", numbers=numbers, reason=reason, key=new_form_key())


def delivered(traveller):
    """The reference of an order that was delivered."""
    reference = traveller.order()
    traveller.pay(reference)
    traveller.land(reference)
    traveller.drain()
    return reference


def stuck(traveller, sandbox):
    """The reference of a paid order for which no usable code came."""
    for target in ("linksfield.order_status", "linksfield.profile"):
        sandbox.world.faults.arm(target, "bad_qr", 2, value="<img>")
    reference = delivered(traveller)
    sandbox.world.faults.clear()
    return reference


def message_id(sandbox, letter):
    """The id a mail program knows a letter by."""
    whole = requests.get(f"{sandbox.url}/mailbox/api/messages/{letter['id']}", timeout=5).json()
    return whole["headers"]["Message-ID"]


def refunds(house):
    """Every refund the shop decided."""
    with house.read() as session:
        return session.exec(select(Refund)).all()
