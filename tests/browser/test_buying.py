"""Buying by clicking, on a phone and on a desktop, and what people do on the way."""

import datetime as dt
import io
import re

import pytest
import zxingcpp
from PIL import Image

from storefront.ordering.progress import id_of
from tests import making
from tests.browser.conftest import SIZES
from tests.browser.person import DECLINED, SECURE, Person

pytestmark = pytest.mark.browser


def _assigned(shop, reference):
    order_id = id_of(shop.house.read, reference)
    return shop.sandbox.world.supplier.activation_code(making.holds_of(shop.house, order_id)[0].supplier_order_id)


def _read_qr(page):
    picture = page.locator("img[src*='qr.svg']").screenshot()
    return zxingcpp.read_barcode(Image.open(io.BytesIO(picture))).text


def test_what_the_camera_reads_is_what_the_supplier_assigned(person, shop):
    """Search, choose, pay, and scan the QR code from the screen."""
    reference = person.buy()
    assert _read_qr(person.page) == _assigned(shop, reference)


def test_a_phone_gets_its_own_link_first(person, size):
    """On a phone the one-tap link comes before the QR code, on a desktop after it."""
    person.buy()
    link = person.page.locator("a[href^='https://esimsetup.apple.com']").first.bounding_box()
    picture = person.page.locator("img[src*='qr.svg']").bounding_box()
    assert (link["y"] < picture["y"]) is (size == "phone")


def test_a_code_of_several_lines_begins_each_where_the_first_begins(person):
    """A code reads from left to right on a page that does not; its second line stands under its first."""
    person.buy()
    begins = person.page.evaluate("""() => {
        document.documentElement.dir = "rtl";
        for (const fold of document.querySelectorAll("details")) fold.open = true;
        const code = document.createRange();
        code.selectNodeContents([...document.querySelectorAll(".copyrow code")].at(-1));
        return [...code.getClientRects()].map(line => Math.round(line.left));
    }""")
    assert len(set(begins)) == 1


def test_a_declined_card_then_another(person):
    """The error stands beside the card, and the second card buys."""
    person.to_checkout()
    person.fill_form()
    person.press_pay()
    person.type_card(DECLINED)
    assert person.page.get_by_text(re.compile("declined", re.IGNORECASE)).first.is_visible()
    person.type_card()
    person.see_esim()


def test_a_card_that_asks_the_bank(person):
    """3-D Secure: one more page, then the eSIM."""
    person.to_checkout()
    person.fill_form()
    person.press_pay()
    person.type_card(SECURE)
    person.page.get_by_role("button", name=re.compile("complete", re.IGNORECASE)).click()
    person.see_esim()


def test_back_from_the_payment_page_and_on_again(person, shop):
    """The back button does not make a second order; the order page leads on to the same payment page."""
    person.to_checkout()
    person.fill_form()
    person.press_pay()
    payment_page = person.page.url
    person.page.get_by_role("link", name=re.compile("back", re.IGNORECASE)).first.click()
    person.page.wait_for_url("**/orders/**")
    assert person.page.locator("time").first.is_visible()
    person.page.locator("a[href*='/pay'], a[href*='/checkout/pay/']").first.click()
    person.page.wait_for_url("**/checkout/pay/**")
    assert person.page.url == payment_page


def test_the_browsers_back_button_and_the_same_form_again(person, shop):
    """Going back to the filled form and sending it again is the same order."""
    person.to_checkout()
    person.fill_form()
    person.press_pay()
    first = person.page.url
    person.page.go_back()
    person.fill_form()
    person.press_pay()
    with shop.house.read() as session:
        orders = session.connection().exec_driver_sql("SELECT count(*) FROM orders").scalar()
    assert (person.page.url == first) is (orders == 1)
    assert orders <= 2


def test_two_tabs_of_one_order(person, shop):
    """Paid in one tab, the other tab shows the same eSIM."""
    reference = person.buy()
    other = person.context.new_page()
    other.goto(f"{shop.url}/en/orders/{reference}")
    other.locator("img[src*='qr.svg']").wait_for()


