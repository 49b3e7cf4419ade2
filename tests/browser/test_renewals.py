"""Auto-renew in a browser, on a phone and on a desktop: agree, see it come, get the letter, stop it, read the proof."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from storefront.sandbox.linksfield.sims.plans import PLANS
from storefront.sandbox.linksfield.sims.sim import Renewal
from tests.browser.conftest import SIZES
from tests.browser.person import Person
from tests.browser.renewing import agree, letter, move_to, open_form, stop_link_in, to_agreement
from tests.browser.test_access import OPTIONS

pytestmark = pytest.mark.browser
ADDRESS = "eva@traveller.example"


def test_agree_see_the_next_charge_get_the_letter_stop_by_it_and_read_the_proof(person, shop):
    """The whole life of an agreement by clicking, and nothing is charged after its end."""
    sim = shop.sandbox.world.sims.create("pre_activated")
    open_form(person, sim.iccid)
    assert not person.page.get_by_label(re.compile("Renew automatically")).is_checked()
    agree(person, ADDRESS, most_renewals="3")
    to_agreement(person)
    assert person.page.get_by_text("0 of at most 3").is_visible()
    move_to(shop, "subscription.upcoming")
    mail = letter(shop, ADDRESS, "we will charge")
    person.page.goto(stop_link_in(mail))
    person.page.get_by_role("button", name="Yes, stop it").click()
    person.page.get_by_text("We checked: nothing is active").wait_for(timeout=20_000)
    assert person.page.get_by_text("Proof that it stopped").is_visible()
    letter(shop, ADDRESS, "Auto-renew stopped")
    assert len(shop.sandbox.world.sims.top_ups(sim.iccid)) == 1


def test_a_limit_that_means_nothing_keeps_the_form_open_at_its_field(person, shop):
    """The folded part is open, the fault stands beside the field, and what was typed is still there."""
    open_form(person, shop.sandbox.world.sims.create("pre_activated").iccid)
    page = person.page
    page.get_by_label(re.compile("e-mail", re.IGNORECASE)).fill(ADDRESS)
    page.get_by_label("Put it on my SIM now").check()
    page.get_by_label(re.compile("Renew automatically")).check()
    page.get_by_text("Set a spending limit").click()
    page.locator("#most").fill("€5")
    page.get_by_role("button", name=re.compile("^Pay ")).click()
    page.locator("#most-fault").wait_for()
    assert page.locator("#most").is_visible()
    assert page.locator("#most").input_value() == "€5"
    assert "You pay in USD" in page.locator("#most-fault").inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_of_a_renewal_are_accessible(chromium, shop, size, theme):
    """Form, agreement, stop page, proof: no violation in either theme."""
    context = chromium.new_context(color_scheme=theme, bypass_csp=True, **SIZES[size])
    somebody, found = Person(context, shop), []

    def look():
        said = Axe().run(somebody.page, options=OPTIONS).response["violations"]
        found.extend(f"{somebody.page.url} {one['id']}: {one['nodes'][0]['html'][:90]}" for one in said)

    sim = shop.sandbox.world.sims.create("pre_activated")
    open_form(somebody, sim.iccid)
    somebody.page.get_by_text("Set a spending limit").click()
    look()
    somebody.page.reload()
    agree(somebody, ADDRESS)
    to_agreement(somebody)
    look()
    mail = letter(shop, ADDRESS, "Auto-renew is on")
    somebody.page.goto(stop_link_in(mail))
    look()
    sim.renewals.append(Renewal("R1", "P1", PLANS[0], 1, shop.sandbox.world.sims.now()))
    shop.sandbox.world.faults.arm("mall.cancel_auto_renewal_record", "code", 3)
    somebody.page.get_by_role("button", name="Yes, stop it").click()
    somebody.page.get_by_text("No further charge since").first.wait_for(timeout=20_000)
    look()
    somebody.page.get_by_text("We checked: nothing is active").wait_for(timeout=30_000)
    look()
    context.close()
    assert found == []
