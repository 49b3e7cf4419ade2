"""People who buy: a new eSIM, more for a SIM, a month that renews. Each knows its own verbs; the troubles use them."""

from __future__ import annotations

import secrets

from sqlalchemy import false, or_
from sqlmodel import col, select

from storefront.kernel.errors import OutsideError, StorefrontError
from storefront.models.catalogue import Plan
from storefront.models.order import Order, OrderState
from storefront.models.work import OutboxRow, WorkState
from storefront.ordering import change, notices, pushes
from storefront.ordering.place import place, place_top_up
from storefront.ordering.states import IS_UNPAID
from storefront.ordering.steps import advance, wake
from tests import making
from tests.subscriber import control

VISA, DECLINED, DECLINES_LATER = "4242424242424242", "4000000000000002", "4000000000000341"
MINUTE, MOST_RELOADS = 60, 500
STATES_AT_REST = frozenset(OrderState) - {OrderState.PAID, OrderState.CONFIRMED, OrderState.REFUNDING} - IS_UNPAID


class Buyer:
    """Somebody with an address of their own; `forms` are the purchases they began."""

    name, commits, calls, window = "", 0, 0, 0
    own, cashiers = (), ("stripe.session_create", "stripe.session_retrieve", "stripe.session_expire")
    """Calls to supplier and cashier that this kind of purchase makes."""

    def __init__(self, shop, chance):
        self.shop, self.chance = shop, chance
        self.email = f"{secrets.token_hex(6)}@traveller.example"
        self.network = f"10.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(256)}"
        self.forms = []

    def prepare(self):
        """What lies before the misfortune."""
        self.forms.append(self.fill())

    def fill(self):
        """A form, filled in."""
        raise NotImplementedError

    def send(self, house, form):
        """Press the button; the order that stands for the form."""
        raise NotImplementedError

    def place(self, form=None):
        """Press the button and wait for the page, which may never come."""

        def press(house):
            try:
                placed = self.send(house, form or self.forms[-1])
                advance(house.bench, placed.order_id)
            except StorefrontError:
                return None
            return placed

        return self.shop.visit(press)

    def orders(self):
        """Every order of theirs, oldest first."""
        with self.shop.eye.read() as session:
            return list(session.exec(select(Order).where(Order.email == self.email).order_by(Order.placed_at)))

    def pages(self, *statuses):
        """Payment pages the cashier has for them, whoever knows of them, oldest first."""
        mine = {order.reference for order in self.orders()}
        with self.shop.world.lock:
            found = list(self.shop.world.stripe.store.table("checkout.session").values())
        return [
            one for one in found if one["client_reference_id"] in mine and (not statuses or one["status"] in statuses)
        ]

    def pay(self, number=VISA, *, which=-1):
        """Pay an open page; whether money was taken."""
        pages = self.pages("open")
        return (
            bool(pages) and control(self.shop.sandbox, f"pay/{pages[which]['id']}", number=number)["result"] == "paid"
        )

    def charges(self):
        """What the cashier took from their card."""
        intents = {page["payment_intent"] for page in self.pages()}
        with self.shop.world.lock:
            found = list(self.shop.world.stripe.store.table("charge").values())
        return [one for one in found if one["paid"] and one["payment_intent"] in intents]

    def land(self, house):
        """Come back from the payment page."""
        for order in self.orders()[-1:]:
            try:
                notices.settle_order(house.bench, order.id, budget=5)
            except OutsideError:
                wake(house.bench, order.id)

    def cancel(self):
        """Change their mind; too late is an answer too."""

        def press(house):
            for order in self.orders():
                if order.state in IS_UNPAID:
                    try:
                        change.cancel(house.bench, order.id, actor="buyer")
                    except StorefrontError:
                        return

        self.shop.visit(press)

    def wait(self, *minutes):
        """Time passes in steps, and the workers work after each."""
        for step in minutes:
            self.shop.pass_time(step * MINUTE)
            self.shop.work()

    def is_settled(self):
        """Nothing of theirs is under way."""
        mine = self.orders()
        letters = [OutboxRow.key.startswith(f"letter:{order.id}:") for order in mine]
        waiting = select(OutboxRow.id).where(or_(false(), *letters), OutboxRow.state == WorkState.WAITING)
        unread = select(OutboxRow.id).where(
            col(OutboxRow.job).in_([notices.JOB, pushes.JOB]), OutboxRow.state != WorkState.DONE
        )
        with self.shop.eye.read() as session:
            is_waiting = session.exec(waiting).first() or session.exec(unread).first()
        return not is_waiting and all(order.state in STATES_AT_REST for order in mine)

    def see_it_through(self):
        """All is well again: the cashier repeats its events, and time passes beyond each promise."""
        self.shop.let_banks_decide()
        self.shop.tell(self.shop.news())
        self.shop.work()
        if any(order.state is OrderState.ATTENTION for order in self.orders()):
            # A person has it, and the shop goes on asking all the same.
            self.wait(6)
        for minutes in (1, 3, 10, 15, 30, 60):
            if self.is_settled() and not self.shop.news():
                break
            self.wait(minutes)
            self.shop.sweep()
            self.shop.tell(self.shop.news())
        self.shop.work()
        self.shop.sweep()


