"""One invoice at a time: a draft is looked at before it is charged, a paid one becomes an order, an unpaid one a mail.

Each function may be run again at any moment: what was decided stands in the bill's row, one for each invoice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from storefront.billing_ports import Invoice, InvoiceStatus
from storefront.jobs import outbox
from storefront.kernel.ids import new_id
from storefront.kernel.money import Money
from storefront.models.order import Order, OrderState
from storefront.models.renewal import Bill, BillState, Renewal, RenewalNotice
from storefront.ordering.bench import Workbench
from storefront.ordering.place import TopUpWanted
from storefront.ordering.renewed import place_paid
from storefront.ports import PageStatus, PaymentPage
from storefront.renewals.last_look import Limits, Standing, after_charge
from storefront.renewals.states import tell

_GIVEN_BACK = frozenset({OrderState.REFUNDING, OrderState.REFUNDED})
_SETTLED = _GIVEN_BACK | {OrderState.DELIVERED}


def agreed_price(renewal: Renewal) -> Money:
    """What one renewal costs the traveller."""
    return Money(renewal.charged_minor, renewal.charged_currency)


def limits_of(renewal: Renewal) -> Limits:
    """Where the traveller wants it to stop."""
    most = Money(renewal.most_minor, renewal.charged_currency) if renewal.most_minor is not None else None
    return Limits(renewal.most_renewals, most, renewal.last_day)


def standing(session: Session, renewal: Renewal, charge_at: dt.datetime, *, sells: bool | None = None) -> Standing:
    """All that the verdicts need to know; `charge_at` is the end of the period before the charge."""
    bills = session.exec(
        select(Bill.state, Bill.starts_at, Order.state)
        .join(Order, col(Order.id) == col(Bill.order_id), isouter=True)
        .where(Bill.renewal_id == renewal.id)
    ).all()
    earlier = [(state, order) for state, starts_at, order in bills if starts_at < charge_at]
    orders = [order for state, _, order in bills if state is BillState.TAKEN]
    told = session.exec(
        select(RenewalNotice.sent_at)
        .where(
            RenewalNotice.renewal_id == renewal.id,
            RenewalNotice.charge_at == charge_at,
            col(RenewalNotice.sent_at).is_not(None),
        )
        .order_by(col(RenewalNotice.sent_at))
    ).first()
    return Standing(
        state=renewal.state,
        agreed=agreed_price(renewal),
        limits=limits_of(renewal),
        kept=sum(order not in _GIVEN_BACK for order in orders),
        is_unsettled=any(state is BillState.TAKEN and order not in _SETTLED for state, order in earlier),
        owes=any(state is BillState.UNPAID for state, _ in earlier),
        told_at=told,
        sells=sells,
    )


def note(
    session: Session, renewal_id: str, invoice: Invoice, state: BillState, now: dt.datetime, *, reason: str = ""
) -> bool:
    """Write down what was decided about an invoice; False when that stood there already. A taken bill stays taken."""
    row = session.exec(select(Bill).where(Bill.invoice_id == invoice.invoice_id).with_for_update()).first()
    if row is None:
        row = Bill(
            id=new_id(),
            renewal_id=renewal_id,
            invoice_id=invoice.invoice_id,
            state=state,
            due_minor=invoice.due.minor,
            currency=invoice.due.currency,
            starts_at=invoice.period_starts_at,
            ends_at=invoice.period_ends_at,
            seen_at=now,
        )
    elif row.state is BillState.TAKEN or (row.state, row.reason) == (state, reason):
        return False
    row.state, row.reason = state, reason
    session.add(row)
    tell(session, renewal_id, f"bill_{state.value}", now, invoice=invoice.invoice_id, reason=reason)
    return True


def take_all(bench: Workbench, renewal_id: str, invoices: Sequence[Invoice]) -> None:
    """Make an order of every paid renewal among `invoices`, oldest first. Raises the outside's errors."""
    for invoice in reversed(invoices):
        if invoice.status is InvoiceStatus.PAID and not invoice.is_first and invoice.due.minor > 0:
            _take(bench, renewal_id, invoice)


