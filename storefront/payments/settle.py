"""Write down what the cashier says about a payment page. The one way by which money becomes a fact of ours."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from sqlalchemy import bindparam
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
    if not page.paid:
        if payment.state is PaymentState.PAID:
            return _of_paid(payment, order)
        if page.status is PageStatus.EXPIRED and payment.state is not PaymentState.EXPIRED:
            payment.state = PaymentState.EXPIRED
            session.add(payment)
        return Settled.EXPIRED if page.status is PageStatus.EXPIRED else Settled.OPEN
    captured = page.captured or page.amount
    if payment.state is not PaymentState.PAID:
        payment.state = PaymentState.PAID
        payment.payment_id = page.payment_id
        payment.subscription_id, payment.customer_id = page.subscription_id, page.customer_id
        payment.captured_minor, payment.currency = captured.minor, captured.currency
        payment.card_brand, payment.card_last4 = page.card_brand, page.card_last4
        payment.receipt_url, payment.paid_at = page.receipt_url, page.paid_at or now
        payment.is_extra = _already_paid(session, payment)
        session.add(payment)
        session.flush()  # the unique payment id must speak before anything is decided on it
        ledger.note(
            session,
            order_id=payment.order_id,
            kind=MoneyKind.CAPTURED,
            amount=captured,
            object_id=payment.payment_id or payment.session_id,
            at=payment.paid_at,
        )
        if payment.is_extra and payment.payment_id:
            refund.decide(
                session,
                order_id=payment.order_id,
                payment_id=payment.payment_id,
                amount=captured,
                reason="paid_twice",
                now=now,
                stage_job=True,
            )
    return _of_paid(payment, order)


def find(session: Session, session_id: str) -> Payment | None:
    """The payment row of a page."""
    return session.exec(_BY_PAGE, params={"session_id": session_id}).first()


def paid_payments(session: Session, order_id: str) -> list[Payment]:
    """Captured payments of an order that belong to it (extra ones go back by themselves)."""
    return list(session.exec(select(Payment).where(*_PAID), params={"order_id": order_id}))


def _of_paid(payment: Payment, order: Order) -> Settled:
    if payment.is_extra:
        return Settled.EXTRA
    charged = Money(order.charged_minor, order.charged_currency)
    got = Money(payment.captured_minor or 0, payment.currency or charged.currency)
    return Settled.PAID if got == charged else Settled.WRONG_AMOUNT


def _already_paid(session: Session, payment: Payment) -> bool:
    return any(other != payment.id for other in prepared.run(session, _PAID_PAGES, order_id=payment.order_id).scalars())
