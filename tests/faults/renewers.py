"""People whose SIM renews: the purchase that begins it, and the first month that renews."""

from __future__ import annotations

import requests
from sqlmodel import select

from storefront.models.renewal import Bill, Renewal, RenewalState
from storefront.renewals import enrol
from storefront.renewals.enrol import Wish
from storefront.renewals.last_look import Limits
from tests.faults.buyers import DECLINES_LATER, MINUTE, VISA, OneOff, TopUp
from tests.subscriber import DAY, ask, control


class Enrolling(TopUp):
    """More for a SIM, to be renewed each month; the misfortune comes with the purchase that begins it."""

    name, commits, calls = "first month", 30, 10

    def __init__(self, shop, chance):
        super().__init__(shop, chance)
        self.iccid = shop.world.sims.create("pre_activated").iccid
        self.house, self.sandbox, self.charged, self.kept = shop.eye, shop.sandbox, 0, 0

    def send(self, house, form):
        return enrol.buy_top_up(house.bench, form, Wish("yes", Limits()))

    def renewal(self):
        """The agreement, whatever became of it; the newest of several."""
        with self.shop.eye.read() as session:
            found = select(Renewal).where(Renewal.email == self.email).order_by(Renewal.agreed_at.desc())
            return session.exec(found).first()

    def subscriptions(self):
        """What their payments began, as the cashier has it."""
        begun = {page["subscription"] for page in self.pages()}
        return [one for one in ask(self.sandbox, "subscriptions") if one["id"] in begun]

    def charges(self):
        store = self.sandbox.world.stripe.store
        bills = {one["id"] for begun in self.subscriptions() for one in ask(self.sandbox, f"invoices/{begun['id']}")}
        with self.sandbox.world.lock:
            found = list(store.table("charge").values())
        billed = [one for one in found if one["paid"] and store.invoice_of_intent.get(one["payment_intent"]) in bills]
        return [*super().charges(), *billed]

    def is_settled(self):
        mine = self.renewal()
        return super().is_settled() and (mine is None or mine.state is not RenewalState.ENDING)


class Renewing(Enrolling):
    """A SIM whose month renews; the misfortune comes with the first renewal."""

    name, commits, calls, window = "renewal", 36, 14, 60
    cashiers = (
        "stripe.subscription_retrieve",
        "stripe.subscription_update",
        "stripe.subscription_cancel",
        "stripe.invoice_list",
        "stripe.invoice_update",
        "stripe.invoice_void",
    )
    is_down = False

    def prepare(self):
        """The first month, in peace: agreed, paid, delivered, announced; the next is minutes away."""
        super().prepare()
        assert self._begins(), "the first month is paid"
        self.shop.visit(self.land)
        self.shop.work()
        self.wait(0.1, 0.1)
        for days in (26.5, 1, 1, 1.46):
            self.wait(days * DAY / MINUTE)
        self.shop.tell(self.shop.news())
        self.shop.work()
        assert self.renewal().state is RenewalState.ACTIVE, "it renews"

    def _begins(self):
        """A busy machine answers late too: whoever finds no page to pay yet comes back for it."""
        for _ in range(5):
            self.place()
            if super().pay():
                return True
            self.wait(0.1)
        return False

    def place(self, form=None):
        return super().place(form) if not self.renewal() or form else None

    def invoices(self, *statuses):
        """Bills of the agreement at the cashier, newest first, the first month's left out."""
        found = ask(self.sandbox, f"invoices/{self.renewal().subscription_id}")
        return [
            one
            for one in found
            if one["billing_reason"] == "subscription_cycle" and (not statuses or one["status"] in statuses)
        ]

    def pay(self, number=VISA, *, which=-1):
        """The month ends and its card is charged, an hour after the draft; whether money was taken."""
        del which
        if number != VISA:
            control(self.sandbox, f"set_card/{self.renewal().subscription_id}", number=DECLINES_LATER)
        for _ in range(6):
            if self.invoices("paid"):
                return True
            ahead = ask(self.sandbox, "next")
            if ahead["at"] is None or ahead["seconds"] > 2 * DAY:
                break
            self.shop.pass_time(ahead["seconds"] + 1)
            if not self.is_down:
                self.shop.work()
                self.wait(1.5)
        return bool(self.invoices("paid"))

    def late(self):
        """The shop sleeps while the card is charged."""
        self.is_down = True
        paid = self.pay()
        self.is_down = False
        return paid

    def pay_by_hand(self):
        """Pay whatever invoice is open from the letter."""
        for one in self.invoices("open"):
            requests.post(
                f"{self.sandbox.url}/stripe/_sandbox/pay_invoice/{one['id']}", json={"number": VISA}, timeout=10
            )

    def is_settled(self):
        mine = self.renewal()
        with self.shop.eye.read() as session:
            billed = set(session.exec(select(Bill.invoice_id).where(Bill.renewal_id == mine.id)))
        paid = {one["id"] for one in self.invoices("paid")}
        return super().is_settled() and paid <= billed and not self.invoices("draft")

    def see_it_through(self):
        super().see_it_through()
        for _ in range(3):
            if self.is_settled() and not self.shop.news():
                break
            self.wait(6 * 60, 12 * 60)
            self.shop.tell(self.shop.news())
        self.shop.work()
        self.shop.sweep()


KINDS = {one.name: one for one in (OneOff, TopUp, Enrolling, Renewing)}