def unpaid(bench: Workbench, renewal_id: str, invoice: Invoice) -> None:
    """The card said no, or its bank wants to ask: nothing is delivered; the traveller gets a link to pay."""
    now = bench.now()
    why = "needs_buyer" if invoice.needs_buyer else "declined"
    with bench.write() as session:
        renewal = session.get_one(Renewal, renewal_id, with_for_update=True)
        renewal.unpaid_url = invoice.pay_url
        session.add(renewal)
        if note(session, renewal_id, invoice, BillState.UNPAID, now, reason=why):
            outbox.stage(
                session,
                job="letters.renewal_unpaid",
                arguments={"renewal_id": renewal_id, "invoice_id": invoice.invoice_id},
                key=f"letter:{invoice.invoice_id}:{why}",
                due_at=now,
            )


def _take(bench: Workbench, renewal_id: str, invoice: Invoice) -> None:
    with bench.read() as session:
        known = session.exec(select(Bill).where(Bill.invoice_id == invoice.invoice_id)).first()
    if known is not None and known.state is BillState.TAKEN:
        return
    whole = bench.outside.billing.invoice(invoice.invoice_id)
    if whole.payment_id is None or whole.captured is None:
        # Paid without money, by hand at the cashier: nothing was captured, so nothing is owed.
        return
    try:
        with bench.write() as session:
            _write(session, bench, renewal_id, whole, whole.captured)
    except IntegrityError:
        # Two workers at once: the other one's order is the invoice's.
        return


def _write(session: Session, bench: Workbench, renewal_id: str, invoice: Invoice, captured: Money) -> None:
    now = bench.now()
    # Locked, so that a stop asked for at this moment comes either before the order or after it.
    renewal = session.exec(select(Renewal).where(Renewal.id == renewal_id).with_for_update()).one()
    judged = standing(session, renewal, invoice.period_starts_at)
    why_back = after_charge(judged, captured, charged_at=invoice.paid_at or now)
    if not note(session, renewal_id, invoice, BillState.TAKEN, now, reason=why_back):
        return
    renewal.unpaid_url = None
    session.add(renewal)
    page = _as_page(invoice, captured, bench.settings.livemode)
    order_id = place_paid(session, bench, _wanted(renewal, invoice), page, why_back=why_back)
    row = session.exec(select(Bill).where(Bill.invoice_id == invoice.invoice_id)).one()
    row.order_id = order_id
    session.add(row)
    session.flush()  # the unique keys must speak within this transaction


def _wanted(renewal: Renewal, invoice: Invoice) -> TopUpWanted:
    price = agreed_price(renewal)
    return TopUpWanted(
        iccid=renewal.iccid or "",
        package_code=renewal.package_code,
        plan_code=renewal.plan_code,
        plan_name=renewal.plan_name,
        data_mb=renewal.data_mb,
        is_unlimited=renewal.is_unlimited,
        days=renewal.interval_days,
        periods=renewal.periods,
        supplier_amount=renewal.supplier_amount or str(price.decimal),
        charged=price,
        email=renewal.email,
        locale=renewal.locale,
        network="",
        consent_text=renewal.consent_text,
        form_key=f"invoice-{invoice.invoice_id}"[:64],
    )


def _as_page(invoice: Invoice, captured: Money, livemode: bool) -> PaymentPage:
    """A paid invoice as the payment of an order: the invoice stands where a page's session would."""
    return PaymentPage(
        session_id=invoice.invoice_id,
        status=PageStatus.COMPLETE,
        paid=True,
        url=None,
        amount=captured,
        client_reference=None,
        payment_id=invoice.payment_id,
        captured=captured,
        refunded_minor=0,
        card_brand=invoice.card_brand,
        card_last4=invoice.card_last4,
        receipt_url=invoice.receipt_url,
        paid_at=invoice.paid_at,
        livemode=livemode,
    )
