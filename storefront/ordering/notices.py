"""What a stored notice of the cashier leads to: a read, and then whatever the read says."""

from __future__ import annotations

import datetime as dt

import structlog
from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from storefront.cases.open import open_case
from storefront.cases.resolve import resolve_kind
from storefront.db import prepared
from storefront.jobs import inbox
from storefront.kernel.ids import new_id
from storefront.kernel.money import Money
from storefront.models.money import MoneyKind
from storefront.models.order import Order, OrderState
from storefront.models.payment import Payment, PaymentState, Refund, RefundState
from storefront.models.renewal import Renewal
from storefront.ordering import confirm
from storefront.ordering.bench import Begun, Workbench, locked, wake_renewal
from storefront.ordering.pay import settle_in, settle_page
from storefront.ordering.states import Event, move
from storefront.ordering.steps import advance, wake
from storefront.payments import ledger, settle
from storefront.payments.settle import Settled
from storefront.ports import CashierRefund, DisputeStatus, PaymentPage, RefundStatus

JOB = "ordering.notice"
_PAGES = select(Payment.session_id).where(col(Payment.order_id) == bindparam("order_id"))
_log = structlog.get_logger()


def handle(bench: Workbench, inbox_id: str) -> None:
    """Handle one stored notice; a second time changes nothing. Raises the outside's errors: the job is tried again."""
    with bench.read() as session:
        row = inbox.get(session, inbox_id)
        if row is None:
            return
        is_of_page = row.type.startswith("checkout.session.")
        payment = settle.find(session, row.object_id) if is_of_page else None
    order_id, begun, is_ours = None, None, False
    if is_of_page:
        order_id, page = _read_page(bench, row.object_id, payment)
        begun = _settle_page(bench, order_id, page) if order_id and page else None
    elif row.type.startswith(("invoice.", "customer.subscription.")):
        is_ours = _wake_renewal(bench, row.subscription_id)
    elif row.payment_id:
        order_id = _look_at_money(bench, row.type, row.payment_id)
    if order_id is None and not is_ours:
        _log.info("notice_not_ours", type=row.type, inbox_id=inbox_id)
    if order_id is not None:
        advance(bench, order_id, begun=begun)


def _read_page(bench: Workbench, session_id: str, payment: Payment | None) -> tuple[str | None, PaymentPage | None]:
    """The order a payment page belongs to, if any, and the page; no page when what it says is known already."""
    if payment is not None and payment.state is PaymentState.PAID:
        # Its money was read back from the cashier before: the notice brings nothing new.
        return payment.order_id, None
    page = bench.outside.cashier.page(session_id)
    order_id = payment.order_id if payment else _by_reference(bench, page.client_reference)
    return order_id, page


def settle_session(bench: Workbench, session_id: str) -> str | None:
    """Read the payment page and write down what it says; None when no order of ours belongs to it."""
    with bench.read() as session:
        payment = settle.find(session, session_id)
    order_id, page = _read_page(bench, session_id, payment)
    if order_id and page:
        settle_page(bench, order_id, page)
    return order_id


def settle_order(bench: Workbench, order_id: str, *, budget: float) -> None:
    """The landing page's way in: read every page of the order, then advance as far as `budget` (seconds) allows."""
    with bench.read() as session:
        found = [str(one) for one in prepared.run(session, _PAGES, order_id=order_id).scalars()]
    is_advanced = False
    for session_id in found:
        begun = _settle_page(bench, order_id, bench.outside.cashier.page(session_id))
        if begun is not None:
            # What was begun is made before the next page can go wrong.
            advance(bench, order_id, budget=budget, begun=begun)
            is_advanced = True
    if not is_advanced:
        advance(bench, order_id, budget=budget)


def _settle_page(bench: Workbench, order_id: str, page: PaymentPage) -> Begun | None:
    """Write down what the cashier says and, once it is paid, the intent to tell the supplier, in one transaction."""
    with bench.write() as session:
        settled = settle_in(session, bench, locked(session, order_id), page)
        return confirm.begin(session, bench, order_id) if settled is Settled.PAID else None


def _wake_renewal(bench: Workbench, subscription_id: str | None) -> bool:
    """Have somebody look after the agreement a notice is about; False when it is none of ours, or not linked yet."""
    if subscription_id is None:
        return False
    with bench.write() as session:
        renewal_id = session.exec(select(Renewal.id).where(Renewal.subscription_id == subscription_id)).first()
        if renewal_id is not None:
            wake_renewal(session, renewal_id, bench.now())
    return renewal_id is not None


def _by_reference(bench: Workbench, reference: str | None) -> str | None:
    if not reference:
        return None
    with bench.read() as session:
        return session.exec(select(Order.id).where(Order.reference == reference)).first()


