"""How far an order has come: the little that most requests ask, for whoever may know it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from storefront.db import prepared
from storefront.identity import sessions
from storefront.identity.sessions import SessionView
from storefront.kernel.errors import Kind, StorefrontError
from storefront.kernel.ids import normalise_reference
from storefront.models.order import Order, OrderEvent, OrderState
from storefront.models.payment import Payment, PaymentState
from storefront.ports import SessionFactory

PHASES = {
    OrderState.PLACED: "reserving",
    OrderState.HELD: "reserving",
    OrderState.AWAITING_PAYMENT: "pay",
    OrderState.PAID: "preparing",
    OrderState.CONFIRMED: "preparing",
    OrderState.DELIVERED: "ready",
    OrderState.REJECTED: "rejected",
    OrderState.LAPSED: "lapsed",
    OrderState.CANCELLED: "cancelled",
    OrderState.REFUNDING: "refunding",
    OrderState.REFUNDED: "refunded",
    OrderState.ATTENTION: "attention",
}

WAITING = frozenset({"reserving", "preparing", "attention", "refunding"})
"""Phases in which somebody waits for the outside."""

_BY_REFERENCE = select(Order).where(col(Order.reference) == bindparam("reference"))
_GATE = select(Order.id, Order.state, Order.email).where(col(Order.reference) == bindparam("reference"))
_OPEN_PAGE = (
    select(Payment.url)
    .where(col(Payment.order_id) == bindparam("order_id"), Payment.state == PaymentState.OPEN)
    .order_by(col(Payment.opened_at).desc())
)
_LAST_MOVE = (
    select(OrderEvent.at)
    .where(col(OrderEvent.order_id) == bindparam("order_id"))
    .order_by(col(OrderEvent.id).desc())
    .limit(1)
)


class OrderNotFound(StorefrontError):
    """There is no such order, or it is not for these eyes; the answer is the same."""

    kind = Kind.NOT_FOUND
    code = "order_not_found"


@dataclass(frozen=True, slots=True)
class OrderStatus:
    """What the waiting page asks for again and again."""

    id: str
    reference: str
    phase: str
    state: str
    updated_at: dt.datetime
    promise_until: dt.datetime | None


@dataclass(frozen=True, slots=True)
class OrderGate:
    """The little that most requests need of an order."""

    id: str
    phase: str
    pay_url: str | None


def status_of(read: SessionFactory, who: SessionView, *, reference: str) -> OrderStatus:
    """The status of an order for whoever may see it. Raises `OrderNotFound`."""
    with read() as session:
        order = seen(session, who, reference)
        moved = prepared.run(session, _LAST_MOVE, order_id=order.id).scalar()
    return OrderStatus(
        id=order.id,
        reference=order.reference,
        phase=PHASES[order.state],
        state=order.state.value,
        updated_at=moved or order.placed_at,
        promise_until=order.promise_until,
    )


def gate(read: SessionFactory, who: SessionView, reference: str) -> OrderGate:
    """Phase and payment page of an order for whoever may see it. Raises `OrderNotFound`."""
    plain = normalise_reference(reference)
    with read() as session:
        found = prepared.run(session, _GATE, reference=plain).first()
        if found is None or not sessions.may_see(session, who, order_id=found[0], email=found[2]):
            raise OrderNotFound(field="reference")
        order_id, state, url = found[0], OrderState(found[1]), None
        if state is OrderState.AWAITING_PAYMENT:
            url = prepared.run(session, _OPEN_PAGE, order_id=order_id).scalar()
    return OrderGate(order_id, PHASES[state], url)


def gate_or_none(read: SessionFactory, who: SessionView, reference: str) -> OrderGate | None:
    """As `gate`; None for whoever may not see the order."""
    try:
        return gate(read, who, reference)
    except OrderNotFound:
        return None


def id_of(read: SessionFactory, reference: str) -> str:
    """The inner id of a public reference. Raises `OrderNotFound`."""
    with read() as session:
        found = session.exec(select(Order.id).where(Order.reference == reference)).first()
    if found is None:
        raise OrderNotFound(field="reference")
    return found


def seen(session: Session, who: SessionView, reference: str) -> Order:
    """The order, if `who` may see it, to be looked at only; one that is not theirs looks like one that never was."""
    plain = normalise_reference(reference)
    order = prepared.first(session, _BY_REFERENCE, reference=plain) if plain else None
    if order is None or not sessions.may_see(session, who, order_id=order.id, email=order.email):
        raise OrderNotFound(field="reference")
    return order
