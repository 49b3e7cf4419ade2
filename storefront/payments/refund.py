"""Money back: a decision is a row with its own key; asking the cashier twice under that key is harmless."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func
from sqlmodel import Session, col, select

from storefront.jobs import outbox
from storefront.kernel.errors import Refused, Unreachable
from storefront.kernel.ids import new_id
from storefront.kernel.money import Money
from storefront.models.money import MoneyKind
from storefront.models.payment import Payment, Refund, RefundState
from storefront.payments import ledger
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
    since: dt.datetime | None = None,
) -> Refund:
    """Decide a refund of a payment, once: a second decision for the same payment returns the first.

    One that failed before `since`, when somebody asked for another try, is followed by a new one under a new key.
    `stage_job` hands it to a worker; without it the caller performs it.
    """
    mine = select(Refund).where(Refund.payment_id == payment_id, col(Refund.is_outside).is_(False))
    before = session.exec(mine.order_by(col(Refund.decided_at))).all()
    if before and not (before[-1].state is RefundState.FAILED and since and before[-1].decided_at < since):
        return before[-1]
    key = f"refund-{payment_id}" + (f"-{len(before) + 1}" if before else "")
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
            said = _made_already(read, outside, row, amount)
        except Unreachable as lost:
            if not lost.vendor_code.startswith("http 5"):
                raise
            # A server error is stored under its key and would be replayed for a day: unless the refund was made all
            # the same, the next try needs another key. Two of them cannot be made: both would be for all that is left.
            said = _made_already(read, outside, row, amount)
            if said is None:
                _take_another_key(write, refund_id)
                raise
    state = _STATES[said.status] if said else RefundState.FAILED
    with write() as session:
        fresh = session.exec(select(Refund).where(Refund.id == refund_id).with_for_update()).one()
        fresh.state, fresh.refund_id = state, said.refund_id if said else fresh.refund_id
        if state is RefundState.DONE:
            fresh.done_at = fresh.done_at or outside.clock.now()
            ledger.note(
                session,
                order_id=fresh.order_id,
                kind=MoneyKind.REFUNDED,
                amount=amount,
                object_id=fresh.refund_id,
                at=fresh.done_at,
            )
        session.add(fresh)
    return state


def _take_another_key(write: SessionFactory, refund_id: str) -> None:
    with write() as session:
        row = session.exec(select(Refund).where(Refund.id == refund_id).with_for_update()).one()
        base, _, nth = row.key.partition(".")
        row.key = f"{base}.{int(nth or 1) + 1}"
        session.add(row)


def left_to_return(session: Session, payment: Payment) -> int:
    """Minor units of a captured payment that nobody sent back at the cashier beside us."""
    beside = select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(
        Refund.payment_id == payment.payment_id,
        col(Refund.is_outside).is_(True),
        col(Refund.state) != RefundState.FAILED,
    )
    return max(0, (payment.captured_minor or 0) - int(session.exec(beside).one()))


def refunds_of(session: Session, order_id: str) -> list[Refund]:
    """Every refund of an order, oldest first."""
    return list(session.exec(select(Refund).where(Refund.order_id == order_id).order_by(col(Refund.decided_at))))


def _known_at_cashier(outside: Outside, row: Refund) -> CashierRefund | None:
    if row.refund_id is None:
        return None
    return next((one for one in outside.cashier.refunds(row.payment_id) if one.refund_id == row.refund_id), None)


def _made_already(read: SessionFactory, outside: Outside, row: Refund, amount: Money) -> CashierRefund | None:
    """A refund of this amount that the cashier has and that is not known as another one here."""
    with read() as session:
        others = select(Refund.refund_id).where(Refund.payment_id == row.payment_id, Refund.id != row.id)
        known = set(session.exec(others))
    for one in outside.cashier.refunds(row.payment_id):
        if one.refund_id not in known and one.amount == amount and one.status is not RefundStatus.FAILED:
            return one
    return None
