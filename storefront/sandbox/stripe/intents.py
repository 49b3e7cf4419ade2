"""Payment intents and the charges made under them."""

from __future__ import annotations

from typing import Any

from storefront.sandbox.stripe.cards import Card, Decline
from storefront.sandbox.stripe.core import Cause, Sandbox, fee_on
from storefront.sandbox.stripe.errors import DOC_ROOT, ApiError
from storefront.sandbox.stripe.lists import chosen, listed
from storefront.sandbox.stripe.metadata import check_metadata
from storefront.sandbox.stripe.routes import Call, Route
from storefront.sandbox.stripe.shape import fresh, inner
from storefront.sandbox.stripe.store import Json, new_id

CANCELLABLE = ("requires_payment_method", "requires_action", "requires_confirmation", "requires_capture", "processing")


def open_intent(box: Sandbox, session: Json, data: Json) -> Json:
    """The intent of a payment page; it comes into being with the buyer's first try, not with the page."""
    subscribes = session["mode"] == "subscription"
    intent = make_intent(
        box,
        session["amount_total"],
        session["currency"],
        customer=session["customer"],
        description="Subscription creation" if subscribes else data.get("description"),
        metadata=check_metadata(data.get("metadata"), "metadata"),
        receipt_email=data.get("receipt_email"),
        setup_future_usage="off_session" if subscribes else data.get("setup_future_usage"),
    )
    box.store.pages[session["id"]].intent = intent["id"]
    if not subscribes:
        session["payment_intent"] = intent["id"]
    box.store.session_of_intent[intent["id"]] = session["id"]
    box.emit("payment_intent.created", intent)
    return intent


def make_intent(box: Sandbox, amount: int, currency: str, **facts: Any) -> Json:
    """A new intent over `amount` minor units that still needs a payment method; tells nobody."""
    identifier = new_id("pi_3")
    return box.store.put(
        fresh(
            "payment_intent",
            **facts,
            id=identifier,
            amount=amount,
            amount_details={"tip": {}},
            capture_method="automatic_async",
            client_secret=f"{identifier}_secret_{new_id('', 25)}",
            confirmation_method="automatic",
            created=box.now(),
            currency=currency,
            payment_method_options={"card": inner("payment_intent", "payment_method_options", "card")},
            payment_method_types=["card"],
            status="requires_payment_method",
        )
    )


def payment_method(box: Sandbox, card: Card, email: str) -> Json:
    """The tokenised card of one try."""
    details = inner("payment_method", "billing_details", email=email, name=card.name or None, address=_address())
    return box.store.put(
        fresh(
            "payment_method",
            id=new_id("pm_1"),
            allow_redisplay="limited",
            billing_details=details,
            card=inner(
                "payment_method",
                "card",
                brand=card.brand,
                checks=_checks(card),
                country="US",
                display_brand=card.brand,
                exp_month=card.exp_month,
                exp_year=card.exp_year,
                fingerprint=card.fingerprint,
                funding=card.funding,
                last4=card.last4,
            ),
            created=box.now(),
            customer=None,
            metadata={},
            type="card",
        )
    )


def _address() -> Json:
    return {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None}


def _checks(card: Card) -> Json:
    failed = card.decline is not None and card.decline.code == "incorrect_cvc"
    return {
        "address_line1_check": None,
        "address_postal_code_check": None,
        "cvc_check": "fail" if failed else "pass",
    }


def make_charge(box: Sandbox, intent: Json, card: Card, method: Json, *, authenticated: bool) -> Json:
    """Ask the pretend bank; returns the charge, succeeded or failed, and brings the intent up to date."""
    identifier = new_id("ch_3")
    charge = fresh(
        "charge",
        id=identifier,
        amount=intent["amount"],
        billing_details=method["billing_details"],
        calculated_statement_descriptor=box.shop_name.upper()[:22],
        created=box.now(),
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        fraud_details={},
        metadata=dict(intent["metadata"]),
        payment_intent=intent["id"],
        payment_method=method["id"],
        payment_method_details=_card_details(card, intent["amount"], authenticated=authenticated),
        radar_options={},
        receipt_email=intent["receipt_email"],
    )
    intent.update(latest_charge=identifier, next_action=None, processing=None)
    if card.decline is None:
        _succeed(box, intent, charge, method)
    else:
        _fail(box, intent, charge, method, card.decline)
    return charge


def _card_details(card: Card, amount: int, *, authenticated: bool) -> Json:
    details = inner(
        "charge",
        "payment_method_details",
        "card",
        amount_authorized=amount if card.decline is None else None,
        authorization_code=new_id("", 6) if card.decline is None else None,
        brand=card.brand,
        checks=_checks(card),
        country="US",
        exp_month=card.exp_month,
        exp_year=card.exp_year,
        fingerprint=card.fingerprint,
        funding=card.funding,
        last4=card.last4,
        network=card.brand,
        network_token={"used": False},
        regulated_status="unregulated",
    )
    if authenticated:
        details["three_d_secure"] = inner(
            "charge",
            "payment_method_details",
            "card",
            "three_d_secure",
            authentication_flow="challenge",
            electronic_commerce_indicator="05",
            result="authenticated",
            version="2.2.0",
        )
    return {"type": "card", "card": details}


