"""Invoices as objects: drafted, finalised, paid, void."""

from __future__ import annotations

from typing import Any

from storefront.sandbox.stripe.core import NOBODY, Cause, Sandbox
from storefront.sandbox.stripe.intents import cancel_intent, make_intent
from storefront.sandbox.stripe.money import spoken
from storefront.sandbox.stripe.periods import spoken_period
from storefront.sandbox.stripe.shape import fresh
from storefront.sandbox.stripe.store import Json, new_id
from storefront.sandbox.stripe.subscription_states import refresh_status, subscription_of

FINALIZES_AFTER = 3600


def make_invoice(box: Sandbox, subscription: Json, reason: str, span: tuple[int, int], lines: list[Json]) -> Json:
    """A draft over `lines`, not kept yet; `span` is the period that ended, not the one that is billed."""
    customer = box.store.get("customer", subscription["customer"])
    total = sum(line["amount"] for line in lines)
    identifier = new_id("in_1")
    for line in lines:
        line["invoice"] = identifier
    return fresh(
        "invoice",
        id=identifier,
        account_country="US",
        account_name=box.shop_name,
        amount_due=total,
        amount_remaining=total,
        auto_advance=True,
        billing_reason=reason,
        created=box.now(),
        currency=subscription["currency"],
        customer=customer["id"],
        customer_email=customer["email"],
        customer_name=customer["name"],
        customer_tax_exempt=customer["tax_exempt"],
        customer_tax_ids=[],
        lines={"object": "list", "data": lines, "has_more": False, "url": f"/v1/invoices/{identifier}/lines"},
        metadata={},
        parent={
            "quote_details": None,
            "subscription_details": {
                "metadata": dict(subscription["metadata"]),
                "subscription": subscription["id"],
                "subscription_proration_date": None,
            },
            "type": "subscription_details",
        },
        period_end=span[1],
        period_start=span[0],
        status="draft",
        subtotal=total,
        subtotal_excluding_tax=total,
        total=total,
        total_discount_amounts=[],
        total_excluding_tax=total,
        total_pretax_credit_amounts=[],
        total_taxes=[],
    )


def period_lines(box: Sandbox, subscription: Json, span: tuple[int, int], *, trial: bool = False) -> list[Json]:
    """One line for each item of a subscription over a period; nothing is due on a trial."""
    return [_period_line(box, subscription, item, span, trial) for item in subscription["items"]["data"]]


def _period_line(box: Sandbox, subscription: Json, item: Json, span: tuple[int, int], trial: bool) -> Json:
    price = item["price"]
    name = box.store.get("product", price["product"])["name"]
    each = f"{spoken(price['unit_amount'], price['currency'])} / {spoken_period(price['recurring'])}"
    return make_line(
        price,
        item["quantity"],
        f"Trial period for {name}" if trial else f"{item['quantity']} × {name} (at {each})",
        span,
        amount=0 if trial else price["unit_amount"] * item["quantity"],
        metadata=dict(subscription["metadata"]),
        parent={
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": subscription["id"],
                "subscription_item": item["id"],
            },
            "type": "subscription_item_details",
        },
    )


