"""The mission, walked: one numbered line and one `ok` for each verb."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pyotp
import requests

from storefront.sandbox.buyer import Buyer, WalkFailed, terminal
from storefront.sandbox.supervisor import Layout, Supervisor
from storefront.sandbox.walk_desk import DeskWalk
from storefront.sandbox.walk_renewal import RenewalWalk
from storefront.sandbox.walk_safety import SafetyWalk

EMAIL = "ada@traveller.example"
DESK, AGENT, DESK_PASSWORD = "desk@landfall.example", "agent@landfall.example", "demo-demo-demo"

__all__ = ["Walk", "WalkFailed", "start_here"]


class Walk:
    """Plays a traveller through the shop; every step asserts what it claims."""

    def __init__(self, layout: Layout, house: Supervisor) -> None:
        self._layout = layout
        self._house = house
        self._buyer = Buyer(layout.shop_url)
        self._number = 0
        self._plan: dict[str, Any] = {}
        self._second: dict[str, Any] = {}
        self._payment_page = ""
        self.order_page = ""
        self.sim = ""
        self.proof = ""
        self._offer = ""
        self._top_up_page = ""
        self._code = ""
        self.desk_secret = ""

    def all(self) -> None:
        """Every verb the shop has, in the traveller's order. Raises `WalkFailed`."""
        self._step("card login with the number of a SIM", self._card_login)
        self._step("its plans, ready to be added", self._sim_plans)
        self._step("plans on sale", self._plans)
        self._step("pre-order v1.1, a profile is reserved", self._pre_order)
        if self._layout.is_real_stripe:
            print(f"\n  Stripe test mode takes over here. Pay on this page:\n  {self._payment_page}\n")
            return
        self._step("one-off payment at the cashier", self._pay)
        self._step("webhook, and the supplier told", self._webhook)
        self._step("My eSIM with its QR code", self._qr)
        self._step("pre-order v1.2, the same to the end", self._pre_order_v12)
        self._step("the mail with the secret link", self._mail)
        self._step("top-up of that SIM, reported once", self._top_up)
        self._step("the top-up seen active on the SIM", self._seen_active)
        renewal = RenewalWalk(self._layout.shop_url, self._layout.sandbox_url, self._sim_of("pre_activated"))
        self._step("auto-renew agreed with a limit", renewal.subscribe)
        self._step("renewed by a moved clock", renewal.renew)
        self._step("stopped by the traveller, from a mail", renewal.stop)
        self._step("a SIM sold elsewhere asks the desk", self._ask_desk)
        self.desk_secret = self._hire(DESK, "lead")
        desk = DeskWalk(
            self._layout.shop_url,
            email=AGENT,
            password=DESK_PASSWORD,
            secret=self._hire(AGENT, "agent"),
            sim=self._sim_of("auto_renewing_often"),
        )
        self._step("support signs in with a second factor", desk.sign_in)
        self._step("support finds a card sold elsewhere", desk.find)
        self._step("support closes its renewals, with proof", desk.close)
        self.proof = "\n".join(desk.proof)
        safety = SafetyWalk(self._layout, self._house, str(self._plan["slug"]))
        self._step("the worker is killed while somebody pays", safety.kill)
        self._step("the supplier's answer is lost", safety.lose_an_answer)
        self._step("Stripe, orders and supplier are compared", safety.compare)
        self._show_qr()

    def _step(self, title: str, work: Callable[[], str]) -> None:
        self._number += 1
        started = time.monotonic()
        print(f"  {self._number:>2}  {title:<44}", end="", flush=True)
        try:
            fact = work()
        except requests.RequestException as broken:
            raise WalkFailed(f"{title}: {type(broken).__name__}") from broken
        print(f" ok  {fact} ({time.monotonic() - started:.1f} s)", flush=True)

    def _card_login(self) -> str:
        self.sim = self._sim_of("expired")
        masked = f"{self.sim[:4]}…{self.sim[-4:]}"
        page = self._buyer.open_sim(self.sim)
        if masked not in page or self.sim in page:
            raise WalkFailed("the SIM's page does not show its masked number")
        return f"{masked}, asked at the supplier"

    def _sim_plans(self) -> str:
        page = self._buyer.sim_page("Add data to this SIM")
        found = list(dict.fromkeys(re.findall(r'href="(/en/sim/top-up/[0-9a-f]+)"', page)))
        if not found or "No plan on it" not in page:
            raise WalkFailed("the SIM's page shows no plans")
        self._offer = found[0]
        return f"no plan on it, {len(found)} plans to add"

    def _plans(self) -> str:
        self._buyer.page(self._layout.shop_url + "/en/usd/")
        plans = [plan for plan in self._buyer.plans("JP") if plan["in_stock"] and not plan["is_regional"]]
        if len(plans) < 2:
            raise WalkFailed("fewer than two plans for Japan")
        self._plan, self._second = plans[0], plans[1]
        return f"{len(plans)} for Japan, {self._plan['name']} for {_price(self._plan)}"

    def _pre_order(self) -> str:
        self._payment_page = self._buyer.order(str(self._plan["slug"]), EMAIL)
        self._expect_call("linksfield", "/v1.1/package/preOrderPackage")
        return "held, payment page open"

    def _pay(self) -> str:
        self.order_page = self._buyer.pay(self._payment_page)
        if not self.order_page.startswith(self._layout.shop_url):
            raise WalkFailed("the payment page did not lead back to the shop")
        return f"{_price(self._plan)} captured, back at the shop"

    def _webhook(self) -> str:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            delivered = requests.get(f"{self._layout.sandbox_url}/stripe/_sandbox/deliveries", timeout=10).json()
            answers = [one for one in delivered if one.get("type") == "checkout.session.completed"]
            if any(200 in [one.get("status"), *one.get("answers", [])] for one in answers):
                self._expect_call("linksfield", "/v1.1/payment/webhook")
                return "checkout.session.completed stored, payment reported once"
            time.sleep(0.2)
        raise WalkFailed("no webhook was answered with 200")

    def _qr(self) -> str:
        self._buyer.wait_for(self.order_page, "ready")
        self._code = requests.get(f"{self._layout.sandbox_url}/control/code", timeout=10).json()["activation_code"]
        if not self._code or self._code not in self._buyer.page(self.order_page):
            raise WalkFailed("My eSIM Detail does not show the code the supplier assigned")
        side = len(self._buyer.qr_modules(self.order_page))
        return f"{side - 8} x {side - 8} modules, manual fields, one-tap links"

    def _pre_order_v12(self) -> str:
        self._house.start_web("web-v12", self._layout.second_port, SHOP_SUPPLIER_PRE_ORDER_API="v1.2")
        try:
            other = Buyer(f"http://127.0.0.1:{self._layout.second_port}")
            payment_page = other.order(str(self._second["slug"]), "grace@traveller.example")
            self._expect_call("linksfield", "/v1.2/package/preOrderPackage")
            other.shop = self._layout.shop_url
            other.wait_for(other.pay(payment_page), "ready")
            other.browser.close()  # an open connection would hold the process back when it ends
        finally:
            self._house.end("web-v12")
        return f"{self._second['name']} delivered"

    def _mail(self) -> str:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            found = requests.get(
                f"{self._layout.sandbox_url}/mailbox/api/messages", params={"to": EMAIL}, timeout=10
            ).json()
            mails = found["messages"] if isinstance(found, dict) else found
            if mails:
                return f"“{mails[0]['subject']}”"
            time.sleep(0.2)
        raise WalkFailed("no mail came")

    def _top_up(self) -> str:
        bought = re.search(r'slip__title">(.*?)</p>', self._buyer.page(self._layout.shop_url + self._offer))
        if bought is None:
            raise WalkFailed("the top-up's page does not say what is bought")
        payment_page = self._buyer.top_up(self._offer, EMAIL)
        self._top_up_page = self._buyer.pay(payment_page)
        self._buyer.wait_for(self._top_up_page, "ready")
        self._expect_call("mall", "/vshop/synPartner/SynOrderInfo")
        return re.sub(r"<[^>]+>", "", bought.group(1)).strip()

    def _seen_active(self) -> str:
        if "Your top-up is active" not in self._buyer.page(self._top_up_page):
            raise WalkFailed("the order's page does not say that the top-up is active")
        page = self._buyer.sim_page("In use")
        until = re.search(r"until ([^<·]+)", page)
        return f"in use until {until.group(1).strip()}" if until else "in use"

    def _ask_desk(self) -> str:
        answer = Buyer(self._layout.shop_url).ask_desk(self._sim_of("auto_renewing"), "grace@traveller.example")
        number = re.search(r"\b([0-9A-F]{8})\b", answer)
        if number is None:
            raise WalkFailed("the desk gave no case number")
        return f"case {number.group(1)} waits, with a proof"

    def _hire(self, email: str, role: str) -> str:
        """Somebody for the desk; returns the secret of their authenticator."""
        said = self._house.once(
            "staff", "staff", "add", email, "--name", f"Demo {role}", "--role", role, "--password", DESK_PASSWORD
        )
        secret = re.search(r"secret\s+(\w+)", said)
        if secret is None:
            raise WalkFailed("nobody could be added to the desk")
        return secret.group(1)

    def _sim_of(self, kind: str) -> str:
        found = requests.get(f"{self._layout.sandbox_url}/control/sims", params={"kind": kind}, timeout=10).json()
        return str(found["sims"][0]["iccid"])

    def _expect_call(self, service: str, path: str) -> None:
        log = requests.get(f"{self._layout.sandbox_url}/control/log", timeout=10).json()
        calls = log["calls"] if isinstance(log, dict) else log
        if not any(one["service"] == service and path in one["what"] for one in calls):
            raise WalkFailed(f"the supplier never saw {path}")

    def _show_qr(self) -> None:
        print("\n  The eSIM just bought (a pretend one), as My eSIM Detail shows it:\n")
        drawn = terminal(self._buyer.qr_modules(self.order_page))
        print("\n".join("    " + line for line in drawn.splitlines()))
        print(f"\n    {self._code}   (the supplier's own record of it)")
        print("\n  The proof that nothing renews any more, as the desk reads it:\n")
        print("\n".join("    " + line for line in self.proof.splitlines()))


