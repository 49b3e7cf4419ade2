"""Invoices by API: reading, holding, finalising, voiding, paying, and the payments made on them."""

from __future__ import annotations

from typing import Any

from storefront.sandbox.stripe.collect import charge_saved, saved_method
from storefront.sandbox.stripe.core import NOBODY, Cause, Sandbox
from storefront.sandbox.stripe.cycles import advance_later
from storefront.sandbox.stripe.errors import ApiError, invalid
from storefront.sandbox.stripe.invoices import FINALIZES_AFTER, finalize, settle, void
from storefront.sandbox.stripe.lists import chosen, listed
from storefront.sandbox.stripe.metadata import merged
from storefront.sandbox.stripe.routes import Call, Route
from storefront.sandbox.stripe.store import Json
from storefront.sandbox.stripe.subscription_states import stop_collecting, subscription_of

_UPDATED = "invoice.updated"
_CHANGEABLE = {"auto_advance", "automatically_finalizes_at", "default_payment_method", "description", "metadata"}
_FILTERS = {"created", "customer", "ending_before", "limit", "starting_after", "status", "subscription"}
_PLAYED_PAYMENT = {"off_session", "paid_out_of_band", "payment_method"}


def retrieve_invoice(box: Sandbox, call: Call) -> Json:
    """An invoice as it is now."""
    return box.store.get("invoice", call.identifier)


def list_invoices(box: Sandbox, call: Call) -> Json:
    """Invoices, the newest first."""
    params = call.params
    for name in params.keys() - _FILTERS:
        raise invalid("This sandbox does not filter by that.", name)
    found = box.store.newest_first("invoice")
    if "subscription" in params:
        found = (one for one in found if subscription_of(one) == params["subscription"])
    return listed(found, params, "/v1/invoices", chosen(params, "customer", "status"))


def update_invoice(box: Sandbox, call: Call) -> Json:
    """Hold an invoice or let it go on, and change its notes. Raises ApiError for what is not played here."""
    invoice = box.store.get("invoice", call.identifier)
    params = call.params
    for name in params.keys() - _CHANGEABLE:
        raise invalid("This sandbox does not play this change of an invoice.", name)
    if invoice["status"] != "draft" and params.keys() - {"auto_advance", "metadata", "default_payment_method"}:
        raise _not_editable("Finalized invoices can't be updated in this way.")
    if "default_payment_method" in params:
        _own_method(box, invoice, params["default_payment_method"], "default_payment_method")
    changes: Json = {name: params[name] for name in ("description", "default_payment_method") if name in params}
    if "metadata" in params:
        changes["metadata"] = merged(invoice["metadata"] or {}, params["metadata"])
    box.amend(invoice, _UPDATED, call.cause, **changes)
    if "auto_advance" in params or "automatically_finalizes_at" in params:
        _hold_or_go_on(box, invoice, call)
    return invoice


def _hold_or_go_on(box: Sandbox, invoice: Json, call: Call) -> None:
    at = call.params.get("automatically_finalizes_at")
    goes_on = call.params.get("auto_advance", True)
    if invoice["status"] in ("paid", "void"):
        if goes_on:
            raise _not_editable("This invoice is finished, so nothing can advance it.")
        return
    if not goes_on:
        stop_collecting(box, invoice, call.cause)
        return
    if at is not None and at <= box.now():
        raise invalid("`automatically_finalizes_at` must lie in the future.", "automatically_finalizes_at")
    if invoice["auto_advance"] and at is None:
        return
    before = {name: invoice[name] for name in ("auto_advance", "automatically_finalizes_at", "next_payment_attempt")}
    if invoice["status"] == "draft":
        advance_later(box, invoice, at)
    else:
        _collect_later(box, invoice)
    box.emit(_UPDATED, invoice, call.cause, previous=before)


def _collect_later(box: Sandbox, invoice: Json) -> None:
    due = box.now() + FINALIZES_AFTER
    invoice.update(auto_advance=True, next_payment_attempt=due)
    box.store.schedule(due, "invoice.collect", invoice["id"])


def delete_invoice(box: Sandbox, call: Call) -> Json:
    """Always refused: invoices of subscriptions cannot be deleted, not even as drafts."""
    box.store.get("invoice", call.identifier)
    raise ApiError("You can't delete invoices created by subscriptions. Finalize and void it instead.", stored=True)


def finalize_invoice(box: Sandbox, call: Call) -> Json:
    """Draft becomes open. With `auto_advance` it is charged an hour later, without it is left alone."""
    invoice = box.store.get("invoice", call.identifier)
    if invoice["status"] != "draft":
        raise _not_editable("This invoice is already finalized, you can't re-finalize a non-draft invoice.")
    goes_on = call.params.get("auto_advance", invoice["auto_advance"])
    invoice.update(auto_advance=False, next_payment_attempt=None)
    if goes_on:
        _collect_later(box, invoice)
    finalize(box, invoice, call.cause)
    return invoice


