"""Write a picture of every page and state into docs/screenshots: phone and desktop, light and dark, and right to left.

make screenshots
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PIL import Image
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright
from sqlalchemy import select, update

from storefront.catalogue.refresh import refresh
from storefront.db import migrate
from storefront.models.catalogue import Plan
from storefront.sandbox import server
from storefront.telemetry.logging import configure_logging
from storefront.wiring import wire
from tests.browser.conftest import FLAGS, SIZES, Shop
from tests.browser.desk_screens import walk_desk
from tests.browser.person import DECLINED, Person
from tests.browser.renewal_screens import walk_renewals
from tests.browser.sim_screens import walk_sims
from tests.browser.tickets import TICKETS, Clerk
from tests.conftest import WEBHOOK_SECRET, find_chromium, settings_for

# Pictures further down are loaded when they are scrolled to; nobody waits for those.
DRAWN = """Promise.all(
    [...document.images].filter(one => one.loading !== "lazy").map(one => one.decode().catch(() => null))
)"""
TARGET = Path(__file__).resolve().parents[2] / "docs" / "screenshots"


class Photographer(Person):
    """A person who keeps a picture of what they see."""

    def __init__(self, context, shop, size, theme):
        super().__init__(context, shop)
        self.suffix = f"{size}-{theme}"
        with shop.house.read() as session:
            self.sold_out = session.execute(select(Plan.id).where(Plan.in_stock.is_(False))).scalars().all()

    def shoot(self, name, *, whole=False):
        """Keep the page as `name`; `whole` beyond the first screen.

        The browser may refuse while a page renews itself, and a picture may be taken before its images are drawn.
        """
        path = TARGET / f"{name}-{self.suffix}.png"
        size = self.page.viewport_size
        for is_last in (False, False, True):
            try:
                self.page.wait_for_load_state("load")
                self.page.evaluate(DRAWN)
                assert self.page.evaluate("innerWidth") == size["width"], f"{name} is laid out for another width"
                self.page.screenshot(path=path, full_page=whole)
            except (PlaywrightError, AssertionError):
                if is_last:
                    raise
            else:
                break
        shrink(path)

    def visit(self, path, name, *, whole=False):
        """Go there and keep it."""
        self.page.goto(f"{self.shop.url}/{path}")
        self.shoot(name, whole=whole)

    def start(self):
        """Up to the open payment page."""
        self.to_checkout()
        self.fill_form()
        self.press_pay()
        return self.page.url


def shrink(path):
    """A palette of 256 colours is plenty for pages without photographs; few pixels of a flag keep their red."""
    with Image.open(path) as picture:
        width = 780 if picture.width > picture.height or picture.width >= 1280 else 390
        smaller = picture.convert("RGB")
        if smaller.width > width * 1.64:
            smaller = smaller.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)
        few = smaller.quantize(256, method=Image.Quantize.MAXCOVERAGE, kmeans=4, dither=Image.Dither.NONE)
        few.save(path, optimize=True)


def walk(somebody):
    """Every page and state, in the order people meet them."""
    shop, page = somebody.shop, somebody.page
    faults = shop.sandbox.world.faults
    for path, name in (
        ("en/usd/", "home"),
        ("en/usd/search?q=austr", "search"),
        ("en/usd/search?q=atlantis", "search-empty"),
        ("en/usd/esim/japan", "destination"),
        ("en/usd/esim/europe", "region"),
        ("en/usd/page/refunds", "legal"),
        ("en/usd/esim/atlantis", "error-404"),
        ("en/orders", "history-empty"),
        ("en/sign-in", "sign-in"),
    ):
        somebody.visit(path, name)
    page.goto(f"{shop.url}/en/usd/esim/japan")
    page.locator("main a[href*='/plan/']:visible").first.click()
    somebody.shoot("plan")
    page.locator("a[href*='/checkout/']:visible").first.click()
    somebody.shoot("checkout", whole=True)
    page.locator("form").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name=re.compile("pay", re.IGNORECASE)).click()
    somebody.shoot("checkout-errors", whole=True)
    somebody.fill_form()
    somebody.press_pay()
    somebody.shoot("payment-page")
    somebody.type_card(DECLINED)
    somebody.shoot("payment-declined")
    page.get_by_role("link", name=re.compile("back", re.IGNORECASE)).first.click()
    page.wait_for_url("**/orders/**")
    somebody.shoot("pay")
    page.locator("a[href*='/pay'], a[href*='/checkout/pay/']").first.click()
    faults.arm("linksfield.order_status", "status", 3, status=503)
    somebody.type_card()
    page.wait_for_url("**/orders/**")
    somebody.shoot("waiting")
    reference = somebody.see_esim()
    somebody.shoot("ready", whole=True)
    somebody.visit("en/orders", "history")
    _reserving(somebody)
    _ended(somebody, "refunded", ("linksfield.payment_notice", "hold_lapsed"), ("linksfield.pre_order", "sold_out"))
    _ended(somebody, "attention", ("linksfield.order_status", "bad_qr"), ("linksfield.profile", "bad_qr"))
    faults.arm("linksfield.pre_order", "sold_out", 1)
    somebody.to_checkout("Portugal")
    somebody.fill_form("rita@traveller.example")
    page.get_by_role("button", name=re.compile("pay", re.IGNORECASE)).click()
    page.wait_for_url("**/orders/**")
    somebody.shoot("rejected-sold-out")
    restock(somebody)
    somebody.context.clear_cookies()
    somebody.visit(f"en/orders/{reference}", "stranger")
    page.goto(f"{shop.url}/en/sign-in")
    # An address gets three codes in a quarter of an hour, and this walk is taken four times.
    page.get_by_label(re.compile("e-mail", re.IGNORECASE)).fill(f"eva.{somebody.suffix}@traveller.example")
    page.locator("main form button").first.click()
    somebody.shoot("code")
    page.locator("input[autocomplete=one-time-code]").fill("000000")
    page.locator("main form button").first.click()
    somebody.shoot("code-wrong")
    for path, name in (("control", "sandbox-control"), ("mailbox", "sandbox-mailbox")):
        page.goto(f"{shop.sandbox.url}/{path}")
        somebody.shoot(name)


def _reserving(somebody):
    """An order whose payment page does not open at once; what follows walks away from it."""
    faults = somebody.shop.sandbox.world.faults
    with somebody.shop.hands:
        faults.arm("stripe.session_create", "status", 9, status=503)
        somebody.to_checkout()
        somebody.fill_form()
        somebody.page.get_by_role("button", name=re.compile("pay", re.IGNORECASE)).click()
        somebody.page.get_by_role("heading", name="Reserving your eSIM").wait_for()
        somebody.shoot("reserving")
        faults.clear()


def _ended(somebody, name, *misfortunes):
    """A paid order that meets `misfortunes`."""
    page = somebody.page
    somebody.start()
    faults = somebody.shop.sandbox.world.faults
    for target, kind in misfortunes:
        faults.arm(target, kind, 2 if kind == "bad_qr" else 1, value="<img>")
    somebody.type_card()
    page.wait_for_url("**/orders/**")
    page.wait_for_timeout(2500)
    page.reload()
    somebody.shoot(name)
    faults.clear()
    restock(somebody)


def restock(somebody):
    """What a misfortune took off the shelf is back, and only that; pages notice within a second."""
    with somebody.shop.house.write() as session:
        gone = Plan.in_stock.is_(False) & Plan.id.not_in(somebody.sold_out)
        session.execute(update(Plan).where(gone).values(in_stock=True))
    somebody.page.wait_for_timeout(1300)


def right_to_left(somebody):
    """The start page and My eSIM, turned round."""
    page = somebody.page
    page.goto(f"{somebody.shop.url}/en/usd/")
    page.evaluate("document.documentElement.dir = 'rtl'")
    somebody.shoot("rtl-home")
    somebody.buy()
    page.evaluate("document.documentElement.dir = 'rtl'")
    somebody.shoot("rtl-ready", whole=True)
    page.goto(f"{somebody.shop.url}/en/sim/sign-in")
    page.evaluate("document.documentElement.dir = 'rtl'")
    somebody.shoot("rtl-sim-sign-in", whole=True)


def tickets(somebody):
    """How each of the seven tickets of the desk ends."""
    for name, work_off in TICKETS.items():
        somebody.context.clear_cookies()
        work_off(Clerk(somebody), somebody)
        somebody.shoot(f"ticket-{name}")


def stock(folder):
    """A migrated database with a catalogue."""
    running = server.start(mail_port=None, webhook_secret=WEBHOOK_SECRET)
    house = wire(settings_for(running, folder))
    migrate.upgrade(house.engine)
    refresh(house.outside, house.write, settings=house.settings, now=house.outside.clock.now())
    house.engine.dispose()
    running.stop()
    return folder / "shop.sqlite"


def main():
    """All of it."""
    configure_logging(production=True, level="ERROR")
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as raw, sync_playwright() as playwright:
        folder = Path(raw)
        (folder / "stock").mkdir()
        stocked = stock(folder / "stock")
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        try:
            for size, options in SIZES.items():
                for theme in ("light", "dark"):
                    take(browser, stocked, size, theme, options, (walk, walk_sims, walk_renewals, walk_desk))
                last = (right_to_left, tickets) if size == "desktop" else (right_to_left,)
                take(browser, stocked, size, "light", options, last)
        finally:
            browser.close()


def take(browser, stocked, size, theme, options, walks):
    """Some walks in a shop and a world of their own: what one of them does to the clock is nobody else's business."""
    with tempfile.TemporaryDirectory() as raw:
        shop = Shop(Path(raw), stocked)
        context = browser.new_context(color_scheme=theme, bypass_csp=True, timezone_id="Europe/Paris", **options)
        try:
            for one in walks:
                one(Photographer(context, shop, size, theme))
        finally:
            context.close()
            shop.stop()
    print(f"{size} {theme} done", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
