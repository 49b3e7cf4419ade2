"""The hosted page of an invoice: its buyer confirms at the bank or pays with another card."""

from __future__ import annotations

import datetime as dt
import functools

from storefront.sandbox.http import Request, Response
from storefront.sandbox.stripe.card_form import typed_card
from storefront.sandbox.stripe.cards import HINTS, InvalidCard
from storefront.sandbox.stripe.collect import challenge_page, confirm_on_page, pay_on_page
from storefront.sandbox.stripe.core import Sandbox
from storefront.sandbox.stripe.money import spoken
from storefront.sandbox.stripe.outcome import Outcome
from storefront.sandbox.stripe.render import Paper, marked, see_other
from storefront.sandbox.stripe.store import Json

_FINISHED = {
    "paid": ("Invoice paid", "Nothing more is due.", 200),
    "void": ("This invoice is void", "It is not owed and cannot be paid.", 410),
    "uncollectible": ("This invoice is closed", "It cannot be paid here.", 410),
}


class InvoicePages:
    """Answers everything below ``/invoice/``. Takes the world's lock while it reads or changes state."""

    def __init__(self, box: Sandbox, paper: Paper) -> None:
        self._box = box
        self._paper = paper

    def handle(self, request: Request) -> Response:
        """One page view or one form."""
        _, _, identifier, *rest = [*request.path.split("/"), ""]
        with self._box.world.lock:
            self._box.tick()
            invoice = self._box.store.table("invoice").get(identifier)
            if invoice is None or invoice["status"] != "open":
                return self._closed(invoice)
            if rest[0] == "challenge":
                return self._challenge(invoice, request)
            return self._pay(invoice, request.form) if request.method == "POST" else self._show(invoice)

    def _pay(self, invoice: Json, form: dict[str, str]) -> Response:
        try:
            card = typed_card(self._box, form)
        except InvalidCard as wrong:
            return self._show(invoice, form, 422, str(wrong), wrong.field)
        outcome = pay_on_page(self._box, invoice, card, str(invoice["customer_email"] or ""))
        return self._after(invoice, outcome, form)

    def _challenge(self, invoice: Json, request: Request) -> Response:
        known = self._box.store.challenged.get(invoice["id"])
        if known is None:
            return see_other(invoice["hosted_invoice_url"])
        if request.method == "POST":
            answer = request.form.get("answer") == "complete"
            return self._after(invoice, confirm_on_page(self._box, invoice, confirmed=answer), {})
        card = self._box.store.get("payment_method", known)["card"]
        return self._paper.page(
            "challenge.html",
            200,
            (),
            action=f"/invoice/{invoice['id']}/challenge",
            shop=self._box.shop_name,
            total=spoken(invoice["amount_remaining"], invoice["currency"]),
            brand=card["brand"].title(),
            last4=card["last4"],
        )

    def _after(self, invoice: Json, outcome: Outcome, form: dict[str, str]) -> Response:
        if outcome.result == "declined":
            field = "cvc" if outcome.code == "incorrect_cvc" else "number"
            return self._show(invoice, form, 402, outcome.message, field)
        return see_other(outcome.redirect or invoice["hosted_invoice_url"])

    def _show(
        self, invoice: Json, form: dict[str, str] | None = None, status: int = 200, error: str = "", wrong: str = ""
    ) -> Response:
        currency = invoice["currency"]
        known = self._box.store.challenged.get(invoice["id"])
        card = self._box.store.get("payment_method", known)["card"] if known else {"brand": "", "last4": ""}
        return self._paper.page(
            "invoice.html",
            status,
            (),
            id=invoice["id"],
            shop=self._box.shop_name,
            number=invoice["number"],
            made_on=f"{dt.datetime.fromtimestamp(invoice['created'], dt.UTC):%d %B %Y}",
            total=spoken(invoice["amount_remaining"], currency),
            lines=[
                {"name": line["description"], "amount": spoken(line["amount"], currency)}
                for line in invoice["lines"]["data"]
            ],
            challenge_url=challenge_page(invoice) if known else "",
            brand=card["brand"].title(),
            last4=card["last4"],
            name=(form or {}).get("name", ""),
            hints=HINTS,
            error=error,
            mark=functools.partial(marked, wrong),
        )

    def _closed(self, invoice: Json | None) -> Response:
        heading, sentence, status = "Nothing here", "This address leads to no invoice that can be paid.", 404
        if invoice is not None and invoice["status"] in _FINISHED:
            heading, sentence, status = _FINISHED[invoice["status"]]
        return self._paper.page(
            "closed.html", status, (), shop=self._box.shop_name, link=None, heading=heading, sentence=sentence
        )
