"""Months in the life of a SIM with auto-renew: whatever may happen, in any order, and what must hold all the same.

The shop lives through it with its real code against the pretend outside world; only the clock is moved.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections import Counter

import requests
from sqlmodel import select

from storefront.kernel.errors import StorefrontError
from storefront.kernel.money import Money
from storefront.models.renewal import Renewal, RenewalState
from storefront.ordering import change, notices, sweeps
from storefront.ordering.bench import wake_renewal
from storefront.ordering.steps import advance
from storefront.renewals import close, enrol
from storefront.renewals import sweeps as renewal_sweeps
from storefront.renewals.enrol import Wish
from storefront.renewals.last_look import Limits
from storefront.sandbox.linksfield.sims.plans import PLANS
from storefront.sandbox.linksfield.sims.sim import Renewal as Record
from storefront.worker.run import drain
from tests import making
from tests.crash.killing import killed_at, restarted
from tests.subscriber import ASKS_ALWAYS, DAY, DECLINES_LATER, ask, control

GOOD = "4242424242424242"
OPS = (
    "live",
    "leap",
    "portal_cancel",
    "portal_renew",
    "desk_close",
    "mail_stop",
    "supplier_record",
    "supplier_closes",
    "card_good",
    "card_declines",
    "card_asks",
    "pay_bill",
    "price_up",
    "price_back",
    "supplier_refuses",
    "supplier_loses",
    "cashier_silent",
    "cashier_loses",
    "mail_refuses",
    "events",
    "kill",
    "refund",
    "enrol",
)


class Life:
    """One SIM and its agreements, one after the other."""

    def __init__(self, house, sandbox):
        self.house, self.sandbox = house, sandbox
        self.iccid = sandbox.world.sims.create("pre_activated").iccid
        self.email = f"{secrets.token_hex(4)}@traveller.example"
        self.days, self.charged, self.kept = 0.0, 0, 0
        self.done = Counter()

    def run(self, ops):
        """Live through `ops`: pairs of what happens and how many days follow it."""
        self.enrol(0)
        for name, days in ops:
            self.done[name] += 1
            getattr(self, name)(days)
            self.live(days)
        self.settle()

    def wait(self, seconds):
        """Time passes, then the workers look."""
        self.sandbox.world.clock.move(seconds)
        self.house.outside.clock.forget()
        making.let_calls_age(self.house)
        drain(self.house)

    def live(self, days):
        """A running shop: its workers act between any two steps of the cashier's calendar."""
        left = days * DAY
        while left > 0:
            ahead = ask(self.sandbox, "next")
            step = min(left, max(1.0, ahead["seconds"] + 1) if ahead["at"] is not None else left, DAY)
            self.wait(step)
            self.wait(90)
            left -= step + 90
        renewal_sweeps.sleepers(self.house.bench)
        sweeps.sleepers(self.house.bench)
        sweeps.broken_promises(self.house.bench)
        self.days += days

    def leap(self, days):
        """The shop is down while the cashier goes on."""
        self.sandbox.world.clock.move(days * 2 * DAY)
        requests.get(f"{self.sandbox.url}/stripe/_sandbox/next", timeout=30)
        self.house.outside.clock.forget()
        self.days += days * 2

    def now_renewing(self):
        """The agreement that is not over, if any."""
        open_states = [RenewalState.AGREED, RenewalState.ACTIVE, RenewalState.ENDING]
        mine = select(Renewal).where(Renewal.email == self.email, Renewal.state.in_(open_states))
        with self.house.read() as session:
            return session.exec(mine).first()

    def enrol(self, seed):
        """Agree anew, with limits that depend on the number; in every second case all troubles are over first."""
        if seed % 2:
            self.price_back(0)
            self.supplier_closes(0)
            self.card_good(0)
        if self.now_renewing() is not None:
            return
        limits = (
            Limits(),
            Limits(most_renewals=2),
            Limits(most=Money(1000, "USD")),
            Limits(last_day=(self.house.outside.clock.now() + dt.timedelta(days=70)).date()),
        )[seed // 2 % 4]
        try:
            wanted = making.wanted_top_up(self.house, self.iccid, email=self.email)
            placed = enrol.buy_top_up(self.house.bench, wanted, Wish("yes", limits))
        except (StorefrontError, StopIteration):
            return
        advance(self.house.bench, placed.order_id)
        if making.payments_of(self.house, placed.order_id):
            making.pay_at_cashier(self.sandbox, self.house, placed.order_id)
            try:
                notices.settle_order(self.house.bench, placed.order_id, budget=5)
            except StorefrontError:
                return

    def _subscription(self):
        found = self.now_renewing()
        return found.subscription_id if found else None

    def portal_cancel(self, _days):
        """Cancelled on the cashier's page."""
        if self._subscription():
            control(self.sandbox, f"portal_cancel/{self._subscription()}")

    def portal_renew(self, _days):
        """Cancelled there, and taken back at once."""
        if self._subscription():
            control(self.sandbox, f"portal_cancel/{self._subscription()}")
            control(self.sandbox, f"portal_renew/{self._subscription()}")

    def _ask_close(self, by, **more):
        close.ask(self.house.bench, asked_by=by, actor=by, email=self.email, locale="en", **more)

    def desk_close(self, _days):
        """The desk closes everything the SIM has."""
        self._ask_close("desk", iccid=self.iccid)

    def mail_stop(self, _days):
        """The link of a mail, perhaps twice."""
        found = self.now_renewing()
        for _ in range(2):
            if found:
                self._ask_close("mail", iccid=found.iccid or "", renewal_id=found.id)

    def supplier_record(self, days):
        """Somebody sells the SIM an auto-renewal elsewhere."""
        sims = self.sandbox.world.sims
        sims.find(self.iccid).renewals.append(
            Record(f"R{days}{sims.now()}", f"P{days}{sims.now()}", PLANS[0], 1, sims.now())
        )

    def supplier_closes(self, _days):
        """The supplier ends its own records."""
        for record in self.sandbox.world.sims.find(self.iccid).renewals:
            record.is_active = False

    def _card(self, number):
        if self._subscription():
            control(self.sandbox, f"set_card/{self._subscription()}", number=number)

    def card_good(self, _days):
        """A card that pays."""
        self._card(GOOD)

    def card_declines(self, _days):
        """A card that says no from now on."""
        self._card(DECLINES_LATER)

    def card_asks(self, _days):
        """A card whose bank asks each time."""
        self._card(ASKS_ALWAYS)

    def pay_bill(self, _days):
        """The traveller pays an open invoice from the mail."""
        if not self._subscription():
            return
        for invoice in ask(self.sandbox, f"invoices/{self._subscription()}"):
            if invoice["status"] == "open":
                control(self.sandbox, f"pay_invoice/{invoice['id']}", number=GOOD)

    def price_up(self, _days):
        """The supplier asks more than was agreed."""
        self.price_back(0)
        self.sandbox.world.faults.arm(
            "mall.single_service_plan_page", "odd_field", 1_000_000, field="payAmount", value="99.00"
        )

    def price_back(self, _days):
        """Every misfortune is over."""
        self.sandbox.world.faults.clear()

    def supplier_refuses(self, days):
        """The next plans are refused."""
        self.sandbox.world.faults.arm("mall.syn_order_info", "code", 1 + days % 2, message="not for this card")

    def supplier_loses(self, days):
        """The next plan is ordered, or not, and no answer comes."""
        self.sandbox.world.faults.arm("mall.syn_order_info", "reset_after" if days % 2 else "reset_before", 1)

    def cashier_silent(self, days):
        """The cashier does not answer for a while."""
        self.sandbox.world.faults.arm("stripe.subscription_*", "reset_before", 3 * days)
        self.sandbox.world.faults.arm("stripe.invoice_*", "reset_before", 3 * days)

    def cashier_loses(self, days):
        """The cashier acts and its answers are lost."""
        self.sandbox.world.faults.arm("stripe.subscription_*", "reset_after", days)
        self.sandbox.world.faults.arm("stripe.invoice_*", "reset_after", days)

    def mail_refuses(self, days):
        """No letter leaves."""
        self.sandbox.world.faults.arm("mail.*", "refuse", 5 * days)

    def events(self, _days):
        """Events come twice and in any order: all they do is wake."""
        with self.house.write() as session:
            for row in session.exec(select(Renewal)).all():
                wake_renewal(session, row.id, self.house.bench.now())
        drain(self.house)

    def kill(self, days):
        """The worker dies at some commit of the next days, and is started again."""
        with killed_at(self.house, 1 + days * 3, is_after=bool(days % 2)):
            self.live(2)
        self.house = restarted(self.house)

    def refund(self, _days):
        """The desk gives back what began the agreement."""
        found = self.now_renewing()
        if found is None:
            return
        try:
            change.refund(self.house.bench, found.order_id, actor="desk", reason="desk", even_if_unknown=True)
        except StorefrontError:
            return

    def settle(self):
        """Every misfortune is over, and the shop has had its time."""
        self.sandbox.world.faults.clear()
        for _ in range(4):
            self.live(1)