class OneOff(Buyer):
    """A new eSIM."""

    name, commits, calls, window = "one-off", 24, 8, 10
    last_look = "linksfield.order_status"
    own = (
        "linksfield.package_detail",
        "linksfield.pre_order",
        "linksfield.payment_notice",
        "linksfield.order_status",
        "linksfield.profile",
        "linksfield.login",
    )

    def fill(self):
        """Any plan of the shelf."""
        eye = self.shop.eye
        with eye.read() as session:
            plans = session.exec(select(Plan).where(Plan.in_stock, Plan.is_listed).order_by(Plan.id)).all()
        plans = [one for one in plans if any(quote["currency"] == "USD" for quote in one.quotes)]
        plan = self.chance.choice(plans)
        return making.wanted(eye, plan, email=self.email, network=self.network)

    def send(self, house, form):
        return place(house.bench, form)

    def unheard(self):
        """The supplier takes the payment notice and is not heard of again."""
        self.shop.world.faults.arm("linksfield.payment_notice", "reset_after", 1)
        self.shop.world.faults.arm("linksfield.order_status", "status", 400, status=503)

    def unusable(self):
        """What the supplier hands over is no activation code."""
        self.shop.world.faults.arm("linksfield.order_status", "bad_qr", 9, value="html")
        self.shop.world.faults.arm("linksfield.profile", "bad_qr", 9, value="html")

    def out_of_stock(self):
        """The supplier has none left, or asks more now."""
        kind = self.chance.choice(["sold_out", "price_changed"])
        self.shop.world.faults.arm("linksfield.package_detail", kind, 1)
        if self.chance.random() < 0.5:
            self.shop.world.faults.arm("linksfield.pre_order", "sold_out", 1)


class TopUp(Buyer):
    """More for a SIM they own."""

    name, commits, calls, window = "top-up", 22, 7, 30
    last_look = "mall.*"
    own = (
        "mall.syn_order_info",
        "mall.order",
        "mall.single_query_order",
        "mall.single_service_plan_page",
        "csss.query_order",
    )

    def __init__(self, shop, chance):
        super().__init__(shop, chance)
        self.iccid = shop.world.sims.create("expired").iccid

    def fill(self):
        """The plan everybody takes; the page is loaded again when the supplier does not answer."""
        for _ in range(MOST_RELOADS):
            try:
                return making.wanted_top_up(self.shop.eye, self.iccid, email=self.email, network=self.network)
            except OutsideError:
                continue
        raise AssertionError("the supplier is silent for good")

    def send(self, house, form):
        return place_top_up(house.bench, form)

    def unheard(self):
        """The supplier takes the order and is not heard of again."""
        self.shop.world.faults.arm("mall.syn_order_info", "reset_after", 1)
        for target in ("mall.*", "csss.*"):
            self.shop.world.faults.arm(target, "reset_before", 400)

    def unusable(self):
        """What was ordered does not show for a while."""
        self.shop.world.faults.arm("mall.syn_order_info", "not_yet", 1, seconds=1200)

    def out_of_stock(self):
        """The supplier refuses it."""
        self.shop.world.faults.arm("mall.syn_order_info", "code", 1, message="not for this card")
