"""Money back: a decision is a row with its own key; asking the cashier twice under that key is harmless."""

from __future__ import annotations

import datetime as dt

from sqlmodel import Session, col, select

from storefront.jobs import outbox
from storefront.kernel.errors import Refused
from storefront.kernel.ids import new_id
from storefront.kernel.money import Money
from storefront.models.payment import Payment, Refund, RefundState
from storefront.ports import CashierRefund, Outside, RefundRequest, RefundStatus, SessionFactory

_STATES = {
    RefundStatus.PENDING: RefundState.PENDING,
    RefundStatus.DONE: RefundState.DONE,
    RefundStatus.FAILED: RefundState.FAILED,
}


def decide(
    session: Session,
    *,
    order_id: str,
    payment_id: str,
    amount: Money,
    reason: str,
    now: dt.datetime,
    stage_job: bool = False,
) -> Refund:
    """Decide a full refund of a payment, once: a second decision for the same payment returns the first.

    `stage_job` hands it to a worker; without it the caller performs it.
    """
    key = f"refund-{payment_id}"
    known = session.exec(select(Refund).where(Refund.key == key)).first()
    if known is not None:
        return known
    row = Refund(
        id=new_id(),
        order_id=order_id,
        payment_id=payment_id,
        key=key,
        amount_minor=amount.minor,
        currency=amount.currency,
        reason=reason,
        decided_at=now,
    )
    session.add(row)
    if stage_job:
        outbox.stage(session, job="payments.refund", arguments={"refund_id": row.id}, key=key, due_at=now)
    return row


def perform(write: SessionFactory, read: SessionFactory, outside: Outside, refund_id: str) -> RefundState:
    """Ask for the refund, or read back one already asked for; returns what the cashier says now.

    A subscription that the payment began is ended first. A lost answer raises `Unreachable`; the next try carries the
    same key. What the cashier refuses is looked up among its refunds first (an outside refund may have been faster),
    and only then counts as failed.
    """
    with read() as session:
        row = session.exec(select(Refund).where(Refund.id == refund_id)).one()
        begun = session.exec(select(Payment.subscription_id).where(Payment.payment_id == row.payment_id)).first()
    if row.state in {RefundState.DONE, RefundState.FAILED}:
        return row.state
    amount = Money(row.amount_minor, row.currency)
    said = _known_at_cashier(outside, row)
    if said is None:
        # What a payment began must not charge again while its money goes back.
        if begun is not None:
            outside.billing.end(begun)
        request = RefundRequest(
            key=row.key, payment_id=row.payment_id, amount=amount, order_id=row.order_id, reason=row.reason
        )
        try:
            said = outside.cashier.refund(request)
        except Refused:
            said = _full_refund(outside, row.payment_id, amount)
    state = _STATES[said.status] if said else RefundState.FAILED
    with write() as session:
        fresh = session.exec(select(Refund).where(Refund.id == refund_id).with_for_update()).one()
        fresh.state, fresh.refund_id = state, said.refund_id if said else fresh.refund_id
        if state is RefundState.DONE:
            fresh.done_at = fresh.done_at or outside.clock.now()
        session.add(fresh)
    return state


def refunds_of(session: Session, order_id: str) -> list[Refund]:
    """Every refund of an order, oldest first."""
    return list(session.exec(select(Refund).where(Refund.order_id == order_id).order_by(col(Refund.decided_at))))


def _known_at_cashier(outside: Outside, row: Refund) -> CashierRefund | None:
    if row.refund_id is None:
        return None
    return next((one for one in outside.cashier.refunds(row.payment_id) if one.refund_id == row.refund_id), None)


def _full_refund(outside: Outside, payment_id: str, amount: Money) -> CashierRefund | None:
    for one in outside.cashier.refunds(payment_id):
        if one.amount == amount and one.status is not RefundStatus.FAILED:
            return one
    return None
