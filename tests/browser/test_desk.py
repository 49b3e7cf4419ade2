"""The desk in a browser: sign in, find, read, close a list; accessible in both themes."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from storefront.cases.open import open_case
from tests.browser.conftest import SIZES
from tests.browser.desk_screens import sit_down
from tests.browser.person import Person
from tests.browser.test_access import OPTIONS

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_ticket_from_search_to_proof(chromium, shop, size, theme):
    """An order found by the digits in a mail, its history read, three renewals closed: no violation on any page."""
    context = chromium.new_context(color_scheme=theme, bypass_csp=True, **SIZES[size])
    person, found = Person(context, shop), []
    page = person.page
    person.buy()
    reference = page.url.rstrip("/").split("/")[-1]

    def look():
        said = Axe().run(page, options=OPTIONS).response["violations"]
        found.extend(f"{page.url} {one['id']}: {one['nodes'][0]['html'][:90]}" for one in said)

    page.goto(f"{shop.url}/desk/")
    look()
    sit_down(person, "eva@desk.example")
    look()
    page.get_by_label("Find anything").fill(f"Hello, my order {reference} does not work; 00998877 neither")
    page.get_by_role("button", name="Find").click()
    look()
    page.get_by_role("link", name=reference).first.click()
    page.get_by_role("heading", name=reference).wait_for()
    assert page.get_by_text("The card was charged").first.is_visible()
    look()
    page.get_by_role("link", name="Send the QR mail again").click()
    look()
    page.get_by_label("Why?").select_option("not_arrived")
    page.get_by_role("button", name="Send the QR mail again").click()
    page.get_by_role("heading", name="QR mail", exact=True).wait_for(timeout=20_000)
    look()
    page.goto(f"{shop.url}/en/orders/{reference}/help")
    look()
    page.get_by_label("I was charged twice").check()
    page.get_by_role("button", name="Send", exact=True).click()
    look()
    page.goto(f"{shop.url}/desk/")
    page.get_by_role("link", name="A traveller asks for help").click()
    look()
    page.goto(f"{shop.url}/desk/")
    page.get_by_label("Find anything").fill(shop.sandbox.world.sims.create("auto_renewing").iccid)
    page.get_by_role("button", name="Find").click()
    look()
    page.get_by_role("button", name="Look it up").click()
    page.get_by_role("heading", name="What can be done").wait_for()
    look()
    page.get_by_role("link", name="Desk").first.click()
    sims = [shop.sandbox.world.sims.create("auto_renewing").iccid for _ in range(3)]
    page.get_by_label(re.compile("SIM numbers")).fill("\n".join([*sims, "nonsense"]))
    page.get_by_role("button", name="Show what would be done").click()
    look()
    page.get_by_label("Why?").fill("asked by mail")
    page.get_by_role("button", name="Close auto-renewals of 3 SIMs").click()
    page.get_by_role("heading", name="3 of 3 closed").wait_for(timeout=20_000)
    look()
    assert not any(iccid in page.content() for iccid in sims)
    person.check_pages()
    context.close()
    assert found == []


def test_the_list_of_cases_keeps_itself_up_to_date(person, shop):
    """A case that opens while somebody looks appears without a reload, and what they typed stays."""
    sit_down(person, "eva@desk.example")
    page = person.page
    page.get_by_text("Nothing waits for a person").wait_for()
    page.get_by_label("Find anything").fill("half a sen")
    with shop.house.write() as session:
        now = shop.house.outside.clock.now()
        open_case(session, kind="parked_work", owner="desk", now=now, about="a job", detail="it failed ten times")
    page.get_by_text("it failed ten times").wait_for(timeout=20_000)
    assert page.get_by_role("heading", name="1 open case").is_visible()
    assert page.get_by_label("Find anything").input_value() == "half a sen"
    person.check_pages()
