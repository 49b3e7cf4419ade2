"""PAID: tell the supplier, exactly once, and find out what became of an answer that was lost."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import bindparam, update
from sqlmodel import Session, col

from storefront.cases.open import open_case
from storefront.db import prepared
from storefront.kernel.clock import wall_now
from storefront.kernel.errors import HoldLapsed, OutsideError, Refused, Throttled
from storefront.kernel.money import Money
from storefront.models.order import Call, CallState, Hold, HoldState, Order, OrderKind, OrderState
from storefront.ordering import calls, deliver, hold
from storefront.ordering.bench import (
    ONWARD,
    Begun,
    Outcome,
    Wait,
    Workbench,
    locked_state,
    open_hold,
    order_row,
    pause,
)
from storefront.ordering.states import Event, move
from storefront.payments import ledger
from storefront.ports import PaymentNotice, SupplierOrderStatus
from storefront.telemetry.redaction import vendor_said

TRIES = 2
_HOLD_BECOMES = update(Hold).where(col(Hold.id) == bindparam("hold_id")).values(state=bindparam("now"))


def step(bench: Workbench, order: Order) -> Outcome:
    """Report the payment for the open hold; without one, reserve again (bounded) or give the money back."""
    with bench.read() as session:
        reserved = open_hold(session, order.id)
        last = calls.latest(session, order.id, _step_of(reserved)) if reserved else None
    if reserved is None:
        return hold.step(bench, order)
    now = bench.now()
    if last is None:
        return _notify(bench, order, reserved, attempt=1)
    if calls.is_running(last):
        return Wait(now + dt.timedelta(seconds=2))
    if last.state is CallState.REFUSED:
        # A notice that was throttled, or not made, leaves a refused call beside an open hold: nothing happened.
        return _notify(bench, order, reserved, attempt=last.attempt + 1)
    return resolve_lost(bench, order, reserved, last)


def resolve_lost(bench: Workbench, order: Order, reserved: Hold, lost: Call) -> Outcome:
    """The notice went out and no answer came: ask what the supplier thinks; never a new hold meanwhile."""
    now = bench.now()
    try:
        said = bench.outside.supplier.order_status(reserved.supplier_order_id).status
    except OutsideError:
        if _is_overdue(order, now):
            return _stuck(bench, order, lost)
        return Wait(pause(now, order.paid_at))
    if said is SupplierOrderStatus.PAID:
        return _confirmed(bench, order, lost)
    if said in {SupplierOrderStatus.FAILED, SupplierOrderStatus.CANCELLED}:
        return _dead(bench, order, reserved, lost, f"status {said}")
    patience = dt.timedelta(seconds=bench.settings.unknown_patience_seconds)
    if wall_now() < lost.hard_end_at + patience:
        return Wait(pause(now, order.paid_at))
    if lost.attempt < TRIES and now < reserved.held_until:
        return _notify(bench, order, reserved, attempt=lost.attempt + 1)
    return _stuck(bench, order, lost)


def begin(session: Session, bench: Workbench, order_id: str) -> Begun | None:
    """The first report of a payment, its intent stored in the transaction that wrote the payment down.

    None when there is nothing to report at once. The caller holds the order.
    """
    order = order_row(session, order_id)
    if order.state is not OrderState.PAID or order.kind is not OrderKind.ESIM:
        return None
    reserved = open_hold(session, order_id)
    if reserved is None or calls.latest(session, order_id, _step_of(reserved)) is not None:
        return None
    notice = _notice(bench, order, reserved)
    ticket = _intend(session, bench, order, reserved, notice, attempt=1)
    return Begun(order.state, partial(_report, bench, order, reserved, notice, ticket))


def _notify(bench: Workbench, order: Order, reserved: Hold, *, attempt: int) -> Outcome:
    notice = _notice(bench, order, reserved)
    try:
        with bench.write() as session:
            if locked_state(session, order.id) is not order.state:
                return ONWARD
            ticket = _intend(session, bench, order, reserved, notice, attempt=attempt)
    except calls.AlreadyBegun:
        return Wait(bench.now() + dt.timedelta(seconds=2))
    return _report(bench, order, reserved, notice, ticket)


def _notice(bench: Workbench, order: Order, reserved: Hold) -> PaymentNotice:
    return PaymentNotice(
        order_id=reserved.supplier_order_id,
        amount=amount_text(reserved, bench.settings.supplier_money_unit),
        currency=reserved.currency,
        paid_at=order.paid_at or bench.now(),
        succeeded=True,
    )


def _intend(
    session: Session, bench: Workbench, order: Order, reserved: Hold, notice: PaymentNotice, *, attempt: int
) -> calls.Ticket:
    return calls.begin(
        session,
        order_id=order.id,
        step=_step_of(reserved),
        attempt=attempt,
        key=f"order-{order.id}-notice-{reserved.attempt}",
        request={"orderId": notice.order_id, "payAmount": notice.amount, "payCurrency": notice.currency},
        deadline=bench.settings.supplier_deadline_seconds,
        now=bench.now(),
    )


def _report(bench: Workbench, order: Order, reserved: Hold, notice: PaymentNotice, ticket: calls.Ticket) -> Outcome:
    if wall_now() > ticket.begin_by:
        # Begun now it could still be running when its lease is over, and somebody else reports the same.
        with bench.write() as session:
            calls.end(session, ticket, CallState.REFUSED, "held up here and not made")
        return ONWARD
    try:
        bench.outside.supplier.notify_payment(notice)
    except Throttled as later:
        _end(bench, ticket, CallState.REFUSED, later)
        return Wait(bench.now() + dt.timedelta(seconds=later.retry_after))
    except Refused as no:
        return _after_refusal(bench, order, reserved, ticket, no)
    except OutsideError as lost:
        _end(bench, ticket, CallState.UNKNOWN, lost)
        return ONWARD
    with bench.write() as session:
        if not calls.end(session, ticket, CallState.DONE):
            return ONWARD
        _accepted(bench, session, order, reserved, {"notice": ticket.attempt})
    return Begun(OrderState.CONFIRMED, partial(deliver.fetch, bench, order, reserved), is_read=True)


def _after_refusal(bench: Workbench, order: Order, reserved: Hold, ticket: calls.Ticket, no: Refused) -> Outcome:
    said = None
    if isinstance(no, HoldLapsed):
        # A late notice may follow one that did arrive: look before the hold is given up.
        try:
            said = bench.outside.supplier.order_status(reserved.supplier_order_id).status
        except OutsideError as unreadable:
            _end(bench, ticket, CallState.UNKNOWN, unreadable)
            return Wait(pause(bench.now(), order.paid_at))
    with bench.write() as session:
        if not calls.end(session, ticket, CallState.REFUSED, vendor_said(no)):
            return ONWARD
        if said is SupplierOrderStatus.PAID:
            _accepted(bench, session, order, reserved, {"read": "paid"})
        else:
            _kill(session, reserved)
    return ONWARD


def _confirmed(bench: Workbench, order: Order, lost: Call) -> Outcome:
    with bench.write() as session:
        call = session.get(Call, lost.id, with_for_update=True)
        reserved = open_hold(session, order.id)
        if call is None or reserved is None or call.claim_token != lost.claim_token:
            return ONWARD
        calls.resolve(session, call, CallState.DONE, "read back as paid")
        _accepted(bench, session, order, reserved, {"read": "paid"})
    return ONWARD


def _dead(bench: Workbench, order: Order, reserved: Hold, lost: Call, error: str) -> Outcome:
    with bench.write() as session:
        call = session.get(Call, lost.id, with_for_update=True)
        if call is None or call.claim_token != lost.claim_token:
            return ONWARD
        calls.resolve(session, call, CallState.REFUSED, error)
        _kill(session, reserved)
        if order.state is OrderState.ATTENTION:
            move(session, order.id, Event.RESUMED, now=bench.now(), reason="")
    return ONWARD


def _stuck(bench: Workbench, order: Order, lost: Call) -> Outcome:
    now = bench.now()
    if order.state is OrderState.ATTENTION:
        return Wait(pause(now, order.paid_at))
    with bench.write() as session:
        call = session.get(Call, lost.id, with_for_update=True)
        if call is None or call.claim_token != lost.claim_token:
            return ONWARD
        if call.state is CallState.STARTED:
            calls.resolve(session, call, CallState.UNKNOWN, "its caller died")
        move(session, order.id, Event.STUCK, now=now, reason="unknown_answer")
        open_case(
            session,
            kind="unknown_answer",
            owner=bench.settings.case_owner,
            now=now,
            order_id=order.id,
            detail=f"the supplier never answered our payment notice (supplier order {call.request['orderId']}); "
            "ask the supplier whether the profile was assigned before refunding or ordering again",
        )
    return ONWARD


def amount_text(reserved: Hold, unit: str) -> str:
    """The amount of the notice in the unit the settings name; major units exactly as the supplier quoted them."""
    if unit == "minor":
        return str(Money.from_decimal(reserved.amount, reserved.currency).minor)
    return reserved.amount


def _is_overdue(order: Order, now: dt.datetime) -> bool:
    return order.promise_until is not None and now > order.promise_until


def _step_of(reserved: Hold) -> str:
    return f"notify-{reserved.attempt}"


def _accepted(bench: Workbench, session: Session, order: Order, reserved: Hold, facts: dict[str, Any]) -> None:
    """The supplier took the payment: the profile is ours, and so is what it costs."""
    prepared.run(session, _HOLD_BECOMES, hold_id=reserved.id, now=HoldState.USED)
    owed = Decimal(reserved.amount), reserved.currency
    ledger.owe(session, order_id=order.id, price=owed, object_id=reserved.supplier_order_id, at=bench.now())
    move(session, order.id, Event.CONFIRMED, now=bench.now(), facts=facts)


def _kill(session: Session, reserved: Hold) -> None:
    prepared.run(session, _HOLD_BECOMES, hold_id=reserved.id, now=HoldState.DEAD)


def _end(bench: Workbench, ticket: calls.Ticket, state: CallState, error: OutsideError) -> None:
    with bench.write() as session:
        calls.end(session, ticket, state, vendor_said(error))