def _look_at_money(bench: Workbench, notice_type: str, payment_id: str) -> str | None:
    with bench.read() as session:
        payment = session.exec(select(Payment).where(Payment.payment_id == payment_id)).first()
    if payment is None:
        # Money may have moved on a page whose payment we never heard of: find the page first.
        session_id = bench.outside.cashier.session_of_payment(payment_id)
        order_id = settle_session(bench, session_id) if session_id else None
        if order_id is None:
            return None
        with bench.read() as session:
            payment = session.exec(select(Payment).where(Payment.payment_id == payment_id)).one()
    if notice_type.startswith("charge.dispute."):
        return _look_at_disputes(bench, payment.order_id, payment_id)
    said = bench.outside.cashier.refunds(payment_id)
    with bench.write() as session:
        known = {
            row.refund_id: row for row in session.exec(select(Refund).where(Refund.payment_id == payment_id)).all()
        }
        for one in said:
            if one.refund_id in known:
                _follow(bench, session, known[one.refund_id], one.status)
            elif not one.is_ours:
                _record_outside(bench, session, payment.order_id, payment_id, one)
    wake(bench, payment.order_id)
    return payment.order_id


def _look_at_disputes(bench: Workbench, order_id: str, payment_id: str) -> str:
    """Write down what the bank took and gave back; a person owns the dispute until it is decided."""
    said = bench.outside.cashier.disputes(payment_id)
    now = bench.now()
    with bench.write() as session:
        for one in said:
            kinds = [MoneyKind.DISPUTED] if one.status is not DisputeStatus.INQUIRY else []
            kinds += [MoneyKind.DISPUTE_WON] if one.status is DisputeStatus.WON else []
            for kind in kinds:
                at = one.at if kind is MoneyKind.DISPUTED else now
                ledger.note(session, order_id=order_id, kind=kind, amount=one.amount, object_id=one.dispute_id, at=at)
        if any(one.status in {DisputeStatus.INQUIRY, DisputeStatus.OPEN} for one in said):
            detail = "the buyer's bank disputes the payment; answer at the cashier"
            _case(bench, session, order_id, "dispute", detail)
        elif said:
            words = ", ".join(sorted({one.status.value for one in said}))
            resolve_kind(session, order_id, "dispute", resolution=words, now=now)
    return order_id


def _follow(bench: Workbench, session: Session, row: Refund, said: RefundStatus) -> None:
    """What became of a refund we know. One that fails after it was done makes the order a debt again."""
    if said is RefundStatus.DONE and row.state is RefundState.PENDING and row.is_outside:
        row.state, row.done_at = RefundState.DONE, bench.now()
        _note(session, row, MoneyKind.REFUNDED, bench.now())
    elif said is RefundStatus.FAILED and row.state is RefundState.DONE:
        row.state, row.done_at = RefundState.FAILED, None
        _note(session, row, MoneyKind.RETURNED, bench.now())
        _case(bench, session, row.order_id, "refund_failed", "the bank sent a refund back: refund again, or otherwise")
        state = session.exec(select(Order.state).where(Order.id == row.order_id)).one()
        if state is OrderState.REFUNDED:
            move(session, row.order_id, Event.STUCK, now=bench.now(), reason="refund_failed")
    session.add(row)


def _record_outside(bench: Workbench, session: Session, order_id: str, payment_id: str, one: CashierRefund) -> None:
    row = Refund(
        id=new_id(),
        order_id=order_id,
        payment_id=payment_id,
        key=f"outside-{one.refund_id}",
        refund_id=one.refund_id,
        state=RefundState.DONE if one.status is RefundStatus.DONE else RefundState.PENDING,
        amount_minor=one.amount.minor,
        currency=one.amount.currency,
        reason="outside",
        is_outside=True,
        decided_at=bench.now(),
    )
    session.add(row)
    if row.state is RefundState.DONE:
        _note(session, row, MoneyKind.REFUNDED, bench.now())
    detail = f"{one.amount} was refunded at the cashier, not by the shop; decide what becomes of the eSIM"
    _case(bench, session, order_id, "outside_refund", detail)


def _note(session: Session, row: Refund, kind: MoneyKind, at: dt.datetime) -> None:
    amount = Money(row.amount_minor, row.currency)
    ledger.note(session, order_id=row.order_id, kind=kind, amount=amount, object_id=row.refund_id, at=at)


def _case(bench: Workbench, session: Session, order_id: str, kind: str, detail: str) -> None:
    open_case(session, kind=kind, owner=bench.settings.case_owner, now=bench.now(), order_id=order_id, detail=detail)
