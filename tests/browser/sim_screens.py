"""The pictures about SIMs: part of `screenshots`."""

from __future__ import annotations

import re

from storefront.ordering.progress import id_of
from storefront.ordering.read import profile_of
from storefront.sandbox.linksfield.sims.plans import PLANS
from storefront.sandbox.linksfield.sims.sim import Renewal
from tests import making


def walk_sims(somebody):
    """Card login, the SIM in its states, a top-up, the second factor, the desk."""
    shop, page = somebody.shop, somebody.page
    sims = shop.sandbox.world.sims
    somebody.context.clear_cookies()
    somebody.visit("en/sim/sign-in", "sim-sign-in", whole=True)
    _type(somebody, "8944110000000000128")
    somebody.shoot("sim-sign-in-unknown", whole=True)
    _open(somebody, sims.some("with_minutes").iccid)
    somebody.shoot("sim")
    page.goto(f"{shop.url}/en/sim/ask")
    somebody.shoot("sim-ask", whole=True)
    sim = sims.create("expired")
    _open(somebody, sim.iccid)
    somebody.shoot("sim-empty", whole=True)
    somebody.choose_top_up()
    somebody.shoot("sim-top-up", whole=True)
    page.get_by_label(re.compile("e-mail", re.IGNORECASE)).fill(f"sim.{somebody.suffix}@traveller.example")
    page.get_by_label("Put it on my SIM now").check()
    page.get_by_role("button", name=re.compile("^Pay ")).click()
    somebody.type_card()
    page.get_by_role("heading", name="Your top-up is active").wait_for(timeout=20_000)
    somebody.shoot("sim-topped-up", whole=True)
    _proved(somebody)
    shop.sandbox.world.faults.arm("mall.*", "status", 40, status=503)
    shop.sandbox.world.faults.arm("csss.*", "status", 40, status=503)
    shop.sandbox.world.clock.move(1200)
    shop.house.outside.clock.forget()
    page.goto(f"{shop.url}/en/sim")
    page.wait_for_timeout(1500)
    page.goto(f"{shop.url}/en/sim")
    somebody.shoot("sim-supplier-silent")
    shop.sandbox.world.faults.clear()


def _proved(somebody):
    """An eSIM bought here, opened by its number, proved by the code, with a renewal of the supplier on it."""
    shop, page = somebody.shop, somebody.page
    address = f"own.{somebody.suffix}@traveller.example"
    somebody.to_checkout()
    somebody.fill_form(address)
    somebody.press_pay()
    somebody.type_card()
    iccid = profile_of(shop.house.read, id_of(shop.house.read, somebody.see_esim())).iccid
    shop.sandbox.world.sims.find(iccid).renewals.append(Renewal("R1", "P1", PLANS[0], 1, shop.sandbox.world.sims.now()))
    somebody.context.clear_cookies()
    _open(somebody, iccid)
    page.get_by_role("button", name="Send me the code").click()
    page.locator("input[autocomplete=one-time-code]").wait_for()
    page.wait_for_timeout(1500)
    mail = next(one for one in making.mails_to(shop.sandbox, address) if "code" in one["subject"])
    somebody.shoot("sim-code")
    code = re.search(r"\b\d{6}\b", mail["subject"] + mail["text"]).group()
    page.locator("input[autocomplete=one-time-code]").fill(code)
    page.get_by_role("button", name=re.compile("Confirm the code")).click()
    page.get_by_role("heading", name="Every order of this SIM").wait_for()
    somebody.shoot("sim-proved", whole=True)
    page.get_by_role("button", name="Stop it now").click()
    page.get_by_role("heading", name="Auto-renew stopped").wait_for(timeout=20_000)
    somebody.shoot("closing-proof", whole=True)


def _type(somebody, number):
    page = somebody.page
    page.goto(f"{somebody.shop.url}/en/sim/sign-in")
    page.get_by_label(re.compile("ICCID")).fill(number)
    page.get_by_role("button", name="Open my SIM").click()


def _open(somebody, number):
    _type(somebody, number)
    somebody.page.get_by_role("heading", name="Add data to this SIM").wait_for(timeout=20_000)
