"""End our own agreement at the cashier: no draft, no open invoice, no subscription is left that could charge."""

from __future__ import annotations

from storefront.billing_ports import InvoiceStatus, SubscriptionStatus
from storefront.kernel.errors import Unintelligible
from storefront.models.renewal import BillState, Renewal
from storefront.ordering.bench import Workbench
from storefront.renewals import bills

_CAN_CHARGE = frozenset({InvoiceStatus.DRAFT, InvoiceStatus.OPEN})


def end_charges(bench: Workbench, renewal_id: str) -> None:
    """End the subscription, make void what was not paid, take in what was paid meanwhile, and read all of it back.

    Returns only when the cashier shows nothing that could charge. Raises the outside's errors; run it again then.
    """
    with bench.read() as session:
        subscription_id = session.get_one(Renewal, renewal_id).subscription_id
    if subscription_id is None:
        return
    billing = bench.outside.billing
    if billing.end(subscription_id).status is not SubscriptionStatus.ENDED:
        raise Unintelligible("stripe: a subscription goes on after it was ended")
    for invoice in billing.invoices(subscription_id):
        if invoice.status not in _CAN_CHARGE:
            continue
        after = billing.void(invoice.invoice_id)
        if after.status is InvoiceStatus.VOID and not invoice.is_first:
            with bench.write() as session:
                bills.note(session, renewal_id, after, BillState.VOID, bench.now(), reason="renewal_stopped")
    invoices = billing.invoices(subscription_id)
    bills.take_all(bench, renewal_id, invoices)
    if any(invoice.status in _CAN_CHARGE for invoice in invoices):
        raise Unintelligible("stripe: an invoice stays open after it was made void")
