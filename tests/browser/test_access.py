"""Accessibility (axe, WCAG 2.2 AA) in both themes, page weight, and right-to-left layout."""

import gzip
import re

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import SIZES
from tests.browser.person import Person

pytestmark = pytest.mark.browser
OPTIONS = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
PUBLIC = ["", "search?q=japan", "search?q=zzzz", "esim/japan", "esim/europe", "page/terms", "page/refunds"]
BUDGET = 25_000


def _findings(page):
    found = Axe().run(page, options=OPTIONS).response["violations"]
    return [f"{page.url} {one['id']}: {one['nodes'][0]['html'][:90]}" for one in found]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_an_accessibility_violation(chromium, shop, size, theme):
    """Every page of a purchase and around it, as a person meets them."""
    context = chromium.new_context(color_scheme=theme, bypass_csp=True, **SIZES[size])
    somebody = Person(context, shop)
    page, found = somebody.page, []
    for path in PUBLIC:
        page.goto(f"{shop.url}/en/usd/{path}")
        found += _findings(page)
    somebody.to_checkout()
    found += _findings(page)
    page.locator("form").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name=re.compile("pay", re.IGNORECASE)).click()
    found += _findings(page)
    somebody.fill_form()
    somebody.press_pay()
    page.get_by_role("link", name=re.compile("back", re.IGNORECASE)).first.click()
    page.wait_for_url("**/orders/**")
    found += _findings(page)
    page.locator("a[href*='/pay'], a[href*='/checkout/pay/']").first.click()
    shop.sandbox.world.faults.arm("linksfield.order_status", "status", 3, status=503)
    with shop.hands:
        # The page must not turn into the eSIM's while it is being looked at.
        somebody.type_card()
        page.wait_for_url("**/orders/**")
        found += _findings(page)
    reference = somebody.see_esim()
    found += _findings(page)
    for path in ("orders", "sign-in", "nowhere"):
        page.goto(f"{shop.url}/en/{path}")
        found += _findings(page)
    context.clear_cookies()
    page.goto(f"{shop.url}/en/orders/{reference}")
    found += _findings(page)
    context.close()
    assert found == []


@pytest.mark.parametrize("path", ["", "esim/japan", "esim/europe", "plan"])
def test_a_page_with_its_styles_fits_the_budget(shop, path):
    """HTML and CSS as they travel, compressed: at most 25 kB."""
    if path == "plan":
        listing = requests.get(f"{shop.url}/en/usd/esim/japan", timeout=10).text
        path = re.search(r'href="/en/usd/(plan/[^"]+)"', listing).group(1)
    page = requests.get(f"{shop.url}/en/usd/{path}", timeout=10)
    styles = re.findall(r'<link[^>]+rel="stylesheet"[^>]*>', page.text)
    sheets = [re.search(r'href="([^"]+)"', tag).group(1) for tag in styles]
    weight = len(gzip.compress(page.content)) + sum(
        len(gzip.compress(requests.get(shop.url + sheet, timeout=10).content)) for sheet in sheets
    )
    assert sheets
    assert weight <= BUDGET, weight


def test_nothing_overflows_from_right_to_left(chromium, shop, size):
    """Turned round, no page scrolls sideways."""
    context = chromium.new_context(**SIZES[size])
    page = context.new_page()
    for path in ("", "esim/japan", "search?q=zzzz"):
        page.goto(f"{shop.url}/en/usd/{path}")
        page.evaluate("document.documentElement.dir = 'rtl'")
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
    context.close()