def void_invoice(box: Sandbox, call: Call) -> Json:
    """Open becomes void. Raises ApiError for drafts (finalise first) and for finished ones."""
    invoice = box.store.get("invoice", call.identifier)
    if invoice["status"] != "open":
        raise ApiError("You can only pass in open invoices. This invoice isn't open.", stored=True)
    void(box, invoice, call.cause)
    return invoice


def pay_invoice(box: Sandbox, call: Call) -> Json:
    """Charge an open invoice now, off session. Raises ApiError 402 when the bank says no or wants to ask the buyer."""
    invoice = box.store.get("invoice", call.identifier)
    params = call.params
    for name in params.keys() - _PLAYED_PAYMENT:
        raise invalid("This sandbox does not play this way of paying.", name)
    if invoice["status"] == "draft":
        finalize(box, invoice, call.cause)
    if invoice["status"] == "paid":
        raise ApiError("Invoice is already paid", stored=True)
    if invoice["status"] != "open":
        raise ApiError(f"An invoice with a status of {invoice['status']} cannot be paid.", stored=True)
    if params.get("paid_out_of_band"):
        settle(box, invoice, call.cause)
        return invoice
    method = saved_method(box, invoice)
    if "payment_method" in params:
        method = _own_method(box, invoice, params["payment_method"], "payment_method")
    _charge_now(box, invoice, method, call.cause)
    return invoice


def _charge_now(box: Sandbox, invoice: Json, method: Json, cause: Cause = NOBODY) -> None:
    outcome = charge_saved(box, invoice, method, cause)
    if outcome.result == "challenge":
        raise ApiError(
            "This payment requires additional user action before it can be completed successfully.",
            status=402,
            kind="card_error",
            code="invoice_payment_intent_requires_action",
            stored=True,
        )
    if outcome.result == "declined":
        more: dict[str, Any] = {"decline_code": outcome.decline_code} if outcome.decline_code else {}
        raise ApiError(outcome.message, status=402, kind="card_error", code=outcome.code, stored=True, **more)


def _own_method(box: Sandbox, invoice: Json, identifier: str, param: str) -> Json:
    method = box.store.get("payment_method", identifier, param=param, status=400)
    if method["customer"] != invoice["customer"]:
        raise invalid(f"The payment method {identifier} does not belong to the invoice's customer.", param)
    return method


def _not_editable(message: str) -> ApiError:
    return ApiError(message, code="invoice_not_editable", stored=True)


def retrieve_payment(box: Sandbox, call: Call) -> Json:
    """One payment of an invoice."""
    return box.store.get("invoice_payment", call.identifier)


def list_payments(box: Sandbox, call: Call) -> Json:
    """Payments of invoices, the newest first; `payment` leads from an intent to its invoice."""
    found = box.store.newest_first("invoice_payment")
    wanted = call.params.get("payment")
    if wanted is not None:
        intent = wanted.get("payment_intent")
        found = (one for one in found if one["payment"]["payment_intent"] == intent)
    return listed(found, call.params, "/v1/invoice_payments", chosen(call.params, "invoice", "status"))


_P = "_invoice"
ROUTES = (
    Route("GET", "invoices", f"{_P}_list_params:InvoiceListParams", list_invoices, "invoice_list"),
    Route("GET", "invoices/*", f"{_P}_retrieve_params:InvoiceRetrieveParams", retrieve_invoice, "invoice_retrieve"),
    Route("POST", "invoices/*", f"{_P}_update_params:InvoiceUpdateParams", update_invoice, "invoice_update"),
    Route("DELETE", "invoices/*", f"{_P}_delete_params:InvoiceDeleteParams", delete_invoice),
    Route(
        "POST",
        "invoices/*/finalize",
        f"{_P}_finalize_invoice_params:InvoiceFinalizeInvoiceParams",
        finalize_invoice,
        "invoice_finalize",
    ),
    Route(
        "POST", "invoices/*/void", f"{_P}_void_invoice_params:InvoiceVoidInvoiceParams", void_invoice, "invoice_void"
    ),
    Route("POST", "invoices/*/pay", f"{_P}_pay_params:InvoicePayParams", pay_invoice, "invoice_pay"),
    Route("GET", "invoice_payments", f"{_P}_payment_list_params:InvoicePaymentListParams", list_payments),
    Route("GET", "invoice_payments/*", f"{_P}_payment_retrieve_params:InvoicePaymentRetrieveParams", retrieve_payment),
)
