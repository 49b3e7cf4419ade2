"""The hosted payment page: what a buyer sees and sends, without JavaScript and without anybody else's servers."""

from __future__ import annotations

import datetime as dt
import functools
from typing import Any

from storefront.sandbox.http import Request, Response
from storefront.sandbox.stripe.card_form import typed_card
from storefront.sandbox.stripe.cards import HINTS, InvalidCard
from storefront.sandbox.stripe.core import Sandbox
from storefront.sandbox.stripe.money import spoken
from storefront.sandbox.stripe.outcome import Outcome
from storefront.sandbox.stripe.payments import answer_challenge, attempt
from storefront.sandbox.stripe.periods import spoken_period
from storefront.sandbox.stripe.render import Paper, marked, origin, see_other
from storefront.sandbox.stripe.sessions import EMAIL
from storefront.sandbox.stripe.store import Json

_VERBS = {"book": "Book for", "donate": "Donate", "subscribe": "Subscribe for"}
_TRY_ANOTHER = "Nothing was charged; you can try another card."
_TERMS = "I agree to the seller's terms of service."


class Pages:
    """Answers everything below ``/checkout/``. Takes the world's lock only while it reads or changes state."""

    def __init__(self, box: Sandbox, paper: Paper) -> None:
        self._box = box
        self._paper = paper

    def handle(self, request: Request) -> Response:
        """One page view or one form."""
        _, _, what, *rest = [*request.path.split("/"), ""]
        identifier = rest[0] if rest else ""
        if (request.method, what) == ("GET", "style.css"):
            return self._paper.style()
        page = {
            ("GET", "pay"): self._show,
            ("POST", "pay"): self._pay,
            ("GET", "challenge"): self._show_challenge,
            ("POST", "challenge"): self._answer,
            ("GET", "receipt"): self._receipt,
        }.get((request.method, what))
        if page is None:
            return self._closed(None, 404)
        return page(identifier, request.form)

    def _session(self, identifier: str) -> Json | None:
        """The session as it is now, after the clock had its say. Expects the lock."""
        self._box.tick()
        return self._box.store.table("checkout.session").get(identifier)

    def _show(self, identifier: str, _typed: dict[str, str]) -> Response:
        with self._box.world.lock:
            session = self._session(identifier)
            if session is None or session["status"] != "open":
                return self._closed(session)
            return self._form(session, {}, 200)

    def _pay(self, identifier: str, form: dict[str, str]) -> Response:
        with self._box.world.lock:
            session = self._session(identifier)
            if session is None or session["status"] != "open":
                return self._closed(session)
            try:
                email = self._check(session, form)
                card = typed_card(self._box, form)
            except InvalidCard as wrong:
                return self._form(session, form, 422, str(wrong), wrong.field)
            outcome = attempt(self._box, session, card, email)
            if outcome.result == "declined":
                field = "cvc" if outcome.code == "incorrect_cvc" else "number"
                return self._form(session, form, 402, f"{outcome.message} {_TRY_ANOTHER}", field)
        return self._onwards(outcome)

    def _check(self, session: Json, form: dict[str, str]) -> str:
        """The buyer's e-mail. Raises InvalidCard for anything but the card that needs correcting."""
        email = (session["customer_details"] or {}).get("email") if _fixed(session) else form.get("email", "").strip()
        if not email or not EMAIL.fullmatch(email):
            raise InvalidCard("email", "Enter your e-mail address, for example name@example.com.")
        if not form.get("name", "").strip():
            raise InvalidCard("name", "Enter the name on your card.")
        if _needs_terms(session) and form.get("terms") != "yes":
            raise InvalidCard("terms", "Please agree to the terms to continue.")
        return str(email)

    def _onwards(self, outcome: Outcome) -> Response:
        if outcome.event is not None and self._box.hold_redirect_seconds > 0:
            # As the real page does: give the shop a moment to act on the notice before its buyer lands there.
            self._box.dispatcher.wait_for(outcome.event, self._box.hold_redirect_seconds)
        return see_other(outcome.redirect or "/")

    def _show_challenge(self, identifier: str, _typed: dict[str, str]) -> Response:
        with self._box.world.lock:
            session = self._session(identifier)
            page = self._box.store.pages.get(identifier)
            if session is None or page is None or page.pending is None or session["status"] != "open":
                return self._closed(session)
            card = page.pending
            return self._paper.page(
                "challenge.html",
                200,
                _targets(session),
                action=f"/checkout/challenge/{identifier}",
                shop=session["branding_settings"]["display_name"],
                total=spoken(session["amount_total"], session["currency"]),
                brand=card.brand.title(),
                last4=card.last4,
            )

    def _answer(self, identifier: str, form: dict[str, str]) -> Response:
        with self._box.world.lock:
            session = self._session(identifier)
            if session is None:
                return self._closed(None)
            outcome = answer_challenge(self._box, session, confirmed=form.get("answer") == "complete")
            if outcome.result == "closed":
                return self._closed(session)
            if outcome.result == "declined":
                return self._form(session, {}, 402, outcome.message, "number")
        return self._onwards(outcome)

    def _receipt(self, identifier: str, _typed: dict[str, str]) -> Response:
        with self._box.world.lock:
            charge = self._box.store.table("charge").get(identifier)
            if charge is None or not charge["paid"]:
                return self._closed(None)
            card, currency = charge["payment_method_details"]["card"], charge["currency"]
            refunded = charge["amount_refunded"]
            return self._paper.page(
                "receipt.html",
                200,
                (),
                id=identifier,
                shop=self._box.shop_name,
                total=spoken(charge["amount"], currency),
                paid_on=f"{dt.datetime.fromtimestamp(charge['created'], dt.UTC):%d %B %Y, %H:%M}",
                brand=card["brand"].title(),
                last4=card["last4"],
                description=charge["description"],
                refunded=spoken(refunded, currency) if refunded else "",
            )

    def _form(self, session: Json, form: dict[str, str], status: int, error: str = "", wrong: str = "") -> Response:
        currency = session["currency"]
        lines = [
            {
                "name": item["description"],
                "description": self._box.store.get("product", item["price"]["product"])["description"] or "",
                "quantity": item["quantity"],
                "amount": spoken(item["amount_total"], currency),
                "again": _spoken_renewal(item["price"], item["quantity"]),
            }
            for item in self._box.store.pages[session["id"]].line_items
        ]
        texts = session["custom_text"]
        known = (session["customer_details"] or {}).get("email") or ""
        return self._paper.page(
            "pay.html",
            status,
            _targets(session),
            id=session["id"],
            shop=session["branding_settings"]["display_name"],
            total=spoken(session["amount_total"], currency),
            lines=lines,
            cancel_url=session["cancel_url"],
            email=known if _fixed(session) else form.get("email", known),
            email_fixed=_fixed(session),
            name=form.get("name", ""),
            terms=_needs_terms(session) and ((texts["terms_of_service_acceptance"] or {}).get("message") or _TERMS),
            note=(texts["submit"] or {}).get("message"),
            heading="Subscribe" if session["mode"] == "subscription" else "Pay",
            verb=_VERBS.get(session["submit_type"], "Subscribe for" if session["mode"] == "subscription" else "Pay"),
            hints=HINTS,
            error=error,
            mark=functools.partial(marked, wrong),
        )

    def _closed(self, session: Json | None, status: int = 404) -> Response:
        facts: dict[str, Any] = {"shop": self._box.shop_name, "link": None}
        if session is None:
            facts |= {
                "heading": "Nothing here",
                "sentence": "This address leads to no payment. Start again in the shop.",
            }
        elif session["status"] == "complete":
            status = 200
            link = session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])
            facts |= {
                "heading": "Already paid",
                "sentence": "This payment is complete. Nothing more is due.",
                "link": link,
            }
        elif session["status"] == "expired":
            status = 410
            sentence = "Nothing was charged on it. Go back to the shop to start again."
            facts |= {"heading": "This page has expired", "sentence": sentence, "link": session["cancel_url"]}
        else:
            status = 409
            facts |= {
                "heading": "Nothing to confirm",
                "sentence": "Your payment is still open. Go back to the payment page to finish it.",
                "link": session["url"],
            }
        return self._paper.page("closed.html", status, (), **facts)


def _fixed(session: Json) -> bool:
    """Whether the shop gave the e-mail, so that the buyer cannot change it here."""
    return bool(session["customer_email"] or session["customer"])


def _needs_terms(session: Json) -> bool:
    return (session["consent_collection"] or {}).get("terms_of_service") == "required"


def _targets(session: Json) -> tuple[str, ...]:
    return origin(session["success_url"])


def _spoken_renewal(price: Json, quantity: int) -> str:
    """What will be charged again and how often; empty for a price that is paid once."""
    if price["recurring"] is None:
        return ""
    return f"{spoken(price['unit_amount'] * quantity, price['currency'])} every {spoken_period(price['recurring'])}"
