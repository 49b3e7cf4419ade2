"""Seven tickets as they come in at a desk, each worked off by clicking; `clicks` are counted after the search."""

from __future__ import annotations

import re
import secrets

from storefront.ordering.read import order_view
from storefront.renewals import close
from storefront.sandbox.linksfield.sims.plans import PLANS
from storefront.sandbox.linksfield.sims.sim import Renewal as Record
from tests.browser.desk_screens import sit_down
from tests.driver import Traveller
from tests.subscriber import bills_of, live, renewal_of, subscribe, view_of


class Clerk:
    """Somebody at the desk who counts their clicks."""

    def __init__(self, person):
        self.person, self.shop, self.page, self.clicks = person, person.shop, person.page, 0

    def sit_down(self):
        """Sign in, once the ticket has come in."""
        sit_down(self.person, f"{secrets.token_hex(4)}@desk.example")

    def search(self, words):
        """Look for what the mail says."""
        self.page.goto(f"{self.shop.url}/desk/")
        self.page.get_by_label("Find anything").fill(words)
        self.page.get_by_role("button", name="Find").click()
        self.clicks = 0

    def click(self, role, name):
        """One click, waited for until the page has changed."""
        self.clicks += 1
        self.page.get_by_role(role, name=name, exact=True).first.click()

    def do(self, verb, why, **fields):
        """Open a verb, choose why, fill in what it asks, and press its button."""
        self.click("link", verb)
        self.page.get_by_label("Why?").select_option(why)
        for name, text in fields.items():
            self.page.locator(f"#{name}").fill(text)
        self.click("button", verb)

    def sees(self, words):
        """Wait until the page says so; it looks again by itself."""
        self.page.get_by_text(re.compile(words)).first.wait_for(timeout=20_000)


def paid_but_nothing_came(clerk, person):
    """The supplier sent no usable code: ordered again with the money that is here."""
    faults = clerk.shop.sandbox.world.faults
    for target in ("linksfield.order_status", "linksfield.profile"):
        faults.arm(target, "bad_qr", 2, value="<img>")
    reference = person.pay_without_esim()
    faults.clear()
    clerk.sit_down()
    clerk.search(f"Hi, I paid for {reference} an hour ago and nothing came!")
    clerk.do("Order again", "not_arrived")
    clerk.sees("Our order is delivered")


def surprise_renewal(clerk, person):
    """A charge they did not want: no further one, and this one back."""
    somebody = Traveller(clerk.shop.app, clerk.shop.house, clerk.shop.sandbox)
    with clerk.shop.hands:
        renewal_id = subscribe(somebody)
        live(somebody, 31)
    charged = bills_of(clerk.shop.house, renewal_id)[-1].order_id
    reference = order_view(clerk.shop.house.read, charged, margin_seconds=0).reference
    clerk.sit_down()
    clerk.search(f"{reference}: I never wanted this renewed, give me my money back")
    clerk.do("Close auto-renewal", "renewal_unwanted")
    clerk.sees("no auto-renewal is left")
    clerk.do("Refund", "renewal_unwanted")
    clerk.sees("refund of US.8.99 made")


def cancelled_but_still_active(clerk, person):
    """The supplier kept its record although the traveller had stopped: ended now, and proved."""
    shop = clerk.shop
    somebody = Traveller(shop.app, shop.house, shop.sandbox)
    with shop.hands:
        renewal_id = subscribe(somebody)
        ours, reference = renewal_of(shop.house, renewal_id), view_of(shop.house, renewal_id).order_reference
        sim = shop.sandbox.world.sims.find(ours.iccid)
        number = sim.iccid[-6:]
        sim.renewals.append(Record(f"X{number}", f"Y{number}", PLANS[0], 1, shop.sandbox.world.sims.now()))
        shop.sandbox.world.faults.arm("mall.cancel_auto_renewal_record", "code", 60)
        told = {"email": ours.email, "locale": "en", "renewal_id": renewal_id}
        close.ask(shop.house.bench, iccid=ours.iccid, asked_by="traveller", actor="traveller", **told)
        somebody.drain()
        somebody.wait(1000)
    shop.sandbox.world.faults.clear()
    clerk.sit_down()
    clerk.search(f"I cancelled {reference} days ago and your supplier still shows it active")
    clerk.do("Close auto-renewal", "renewal_unwanted")
    clerk.sees("no auto-renewal is left")


def wrong_e_mail(clerk, person):
    """They mistyped their address: moved before anybody installed it."""
    reference = person.buy()
    clerk.sit_down()
    clerk.search(f"I typed my address wrong in order {reference}")
    clerk.do("Change the e-mail", "wrong_address", email="right@traveller.example")
    clerk.sees("The mail with the code, to right@traveller.example")


def double_charge(clerk, person):
    """Two tabs, two orders, two charges: one goes back."""
    person.buy()
    reference = person.buy()
    clerk.sit_down()
    clerk.search("eva@traveller.example was charged twice")
    clerk.click("link", reference)
    clerk.do("Refund", "charged_twice")
    clerk.sees("Stripe was read: refund of")


def renewal_sold_elsewhere(clerk, person):
    """A card we did not sell renews at the supplier: closed all the same."""
    sim = clerk.shop.sandbox.world.sims.create("auto_renewing")
    clerk.sit_down()
    clerk.search(f"Some shop renews my card {sim.iccid}, they do not answer")
    clerk.click("button", "Look it up")
    clerk.do("Close auto-renewal", "renewal_unwanted")
    clerk.sees("no auto-renewal is left")


def two_hundred_cards(clerk, person):
    """A partner ends a contract: a pasted list, some of it failing at the supplier, told line by line."""
    sims = clerk.shop.sandbox.world.sims
    cards = [sims.create("auto_renewing") for _ in range(200)]
    for sim in cards:
        sim.renewals.append(Record(f"X{sim.iccid}", f"Y{sim.iccid}", PLANS[0], 1, sims.now()))
    clerk.sit_down()
    page = clerk.page
    page.goto(f"{clerk.shop.url}/desk/")
    clerk.clicks = 0
    page.get_by_label(re.compile("SIM numbers")).fill("\n".join([*(sim.iccid for sim in cards), "not a number"]))
    clerk.shop.sandbox.world.faults.arm("mall.cancel_auto_renewal_record", "code", 40)
    clerk.click("button", "Show what would be done")
    page.get_by_label("Why?").fill("the partner ended the contract")
    clerk.click("button", "Close auto-renewals of 200 SIMs")
    page.get_by_role("heading", name="200 of 200 closed").wait_for(timeout=90_000)


TICKETS = {
    "nothing-came": paid_but_nothing_came,
    "surprise-renewal": surprise_renewal,
    "still-active": cancelled_but_still_active,
    "wrong-e-mail": wrong_e_mail,
    "double-charge": double_charge,
    "sold-elsewhere": renewal_sold_elsewhere,
    "two-hundred": two_hundred_cards,
}
