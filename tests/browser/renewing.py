"""What a person with auto-renew does in a browser; shared by the journeys and the pictures."""

from __future__ import annotations

import re
import time

import requests

from tests.making import mails_to
from tests.subscriber import ask


def open_form(person, iccid):
    """From card login to the form of a top-up."""
    page = person.page
    page.goto(f"{person.shop.url}/en/sim/sign-in")
    page.get_by_label(re.compile("ICCID")).fill(iccid)
    page.get_by_role("button", name="Open my SIM").click()
    page.get_by_role("heading", name="Add data to this SIM").wait_for(timeout=20_000)
    person.choose_top_up()


def agree(person, email, **limits):
    """Tick the box, set limits, pay; ends on the order's page."""
    page = person.page
    page.get_by_label(re.compile("e-mail", re.IGNORECASE)).fill(email)
    page.get_by_label("Put it on my SIM now").check()
    page.get_by_label(re.compile("Renew automatically")).check()
    if limits:
        page.get_by_text("Set a spending limit").click()
    for name, value in limits.items():
        page.locator(f"#{name}").fill(value)
    page.get_by_role("button", name=re.compile("^Pay ")).click()
    person.type_card()
    page.get_by_role("heading", name=re.compile("Your top-up is")).wait_for(timeout=20_000)


def to_agreement(person):
    """From the order's page to the agreement's, once it has started."""
    page = person.page
    page.get_by_role("link", name="Change or stop it").click()
    until = time.monotonic() + 20
    while not page.get_by_text("Next charge").first.is_visible() and time.monotonic() < until:
        page.wait_for_timeout(200)
        page.reload()
    page.get_by_text("Next charge").first.wait_for()


def move(shop, seconds):
    """Let time pass; the workers of the shop see it within moments."""
    shop.sandbox.world.clock.move(seconds)
    requests.get(f"{shop.sandbox.url}/stripe/_sandbox/next", timeout=10)


def move_to(shop, what):
    """Let time pass until the cashier's calendar comes to `what` for the newest subscription."""
    newest = ask(shop.sandbox, "subscriptions")[0]["id"]
    for _ in range(30):
        ahead = ask(shop.sandbox, "next")
        move(shop, ahead["seconds"] + 1)
        ours = {newest, *(one["id"] for one in ask(shop.sandbox, f"invoices/{newest}"))}
        if ahead["what"] == what and ahead["object"] in ours:
            return
    raise AssertionError(f"{what} never comes")


def letter(shop, address, words):
    """The newest mail of this subject, once it is there."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        found = [one for one in mails_to(shop.sandbox, address) if words in one["subject"]]
        if found:
            return found[0]
        time.sleep(0.1)
    raise AssertionError(f"no mail “{words}”")


def stop_link_in(mail):
    """The link that stops it."""
    return re.search(r"(\S+/en/stop/\S+)", mail["text"]).group(1)
