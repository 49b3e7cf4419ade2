"""What people may do to an order: the buyer cancels, the desk decides. Each is a move, none edits a state.

`also` writes whatever else belongs into the same transaction, such as the record of who did it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from sqlmodel import Session, select

from storefront.identity import order_links, sessions
from storefront.jobs import outbox
from storefront.kernel.errors import Kind, StorefrontError
from storefront.models.order import Call, CallState, Hold, HoldState, Order, OrderKind, OrderState
from storefront.models.payment import Payment, PaymentState
from storefront.models.profile import Profile
from storefront.models.renewal import Renewal
from storefront.ordering import calls, hold, top_up
from storefront.ordering.bench import Workbench, arm, locked, locked_to_change, open_hold, order_row
from storefront.ordering.pay import settle_page
from storefront.ordering.states import IS_UNDER_WAY, IS_UNPAID, MOVES, Event, move
from storefront.ordering.steps import advance
from storefront.payments import ledger

Also = Callable[[Session], None]


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
        order = order_row(session, order_id)
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


class NothingToReturn(StorefrontError):
    """The order holds no money: it was never paid, or it went back."""

    kind = Kind.CONFLICT
    code = "nothing_to_return"


class NotStuck(StorefrontError):
    """The order is not waiting for a person."""

    kind = Kind.CONFLICT
    code = "not_stuck"


class NoTriesLeft(StorefrontError):
    """It was ordered at the supplier so often that once more is no answer."""

    kind = Kind.CONFLICT
    code = "no_tries_left"


class NotDelivered(StorefrontError):
    """There is nothing to send yet."""

    kind = Kind.CONFLICT
    code = "not_delivered"


class AlreadyInstalled(StorefrontError):
    """The eSIM sits on a phone: whoever holds it keeps it."""

    kind = Kind.CONFLICT
    code = "already_installed"


def refund(
    bench: Workbench,
    order_id: str,
    *,
    actor: str,
    reason: str,
    even_if_unknown: bool = False,
    also: Also | None = None,
) -> None:
    """The desk gives the money back. Raises `NothingToReturn`, and `AnswerUnknown` unless a person has made sure."""
    with bench.write() as session:
        order = locked(session, order_id)
        if (order.state, Event.GIVE_BACK) not in MOVES:
            raise NothingToReturn
        if is_answer_unknown(session, order) and not even_if_unknown:
            raise AnswerUnknown
        move(session, order_id, Event.GIVE_BACK, now=bench.now(), actor=actor, reason=reason)
        _also(session, also)
        arm(session, order_id, bench.now(), hint=True)


def retry(bench: Workbench, order_id: str, *, actor: str, also: Also | None = None) -> None:
    """Take the order up again where it stood: the supplier is asked anew. Raises `NotStuck`, `NothingToReturn`."""
    with bench.write() as session:
        order = locked(session, order_id)
        if order.state not in IS_UNDER_WAY | {OrderState.ATTENTION}:
            raise NotStuck
        if order.state is OrderState.ATTENTION:
            _refuse_without_money(session, order_id)
            move(session, order_id, Event.RESUMED, now=bench.now(), actor=actor, reason="")
        _also(session, also)
        arm(session, order_id, bench.now(), hint=True)


def order_again(
    bench: Workbench, order_id: str, *, actor: str, even_if_unknown: bool = False, also: Also | None = None
) -> None:
    """Leave what the supplier has for this order behind and order the same once more, with the money we hold.

    Raises `NotStuck`, `NoTriesLeft`, `NothingToReturn` when the money went back meanwhile, and `AnswerUnknown` unless a
    person has made sure that nothing was assigned.
    """
    with bench.write() as session:
        order = locked(session, order_id)
        if order.state is not OrderState.ATTENTION:
            raise NotStuck
        if not hold.may_try(order):
            raise NoTriesLeft
        _refuse_without_money(session, order_id)
        last = _report(session, order)
        if last is not None and is_answer_unknown(session, order):
            if not even_if_unknown:
                raise AnswerUnknown
            calls.resolve(session, last, CallState.REFUSED, "a person made sure that nothing was assigned")
        for one in session.exec(select(Hold).where(Hold.order_id == order_id, Hold.state != HoldState.DEAD)).all():
            one.state = HoldState.DEAD
            session.add(one)
        move(session, order_id, Event.RESUMED, now=bench.now(), actor=actor, reason="")
        _also(session, also)
        arm(session, order_id, bench.now(), hint=True)


def resend(bench: Workbench, order_id: str, *, key: str, also: Also | None = None) -> None:
    """Send the mail of a delivered order once more, with a fresh link, once for each `key`. Raises `NotDelivered`."""
    with bench.write() as session:
        order = locked(session, order_id)
        if order.state is not OrderState.DELIVERED:
            raise NotDelivered
        _also(session, also)
        _send(session, order, key, bench.now())


def change_email(bench: Workbench, order_id: str, *, email: str, key: str, also: Also | None = None) -> None:
    """Give an eSIM nobody installed to another address: old links die, the old and the new address are told.

    The supplier is asked first. Raises `NotDelivered`, `AlreadyInstalled`, and the outside's errors.
    """
    with bench.read() as session:
        profile, used = session.get(Profile, order_id), open_hold(session, order_id)
    if profile is None or used is None:
        raise NotDelivered
    said = bench.outside.supplier.profile(used.supplier_order_id)
    if is_on_a_phone(said.status if said else profile.supplier_status):
        raise AlreadyInstalled
    now = bench.now()
    with bench.write() as session:
        order = locked_to_change(session, order_id)
        if order.state is not OrderState.DELIVERED:
            raise NotDelivered
        moved = {"order_id": order_id, "to": order.email, "again": key}
        outbox.stage(
            session, job="letters.order_moved", arguments=moved, key=f"letter:{order_id}:moved:{key}", due_at=now
        )
        order.email = email
        session.add(order)
        for renewal in session.exec(select(Renewal).where(Renewal.order_id == order_id)):
            renewal.email = email
            session.add(renewal)
        order_links.revoke(session, order_id)
        sessions.withdraw(session, order_id)
        _also(session, also)
        _send(session, order, key, now)


def is_answer_unknown(session: Session, order: Order) -> bool:
    """Whether the supplier may have assigned something of which no answer reached us."""
    last = _report(session, order)
    return last is not None and (calls.is_unresolved(last) or calls.is_running(last))


def is_on_a_phone(status: str) -> bool:
    """Whether the supplier's word for a profile means that some phone has it."""
    return status == "installed"


def _refuse_without_money(session: Session, order_id: str) -> None:
    """Raises `NothingToReturn` when what was paid went back meanwhile: nothing is delivered for nothing."""
    if ledger.balance(session, order_id) <= 0:
        raise NothingToReturn


def _report(session: Session, order: Order) -> Call | None:
    """The newest call that told the supplier of the payment."""
    if order.kind is OrderKind.TOP_UP:
        return calls.latest_to_change(session, order.id, top_up.STEP)
    reserved = open_hold(session, order.id)
    return calls.latest_to_change(session, order.id, f"notify-{reserved.attempt}") if reserved else None


def _also(session: Session, also: Also | None) -> None:
    if also is not None:
        also(session)


def _send(session: Session, order: Order, key: str, now: dt.datetime) -> None:
    template = "order_topped_up" if order.kind is OrderKind.TOP_UP else "order_delivered"
    outbox.stage(
        session,
        job=f"letters.{template}",
        arguments={"order_id": order.id, "again": key},
        key=f"letter:{order.id}:{key}",
        due_at=now,
    )