def test_the_waiting_page_turns_into_the_esim_by_itself(person, shop):
    """Paid while the supplier is slow: the page says so honestly, then changes without a click."""
    shop.sandbox.world.faults.arm("linksfield.order_status", "status", 4, status=503)
    person.to_checkout()
    person.fill_form()
    person.press_pay()
    person.type_card()
    person.page.wait_for_url("**/orders/**")
    assert person.page.get_by_text(re.compile("paid", re.IGNORECASE)).first.is_visible()
    person.see_esim()


def test_the_waiting_page_leads_on_to_payment_by_itself(person, shop):
    """The cashier does not answer at once: nobody has to press "Pay" a second time, and the way back asks for it."""
    with shop.hands:
        shop.sandbox.world.faults.arm("stripe.session_create", "status", 9, status=503)
        person.to_checkout()
        person.fill_form()
        person.page.get_by_role("button", name=re.compile("pay", re.IGNORECASE)).click()
        person.page.get_by_role("heading", name="Reserving your eSIM").wait_for()
        shop.sandbox.world.faults.clear()
    person.page.wait_for_url("**/checkout/pay/**")
    person.page.go_back()
    person.page.get_by_role("heading", name="Reserved for you. Pay to get it.").wait_for()


def test_a_form_with_mistakes_says_what_to_do(person):
    """Nothing typed: the summary names the fields, focusable and tied to them."""
    person.to_checkout()
    person.page.locator("form").evaluate("form => form.noValidate = true")
    person.page.get_by_role("button", name=re.compile("pay", re.IGNORECASE)).click()
    assert person.page.locator("[aria-invalid=true]").count() >= 2


def test_signing_in_with_the_code_from_the_mailbox(person, shop, chromium, size):
    """On another device: address, six digits, and the order is there."""
    reference = person.buy()
    context = chromium.new_context(**SIZES[size])
    elsewhere = Person(context, shop)
    page = elsewhere.page
    page.goto(f"{shop.url}/en/sign-in")
    page.get_by_label(re.compile("e-mail", re.IGNORECASE)).fill("eva@traveller.example")
    page.locator("main form button").first.click()
    page.wait_for_url("**/sign-in/code**")
    for _ in range(50):
        mails = making.mails_to(shop.sandbox, "eva@traveller.example")
        found = [re.search(r"\b(\d{6})\b", one["subject"]) for one in mails]
        if any(found):
            break
        page.wait_for_timeout(100)
    digits = next(one for one in found if one).group(1)
    page.locator("input[autocomplete=one-time-code]").fill(digits)
    page.locator("main form button").first.click()
    page.wait_for_url(re.compile(r"/orders"))
    page.goto(f"{shop.url}/en/orders/{reference}")
    page.locator("img[src*='qr.svg']").wait_for()
    elsewhere.check_pages()
    context.close()


def test_all_of_it_without_javascript(chromium, shop, size):
    """Scripts are a comfort, not a need."""
    context = chromium.new_context(java_script_enabled=False, **SIZES[size])
    somebody = Person(context, shop)
    somebody.buy()
    somebody.check_pages()
    context.close()


def test_moments_are_told_on_the_clocks_of_the_browser(chromium, shop, size):
    """A traveller in Tokyo reads Tokyo's time with its zone, and UTC is still there to be read."""
    context = chromium.new_context(timezone_id="Asia/Tokyo", **SIZES[size])
    somebody = Person(context, shop)
    somebody.buy()
    moment = somebody.page.locator("time").first
    stamp = dt.datetime.fromisoformat(moment.get_attribute("datetime"))
    tokyo = stamp.astimezone(dt.timezone(dt.timedelta(hours=9)))
    assert moment.text_content() == f"{tokyo.day} {tokyo:%b %Y, %H:%M}\xa0GMT+9"
    assert moment.get_attribute("title") == f"{stamp.day} {stamp:%b %Y, %H:%M}\xa0UTC"
    somebody.check_pages()
    context.close()
