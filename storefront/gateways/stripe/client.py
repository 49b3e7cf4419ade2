"""Stripe as our cashier: hosted Checkout for one payment by card, its refunds, its events."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import stripe

from storefront.gateways.stripe import objects
from storefront.gateways.stripe.billing_objects import subscription_of
from storefront.gateways.stripe.errors import translated
from storefront.gateways.stripe.notices import Notices
from storefront.gateways.stripe.objects import Facts
from storefront.kernel.errors import Refused
from storefront.ports import (
    Capture,
    CashierNotice,
    CashierRefund,
    Dispute,
    PageRequest,
    PageStatus,
    PaymentPage,
    RefundRequest,
)

if TYPE_CHECKING:
    from stripe.params import InvoicePaymentListParamsPayment
    from stripe.params.checkout import (
        SessionCreateParams,
        SessionCreateParamsCustomText,
        SessionCreateParamsLineItemPriceData,
        SessionCreateParamsLineItemPriceDataProductData,
    )

_WITH_CHARGE = ["payment_intent.latest_charge"]
_OF_INVOICE = ["data.payment.payment_intent.latest_charge"]
_MOST_REFUNDS = 100


class StripeCashier:
    """`ports.Cashier` over Stripe. A method makes one call of at most `deadline` seconds, `expire_page` up to two."""

    def __init__(self, client: stripe.StripeClient, *, webhook_secret: str, livemode: bool) -> None:
        self._client = client
        self._v1 = client.v1
        self._notices = Notices(webhook_secret, livemode=livemode)

    def open_page(self, request: PageRequest) -> PaymentPage:
        """Open a payment page; the same request under the same attempt opens the same page again."""
        key = f"order-{request.order_id}-pay-{request.attempt}"
        with translated("stripe.open_page"):
            session = self._session("post", "", **_page_params(request), idempotency_key=key)
        return objects.page(session)

    def page(self, session_id: str) -> PaymentPage:
        """The page as it is now, with what was captured and refunded."""
        with translated("stripe.page"):
            session = self._session("get", f"/{quote(session_id, safe='')}", expand=_WITH_CHARGE)
            with objects.fields_present():
                begun = self._first_payment(session)
        return objects.page(session, begun)

    def expire_page(self, session_id: str) -> PaymentPage:
        """Close an open page; if it is not open any more, the page as it is now. `Refused` when it stays open."""
        try:
            with translated("stripe.expire_page"):
                session = self._session("post", f"/{quote(session_id, safe='')}/expire", expand=_WITH_CHARGE)
        except Refused:
            now = self.page(session_id)
            if now.status is PageStatus.OPEN:
                raise
            return now
        return objects.page(session)

    def refund(self, request: RefundRequest) -> CashierRefund:
        """Give money back; the key makes a repeat the same refund."""
        with translated("stripe.refund"):
            refund = self._v1.refunds.create(
                {
                    "payment_intent": request.payment_id,
                    "amount": request.amount.minor,
                    "metadata": {"order_id": request.order_id, "reason": request.reason},
                },
                {"idempotency_key": request.key},
            )
        return objects.refund(refund)

    def refunds(self, payment_id: str) -> Sequence[CashierRefund]:
        """Every refund of a payment, newest first."""
        with translated("stripe.refunds"):
            found = self._v1.refunds.list({"payment_intent": payment_id, "limit": _MOST_REFUNDS})
        return tuple(objects.refund(one) for one in found.data)

    def disputes(self, payment_id: str) -> Sequence[Dispute]:
        """Every dispute of a payment, newest first."""
        with translated("stripe.disputes"):
            found = self._v1.disputes.list({"payment_intent": payment_id, "limit": _MOST_REFUNDS})
        return tuple(objects.dispute(one) for one in found.data)

    def captures(self, since: dt.datetime) -> Sequence[Capture]:
        """Every captured charge since a moment, page by page."""
        with translated("stripe.captures"):
            found = self._v1.charges.list({"created": {"gte": int(since.timestamp())}, "limit": _MOST_REFUNDS})
            charges = list(found.auto_paging_iter())
        return tuple(objects.capture(one) for one in charges if one.amount_captured)

    def session_of_payment(self, payment_id: str) -> str | None:
        """The payment page that took this payment, if one of ours did; renewals were taken by none."""
        with translated("stripe.session_of_payment"):
            found = self._v1.checkout.sessions.list({"payment_intent": payment_id, "limit": 1})
            subscription = None if found.data else self._subscription_begun_by(payment_id)
            if subscription is not None:
                found = self._v1.checkout.sessions.list({"subscription": subscription, "limit": 1})
        return found.data[0].id if found.data else None

    def read_notice(self, payload: bytes, signature: str) -> CashierNotice:
        """Verify an event on its raw bytes; see `Notices.read`."""
        return self._notices.read(payload, signature)

    def _session(self, method: str, path: str, **params: Any) -> Facts:
        """A Checkout Session as plain data: every purchase reads it, and has no use for objects all the way down."""
        answer: Facts = self._client.raw_request(method, f"/v1/checkout/sessions{path}", **params).data
        return answer

    def _first_payment(self, session: Facts) -> Facts | None:
        """What paid the first invoice of the subscription a completed page began."""
        invoice = objects.id_of(session["invoice"])
        if session["mode"] != "subscription" or invoice is None:
            return None
        payments = self._v1.invoice_payments.list({"invoice": invoice, "expand": _OF_INVOICE})
        intents = [one.payment.payment_intent for one in payments.data]
        return next((one.to_dict() for one in intents if isinstance(one, stripe.PaymentIntent)), None)

    def _subscription_begun_by(self, payment_id: str) -> str | None:
        wanted: InvoicePaymentListParamsPayment = {"type": "payment_intent", "payment_intent": payment_id}
        payments = self._v1.invoice_payments.list({"payment": wanted, "expand": ["data.invoice"]})
        for one in payments.data:
            if isinstance(one.invoice, stripe.Invoice) and one.invoice.billing_reason == "subscription_create":
                return subscription_of(one.invoice.to_dict())
        return None


def _page_params(request: PageRequest) -> SessionCreateParams:
    """The parameters of a page, a pure function of the request: a repeat must not differ in a single one."""
    metadata = {"order_id": request.order_id, "attempt": str(request.attempt)}
    product: SessionCreateParamsLineItemPriceDataProductData = {"name": request.title}
    if request.description:
        # Stripe takes an empty text as the wish to unset the field, and refuses it here.
        product["description"] = request.description
    note: SessionCreateParamsCustomText = {"submit": {"message": request.note}} if request.note else {}
    price: SessionCreateParamsLineItemPriceData = {
        "currency": request.amount.currency.lower(),
        "unit_amount": request.amount.minor,
        "product_data": product,
    }
    spoken = f"{request.reference} {request.title}"
    params: SessionCreateParams = {
        "mode": "payment",
        "allowed_payment_method_types": ["card"],
        "adaptive_pricing": {"enabled": False},
        "allow_promotion_codes": False,
        "line_items": [{"quantity": 1, "price_data": price}],
        "custom_text": note,
        "client_reference_id": request.reference,
        "customer_email": request.email,
        "metadata": metadata,
        "locale": objects.locale(request.locale),
        "success_url": request.success_url,
        "cancel_url": request.cancel_url,
        "expires_at": int(request.expires_at.timestamp()),
    }
    if request.renews_every_days is None:
        params["payment_intent_data"] = {"metadata": metadata, "receipt_email": request.email, "description": spoken}
        return params
    price["recurring"] = {"interval": "day", "interval_count": request.renews_every_days}
    params["mode"] = "subscription"
    params["subscription_data"] = {
        "metadata": {**metadata, "renewal_id": request.renewal_id},
        "description": spoken,
    }
    return params