def start_here(layout: Layout, walk: Walk) -> str:
    """Where to go next and what to type."""
    lines = [
        "  Start here",
        f"    the shop             {layout.shop_url}/",
        f"    the order just made  {walk.order_page or '(pay first)'}",
        f"                         (sign in as {EMAIL}; the code is in the mailbox)",
        f"    the SIM topped up    {layout.shop_url}/en/sim/sign-in   (type {walk.sim})",
        f"    the mailbox          {layout.sandbox_url}/mailbox",
        f"    the outside world    {layout.sandbox_url}/control   (order faults, move the clock)",
        *_desk_lines(layout, walk),
        "",
        "  What to type",
        "    test card            4242 4242 4242 4242, any future date, any CVC",
        "    a declined card      4000 0000 0000 0002",
        "    with 3-D Secure      4000 0025 0000 3155",
        "    fails at renewal     4000 0000 0000 0341   (4000 0027 6000 3184: the bank asks each time)",
        "",
    ]
    return "\n".join(lines)


def _desk_lines(layout: Layout, walk: Walk) -> list[str]:
    if not walk.desk_secret:
        return []
    code = pyotp.TOTP(walk.desk_secret).now()
    return [
        f"    the desk             {layout.shop_url}/desk/   (one case waits; {DESK}, {DESK_PASSWORD},",
        f"                         code {code} for the next half minute, then from an authenticator",
        f"                         with the secret {walk.desk_secret})",
    ]


def _price(plan: dict[str, Any]) -> str:
    return f"{plan['price']['amount']} {plan['price']['currency']}"
