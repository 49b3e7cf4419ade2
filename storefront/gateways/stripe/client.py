"""Stripe as our cashier: hosted Checkout for one payment by card, its refunds, its events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import stripe

from storefront.gateways.http import Http
from storefront.gateways.stripe import objects
from storefront.gateways.stripe.errors import translated
from storefront.gateways.stripe.notices import Notices
from storefront.gateways.stripe.transport import Transport
from storefront.kernel.errors import Refused
from storefront.ports import (
    CashierNotice,
    CashierRefund,
    PageRequest,
    PageStatus,
    PaymentPage,
    RefundRequest,
)

if TYPE_CHECKING:
    from stripe.params.checkout import (
        SessionCreateParams,
        SessionCreateParamsCustomText,
        SessionCreateParamsLineItemPriceDataProductData,
    )

_WITH_CHARGE = ["payment_intent.latest_charge"]
_MOST_REFUNDS = 100


class StripeCashier:
    """`ports.Cashier` over Stripe. A method makes one call of at most `deadline` seconds, `expire_page` up to two."""

    def __init__(
        self, http: Http, *, api_key: str, url: str, webhook_secret: str, livemode: bool, deadline: float
    ) -> None:
        # The library's telemetry would report timings to Stripe and keep an identifier in the home folder; the
        # switch exists for the whole process only.
        stripe.enable_telemetry = False
        self._v1 = stripe.StripeClient(
            api_key,
            base_addresses={"api": url.rstrip("/")},
            http_client=Transport(http, seconds=deadline),
            max_network_retries=0,
            stripe_version=stripe.api_version,
        ).v1
        self._notices = Notices(webhook_secret, livemode=livemode)

    def open_page(self, request: PageRequest) -> PaymentPage:
        """Open a payment page; the same request under the same attempt opens the same page again."""
        key = f"order-{request.order_id}-pay-{request.attempt}"
        with translated("stripe.open_page"):
            session = self._v1.checkout.sessions.create(_page_params(request), {"idempotency_key": key})
        return objects.page(session)

    def page(self, session_id: str) -> PaymentPage:
        """The page as it is now, with what was captured and refunded."""
        with translated("stripe.page"):
            session = self._v1.checkout.sessions.retrieve(session_id, {"expand": _WITH_CHARGE})
        return objects.page(session)

    def expire_page(self, session_id: str) -> PaymentPage:
        """Close an open page; if it is not open any more, the page as it is now. `Refused` when it stays open."""
        try:
            with translated("stripe.expire_page"):
                session = self._v1.checkout.sessions.expire(session_id, {"expand": _WITH_CHARGE})
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

    def session_of_payment(self, payment_id: str) -> str | None:
        """The payment page that took this payment, if one of ours did."""
        with translated("stripe.session_of_payment"):
            found = self._v1.checkout.sessions.list({"payment_intent": payment_id, "limit": 1})
        return found.data[0].id if found.data else None

    def read_notice(self, payload: bytes, signature: str) -> CashierNotice:
        """Verify an event on its raw bytes; see `Notices.read`."""
        return self._notices.read(payload, signature)


def _page_params(request: PageRequest) -> SessionCreateParams:
    """The parameters of a page, a pure function of the request: a repeat must not differ in a single one."""
    metadata = {"order_id": request.order_id, "attempt": str(request.attempt)}
    product: SessionCreateParamsLineItemPriceDataProductData = {"name": request.title}
    if request.description:
        # Stripe takes an empty text as the wish to unset the field, and refuses it here.
        product["description"] = request.description
    note: SessionCreateParamsCustomText = {"submit": {"message": request.note}} if request.note else {}
    return {
        "mode": "payment",
        "allowed_payment_method_types": ["card"],
        "adaptive_pricing": {"enabled": False},
        "allow_promotion_codes": False,
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": request.amount.currency.lower(),
                    "unit_amount": request.amount.minor,
                    "product_data": product,
                },
            }
        ],
        "custom_text": note,
        "client_reference_id": request.reference,
        "customer_email": request.email,
        "metadata": metadata,
        "payment_intent_data": {
            "metadata": metadata,
            "receipt_email": request.email,
            "description": f"{request.reference} {request.title}",
        },
        "locale": objects.locale(request.locale),
        "success_url": request.success_url,
        "cancel_url": request.cancel_url,
        "expires_at": int(request.expires_at.timestamp()),
    }
