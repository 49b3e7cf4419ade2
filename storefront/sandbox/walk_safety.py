"""The part of the walk in which things go wrong: a worker killed, an answer lost, and the books compared afterwards."""

from __future__ import annotations

import os
import signal
import time

import requests

from storefront.sandbox.buyer import Buyer, WalkFailed
from storefront.sandbox.supervisor import Layout, Supervisor

CARD = "4242424242424242"


class SafetyWalk:
    """Two travellers in trouble, and the operator who looks at the books."""

    def __init__(self, layout: Layout, house: Supervisor, slug: str) -> None:
        self._layout, self._house, self._slug = layout, house, slug

    def kill(self) -> str:
        """Kill -9 the worker, pay, close the tab; start another worker and wait."""
        buyer = Buyer(self._layout.shop_url)
        page = buyer.order(self._slug, "bea@traveller.example")
        worker = self._house.process("worker")
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        order_page = self._pay_and_close(page)
        self._house.start_worker()
        started = time.monotonic()
        buyer.wait_for(order_page, "ready")
        return f"delivered {time.monotonic() - started:.1f} s after another one was started"

    def lose_an_answer(self) -> str:
        """The supplier takes our payment notice, and its answer never comes."""
        control = f"{self._layout.sandbox_url}/control/faults"
        lost = {"target": "linksfield.payment_notice", "kind": "reset_after"}
        requests.post(control, json=lost, timeout=20).raise_for_status()
        buyer = Buyer(self._layout.shop_url)
        order_page = buyer.pay(buyer.order(self._slug, "cyd@traveller.example"))
        buyer.wait_for(order_page, "ready")
        met = requests.get(control, timeout=20).json()["history"]
        if not any(one["kind"] == "reset_after" for one in met):
            raise WalkFailed("no answer was lost")
        return "read back, not told twice; delivered"

    def compare(self) -> str:
        """The operator's own command, about everything bought above."""
        requests.post(f"{self._layout.sandbox_url}/control/clock", json={"seconds": 180}, timeout=20).raise_for_status()
        return self._house.once("reconcile", "reconcile", "--days", "60").strip().splitlines()[-1]

    def _pay_and_close(self, payment_page: str) -> str:
        """Pay, and never come back; the address of the order."""
        session = payment_page.rstrip("/").split("/")[-1]
        address = f"{self._layout.sandbox_url}/stripe/_sandbox/pay/{session}"
        paid = requests.post(address, json={"number": CARD}, timeout=40).json()
        return str(paid["redirect"]).split("/paid")[0]
