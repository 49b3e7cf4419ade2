"""What a person does in a browser, by what is written on the buttons."""

from __future__ import annotations

import re

VISA, DECLINED, SECURE = "4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0025 0000 3155"

MEANT = (402, 403, 404, 422, 503)


class Person:
    """One browser context; it remembers what went wrong on any page."""

    def __init__(self, context, shop):
        self.context, self.shop = context, shop
        self.troubles = []
        context.on("page", self._watch)
        self.page = context.new_page()

    def _watch(self, page):
        page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        page.on("console", self._heard)
        page.on("request", self._asked)

    def _heard(self, message):
        # The browser reports answers to declined cards, strangers and faulty forms as errors; they are meant.
        if message.type == "error" and not any(f"status of {code}" in message.text for code in MEANT):
            self.troubles.append(f"console: {message.text}")

    def _asked(self, request):
        allowed = (self.shop.url, self.shop.sandbox.url, "data:", "blob:", "about:")
        if not request.url.startswith(allowed):
            self.troubles.append(f"foreign request: {request.url}")

    def check_pages(self):
        """Nothing broke, nothing was asked of strangers, no policy was violated."""
        assert self.troubles == []

    def to_checkout(self, place="Japan"):
        """From the start page to the checkout form, by clicking."""
        page = self.page
        page.goto(f"{self.shop.url}/en/usd/")
        page.get_by_role("searchbox").first.fill(place)
        page.get_by_role("button", name=re.compile("search", re.IGNORECASE)).first.click()
        page.locator("main a[href*='/esim/']:visible").first.click()
        page.locator("main a[href*='/plan/']:visible").first.click()
        page.locator("a[href*='/checkout/']:visible").first.click()

    def fill_form(self, email="eva@traveller.example"):
        """E-mail and consent."""
        self.page.get_by_label(re.compile("e-mail", re.IGNORECASE)).first.fill(email)
        self.page.locator("input[name=consent]").check()
        self.page.locator("input[name=device_ok]").check()

    def press_pay(self):
        """The one primary button of the checkout."""
        self.page.get_by_role("button", name=re.compile("pay", re.IGNORECASE)).click()
        self.page.wait_for_url("**/checkout/pay/**")

    def type_card(self, number=VISA):
        """Fill in the hosted page and press its button."""
        page = self.page
        page.locator("#number").fill(number)
        page.locator("#expiry").fill("12/34")
        page.locator("#cvc").fill("123")
        page.locator("#name").fill("Eva Traveller")
        page.get_by_role("button", name=re.compile("pay|subscribe", re.IGNORECASE)).click()

    def see_esim(self):
        """Wait for My eSIM with its QR code; returns the order's reference."""
        page = self.page
        page.wait_for_url("**/orders/**")
        page.locator("img[src*='qr.svg']").wait_for(timeout=20_000)
        return page.url.rstrip("/").split("/")[-1]

    def pay_without_esim(self):
        """Pay for an order that gets stuck; returns its reference."""
        self.to_checkout()
        self.fill_form()
        self.press_pay()
        self.type_card()
        self.page.wait_for_url("**/orders/**")
        self.page.get_by_role("heading", name=re.compile("A person is looking")).wait_for(timeout=20_000)
        return self.page.url.rstrip("/").split("/")[-1]

    def choose_top_up(self, place="Asia", words=r"^3 GB\s+30 days"):
        """A plan on the SIM's page by its place and size; the place may be folded."""
        fold = self.page.locator("details", has=self.page.get_by_role("heading", name=place, exact=True))
        if fold.count():
            fold.locator("summary").click()
        around = fold if fold.count() else self.page.locator("main")
        around.get_by_role("link", name=re.compile(words)).click()

    def buy(self):
        """All of it."""
        self.to_checkout()
        self.fill_form()
        self.press_pay()
        self.type_card()
        return self.see_esim()
