"""Open the payment page, and watch it until it is paid, cancelled or over."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from storefront.cases.open import open_case
from storefront.db import prepared
from storefront.kernel.errors import OutsideError, Refused
from storefront.kernel.ids import new_id
from storefront.kernel.money import Money
from storefront.letters.wording import pay_before
from storefront.models.order import Call, CallState, Hold, Order, OrderKind, OrderState
from storefront.models.payment import Payment
from storefront.models.renewal import Renewal
from storefront.ordering import calls
from storefront.ordering.bench import (
    FINISHED,
    ONWARD,
    Begun,
    Outcome,
    Wait,
    Workbench,
    arm,
    locked,
    locked_state,
    open_hold,
    pause,
    wake_renewal_of,
)
from storefront.ordering.states import ENDED_UNPAID, Event, move
from storefront.payments import settle, take
from storefront.payments.settle import Settled
from storefront.ports import PageRequest, PageStatus, PaymentPage
from storefront.telemetry.redaction import vendor_said

STEP = "page"
MAX_ATTEMPTS = 4
LOOK_EVERY = dt.timedelta(seconds=60)
TOP_UP_WINDOW = dt.timedelta(minutes=30)
_NEWEST_PAGE = (
    select(Payment.session_id)
    .where(col(Payment.order_id) == bindparam("order_id"))
    .order_by(col(Payment.attempt).desc())
    .limit(1)
)
_AGREEMENT = select(Renewal.id, Renewal.interval_days).where(col(Renewal.order_id) == bindparam("order_id"))


def pay_until(bench: Workbench, order: Order, hold: Hold | None) -> dt.datetime:
    """When we close the page: early enough to report a payment while the supplier still holds the profile.

    A top-up holds nothing; its page is closed when the price it shows grows old. Without a hold: at once.
    """
    if order.kind is OrderKind.TOP_UP:
        return order.placed_at + TOP_UP_WINDOW
    return hold.held_until - dt.timedelta(seconds=bench.settings.hold_margin_seconds) if hold else order.placed_at


def open_step(bench: Workbench, order: Order) -> Outcome:
    """HELD (or PLACED, for a top-up): open the page. A lost answer is repeated with the same key and request."""
    now = bench.now()
    with bench.read() as session:
        hold = open_hold(session, order.id)
        last = calls.latest(session, order.id, STEP)
    if now >= pay_until(bench, order, hold):
        return _lapse(bench, order, "hold_lapsed")
    if last is not None and calls.is_running(last):
        return Wait(now + dt.timedelta(seconds=2))
    if last is not None and last.attempt >= MAX_ATTEMPTS and not calls.is_unresolved(last):
        return _refuse(bench, order)
    try:
        ticket = _ticket(bench, order, hold, last)
    except calls.AlreadyBegun:
        return Wait(now + dt.timedelta(seconds=2))
    if ticket is None:
        return ONWARD
    return _open(bench, order, hold, ticket, is_repeat=calls.is_unresolved(last))


def begin(session: Session, bench: Workbench, order: Order, hold: Hold) -> Outcome:
    """Open the page of an order that was reserved in this very transaction: the intent is stored beside the hold."""
    if bench.now() >= pay_until(bench, order, hold):
        return ONWARD
    ticket = _intend(session, bench, order, hold, attempt=1)
    return Begun(OrderState.HELD, partial(_open, bench, order, hold, ticket, is_repeat=False))


def _open(bench: Workbench, order: Order, hold: Hold | None, ticket: calls.Ticket, *, is_repeat: bool) -> Outcome:
    request = take.from_json(ticket.request)
    try:
        page = bench.outside.cashier.open_page(request)
    except Refused as no:
        with bench.write() as session:
            calls.end(session, ticket, CallState.REFUSED, vendor_said(no))
        # A repeat may be refused only because its stored request has grown too old: then nothing was opened under
        # its key, and a fresh attempt with a fresh request is safe.
        return ONWARD if is_repeat else _refuse(bench, order)
    except OutsideError as lost:
        # An answer of 500 is stored under its key and would be replayed for ever: such a key is burnt.
        is_burnt = lost.vendor_code.startswith("http 5") or lost.code == "outside_throttled"
        with bench.write() as session:
            calls.end(
                session,
                ticket,
                CallState.REFUSED if is_burnt else CallState.UNKNOWN,
                vendor_said(lost),
            )
        return Wait(pause(bench.now(), order.placed_at))
    # Nobody has paid a page that was opened this moment: the first look can wait.
    first_look = min(pay_until(bench, order, hold), bench.now() + LOOK_EVERY)
    if _write_page(bench, order, ticket, page, request, first_look):
        return Wait(first_look, is_armed=True)
    return ONWARD


def watch_step(bench: Workbench, order: Order) -> Outcome:
    """AWAITING_PAYMENT: read the page; close it when the hold is about to end."""
    with bench.read() as session:
        hold = open_hold(session, order.id)
        session_id = str(prepared.run(session, _NEWEST_PAGE, order_id=order.id).scalar_one())
    now = bench.now()
    try:
        page = bench.outside.cashier.page(session_id)
        deadline = pay_until(bench, order, hold)
        must_close = now >= deadline
        if must_close and page.status is PageStatus.OPEN and not page.paid:
            page = bench.outside.cashier.expire_page(session_id)
    except OutsideError:
        return Wait(pause(now, order.placed_at))
    settled = settle_page(bench, order.id, page)
    if settled is Settled.OPEN:
        return Wait(min(deadline, now + LOOK_EVERY) if deadline > now else now + dt.timedelta(seconds=2))
    return ONWARD


def settle_page(bench: Workbench, order_id: str, page: PaymentPage) -> Settled:
    """The one function behind webhook, landing page and sweep: write what the cashier says and move the order."""
    with bench.write() as session:
        return settle_in(session, bench, locked(session, order_id), page)


def settle_in(session: Session, bench: Workbench, order: Order, page: PaymentPage) -> Settled:
    """As `settle_page`, in the transaction of a caller that holds the order."""
    now, order_id = bench.now(), order.id
    payment = settle.find(session, page.session_id) or _put_page(session, order_id, page, now)
    settled = settle.record(session, payment, page, order, now)
    facts = {"session": page.session_id, "payment": page.payment_id}
    if settled in {Settled.PAID, Settled.WRONG_AMOUNT}:
        promise = now + _promise(bench, order)
        moved = move(
            session,
            order_id,
            Event.PAID,
            now=now,
            before=order.state,
            reason="",
            facts=facts,
            paid_at=now,
            promise_until=promise,
        )
        if moved and settled is Settled.WRONG_AMOUNT:
            captured, charged = page.captured or page.amount, Money(order.charged_minor, order.charged_currency)
            detail = f"captured {captured.minor} {captured.currency} (minor units), charged {charged}"
            move(session, order_id, Event.STUCK, now=now, reason="amount_mismatch", facts=facts)
            owner = bench.settings.case_owner
            open_case(session, kind="amount_mismatch", owner=owner, now=now, order_id=order_id, detail=detail)
        if moved and order.state in ENDED_UNPAID:
            # Its standing row rests, and whoever wrote this down may die before the order goes on.
            arm(session, order_id, now)
        if moved and page.subscription_id:
            wake_renewal_of(session, order_id, now)
    elif settled is Settled.EXPIRED and order.state is OrderState.AWAITING_PAYMENT:
        move(session, order_id, Event.LAPSED, now=now, reason="not_paid_in_time", facts=facts)
    return settled


def _promise(bench: Workbench, order: Order) -> dt.timedelta:
    is_top_up = order.kind is OrderKind.TOP_UP
    return dt.timedelta(minutes=bench.settings.top_up_promise_minutes if is_top_up else bench.settings.promise_minutes)


def _put_page(
    session: Session,
    order_id: str,
    page: PaymentPage,
    now: dt.datetime,
    *,
    attempt: int = 0,
    url: str | None = None,
    expires_at: dt.datetime | None = None,
) -> Payment:
    """A new row. Without `attempt` for a page whose answer we lost: it carries our reference, so it is ours."""
    payment = Payment(
        id=new_id(),
        order_id=order_id,
        attempt=attempt,
        session_id=page.session_id,
        url=url,
        opened_at=now,
        expires_at=expires_at or now,
    )
    prepared.put(session, payment)
    return payment


def _ticket(bench: Workbench, order: Order, hold: Hold | None, last: Call | None) -> calls.Ticket | None:
    with bench.write() as session:
        if locked_state(session, order.id) is not order.state:
            return None
        if last is not None and calls.is_unresolved(last):
            current = calls.latest_to_change(session, order.id, STEP)
            if current is None or calls.is_running(current):
                return None
            return calls.reclaim(session, current, deadline=bench.settings.stripe_deadline_seconds)
        return _intend(session, bench, order, hold, attempt=last.attempt + 1 if last else 1)


def _intend(session: Session, bench: Workbench, order: Order, hold: Hold | None, *, attempt: int) -> calls.Ticket:
    request = _request(session, bench, order, hold, attempt)
    return calls.begin(
        session,
        order_id=order.id,
        step=STEP,
        attempt=attempt,
        key=take.page_key(order.id, attempt),
        request=take.to_json(request),
        deadline=bench.settings.stripe_deadline_seconds,
        now=bench.now(),
    )


def _request(session: Session, bench: Workbench, order: Order, hold: Hold | None, attempt: int) -> PageRequest:
    base = f"{bench.settings.public_url}/{order.locale}/orders/{order.reference}"
    renewal = prepared.run(session, _AGREEMENT, order_id=order.id).first()
    return PageRequest(
        order_id=order.id,
        reference=order.reference,
        attempt=attempt,
        amount=Money(order.charged_minor, order.charged_currency),
        title=order.destination if order.kind is OrderKind.TOP_UP else f"eSIM {order.destination}",
        description=order.plan_name,
        email=order.email,
        locale=order.locale,
        success_url=f"{base}/paid?session={{CHECKOUT_SESSION_ID}}",
        cancel_url=base,
        expires_at=bench.now() + take.SHORTEST_PAGE,
        note=pay_before(pay_until(bench, order, hold), order.locale, order.time_zone),
        renews_every_days=renewal.interval_days if renewal else None,
        renewal_id=renewal.id if renewal else "",
    )


def _write_page(
    bench: Workbench,
    order: Order,
    ticket: calls.Ticket,
    page: PaymentPage,
    request: PageRequest,
    first_look: dt.datetime,
) -> bool:
    """Whether the order waits for its payment now; it may have gone on without us."""
    now = bench.now()
    with bench.write() as session:
        # The order first, then its call: who repeats a call locks them in this order too.
        before = locked_state(session, order.id)
        if not calls.end(session, ticket, CallState.DONE):
            return False
        # A repeated call names the page of the first one, which an event may have brought us in the meantime.
        known = settle.find(session, page.session_id)
        opened: dict[str, Any] = {"attempt": ticket.attempt, "url": page.url, "expires_at": request.expires_at}
        if known is not None:
            settle.change(session, known, **opened)
        else:
            _put_page(session, order.id, page, now, **opened)
        facts = {"session": page.session_id}
        if not move(session, order.id, Event.PAGE_OPENED, now=now, before=before, facts=facts):
            return False
        arm(session, order.id, first_look)
    return True


def _lapse(bench: Workbench, order: Order, reason: str) -> Outcome:
    with bench.write() as session:
        move(session, order.id, Event.LAPSED, now=bench.now(), reason=reason)
    return ONWARD


def _refuse(bench: Workbench, order: Order) -> Outcome:
    with bench.write() as session:
        move(session, order.id, Event.REJECTED, now=bench.now(), reason="payment_unavailable")
    return FINISHED
