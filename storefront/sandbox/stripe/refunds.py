"""Refunds: their own objects with states of their own."""

from __future__ import annotations

from storefront.sandbox.stripe.core import NOBODY, Cause, Sandbox
from storefront.sandbox.stripe.errors import ApiError, invalid, required
from storefront.sandbox.stripe.lists import chosen, listed
from storefront.sandbox.stripe.metadata import check_metadata
from storefront.sandbox.stripe.money import spoken
from storefront.sandbox.stripe.routes import Call, Route
from storefront.sandbox.stripe.shape import clone, fresh
from storefront.sandbox.stripe.store import Json, new_id

SETTLES_AFTER = 1.0


def create_refund(box: Sandbox, call: Call) -> Json:
    """Give money back by API; an ordered misfortune may keep it pending or let it fail later."""
    params = call.params
    charge = _charge_of(box, params.get("payment_intent"), params.get("charge"))
    manner = box.store.refund_manner.get(charge["id"], "succeeded")
    return make_refund(
        box,
        charge,
        params.get("amount"),
        manner=call.manner or manner,
        settles_after=call.manner_seconds if call.manner else SETTLES_AFTER,
        reason=params.get("reason"),
        metadata=check_metadata(params.get("metadata"), "metadata"),
        cause=call.cause,
    )


def _charge_of(box: Sandbox, intent_id: str | None, charge_id: str | None) -> Json:
    if intent_id is not None:
        intent = box.store.get("payment_intent", intent_id, param="payment_intent", status=400)
        if charge_id is None and intent["status"] != "succeeded":
            raise ApiError(
                f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.", stored=True
            )
        charge_id = charge_id or intent["latest_charge"]
    if charge_id is None:
        raise required("payment_intent")
    charge = box.store.get("charge", charge_id, param="charge", status=400)
    if intent_id is not None and charge["payment_intent"] != intent_id:
        raise invalid(f"Charge {charge_id} does not belong to {intent_id}.", "charge")
    if not charge["paid"]:
        raise ApiError(f"Charge {charge_id} did not succeed, so it cannot be refunded.", stored=True)
    return charge


def make_refund(
    box: Sandbox,
    charge: Json,
    amount: int | None,
    *,
    manner: str = "succeeded",
    settles_after: float = SETTLES_AFTER,
    reason: str | None = None,
    metadata: dict[str, str] | None = None,
    cause: Cause = NOBODY,
) -> Json:
    """Refund `amount` minor units of a charge, all that is left when None. Raises ApiError when that is too much.

    `manner`: ``succeeded``, ``pending`` (until settled by hand), ``settles_later`` or ``fails_later``.
    """
    left = charge["amount_captured"] - charge["amount_refunded"]
    if charge["disputed"]:
        raise ApiError(f"Charge {charge['id']} is disputed.", code="charge_disputed", stored=True)
    if left <= 0:
        raise ApiError(f"Charge {charge['id']} is already refunded.", code="charge_already_refunded", stored=True)
    wanted = left if amount is None else amount
    if wanted <= 0:
        raise invalid("Invalid positive integer", "amount", "parameter_invalid_integer")
    if wanted > left:
        have, ask = spoken(left, charge["currency"]), spoken(wanted, charge["currency"])
        raise ApiError(f"A refund of {ask} exceeds what is left of the charge ({have}).", param="amount", stored=True)
    refund = fresh(
        "refund",
        id=new_id("re_3"),
        amount=wanted,
        charge=charge["id"],
        created=box.now(),
        currency=charge["currency"],
        destination_details={
            "card": {
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        metadata=metadata or {},
        payment_intent=charge["payment_intent"],
        payment_method=charge["payment_method"],
        reason=reason,
        status="pending" if manner in ("pending", "settles_later") else "succeeded",
    )
    if refund["status"] == "pending":
        refund["pending_reason"] = "processing"
    refund["balance_transaction"] = box.book(refund, -wanted, "refund")["id"]
    box.store.put(refund)
    before = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    _give_back(charge, wanted)
    box.emit("refund.created", refund, cause)
    box.emit("charge.refunded", charge, cause, previous=before)
    if manner in ("fails_later", "settles_later"):
        due = box.moment() + settles_after
        box.store.schedule(due, "refund.fail" if manner == "fails_later" else "refund.settle", refund["id"])
    return refund


def _give_back(charge: Json, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]


def settle_refund(box: Sandbox, identifier: str) -> None:
    """A pending refund goes through; any other stays as it is."""
    refund = box.store.get("refund", identifier)
    if refund["status"] != "pending":
        return
    before = {"status": "pending"}
    refund.update(status="succeeded", pending_reason=None)
    _tell(box, refund, before)


def fail_refund(box: Sandbox, identifier: str) -> None:
    """The bank sends the money back: the refund failed after all, and the charge holds that amount again."""
    refund = box.store.get("refund", identifier)
    if refund["status"] not in ("pending", "succeeded"):
        return
    before = {"status": refund["status"]}
    charge = box.store.get("charge", refund["charge"])
    _give_back(charge, -refund["amount"])
    returned = box.book(refund, refund["amount"], "refund_failure")
    refund.update(
        failure_balance_transaction=returned["id"],
        failure_reason="expired_or_canceled_card",
        pending_reason=None,
        status="failed",
    )
    _tell(box, refund, before)
    box.emit("refund.failed", refund)


def _tell(box: Sandbox, refund: Json, before: Json) -> None:
    box.emit("refund.updated", refund, previous=clone(before))
    box.emit("charge.refund.updated", refund, previous=before)


def retrieve_refund(box: Sandbox, call: Call) -> Json:
    """A refund as it is now."""
    return box.store.get("refund", call.identifier)


def list_refunds(box: Sandbox, call: Call) -> Json:
    """Refunds, the newest first."""
    equal = chosen(call.params, "charge", "payment_intent")
    return listed(box.store.newest_first("refund"), call.params, "/v1/refunds", equal)


HAPPENINGS = {"refund.fail": fail_refund, "refund.settle": settle_refund}
ROUTES = (
    Route("POST", "refunds", "_refund_create_params:RefundCreateParams", create_refund, "refund_create"),
    Route("GET", "refunds", "_refund_list_params:RefundListParams", list_refunds),
    Route("GET", "refunds/*", "_refund_retrieve_params:RefundRetrieveParams", retrieve_refund, "refund_retrieve"),
)
