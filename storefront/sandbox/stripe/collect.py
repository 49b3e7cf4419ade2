"""Getting an open invoice paid: from the saved card while nobody is there, or by its buyer on the invoice's page."""

from __future__ import annotations

import dataclasses

from storefront.sandbox.stripe.cards import GENERIC, Card
from storefront.sandbox.stripe.core import NOBODY, Cause, Sandbox
from storefront.sandbox.stripe.disputes import open_dispute
from storefront.sandbox.stripe.intents import make_charge, payment_method
from storefront.sandbox.stripe.invoices import intent_of, settle
from storefront.sandbox.stripe.outcome import AUTHENTICATION_FAILED, Outcome, declined
from storefront.sandbox.stripe.periods import DAY
from storefront.sandbox.stripe.shape import inner
from storefront.sandbox.stripe.store import Json
from storefront.sandbox.stripe.subscription_states import (
    OVER,
    end_subscription,
    refresh_status,
    stop_collecting,
    subscription_of,
)

# After each failed try, how long until the next; the last failure ends the subscription.
RETRY_AFTER = (3 * DAY, 5 * DAY, 7 * DAY)


def collect_automatically(box: Sandbox, invoice: Json) -> None:
    """One try of the retry schedule; when it was the last and failed, the subscription ends."""
    count = invoice["attempt_count"] + 1
    later = box.now() + RETRY_AFTER[count - 1] if count <= len(RETRY_AFTER) else None
    invoice.update(attempt_count=count, next_payment_attempt=later)
    outcome = charge_saved(box, invoice, saved_method(box, invoice))
    if outcome.result == "paid":
        return
    if later is not None:
        box.store.schedule(later, "invoice.collect", invoice["id"])
        return
    stop_collecting(box, invoice)
    subscription = box.store.get("subscription", subscription_of(invoice))
    if subscription["status"] not in OVER:
        end_subscription(box, subscription, "payment_failed")


def retry(box: Sandbox, identifier: str) -> None:
    """The clock reached `next_payment_attempt`."""
    invoice = box.store.get("invoice", identifier)
    due = invoice["next_payment_attempt"]
    if invoice["status"] == "open" and invoice["auto_advance"] and due is not None and due <= box.now():
        collect_automatically(box, invoice)


def saved_method(box: Sandbox, invoice: Json) -> Json:
    """What an invoice is charged to: its own default, else its subscription's."""
    subscription = box.store.get("subscription", subscription_of(invoice))
    return box.store.get("payment_method", invoice["default_payment_method"] or subscription["default_payment_method"])


def charge_saved(box: Sandbox, invoice: Json, method: Json, cause: Cause = NOBODY) -> Outcome:
    """Charge an open invoice off session and tell what came of it."""
    intent = intent_of(box, invoice)
    if intent is None or invoice["status"] != "open":
        return Outcome("closed")
    card = box.store.cards[method["id"]]
    if card.challenge_always:
        _ask_buyer(box, invoice, intent, method, cause)
        _missed(box, invoice, cause, needs_action=True)
        return Outcome("challenge", redirect=invoice["hosted_invoice_url"])
    if card.decline_later is not None:
        card = dataclasses.replace(card, decline=card.decline_later)
    return _ask_bank(box, invoice, intent, card, method, cause, authenticated=False)


def pay_on_page(box: Sandbox, invoice: Json, card: Card, email: str) -> Outcome:
    """The buyer types a card into the invoice's page. It pays this invoice only and is not saved."""
    intent = intent_of(box, invoice)
    if intent is None or invoice["status"] != "open":
        return Outcome("closed")
    method = payment_method(box, card, email)
    box.store.cards[method["id"]] = card
    if card.challenge:
        _ask_buyer(box, invoice, intent, method)
        return Outcome("challenge", redirect=challenge_page(invoice))
    return _ask_bank(box, invoice, intent, card, method, NOBODY, authenticated=False)


def confirm_on_page(box: Sandbox, invoice: Json, *, confirmed: bool) -> Outcome:
    """The buyer confirmed at the bank, or did not."""
    known = box.store.challenged.get(invoice["id"])
    intent = intent_of(box, invoice)
    if known is None or intent is None or invoice["status"] != "open":
        return Outcome("closed")
    if confirmed:
        method = box.store.get("payment_method", known)
        return _ask_bank(box, invoice, intent, box.store.cards[known], method, NOBODY, authenticated=True)
    del box.store.challenged[invoice["id"]]
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
    _missed(box, invoice)
    return declined(AUTHENTICATION_FAILED)


def challenge_page(invoice: Json) -> str:
    """Where the pretend bank asks about an invoice."""
    return f"{invoice['hosted_invoice_url']}/challenge"


def _ask_buyer(box: Sandbox, invoice: Json, intent: Json, method: Json, cause: Cause = NOBODY) -> None:
    box.store.challenged[invoice["id"]] = method["id"]
    where = {"return_url": invoice["hosted_invoice_url"], "url": challenge_page(invoice)}
    intent.update(
        next_action=inner("payment_intent", "next_action", redirect_to_url=where, type="redirect_to_url"),
        payment_method=method["id"],
        status="requires_action",
    )
    box.emit("payment_intent.requires_action", intent, cause)


def _ask_bank(
    box: Sandbox, invoice: Json, intent: Json, card: Card, method: Json, cause: Cause, *, authenticated: bool
) -> Outcome:
    box.store.challenged.pop(invoice["id"], None)
    charge = make_charge(box, intent, card, method, authenticated=authenticated)
    if charge["status"] == "failed":
        box.emit("charge.failed", charge, cause)
        box.emit("payment_intent.payment_failed", intent, cause)
        _missed(box, invoice, cause)
        return declined(card.decline or GENERIC)
    if card.refund != "succeeded":
        box.store.refund_manner[charge["id"]] = card.refund
    box.emit("charge.succeeded", charge, cause)
    box.emit("payment_intent.succeeded", intent, cause)
    settle(box, invoice, cause)
    if card.disputed:
        open_dispute(box, charge, "fraudulent")
    return Outcome("paid", redirect=invoice["hosted_invoice_url"])


def _missed(box: Sandbox, invoice: Json, cause: Cause = NOBODY, *, needs_action: bool = False) -> None:
    invoice["attempted"] = True
    if needs_action:
        box.emit("invoice.payment_action_required", invoice, cause)
    box.emit("invoice.payment_failed", invoice, cause)
    refresh_status(box, box.store.get("subscription", subscription_of(invoice)), cause)
