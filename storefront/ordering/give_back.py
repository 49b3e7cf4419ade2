"""Money back, and profiles set free."""

from __future__ import annotations

import datetime as dt

from sqlmodel import Session, col, select

from storefront.cases.open import open_case
from storefront.cases.resolve import REFUNDED, end_with_debt
from storefront.jobs import outbox
from storefront.kernel.errors import OutsideError
from storefront.kernel.money import Money
from storefront.models.order import CallState, Hold, HoldState, Order, OrderEvent
from storefront.models.payment import Payment, PaymentState, RefundState
from storefront.ordering import calls, confirm
from storefront.ordering.bench import FINISHED, ONWARD, Outcome, Wait, Workbench, locked_state, pause, wake_renewal_of
from storefront.ordering.states import Event, move
from storefront.payments import refund, settle
from storefront.ports import PaymentNotice

RELEASE = "release"


def refund_step(bench: Workbench, order: Order) -> Outcome:
    """REFUNDING: send back what is left of every captured payment of the order, then say so."""
    now = bench.now()
    with bench.write() as session:
        captured = [one for one in settle.paid_payments(session, order.id) if one.payment_id and one.currency]
        since = _asked_at(session, order.id)
        rows = [
            refund.decide(
                session,
                order_id=order.id,
                payment_id=paid.payment_id or "",
                amount=Money(left, paid.currency or ""),
                reason=order.reason or "desk",
                now=now,
                since=since,
            ).id
            for paid in captured
            if (left := refund.left_to_return(session, paid))
        ]
    try:
        states = {refund.perform(bench.write, bench.read, bench.outside, row_id) for row_id in rows}
    except OutsideError:
        return Wait(pause(bench.now(), order.paid_at))
    if RefundState.FAILED in states or not captured:
        return _failed(bench, order)
    if RefundState.PENDING in states:
        return Wait(now + bench.refund_patience)
    with bench.write() as session:
        if move(session, order.id, Event.REFUNDED, now=bench.now()) is not None:
            end_with_debt(session, order.id, resolution=REFUNDED, now=bench.now())
            wake_renewal_of(session, order.id, bench.now())
            outbox.stage(
                session,
                job="letters.order_refunded",
                arguments={"order_id": order.id},
                key=f"letter:{order.id}:refunded",
                due_at=bench.now(),
            )
    return ONWARD


def release_step(bench: Workbench, order: Order) -> Outcome:
    """LAPSED or CANCELLED: set the profile free, once, and only when no payment can come any more.

    The supplier's failure notice releases the profile. A lost answer is not repeated: the hold lapses by itself.
    """
    with bench.read() as session:
        holds = session.exec(select(Hold).where(Hold.order_id == order.id, Hold.state == HoldState.OPEN)).all()
        pages = session.exec(
            select(Payment).where(Payment.order_id == order.id, col(Payment.state) != PaymentState.EXPIRED)
        ).all()
        asked = calls.latest(session, order.id, RELEASE)
    if not holds or pages or asked is not None:
        return FINISHED
    reserved = holds[0]
    notice = PaymentNotice(
        order_id=reserved.supplier_order_id,
        amount=confirm.amount_text(reserved, bench.settings.supplier_money_unit),
        currency=reserved.currency,
        paid_at=bench.now(),
        succeeded=False,
    )
    try:
        with bench.write() as session:
            # Late money may have come since we looked: then the profile is about to be paid for, and stays.
            if locked_state(session, order.id) is not order.state:
                return ONWARD
            ticket = calls.begin(
                session,
                order_id=order.id,
                step=RELEASE,
                attempt=1,
                key=f"order-{order.id}-release",
                request={"orderId": notice.order_id},
                deadline=bench.settings.supplier_deadline_seconds,
                now=bench.now(),
            )
            row = session.get(Hold, reserved.id)
            if row is not None:
                row.state, row.released_notice_at = HoldState.DEAD, bench.now()
                session.add(row)
    except calls.AlreadyBegun:
        return FINISHED
    try:
        bench.outside.supplier.notify_payment(notice)
        state, error = CallState.DONE, ""
    except OutsideError as lost:
        state, error = CallState.UNKNOWN, lost.code
    with bench.write() as session:
        calls.end(session, ticket, state, error)
    return FINISHED


def _asked_at(session: Session, order_id: str) -> dt.datetime | None:
    """When it was last decided that the money goes back."""
    query = select(OrderEvent.at).where(OrderEvent.order_id == order_id, OrderEvent.event == Event.GIVE_BACK.value)
    return session.exec(query.order_by(col(OrderEvent.id).desc()).limit(1)).first()


def _failed(bench: Workbench, order: Order) -> Outcome:
    now = bench.now()
    with bench.write() as session:
        if move(session, order.id, Event.STUCK, now=now, reason="refund_failed"):
            open_case(
                session,
                kind="refund_failed",
                owner=bench.settings.case_owner,
                now=now,
                order_id=order.id,
                detail="the cashier refused or failed the refund; refund by hand, then resolve this case",
            )
    return ONWARD
