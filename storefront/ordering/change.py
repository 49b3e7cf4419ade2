"""What people may do to an order: the buyer cancels, the desk decides. Each is a move, none edits a row."""

from __future__ import annotations

from sqlmodel import select

from storefront.kernel.errors import Kind, StorefrontError
from storefront.models.order import Order, OrderState
from storefront.models.payment import Payment, PaymentState
from storefront.ordering import calls, hold
from storefront.ordering.bench import Workbench
from storefront.ordering.pay import settle_page
from storefront.ordering.states import IS_UNPAID, Event, move
from storefront.ordering.steps import advance, wake


class CannotCancel(StorefrontError):
    """The order is paid or over; a paid one may be refunded, not cancelled."""

    kind = Kind.CONFLICT
    code = "cannot_cancel"


class AnswerUnknown(StorefrontError):
    """The supplier's answer is still unknown: refunding now could give the eSIM away."""

    kind = Kind.CONFLICT
    code = "answer_unknown"


def cancel(bench: Workbench, order_id: str, *, actor: str) -> OrderState:
    """The buyer changed their mind before paying. The page is closed first: money may have been faster.

    Raises `CannotCancel`; the outside's errors leave everything as it was.
    """
    with bench.read() as session:
        order = session.exec(select(Order).where(Order.id == order_id)).one()
        pages = session.exec(
            select(Payment.session_id).where(Payment.order_id == order_id, Payment.state == PaymentState.OPEN)
        ).all()
    if order.state is OrderState.CANCELLED:
        return order.state
    if order.state not in IS_UNPAID:
        raise CannotCancel
    closed = [bench.outside.cashier.expire_page(session_id) for session_id in pages]
    with bench.write() as session:
        if not any(page.paid for page in closed):
            move(session, order_id, Event.CANCELLED, now=bench.now(), actor=actor, reason="changed_mind")
    for page in closed:
        settle_page(bench, order_id, page)
    return advance(bench, order_id, budget=0)


def refund(bench: Workbench, order_id: str, *, actor: str, reason: str, even_if_unknown: bool = False) -> None:
    """The desk gives the money back. Raises `AnswerUnknown` unless a person has made sure with the supplier."""
    with bench.read() as session:
        reserved = hold.open_hold(session, order_id)
        last = calls.latest(session, order_id, f"notify-{reserved.attempt}") if reserved else None
    if last is not None and (calls.is_unresolved(last) or calls.is_running(last)) and not even_if_unknown:
        raise AnswerUnknown
    with bench.write() as session:
        move(session, order_id, Event.GIVE_BACK, now=bench.now(), actor=actor, reason=reason)
    wake(bench, order_id)


def retry(bench: Workbench, order_id: str, *, actor: str) -> None:
    """The desk has mended the cause: take the order up again where it stood."""
    with bench.write() as session:
        move(session, order_id, Event.RESUMED, now=bench.now(), actor=actor, reason="")
    wake(bench, order_id)
