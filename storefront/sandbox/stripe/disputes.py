"""Disputes: a buyer goes to their bank instead of to us."""

from __future__ import annotations

from storefront.sandbox.stripe.core import Sandbox
from storefront.sandbox.stripe.errors import ApiError
from storefront.sandbox.stripe.lists import chosen, listed
from storefront.sandbox.stripe.routes import Call, Route
from storefront.sandbox.stripe.shape import fresh, inner
from storefront.sandbox.stripe.store import Json, new_id

ANSWER_WITHIN = 9 * 24 * 3600
FEE = 1500


def open_dispute(box: Sandbox, charge: Json, reason: str) -> Json:
    """A bank takes the money back while it asks. Raises ApiError when the charge is already disputed."""
    if charge["disputed"]:
        raise ApiError(f"Charge {charge['id']} is already disputed.", code="charge_disputed")
    card = charge["payment_method_details"]["card"]
    dispute = fresh(
        "dispute",
        id=new_id("du_1"),
        amount=charge["amount"] - charge["amount_refunded"],
        charge=charge["id"],
        created=box.now(),
        currency=charge["currency"],
        evidence_details=inner("dispute", "evidence_details", due_by=box.now() + ANSWER_WITHIN),
        payment_intent=charge["payment_intent"],
        payment_method_details={
            "card": inner(
                "dispute",
                "payment_method_details",
                "card",
                brand=card["brand"],
                case_type="chargeback",
                network=card["brand"],
            ),
            "type": "card",
        },
        reason=reason,
        status="needs_response",
    )
    dispute["balance_transactions"] = [box.book(dispute, -dispute["amount"], "adjustment", fee=FEE)]
    charge["disputed"] = True
    box.store.put(dispute)
    box.emit("charge.dispute.created", dispute)
    box.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def close_dispute(box: Sandbox, identifier: str, *, won: bool) -> Json:
    """The bank decides. Raises ApiError when it has decided before."""
    dispute = box.store.get("dispute", identifier)
    if dispute["status"] in ("won", "lost"):
        raise ApiError(f"Dispute {identifier} is closed.", code="dispute_closed")
    dispute["status"] = "won" if won else "lost"
    if won:
        dispute["balance_transactions"].append(box.book(dispute, dispute["amount"], "adjustment"))
        box.emit("charge.dispute.funds_reinstated", dispute)
    box.emit("charge.dispute.closed", dispute)
    return dispute


def retrieve_dispute(box: Sandbox, call: Call) -> Json:
    """A dispute as it is now."""
    return box.store.get("dispute", call.identifier)


def list_disputes(box: Sandbox, call: Call) -> Json:
    """Disputes, the newest first."""
    equal = chosen(call.params, "charge", "payment_intent")
    return listed(box.store.newest_first("dispute"), call.params, "/v1/disputes", equal)


ROUTES = (
    Route("GET", "disputes", "_dispute_list_params:DisputeListParams", list_disputes),
    Route("GET", "disputes/*", "_dispute_retrieve_params:DisputeRetrieveParams", retrieve_dispute),
)
