"""The part of the walk that takes a week: auto-renew agreed, announced, charged by a moved clock, then stopped."""

from __future__ import annotations

import re
import time
from urllib.parse import urljoin

import requests

from storefront.sandbox.buyer import Buyer, WalkFailed, hidden_fields

EMAIL = "alan@traveller.example"
PLAN = "USA 1GB 7 days"
SECONDS = 45.0
MOST_STEPS = 20


class RenewalWalk:
    """One traveller whose SIM renews every seven days."""

    def __init__(self, shop_url: str, sandbox_url: str, sim: str) -> None:
        self._sandbox = sandbox_url
        self._sim = sim
        self._buyer = Buyer(shop_url)
        self._page = ""
        self.proof = ""

    def subscribe(self) -> str:
        """Top up with the box ticked; the agreement starts once the plan is on the SIM."""
        page = self._buyer.open_sim(self._sim)
        offers = dict.fromkeys(re.findall(r'href="(/en/sim/top-up/[0-9a-f]+)"', page))
        # The SIM's page speaks of places, sizes and days; the supplier's own name is the tip where the plan is bought.
        path = next((one for one in offers if f'title="{PLAN}"' in self._buyer.page(self._buyer.shop + one)), None)
        if path is None:
            raise WalkFailed(f"the SIM's page does not offer {PLAN}")
        order_page = self._buyer.pay(self._buyer.top_up(path, EMAIL, renew="y", most_renewals="5"))
        self._buyer.wait_for(order_page, "ready")
        link = re.search(r'href="(/en/renewals/[^"]+)"', self._buyer.page(order_page))
        if link is None:
            raise WalkFailed("the order's page says nothing of auto-renew")
        self._page = urljoin(order_page, link.group(1))
        shown = self._until("Next charge")
        when = re.search(r'clock__big num">([^<]+)</p>\s*<p><time[^>]*>([^<]+)</time>', shown)
        return f"next charge {when.group(1)} on {when.group(2)}" if when else "next charge announced"

    def renew(self) -> str:
        """Move the clock as the cashier's own calendar goes, and see the shop act between any two steps."""
        self._move_to("subscription.upcoming")
        self._mail("we will charge")
        self._move_to("subscription.turn")
        self._until(">Due<")
        self._move_to("invoice.finalize")
        self._until(">Paid<")
        order = re.search(r'href="(/en/orders/[A-Z0-9]+)">Order', self._buyer.page(self._page))
        if order is None:
            raise WalkFailed("the renewal has no order of its own")
        self._buyer.wait_for(order.group(1), "ready")
        return "announced three days ahead, charged, on the SIM"

    def stop(self) -> str:
        """Open the mail's link, which stops nothing, and press its button; then read the proof."""
        found = re.search(r"(\S+/en/stop/\S+)", self._mail("we will charge")["text"])
        if found is None:
            raise WalkFailed("the announcement holds no link to stop it")
        reader = requests.Session()
        page = reader.get(found.group(1), timeout=20)
        if "Stop auto-renew?" not in page.text:
            raise WalkFailed("the mailed link does not ask before it stops")
        reader.post(page.url, data=hidden_fields(page.text), headers={"Referer": page.url}, timeout=40)
        reader.close()
        shown = self._until("We checked: nothing is active")
        self.proof = self._mail("Auto-renew stopped")["text"].strip()
        number = re.search(r'Number of this proof</dt><dd class="ref">([^<]+)<', shown)
        return f"both sides read, proof {number.group(1) if number else '?'} on page and by mail"

    def _until(self, shown: str) -> str:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            page = self._buyer.page(self._page)
            if shown in page:
                return page
            time.sleep(0.2)
        raise WalkFailed(f"the page of the agreement never showed “{shown}”")

    def _mail(self, subject: str) -> dict[str, str]:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            url = f"{self._sandbox}/mailbox/api/messages"
            found = requests.get(url, params={"to": EMAIL}, timeout=10).json()["messages"]
            for mail in found:
                if subject in mail["subject"]:
                    return dict(mail)
            time.sleep(0.2)
        raise WalkFailed(f"no mail “{subject}” came")

    def _move_to(self, what: str) -> None:
        ahead: dict[str, str] = {}
        for _ in range(MOST_STEPS):
            found = requests.get(f"{self._sandbox}/stripe/_sandbox/next", timeout=10).json()
            if found["at"] is None:
                break
            ahead = found
            requests.post(f"{self._sandbox}/control/clock", json={"seconds": found["seconds"] + 1}, timeout=10)
            if ahead["what"] == what:
                return
        raise WalkFailed(f"the cashier's calendar never came to {what}, last to {ahead.get('what')}")
