"""Card login in a browser, on a phone and on a desktop: top up, buy new, prove, ask the desk; and what goes wrong."""

import re
import time

import pytest
from axe_playwright_python.sync_playwright import Axe

from storefront.ordering.progress import id_of
from storefront.ordering.read import profile_of
from storefront.sandbox.linksfield.sims.plans import PLANS
from storefront.sandbox.linksfield.sims.sim import Renewal
from tests import making
from tests.browser.conftest import SIZES
from tests.browser.person import Person
from tests.browser.test_access import OPTIONS

pytestmark = pytest.mark.browser
UNKNOWN = "8944110000000000123"


def _type_number(person, number):
    person.page.goto(f"{person.shop.url}/en/usd/")
    person.page.get_by_role("link", name=re.compile("see what is left")).click()
    person.page.get_by_label(re.compile("ICCID")).fill(number)
    person.page.get_by_role("button", name="Open my SIM").click()


def _open(person, number):
    """From the start page to the SIM's page with its plans."""
    _type_number(person, number)
    person.page.get_by_role("heading", name="Add data to this SIM").wait_for(timeout=20_000)


def _delivered(person):
    """Buy an eSIM; its number."""
    order_id = id_of(person.shop.house.read, person.buy())
    return profile_of(person.shop.house.read, order_id).iccid


def _code(shop, address):
    until = time.monotonic() + 20
    while time.monotonic() < until:
        mail = next((one for one in making.mails_to(shop.sandbox, address) if "code" in one["subject"]), None)
        if mail:
            break
        time.sleep(0.1)
    return re.search(r"\b\d{6}\b", mail["subject"] + mail["text"]).group()


def test_sign_in_by_card_and_top_up(person, shop):
    """The number opens the SIM, a plan is paid for, and it is seen active on the order's page and on the SIM's."""
    sim = shop.sandbox.world.sims.some("expired")
    _open(person, sim.iccid)
    page = person.page
    has, sold = (page.locator(one).bounding_box() for one in (".sim__state", ".sim__offers"))
    assert has["y"] + has["height"] <= sold["y"] or has["x"] + has["width"] <= sold["x"], "what is left comes first"
    person.choose_top_up()
    page.get_by_label(re.compile("e-mail", re.IGNORECASE)).fill("eva@traveller.example")
    page.get_by_label("Put it on my SIM now").check()
    page.get_by_role("button", name=re.compile("^Pay ")).click()
    person.type_card()
    page.get_by_role("heading", name="Your top-up is active").wait_for(timeout=20_000)
    page.goto(f"{shop.url}/en/sim")
    page.get_by_text("In use").first.wait_for(timeout=10_000)
    assert len(shop.sandbox.world.sims.top_ups(sim.iccid)) == 1
    assert sim.iccid not in page.content()


def test_sign_in_by_card_and_buy_a_new_esim(person, shop):
    """From the SIM's page to a new eSIM by pre-order, with its QR code."""
    _open(person, shop.sandbox.world.sims.some("in_use").iccid)
    person.page.get_by_role("link", name=re.compile("Buy a new eSIM")).click()
    assert person.buy()


@pytest.mark.parametrize("kind", ["unknown", "foreign", "locked"])
def test_a_number_that_is_not_ours(person, shop, kind):
    """Wrong, foreign and locked numbers: one clear sentence, the number stays in the field, in groups of four."""
    number = UNKNOWN if kind == "unknown" else shop.sandbox.world.sims.some(kind).iccid
    _type_number(person, number)
    assert person.page.get_by_role("alert").get_by_text("We do not find this number").is_visible()
    shown = person.page.get_by_label(re.compile("ICCID")).input_value()
    assert (shown.replace(" ", ""), shown[4], shown[9]) == (number, " ", " ")


def test_the_supplier_is_down(person, shop):
    """A number cannot be checked: the page says so and that it can be tried again."""
    shop.sandbox.world.faults.arm("mall.single_verify", "status", 9, status=503)
    _type_number(person, shop.sandbox.world.sims.some("in_use").iccid)
    assert person.page.get_by_role("alert").get_by_text("the network does not answer").is_visible()


def test_the_second_factor_shows_the_suppliers_renewal(person, shop, chromium, size):
    """On another device the number shows little; the code from the mail shows history and auto-renewal."""
    iccid = _delivered(person)
    sim = shop.sandbox.world.sims.find(iccid)
    sim.renewals.append(Renewal("R1", "P1", PLANS[0], 1, shop.sandbox.world.sims.now()))
    context = chromium.new_context(**SIZES[size])
    elsewhere = Person(context, shop)
    _open(elsewhere, iccid)
    page = elsewhere.page
    assert not page.get_by_role("heading", name="Auto-renew").is_visible()
    page.get_by_role("button", name="Send me the code").click()
    page.locator("input[autocomplete=one-time-code]").fill(_code(shop, "eva@traveller.example"))
    page.get_by_role("button", name=re.compile("Confirm the code")).click()
    page.get_by_role("heading", name="Every order of this SIM").wait_for()
    assert page.get_by_text("Started elsewhere: not an order of this shop").is_visible()
    page.get_by_role("button", name="Stop it now").click()
    page.get_by_role("heading", name="Auto-renew stopped").wait_for(timeout=20_000)
    assert sim.renewal() is None
    assert page.get_by_role("button", name="Print the proof").is_visible()
    page.emulate_media(media="print", color_scheme="dark")
    assert page.locator(".slip").is_visible()
    assert not page.get_by_role("button", name="Print the proof").is_visible()
    assert not page.get_by_role("contentinfo").is_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.slip dd')).color") == "rgb(0, 0, 0)"
    page.emulate_media(media="screen")
    elsewhere.check_pages()
    context.close()


def test_a_sim_we_did_not_sell_asks_the_desk(person, shop, tmp_path):
    """The way leads to a form, and the form to a case number."""
    photo = tmp_path / "card.png"
    photo.write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 500)
    _open(person, shop.sandbox.world.sims.some("auto_renewing").iccid)
    page = person.page
    page.get_by_role("link", name="Ask the desk").click()
    assert page.get_by_label("What should we do?").input_value() == ""
    page.get_by_label("What should we do?").select_option(index=1)
    page.get_by_label(re.compile("e-mail", re.IGNORECASE)).fill("eva@traveller.example")
    page.get_by_label(re.compile("photo")).set_input_files(photo)
    page.get_by_role("button", name="Send to the desk").click()
    assert page.get_by_role("heading", name="The desk has it").is_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_about_a_sim_has_an_accessibility_violation(chromium, shop, size, theme):
    """Sign-in with and without a fault, the SIM, the top-up form, the question to the desk."""
    context = chromium.new_context(color_scheme=theme, bypass_csp=True, **SIZES[size])
    somebody = Person(context, shop)
    page, found = somebody.page, []

    def look():
        found.extend(
            f"{page.url} {one['id']}: {one['nodes'][0]['html'][:90]}"
            for one in Axe().run(page, options=OPTIONS).response["violations"]
        )
        page.evaluate("document.documentElement.dir = 'rtl'")
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), page.url

    _type_number(somebody, UNKNOWN)
    look()
    _open(somebody, shop.sandbox.world.sims.some("with_minutes").iccid)
    look()
    page.goto(f"{shop.url}/en/sim")
    page.locator(".ticket").first.click()
    look()
    page.goto(f"{shop.url}/en/sim/ask")
    look()
    context.close()
    assert found == []
