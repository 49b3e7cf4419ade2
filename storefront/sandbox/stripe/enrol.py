"""What a completed subscription page leaves behind: customer, saved card, subscription and its first invoice."""

from __future__ import annotations

from storefront.sandbox.stripe.cards import Card
from storefront.sandbox.stripe.core import Sandbox
from storefront.sandbox.stripe.customers import new_customer
from storefront.sandbox.stripe.invoices import finalize, make_invoice, make_line, period_lines, settle
from storefront.sandbox.stripe.store import Json
from storefront.sandbox.stripe.subscription_states import new_subscription, period


def save_card(box: Sandbox, method: Json, card: Card, customer: str) -> None:
    """Keep a payment method for charges while its owner is away."""
    method["customer"] = customer
    box.store.cards[method["id"]] = card
    box.emit("payment_method.attached", method)


def begin(box: Sandbox, session: Json, card: Card, method: Json, charge: Json | None) -> None:
    """Everything that comes into being with the payment; the session names all of it. `charge` is None on trial."""
    page = box.store.pages[session["id"]]
    details = session["customer_details"]
    if session["customer"] is None:
        customer = new_customer(box, {"email": details["email"], "name": details["name"]})
        box.emit("customer.created", customer)
        session["customer"] = customer["id"]
    save_card(box, method, card, session["customer"])
    intent = None
    if charge is not None:
        intent = box.store.get("payment_intent", charge["payment_intent"])
        charge["customer"] = intent["customer"] = session["customer"]
        box.emit("charge.succeeded", charge)
        box.emit("payment_intent.succeeded", intent)
    subscription = new_subscription(box, page, session["customer"], method["id"], session["currency"])
    invoice = _first_invoice(box, page.line_items, subscription)
    subscription["latest_invoice"] = invoice["id"]
    box.emit("customer.subscription.created", subscription)
    box.store.put(invoice)
    box.emit("invoice.created", invoice)
    finalize(box, invoice, intent=intent)
    if charge is not None:
        settle(box, invoice)
    session.update(invoice=invoice["id"], subscription=subscription["id"])


def _first_invoice(box: Sandbox, items: list[Json], subscription: Json) -> Json:
    now = box.now()
    lines = period_lines(box, subscription, period(subscription), trial=subscription["trial_end"] is not None)
    for item in items:
        if item["price"]["recurring"] is None:
            amount = item["amount_total"]
            lines.append(make_line(item["price"], item["quantity"], item["description"], (now, now), amount=amount))
    invoice = make_invoice(box, subscription, "subscription_create", (now, now), lines)
    invoice["attempt_count"] = 1 if invoice["amount_due"] else 0
    return invoice
