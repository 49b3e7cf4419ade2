"""React to one invoice: a draft gets its last look, an unpaid one its mail. A paid one is taken in by `bills`."""

from __future__ import annotations

import datetime as dt

from storefront.billing_ports import Invoice, InvoiceStatus
from storefront.kernel.errors import OutsideError, Refused
from storefront.models.renewal import BillState, Renewal
from storefront.ordering.bench import Workbench
from storefront.renewals import announce, bills
from storefront.renewals.eligible import same_plan
from storefront.renewals.last_look import Hold, Pass, Verdict, before_charge

RELEASED_IN = dt.timedelta(minutes=5)
TOLD_AHEAD = dt.timedelta(hours=25)
"""What a late announcement says: the charge comes no sooner than this."""


def look_at(bench: Workbench, renewal_id: str, invoice: Invoice) -> str:
    """React to one invoice; why the renewal must end, or nothing."""
    if invoice.is_first:
        return ""
    if invoice.status is InvoiceStatus.OPEN and invoice.attempts > 0:
        bills.unpaid(bench, renewal_id, bench.outside.billing.invoice(invoice.invoice_id))
    elif invoice.status is InvoiceStatus.VOID:
        with bench.write() as session:
            bills.note(session, renewal_id, invoice, BillState.VOID, bench.now(), reason="at_cashier")
    elif invoice.status is InvoiceStatus.DRAFT:
        return _last_look(bench, renewal_id, invoice)
    return ""


def _last_look(bench: Workbench, renewal_id: str, invoice: Invoice) -> str:
    """Judge a draft and do what the verdict says; why the renewal must end, or nothing."""
    sells = _sells(bench, renewal_id)
    now = bench.now()
    billing = bench.outside.billing
    with bench.read() as session:
        renewal = session.get_one(Renewal, renewal_id)
        standing = bills.standing(session, renewal, invoice.period_starts_at, sells=sells)
    verdict: Verdict = before_charge(standing, invoice.due, charge_at=invoice.charges_at or now, now=now)
    if isinstance(verdict, Pass):
        if not invoice.advances:
            billing.release(invoice.invoice_id, now + RELEASED_IN)
        with bench.write() as session:
            bills.note(session, renewal_id, invoice, BillState.PASSED, now)
        return ""
    if isinstance(verdict, Hold):
        if invoice.advances:
            billing.hold(invoice.invoice_id)
        with bench.write() as session:
            bills.note(session, renewal_id, invoice, BillState.HELD, now, reason=verdict.why)
            if verdict.why == "not_announced":
                row = session.get_one(Renewal, renewal_id)
                says = now + TOLD_AHEAD
                announce.stage(session, row, invoice.period_starts_at, announce.LATE, says=says, now=now)
        return ""
    with bench.write() as session:
        bills.note(session, renewal_id, invoice, BillState.HELD, now, reason=verdict.why)
    if invoice.advances:
        billing.hold(invoice.invoice_id)
    return verdict.why


def _sells(bench: Workbench, renewal_id: str) -> bool | None:
    """Whether the supplier still sells the agreed plan at a price that fits; None when it cannot be asked."""
    with bench.read() as session:
        renewal = session.get_one(Renewal, renewal_id)
    if renewal.iccid is None:
        return False
    try:
        plan = same_plan(renewal, bench.outside.sims.sim_plans(renewal.iccid))
    except Refused:
        return False
    except OutsideError:
        return None
    if plan is None:
        return False
    if str(plan.amount) != renewal.supplier_amount:
        with bench.write() as session:
            row = session.get_one(Renewal, renewal_id, with_for_update=True)
            row.supplier_amount = str(plan.amount)
            session.add(row)
    return True
