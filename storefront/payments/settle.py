"""Write down what the cashier says about a payment page. The one way by which money becomes a fact of ours."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, update
from sqlmodel import Session, col, select

from storefront.db import prepared
from storefront.kernel.money import Money
from storefront.models.money import MoneyKind
from storefront.models.order import Order
from storefront.models.payment import Payment, PaymentState
from storefront.payments import ledger, refund
from storefront.ports import PageStatus, PaymentPage

_BY_PAGE = select(Payment).where(col(Payment.session_id) == bindparam("session_id"))
_PAID = (
    col(Payment.order_id) == bindparam("order_id"),
    Payment.state == PaymentState.PAID,
    col(Payment.is_extra).is_(False),
)
_PAID_PAGES = select(Payment.id).where(*_PAID)
_CHANGE = update(Payment).where(col(Payment.id) == bindparam("row_id"))


class Settled(StrEnum):
    """What a read of the page means for its order."""

    OPEN = "open"
    EXPIRED = "expired"
    PAID = "paid"
    WRONG_AMOUNT = "wrong_amount"
    EXTRA = "extra"


def record(session: Session, payment: Payment, page: PaymentPage, order: Order, now: dt.datetime) -> Settled:
    """Bring the payment row up to what `page` says and name what follows. Safe to repeat in any order.

    A second page paid for one order is extra money: its full refund is decided here, in the same transaction.
    """
    if payment.state is PaymentState.PAID:
        charged = Money(order.charged_minor, order.charged_currency)
        got = Money(payment.captured_minor or 0, payment.currency or charged.currency)
        return _of_paid(payment.is_extra, got, order)
    if not page.paid:
        if page.status is not PageStatus.EXPIRED:
            return Settled.OPEN
        if payment.state is not PaymentState.EXPIRED:
            change(session, payment, state=PaymentState.EXPIRED)
        return Settled.EXPIRED
    captured, paid_at = page.captured or page.amount, page.paid_at or now
    is_extra = _already_paid(session, payment)
    # The unique payment id speaks here, before anything is decided on it.
    change(
        session,
        payment,
        state=PaymentState.PAID,
        payment_id=page.payment_id,
        subscription_id=page.subscription_id,
        customer_id=page.customer_id,
        captured_minor=captured.minor,
        currency=captured.currency,
        card_brand=page.card_brand,
        card_last4=page.card_last4,
        receipt_url=page.receipt_url,
        paid_at=paid_at,
        is_extra=is_extra,
    )
    ledger.note(
        session,
        order_id=payment.order_id,
        kind=MoneyKind.CAPTURED,
        amount=captured,
        object_id=page.payment_id or payment.session_id,
        at=paid_at,
    )
    if is_extra and page.payment_id:
        refund.decide(
            session,
            order_id=payment.order_id,
            payment_id=page.payment_id,
            amount=captured,
            reason="paid_twice",
            now=now,
            stage_job=True,
        )
    return _of_paid(is_extra, captured, order)


def find(session: Session, session_id: str) -> Payment | None:
    """The payment row of a page; to be looked at only."""
    return prepared.first(session, _BY_PAGE, session_id=session_id)


def change(session: Session, payment: Payment, **columns: Any) -> None:
    """Write columns of a payment row; what the caller looks at stays as it was."""
    prepared.run(session, _CHANGE, row_id=payment.id, **columns)


def paid_payments(session: Session, order_id: str) -> list[Payment]:
    """Captured payments of an order that belong to it (extra ones go back by themselves)."""
    return list(session.exec(select(Payment).where(*_PAID), params={"order_id": order_id}))


def _of_paid(is_extra: bool, got: Money, order: Order) -> Settled:
    if is_extra:
        return Settled.EXTRA
    return Settled.PAID if got == Money(order.charged_minor, order.charged_currency) else Settled.WRONG_AMOUNT


def _already_paid(session: Session, payment: Payment) -> bool:
    return any(other != payment.id for other in prepared.run(session, _PAID_PAGES, order_id=payment.order_id).scalars())