def make_line(price: Json, quantity: int, description: str, span: tuple[int, int], **facts: Any) -> Json:
    """One line of an invoice; `facts` hold its amount, and whose it is when a subscription's."""
    return fresh(
        "line_item",
        **facts,
        id=new_id("il_1"),
        currency=price["currency"],
        description=description,
        discount_amounts=[],
        discountable=True,
        period={"start": span[0], "end": span[1]},
        pretax_credit_amounts=[],
        pricing={
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        quantity=quantity,
        quantity_decimal=str(quantity),
        subtotal=facts["amount"],
        taxes=[],
    )


def finalize(box: Sandbox, invoice: Json, cause: Cause = NOBODY, intent: Json | None = None) -> None:
    """Draft becomes open, with a number, a page and an intent to pay it by; one over nothing is paid at once."""
    now = box.now()
    customer = box.store.get("customer", invoice["customer"])
    number = customer["next_invoice_sequence"]
    customer["next_invoice_sequence"] = number + 1
    subscription = box.store.get("subscription", subscription_of(invoice))
    invoice["parent"]["subscription_details"]["metadata"] = dict(subscription["metadata"])
    page = f"{box.page_root}/invoice/{invoice['id']}"
    invoice.update(
        automatically_finalizes_at=None,
        effective_at=now,
        ending_balance=0,
        hosted_invoice_url=page,
        invoice_pdf=f"{page}/pdf",
        number=f"{customer['invoice_prefix']}-{number:04d}",
        status="open",
    )
    invoice["status_transitions"]["finalized_at"] = now
    if invoice["amount_due"]:
        _ask_for(box, invoice, cause, intent)
    box.emit("invoice.finalized", invoice, cause)
    if not invoice["amount_due"]:
        settle(box, invoice, cause)


def _ask_for(box: Sandbox, invoice: Json, cause: Cause, intent: Json | None) -> None:
    if intent is None:
        intent = make_intent(
            box,
            invoice["amount_due"],
            invoice["currency"],
            customer=invoice["customer"],
            description="Subscription update",
            metadata={},
            receipt_email=None,
        )
        box.emit("payment_intent.created", intent, cause)
    box.store.invoice_of_intent[intent["id"]] = invoice["id"]
    box.store.put(
        fresh(
            "invoice_payment",
            id=new_id("inpay_1"),
            amount_requested=invoice["amount_due"],
            created=box.now(),
            currency=invoice["currency"],
            invoice=invoice["id"],
            is_default=True,
            payment={"payment_intent": intent["id"], "type": "payment_intent"},
            status="open",
        )
    )


def payments_of(box: Sandbox, invoice: str) -> list[Json]:
    """The payments of an invoice, the newest first."""
    return [one for one in box.store.newest_first("invoice_payment") if one["invoice"] == invoice]


def intent_of(box: Sandbox, invoice: Json) -> Json | None:
    """The intent an invoice is paid by; None while it is a draft or when nothing is due."""
    payment = next(iter(payments_of(box, invoice["id"])), None)
    return box.store.get("payment_intent", payment["payment"]["payment_intent"]) if payment else None


def settle(box: Sandbox, invoice: Json, cause: Cause = NOBODY) -> None:
    """Open becomes paid."""
    now = box.now()
    invoice.update(
        amount_paid=invoice["amount_due"],
        amount_remaining=0,
        attempted=True,
        auto_advance=False,
        next_payment_attempt=None,
        status="paid",
    )
    invoice["status_transitions"]["paid_at"] = now
    box.emit("invoice.paid", invoice, cause)
    box.emit("invoice.payment_succeeded", invoice, cause)
    for payment in payments_of(box, invoice["id"]):
        payment.update(amount_paid=invoice["amount_paid"], status="paid")
        payment["status_transitions"]["paid_at"] = now
        box.emit("invoice_payment.paid", payment, cause)
    refresh_status(box, box.store.get("subscription", subscription_of(invoice)), cause)


def void(box: Sandbox, invoice: Json, cause: Cause = NOBODY) -> None:
    """Open becomes void: it is not owed and can never be paid."""
    now = box.now()
    invoice.update(auto_advance=False, next_payment_attempt=None, status="void")
    invoice["status_transitions"]["voided_at"] = now
    for payment in payments_of(box, invoice["id"]):
        cancel_intent(box, box.store.get("payment_intent", payment["payment"]["payment_intent"]), "void_invoice", cause)
        payment["status"] = "canceled"
        payment["status_transitions"]["canceled_at"] = now
    box.store.challenged.pop(invoice["id"], None)
    box.emit("invoice.voided", invoice, cause)
    refresh_status(box, box.store.get("subscription", subscription_of(invoice)), cause)
