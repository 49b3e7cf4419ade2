"""The pictures about auto-renew: part of `screenshots`."""

from __future__ import annotations

import re

from tests.browser.renewing import agree, letter, move_to, open_form, stop_link_in, to_agreement


def walk_renewals(somebody):
    """Agree with limits, the agreement, an unpaid renewal, the mail's page, the proof."""
    shop, page = somebody.shop, somebody.page
    address = f"renew.{somebody.suffix}@traveller.example"
    somebody.context.clear_cookies()
    open_form(somebody, shop.sandbox.world.sims.create("pre_activated").iccid)
    page.get_by_label(re.compile("Renew automatically")).check()
    page.get_by_text("Set a spending limit").click()
    page.locator("#most").fill("€5")
    page.get_by_label(re.compile("e-mail", re.IGNORECASE)).fill(address)
    page.get_by_label("Put it on my SIM now").check()
    page.get_by_role("button", name=re.compile("^Pay ")).click()
    page.locator("#most-fault").wait_for()
    somebody.shoot("renew-limits", whole=True)
    page.locator("#most").fill("")
    page.get_by_text("Set a spending limit").click()
    agree(somebody, address, most_renewals="5")
    somebody.shoot("renew-order", whole=True)
    to_agreement(somebody)
    move_to(shop, "subscription.upcoming")
    mail = letter(shop, address, "we will charge")
    move_to(shop, "subscription.turn")
    page.wait_for_timeout(2500)
    move_to(shop, "invoice.finalize")
    page.wait_for_timeout(2500)
    page.goto(stop_link_in(mail))
    somebody.shoot("renew-stop")
    page.goto(f"{shop.sandbox.url}/mailbox")
    page.get_by_role("link", name=re.compile("we will charge")).first.click()
    somebody.shoot("renew-mail")
    page.goto(stop_link_in(mail))
    page.get_by_role("button", name="Yes, stop it").click()
    page.get_by_text("We checked: nothing is active").wait_for(timeout=20_000)
    somebody.shoot("renew-proof", whole=True)
