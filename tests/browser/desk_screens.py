"""The pictures of the desk: part of `screenshots`."""

from __future__ import annotations

import re

import pyotp

from storefront.identity import staff_sign_in
from storefront.kernel.clock import wall_now
from storefront.models.staff import StaffRole

PASSWORD = "correct horse battery"


def hire(shop, email):
    """Somebody for the desk; their second factor."""
    with shop.house.write() as session:
        return staff_sign_in.add(
            session,
            shop.house.vault,
            email=email,
            name="Eva",
            role=StaffRole.AGENT,
            password=PASSWORD,
            now=shop.house.outside.clock.now(),
        )


def sit_down(person, email):
    """Sign in at the desk."""
    page, secret = person.page, hire(person.shop, email)
    page.goto(f"{person.shop.url}/desk/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label(re.compile("authenticator")).fill(pyotp.TOTP(secret).at(wall_now()))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Close auto-renewals").wait_for()


def walk_desk(somebody):
    """Sign-in, the desk with a case, a search, an order's history, a list before and after."""
    shop, page = somebody.shop, somebody.page
    somebody.context.clear_cookies()
    somebody.start()
    for target in ("linksfield.order_status", "linksfield.profile"):
        shop.sandbox.world.faults.arm(target, "bad_qr", 2, value="<img>")
    somebody.type_card()
    page.wait_for_url("**/orders/**")
    page.wait_for_timeout(3000)
    reference = page.url.rstrip("/").split("/")[-1]
    shop.sandbox.world.faults.clear()
    somebody.visit("desk/sign-in", "desk-sign-in")
    sit_down(somebody, f"{somebody.suffix}@desk.example")
    somebody.shoot("desk", whole=True)
    page.get_by_label("Find anything").fill(f"Hello, my order {reference} does not come. SIM 00998877")
    page.get_by_role("button", name="Find").click()
    somebody.shoot("desk-found", whole=True)
    page.get_by_role("link", name=reference).first.click()
    page.get_by_role("heading", name=reference).wait_for()
    somebody.shoot("desk-order", whole=True)
    page.get_by_role("link", name="No usable code came").click()
    somebody.shoot("desk-case", whole=True)
    page.get_by_role("link", name="Order again").click()
    somebody.shoot("desk-do", whole=True)
    page.get_by_label("Why?").select_option("not_arrived")
    page.get_by_role("button", name="Order again").click()
    page.get_by_text("Our order is delivered").wait_for(timeout=20_000)
    somebody.shoot("desk-done", whole=True)
    page.goto(f"{shop.url}/desk/")
    page.get_by_label("Find anything").fill(shop.sandbox.world.sims.create("auto_renewing").iccid)
    page.get_by_role("button", name="Find").click()
    page.get_by_role("button", name="Look it up").click()
    page.wait_for_timeout(1500)
    page.reload()
    somebody.shoot("desk-sim", whole=True)
    page.goto(f"{shop.url}/en/orders/{reference}/help")
    somebody.shoot("help", whole=True)
    page.get_by_label("It is installed and there is no data").check()
    page.get_by_role("button", name="Send", exact=True).click()
    somebody.shoot("help-sent", whole=True)
    page.goto(f"{shop.url}/desk/")
    sims = [shop.sandbox.world.sims.create("auto_renewing").iccid for _ in range(3)]
    page.get_by_label(re.compile("SIM numbers")).fill("\n".join([*sims, "nonsense"]))
    page.get_by_role("button", name="Show what would be done").click()
    somebody.shoot("desk-close", whole=True)
    page.get_by_label("Why?").fill("asked by mail")
    page.get_by_role("button", name="Close auto-renewals of 3 SIMs").click()
    page.get_by_role("heading", name="3 of 3 closed").wait_for(timeout=20_000)
    somebody.shoot("desk-closings", whole=True)