def _succeed(box: Sandbox, intent: Json, charge: Json, method: Json) -> None:
    amount = intent["amount"]
    charge.update(
        amount_captured=amount,
        captured=True,
        outcome=inner(
            "charge",
            "outcome",
            network_status="approved_by_network",
            risk_level="normal",
            risk_score=box.world.random.randint(1, 60),
            seller_message="Payment complete.",
            type="authorized",
        ),
        paid=True,
        receipt_url=f"{box.page_root}/checkout/receipt/{charge['id']}",
        status="succeeded",
    )
    charge["balance_transaction"] = box.book(charge, amount, "charge", fee=fee_on(amount))["id"]
    box.store.put(charge)
    intent.update(amount_received=amount, last_payment_error=None, payment_method=method["id"], status="succeeded")


def _fail(box: Sandbox, intent: Json, charge: Json, method: Json, decline: Decline) -> None:
    blocked = decline.decline_code == "fraudulent"
    charge.update(
        failure_code=decline.code,
        failure_message=decline.message,
        outcome=inner(
            "charge",
            "outcome",
            network_decline_code="01",
            network_status="not_sent_to_network" if blocked else "declined_by_network",
            reason="highest_risk_level" if blocked else decline.decline_code or decline.code,
            risk_level="highest" if blocked else "normal",
            risk_score=90 if blocked else box.world.random.randint(1, 60),
            seller_message="The bank returned a decline code.",
            type="blocked" if blocked else "issuer_declined",
        ),
        status="failed",
    )
    box.store.put(charge)
    intent.update(
        last_payment_error=inner(
            "payment_intent",
            "last_payment_error",
            charge=charge["id"],
            code=decline.code,
            decline_code=decline.decline_code,
            doc_url=DOC_ROOT + decline.code.replace("_", "-"),
            message=decline.message,
            param=decline.param,
            payment_method=method,
            type="card_error",
        ),
        payment_method=None,
        status="requires_payment_method",
    )


def cancel_intent(box: Sandbox, intent: Json, reason: str | None, cause: Cause) -> Json:
    """Call an unfinished payment off; one that cannot be called off any more stays as it is."""
    if intent["status"] in CANCELLABLE:
        intent.update(canceled_at=box.now(), cancellation_reason=reason, next_action=None, status="canceled")
        box.emit("payment_intent.canceled", intent, cause)
    return intent


def cancel(box: Sandbox, call: Call) -> Json:
    """Cancel by API. Raises ApiError for an open page's intent (expire the page) and for finished ones."""
    intent = box.store.get("payment_intent", call.identifier)
    session = box.store.tables.get("checkout.session", {}).get(box.store.session_of_intent.get(intent["id"], ""))
    if session is not None and session["status"] == "open":
        raise ApiError("This intent belongs to a Checkout Session: expire the session instead.", stored=True)
    if intent["id"] in box.store.invoice_of_intent:
        raise ApiError("This intent belongs to an invoice: void the invoice instead.", stored=True)
    if intent["status"] not in CANCELLABLE:
        raise ApiError(
            f"An intent with a status of {intent['status']} cannot be cancelled.",
            code="payment_intent_unexpected_state",
            stored=True,
            payment_intent=intent,
        )
    return cancel_intent(box, intent, call.params.get("cancellation_reason"), call.cause)


def retrieve_intent(box: Sandbox, call: Call) -> Json:
    """An intent as it is now."""
    return box.store.get("payment_intent", call.identifier)


def list_intents(box: Sandbox, call: Call) -> Json:
    """Intents, the newest first."""
    equal = chosen(call.params, "customer")
    return listed(box.store.newest_first("payment_intent"), call.params, "/v1/payment_intents", equal)


def retrieve_charge(box: Sandbox, call: Call) -> Json:
    """A charge as it is now."""
    return box.store.get("charge", call.identifier)


def list_charges(box: Sandbox, call: Call) -> Json:
    """Charges, the newest first."""
    equal = chosen(call.params, "customer", "payment_intent")
    return listed(box.store.newest_first("charge"), call.params, "/v1/charges", equal)


_P = "_payment_intent"
ROUTES = (
    Route("GET", "payment_intents", f"{_P}_list_params:PaymentIntentListParams", list_intents),
    Route(
        "GET",
        "payment_intents/*",
        f"{_P}_retrieve_params:PaymentIntentRetrieveParams",
        retrieve_intent,
        "intent_retrieve",
    ),
    Route("POST", "payment_intents/*/cancel", f"{_P}_cancel_params:PaymentIntentCancelParams", cancel),
    Route("GET", "charges", "_charge_list_params:ChargeListParams", list_charges),
    Route("GET", "charges/*", "_charge_retrieve_params:ChargeRetrieveParams", retrieve_charge),
)
