"""A buyer's try on a payment page: paid, declined, or asked by the bank to confirm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from storefront.sandbox.stripe.cards import GENERIC, Card, Decline
from storefront.sandbox.stripe.core import Sandbox
from storefront.sandbox.stripe.disputes import open_dispute
from storefront.sandbox.stripe.intents import make_charge, open_intent
from storefront.sandbox.stripe.shape import inner
from storefront.sandbox.stripe.store import Json

AUTHENTICATION_FAILED = Decline(
    "payment_intent_authentication_failure",
    "We could not confirm that the card is yours. Choose another card and try again.",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a try. `event` is the notice the redirect may wait for."""

    result: Literal["paid", "declined", "challenge", "closed"]
    message: str = ""
    code: str | None = None
    decline_code: str | None = None
    redirect: str | None = None
    event: str | None = None


def attempt(box: Sandbox, session: Json, card: Card, email: str) -> Outcome:
    """Pay an open page with a card. Expects the world's lock to be held."""
    if session["status"] != "open":
        return Outcome("closed")
    page = box.store.pages[session["id"]]
    known = session["payment_intent"]
    intent = box.store.get("payment_intent", known) if known else open_intent(box, session, page.intent_data)
    page.pending = None
    session["customer_details"] = inner(
        "checkout.session", "customer_details", email=email, name=card.name or None, tax_exempt="none", tax_ids=[]
    )
    if card.challenge:
        page.pending = card
        where = f"{box.page_root}/checkout/challenge/{session['id']}"
        intent.update(
            next_action=inner(
                "payment_intent",
                "next_action",
                redirect_to_url={"return_url": session["url"], "url": where},
                type="redirect_to_url",
            ),
            status="requires_action",
        )
        box.emit("payment_intent.requires_action", intent)
        return Outcome("challenge", redirect=where)
    return _ask_bank(box, session, intent, card, email, authenticated=False)


def answer_challenge(box: Sandbox, session: Json, *, confirmed: bool) -> Outcome:
    """The buyer confirmed at the bank, or did not. Expects the world's lock to be held."""
    page = box.store.pages[session["id"]]
    card, page.pending = page.pending, None
    if session["status"] != "open" or card is None:
        return Outcome("closed")
    intent = box.store.get("payment_intent", session["payment_intent"])
    email = session["customer_details"]["email"]
    if confirmed:
        return _ask_bank(box, session, intent, card, email, authenticated=True)
    intent.update(
        last_payment_error=inner(
            "payment_intent",
            "last_payment_error",
            code=AUTHENTICATION_FAILED.code,
            message=AUTHENTICATION_FAILED.message,
            type="invalid_request_error",
        ),
        next_action=None,
        status="requires_payment_method",
    )
    box.emit("payment_intent.payment_failed", intent)
    return Outcome("declined", AUTHENTICATION_FAILED.message, AUTHENTICATION_FAILED.code)


def _ask_bank(box: Sandbox, session: Json, intent: Json, card: Card, email: str, *, authenticated: bool) -> Outcome:
    charge = make_charge(box, intent, card, email, authenticated=authenticated)
    page = box.store.pages[session["id"]]
    page.charges.append(charge["id"])
    if charge["status"] == "failed":
        decline = card.decline or GENERIC
        box.emit("charge.failed", charge)
        box.emit("payment_intent.payment_failed", intent)
        return Outcome("declined", decline.message, decline.code, decline.decline_code)
    if card.refund != "succeeded":
        box.store.refund_manner[charge["id"]] = card.refund
    if session["consent_collection"]:
        terms = session["consent_collection"].get("terms_of_service") == "required"
        session["consent"] = inner("checkout.session", "consent", terms_of_service="accepted" if terms else None)
    session.update(payment_status="paid", status="complete", url=None)
    box.emit("charge.succeeded", charge)
    box.emit("payment_intent.succeeded", intent)
    event = box.emit("checkout.session.completed", session)
    if card.disputed:
        open_dispute(box, charge, "fraudulent")
    target = session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])
    return Outcome("paid", redirect=target, event=event["id"])
