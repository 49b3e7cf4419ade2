"""Stripe's subscriptions and invoices: read, held, ended, made void."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import stripe

from storefront.billing_ports import Invoice, InvoiceStatus, Subscription, SubscriptionStatus
from storefront.gateways.stripe import billing_objects as shapes
from storefront.gateways.stripe.errors import translated
from storefront.gateways.stripe.objects import locale as page_locale
from storefront.kernel.errors import Refused

if TYPE_CHECKING:
    from stripe.params import InvoiceListParams

_WITH_CARD = ["default_payment_method"]
_WITH_CHARGE = ["data.payment.payment_intent.latest_charge"]
_A_PAGE = 100


class StripeBilling:
    """`billing_ports.Billing` over Stripe. Most methods make one call, those that change something read it back."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._v1 = client.v1

    def subscription(self, subscription_id: str) -> Subscription:
        """The subscription as it is now, ended ones included."""
        with translated("stripe.subscription"):
            found = self._v1.subscriptions.retrieve(subscription_id, {"expand": _WITH_CARD})
        return shapes.subscription(found.to_dict())

    def invoices(self, subscription_id: str) -> Sequence[Invoice]:
        """Every invoice, newest first, without what was captured on it (ask `invoice` for that)."""
        found: list[dict[str, Any]] = []
        while True:
            wanted: InvoiceListParams = {"subscription": subscription_id, "limit": _A_PAGE}
            if found:
                wanted["starting_after"] = found[-1]["id"]
            with translated("stripe.invoices"):
                page = self._v1.invoices.list(wanted)
            found += [one.to_dict() for one in page.data]
            if not page.has_more:
                return tuple(shapes.invoice(one) for one in found)

    def invoice(self, invoice_id: str) -> Invoice:
        """One invoice with its payment."""
        with translated("stripe.invoice"):
            found = self._v1.invoices.retrieve(invoice_id)
            payments = self._v1.invoice_payments.list({"invoice": invoice_id, "expand": _WITH_CHARGE})
        return shapes.invoice(found.to_dict(), intent_among([one.to_dict() for one in payments.data]))

    def end(self, subscription_id: str) -> Subscription:
        """End it now, whatever was planned; one that has ended already is read."""
        try:
            with translated("stripe.end_subscription"):
                self._v1.subscriptions.cancel(subscription_id, {"invoice_now": False, "prorate": False})
        except Refused:
            # The real service calls an ended subscription missing; a read tells.
            now = self.subscription(subscription_id)
            if now.status is not SubscriptionStatus.ENDED:
                raise
            return now
        return self.subscription(subscription_id)

    def postpone(self, subscription_id: str, charge_at: dt.datetime) -> Subscription:
        """Stretch the present period to `charge_at`: a trial until then, nothing prorated."""
        stamp = int(charge_at.timestamp())
        with translated("stripe.postpone_subscription"):
            self._v1.subscriptions.update(subscription_id, {"trial_end": stamp, "proration_behavior": "none"})
        return self.subscription(subscription_id)

    def hold(self, invoice_id: str) -> Invoice:
        """Keep a draft from advancing; anything else is returned as it is."""
        now = self._read(invoice_id)
        if now.status is not InvoiceStatus.DRAFT or not now.advances:
            return now
        with translated("stripe.hold_invoice"):
            held = self._v1.invoices.update(invoice_id, {"auto_advance": False})
        return shapes.invoice(held.to_dict())

    def release(self, invoice_id: str, charge_at: dt.datetime) -> Invoice:
        """Let a held draft become final, and be charged, at `charge_at`; anything else is returned as it is."""
        now = self._read(invoice_id)
        if now.status is not InvoiceStatus.DRAFT or now.advances:
            return now
        stamp = int(charge_at.timestamp())
        with translated("stripe.release_invoice"):
            going = self._v1.invoices.update(invoice_id, {"auto_advance": True, "automatically_finalizes_at": stamp})
        return shapes.invoice(going.to_dict())

    def void(self, invoice_id: str) -> Invoice:
        """Make a draft or open invoice void; what was paid, or is over, is returned as it is."""
        now = self._read(invoice_id)
        if now.status is InvoiceStatus.DRAFT:
            # A draft of a subscription can be neither deleted nor made void: it becomes final first, uncollected.
            with translated("stripe.finalize_invoice"):
                final = self._v1.invoices.finalize_invoice(invoice_id, {"auto_advance": False})
            now = shapes.invoice(final.to_dict())
        if now.status is not InvoiceStatus.OPEN:
            return now
        try:
            with translated("stripe.void_invoice"):
                gone = self._v1.invoices.void_invoice(invoice_id)
        except Refused:
            # Paid at this very moment: then it is not open any more.
            now = self._read(invoice_id)
            if now.status is InvoiceStatus.OPEN:
                raise
            return now
        return shapes.invoice(gone.to_dict())

    def portal(self, customer_id: str, *, return_url: str, locale: str) -> str:
        """A fresh address of the billing portal."""
        with translated("stripe.portal"):
            made = self._v1.billing_portal.sessions.create(
                {"customer": customer_id, "return_url": return_url, "locale": page_locale(locale)}
            )
        return made.url

    def _read(self, invoice_id: str) -> Invoice:
        with translated("stripe.invoice"):
            found = self._v1.invoices.retrieve(invoice_id)
        return shapes.invoice(found.to_dict())


def intent_among(payments: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The payment intent that pays an invoice: the one that succeeded, else the newest."""
    intents = [one["payment"].get("payment_intent") for one in payments]
    whole = [one for one in intents if isinstance(one, dict)]
    return next((one for one in whole if one["status"] == "succeeded"), whole[0] if whole else None)
