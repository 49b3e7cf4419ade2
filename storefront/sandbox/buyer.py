"""A traveller with a browser of sorts: follows links, fills in forms, pays, opens the QR code."""

from __future__ import annotations

import re
import time
from html import unescape
from urllib.parse import urljoin

import requests

PROOF = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8ffff3f0005fe02fea735"
    "81e40000000049454e44ae426082"
)
"""The smallest picture there is."""

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"


class WalkFailed(Exception):
    """A step of the walk did not end as the mission promises; the message says which and how."""


class Buyer:
    """One traveller with their own cookies."""

    def __init__(self, shop: str) -> None:
        self.shop = shop
        self.browser = requests.Session()
        self.browser.headers["User-Agent"] = PHONE

    def plans(self, country: str) -> list[dict[str, object]]:
        """The plans on sale for a country, as the shop's JSON face lists them."""
        answer = self.browser.get(f"{self.shop}/api/v1/plans", params={"country": country, "limit": "50"}, timeout=20)
        _expect(answer, 200, "the list of plans")
        return list(answer.json()["plans"])

    def order(self, slug: str, email: str) -> str:
        """Fill in the checkout form; returns the address of the payment page."""
        url = f"{self.shop}/en/usd/checkout/{slug}"
        page = self.browser.get(url, timeout=20)
        _expect(page, 200, "the checkout page")
        fields = hidden_fields(page.text) | {"email": email, "consent": "y", "device_ok": "y"}
        answer = self.browser.post(url, data=fields, allow_redirects=False, headers={"Referer": url}, timeout=40)
        _expect(answer, 303, "placing the order")
        return self._follow_to_payment(urljoin(url, answer.headers["Location"]))

    def open_sim(self, number: str) -> str:
        """Type the number of a SIM; returns its page once it shows what the supplier says."""
        url = f"{self.shop}/en/sim/sign-in"
        form = self.browser.get(url, timeout=20)
        _expect(form, 200, "the card login page")
        fields = hidden_fields(form.text) | {"number": number}
        answer = self.browser.post(url, data=fields, allow_redirects=False, headers={"Referer": url}, timeout=40)
        _expect(answer, 303, "opening the SIM")
        return self.sim_page("Add data to this SIM")

    def sim_page(self, shown: str, seconds: float = 30.0) -> str:
        """The SIM's page as soon as it shows this text."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            page = self.page(f"{self.shop}/en/sim")
            if shown in page:
                return page
            time.sleep(0.2)
        raise WalkFailed(f"the SIM's page never showed “{shown}”")

    def top_up(self, path: str, email: str, **more: str) -> str:
        """Fill in the form of a top-up, with `more` fields besides; returns the address of the payment page."""
        url = urljoin(f"{self.shop}/", path)
        page = self.browser.get(url, timeout=20)
        _expect(page, 200, "the top-up page")
        fields = hidden_fields(page.text) | {"email": email, "consent": "y"} | more
        answer = self.browser.post(url, data=fields, allow_redirects=False, headers={"Referer": url}, timeout=40)
        _expect(answer, 303, "placing the top-up")
        return self._follow_to_payment(urljoin(url, answer.headers["Location"]))

    def ask_desk(self, number: str, email: str) -> str:
        """Open a SIM the shop did not deliver and send the desk a proof; returns the page that answers."""
        self.open_sim(number)
        url = f"{self.shop}/en/sim/ask"
        page = self.browser.get(url, timeout=20)
        _expect(page, 200, "the form to the desk")
        fields = hidden_fields(page.text) | {"wish": "close_renewal", "email": email, "words": "It renews, I am home."}
        proof = {"file": ("card.png", PROOF, "image/png")}
        answer = self.browser.post(url, data=fields, files=proof, headers={"Referer": url}, timeout=40)
        _expect(answer, 200, "asking the desk")
        return answer.text

    def pay(self, payment_page: str, number: str = "4242424242424242") -> str:
        """Pay on the hosted page; returns the address of the order."""
        page = self.browser.get(payment_page, timeout=20)
        _expect(page, 200, "the payment page")
        action = urljoin(payment_page, form_action(page.text))
        fields = hidden_fields(page.text) | {
            "number": number,
            "expiry": "12/34",
            "cvc": "123",
            "name": "Ada Traveller",
        }
        answer = self.browser.post(action, data=fields, timeout=60)
        _expect(answer, 200, "the way back from the payment page")
        return answer.url

    def wait_for(self, order_page: str, phase: str, seconds: float = 60.0, pause: float = 0.2) -> dict[str, object]:
        """Ask the status, as the waiting page does, until the order is in `phase`."""
        reference = order_page.rstrip("/").split("/")[-1]
        until = time.monotonic() + seconds
        said: dict[str, object] = {}
        while time.monotonic() < until:
            answer = self.browser.get(f"{self.shop}/api/v1/orders/{reference}/status", timeout=20)
            _expect(answer, 200, "the order's status")
            said = answer.json()
            if said["phase"] == phase:
                return said
            time.sleep(pause)
        raise WalkFailed(f"the order is still {said.get('phase')} after {seconds:.0f} s, not {phase}")

    def qr_modules(self, order_page: str) -> list[list[bool]]:
        """The QR code the shop serves, as dark and light modules."""
        reference = order_page.rstrip("/").split("/")[-1]
        answer = self.browser.get(f"{self.shop}/orders/{reference}/qr.svg", timeout=20)
        _expect(answer, 200, "the QR code")
        return modules_of(answer.text)

    def page(self, url: str) -> str:
        """The text of a page."""
        answer = self.browser.get(url, timeout=20)
        _expect(answer, 200, url)
        return answer.text

    def _follow_to_payment(self, url: str) -> str:
        until = time.monotonic() + 60
        while url.startswith(self.shop) and time.monotonic() < until:
            # The page of the order, while the payment page is being opened: its own way on leads there.
            answer = self.browser.get(f"{url.removesuffix('/pay')}/pay", allow_redirects=False, timeout=40)
            url = urljoin(url, answer.headers.get("Location", ""))
            if url.startswith(self.shop):
                time.sleep(0.3)
        if not url.startswith(self.shop):
            return url
        raise WalkFailed("the shop never sent us on to the payment page")


def hidden_fields(html: str) -> dict[str, str]:
    """Names and values of a page's hidden fields."""
    found = {}
    for tag in re.findall(r"<input\b[^>]*>", html):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if attributes.get("type") == "hidden" and "name" in attributes:
            found[attributes["name"]] = unescape(attributes.get("value", ""))
    return found


def form_action(html: str) -> str:
    """Where the first posting form of a page goes."""
    for tag in re.findall(r"<form\b[^>]*>", html):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if attributes.get("method", "").lower() == "post":
            return unescape(attributes.get("action", ""))
    return ""


def modules_of(svg: str) -> list[list[bool]]:
    """Read the one path of the shop's QR image: runs of dark modules, one `M x y h width` each."""
    side = int(re.findall(r'viewBox="0 0 (\d+) ', svg)[0])
    grid = [[False] * side for _ in range(side)]
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)", svg):
        for column in range(int(x), int(x) + int(width)):
            grid[int(y)][column] = True
    return grid


def terminal(modules: list[list[bool]]) -> str:
    """Two modules a character; light modules are drawn, so that it reads on a dark background."""
    rows = modules + ([[False] * len(modules[0])] if len(modules) % 2 else [])
    glyphs = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return "\n".join("".join(glyphs[pair] for pair in zip(top, low, strict=True)) for top, low in pairs)


def _expect(answer: requests.Response, status: int, what: str) -> None:
    if answer.status_code != status:
        raise WalkFailed(f"{what} answered {answer.status_code}, not {status}")
