"""A buyer's try on a payment page: paid, declined, or asked by the bank to confirm."""

from __future__ import annotations

from storefront.sandbox.stripe.cards import GENERIC, Card
from storefront.sandbox.stripe.core import Sandbox
from storefront.sandbox.stripe.disputes import open_dispute
from storefront.sandbox.stripe.enrol import begin
from storefront.sandbox.stripe.intents import make_charge, open_intent, payment_method
from storefront.sandbox.stripe.outcome import AUTHENTICATION_FAILED, Outcome, declined
from storefront.sandbox.stripe.shape import inner
from storefront.sandbox.stripe.store import Json


def attempt(box: Sandbox, session: Json, card: Card, email: str) -> Outcome:
    """Pay an open page with a card. Expects the world's lock to be held."""
    if session["status"] != "open":
        return Outcome("closed")
    page = box.store.pages[session["id"]]
    intent = _intent(box, session)
    page.pending = None
    session["customer_details"] = inner(
        "checkout.session", "customer_details", email=email, name=card.name or None, tax_exempt="none", tax_ids=[]
    )
    if card.challenge:
        page.pending = card
        where = f"{box.page_root}/checkout/challenge/{session['id']}"
        if intent is not None:
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


def _intent(box: Sandbox, session: Json) -> Json | None:
    """The page's intent, opened with the first try; None when nothing is due yet because a trial begins."""
    page = box.store.pages[session["id"]]
    if page.intent is not None:
        return box.store.get("payment_intent", page.intent)
    return open_intent(box, session, page.intent_data) if session["amount_total"] else None


def answer_challenge(box: Sandbox, session: Json, *, confirmed: bool) -> Outcome:
    """The buyer confirmed at the bank, or did not. Expects the world's lock to be held."""
    page = box.store.pages[session["id"]]
    card, page.pending = page.pending, None
    if session["status"] != "open" or card is None:
        return Outcome("closed")
    intent = _intent(box, session)
    email = session["customer_details"]["email"]
    if confirmed:
        return _ask_bank(box, session, intent, card, email, authenticated=True)
    if intent is None:
        return declined(AUTHENTICATION_FAILED)
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
    return declined(AUTHENTICATION_FAILED)


def _ask_bank(
    box: Sandbox, session: Json, intent: Json | None, card: Card, email: str, *, authenticated: bool
) -> Outcome:
    method = payment_method(box, card, email)
    charge = None
    if intent is None and card.decline is not None:
        return declined(card.decline)
    if intent is not None:
        charge = make_charge(box, intent, card, method, authenticated=authenticated)
        box.store.pages[session["id"]].charges.append(charge["id"])
        if charge["status"] == "failed":
            box.emit("charge.failed", charge)
            box.emit("payment_intent.payment_failed", intent)
            return declined(card.decline or GENERIC)
        if card.refund != "succeeded":
            box.store.refund_manner[charge["id"]] = card.refund
    return _complete(box, session, card, method, charge)


def _complete(box: Sandbox, session: Json, card: Card, method: Json, charge: Json | None) -> Outcome:
    if session["consent_collection"]:
        terms = session["consent_collection"].get("terms_of_service") == "required"
        session["consent"] = inner("checkout.session", "consent", terms_of_service="accepted" if terms else None)
    session.update(payment_status="paid" if charge else "no_payment_required", status="complete", url=None)
    if session["mode"] == "subscription":
        begin(box, session, card, method, charge)
    elif charge is not None:
        box.emit("charge.succeeded", charge)
        box.emit("payment_intent.succeeded", box.store.get("payment_intent", charge["payment_intent"]))
    event = box.emit("checkout.session.completed", session)
    if card.disputed and charge is not None:
        open_dispute(box, charge, "fraudulent")
    target = session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])
    return Outcome("paid", redirect=target, event=event["id"])
