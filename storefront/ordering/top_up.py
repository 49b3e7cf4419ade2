"""More for a SIM the traveller owns: paid first, then ordered at the supplier, then seen there.

The second kind of fulfilment; payment, refunds and cases are those of every order. The supplier does not recognise a
repeated order, so a lost answer is never sent again by itself: three sides are asked for an hour, then a person is.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from storefront.cases.open import open_case
from storefront.cases.resolve import end_with_debt, resolve_kind
from storefront.kernel.clock import wall_now
from storefront.kernel.errors import OutsideError, Refused, Throttled
from storefront.models.order import Call, CallState, Order, OrderState
from storefront.models.profile import TopUp
from storefront.ordering import calls, pay
from storefront.ordering.bench import ONWARD, Outcome, Wait, Workbench, locked_state, pause
from storefront.ordering.deliver import stage_letter
from storefront.ordering.states import Event, move
from storefront.payments import ledger
from storefront.sim_ports import TopUpRequest, TopUpSeen
from storefront.sims.refresh import wake_for
from storefront.telemetry.redaction import vendor_said

STEP = "top_up"
ASK_FOR = dt.timedelta(hours=1)
TRIES_ONCE_PROVEN = 2
PATIENCE_UNPAID = dt.timedelta(seconds=60)


def open_step(bench: Workbench, order: Order) -> Outcome:
    """PLACED: the supplier must still sell this plan for this SIM at this price; then the payment page."""
    now = bench.now()
    with bench.read() as session:
        is_checked = calls.latest(session, order.id, pay.STEP) is not None
    if not is_checked:
        try:
            offers = bench.outside.sims.sim_plans(_iccid(order))
        except Refused:
            return _reject(bench, order, "sim_unknown")
        except OutsideError:
            if now - order.placed_at > PATIENCE_UNPAID:
                return _reject(bench, order, "supplier_unavailable")
            return Wait(pause(now, order.placed_at))
        same = [one for one in offers if (one.package_code, one.plan_code) == (order.package_code, order.plan_code)]
        if not same:
            return _reject(bench, order, "sold_out")
        if (same[0].amount, same[0].currency) != (Decimal(order.supplier_amount), order.supplier_currency):
            return _reject(bench, order, "price_changed")
    return pay.open_step(bench, order)


def confirm_step(bench: Workbench, order: Order) -> Outcome:
    """PAID: report the paid order, once."""
    now = bench.now()
    with bench.read() as session:
        last = calls.latest(session, order.id, STEP)
    if last is None:
        return _report(bench, order, attempt=1)
    if calls.is_running(last):
        return Wait(now + dt.timedelta(seconds=2))
    if last.state is CallState.REFUSED:
        # Only a throttled report leaves a refused call on a paid order: nothing happened, so ask again.
        return _report(bench, order, attempt=last.attempt + 1)
    return resolve_lost(bench, order, last)


def resolve_lost(bench: Workbench, order: Order, lost: Call) -> Outcome:
    """The report went out and no answer came: look from three sides; nothing is sent meanwhile."""
    now = bench.now()
    try:
        seen = bench.outside.sims.find_top_up(request_of(order))
    except OutsideError:
        seen = None
        could_look = False
    else:
        could_look = True
    if seen is not None:
        return _found(bench, order, lost)
    is_proven = bench.settings.card_lookup_verified and could_look
    settled_at = lost.hard_end_at + dt.timedelta(seconds=bench.settings.unknown_patience_seconds)
    if is_proven and lost.attempt < TRIES_ONCE_PROVEN and wall_now() > settled_at:
        return _report(bench, order, attempt=lost.attempt + 1)
    if order.paid_at is not None and now - order.paid_at < ASK_FOR:
        return Wait(pause(now, order.paid_at))
    return _stuck(bench, order, lost)


def deliver_step(bench: Workbench, order: Order) -> Outcome:
    """CONFIRMED: done when the supplier shows it, queued or active."""
    now = bench.now()
    try:
        seen = bench.outside.sims.find_top_up(request_of(order))
    except OutsideError:
        seen = None
    if seen is None:
        return Wait(pause(now, order.paid_at))
    return _deliver(bench, order, seen)


def _report(bench: Workbench, order: Order, *, attempt: int) -> Outcome:
    request = request_of(order)
    try:
        with bench.write() as session:
            if locked_state(session, order.id) is not order.state:
                return ONWARD
            ticket = calls.begin(
                session,
                order_id=order.id,
                step=STEP,
                attempt=attempt,
                key=f"order-{order.id}-top-up",
                request=_as_json(request),
                deadline=bench.settings.supplier_deadline_seconds,
                now=bench.now(),
            )
    except calls.AlreadyBegun:
        return Wait(bench.now() + dt.timedelta(seconds=2))
    try:
        bench.outside.sims.top_up(request)
    except Throttled as later:
        _end(bench, ticket, CallState.REFUSED, later)
        return Wait(bench.now() + dt.timedelta(seconds=later.retry_after))
    except Refused as no:
        with bench.write() as session:
            if calls.end(session, ticket, CallState.REFUSED, vendor_said(no)):
                move(session, order.id, Event.GIVE_BACK, now=bench.now(), reason="cannot_deliver")
        return ONWARD
    except OutsideError as lost:
        _end(bench, ticket, CallState.UNKNOWN, lost)
        return ONWARD
    with bench.write() as session:
        if calls.end(session, ticket, CallState.DONE):
            _accepted(bench, session, order, {"report": attempt})
    return ONWARD


def _found(bench: Workbench, order: Order, lost: Call) -> Outcome:
    now = bench.now()
    with bench.write() as session:
        call = session.get(Call, lost.id, with_for_update=True)
        if call is None or call.claim_token != lost.claim_token:
            return ONWARD
        calls.resolve(session, call, CallState.DONE, "seen at the supplier")
        _accepted(bench, session, order, {"read": "seen"})
        resolve_kind(session, order.id, "unknown_answer", resolution="seen at the supplier", now=now)
    return ONWARD


def _accepted(bench: Workbench, session: Session, order: Order, facts: dict[str, Any]) -> None:
    owed = Decimal(order.supplier_amount), order.supplier_currency
    ledger.owe(session, order_id=order.id, price=owed, object_id=order.id, at=bench.now())
    move(session, order.id, Event.CONFIRMED, now=bench.now(), reason="", facts=facts)


def _deliver(bench: Workbench, order: Order, seen: TopUpSeen) -> Outcome:
    now = bench.now()
    with bench.write() as session:
        if move(session, order.id, Event.DELIVERED, now=now, delivered_at=now, reason="") is None:
            return ONWARD
        is_again = session.get(TopUp, order.id) is not None
        session.merge(
            TopUp(
                order_id=order.id,
                supplier_order_no=seen.order_no,
                state=seen.state.value,
                expires_on=seen.expires_on,
                seen_at=now,
            )
        )
        is_overpaid = ledger.balance(session, order.id) > order.charged_minor
        end_with_debt(session, order.id, resolution="delivered", now=now, is_overpaid=is_overpaid)
        wake_for(session, _iccid(order), now)
        stage_letter(session, "order_topped_up", order.id, now, is_again=is_again)
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
            detail="the supplier never answered our top-up order and shows none after an hour; ask the supplier "
            f"about our order id {order.id} before refunding or ordering again",
        )
    return ONWARD


def _reject(bench: Workbench, order: Order, reason: str) -> Outcome:
    with bench.write() as session:
        move(session, order.id, Event.REJECTED, now=bench.now(), reason=reason)
    return ONWARD


def request_of(order: Order) -> TopUpRequest:
    """What the supplier is told and asked of a paid top-up."""
    return TopUpRequest(
        request_id=order.id,
        iccid=_iccid(order),
        package_code=order.package_code,
        plan_code=order.plan_code,
        plan_name=order.plan_name,
        periods=order.period_num,
        amount=Decimal(order.supplier_amount),
        currency=order.supplier_currency,
        paid_at=order.paid_at or order.placed_at,
    )


def _as_json(request: TopUpRequest) -> dict[str, Any]:
    return {
        "requestOrderId": request.request_id,
        "packageCode": request.package_code,
        "servicePlanCode": request.plan_code,
        "orderPeriod": request.periods,
        "payAmount": str(request.amount),
        "payCurrency": request.currency,
    }


def _iccid(order: Order) -> str:
    if order.iccid is None:
        raise ValueError("a top-up names its SIM")
    return order.iccid


def _end(bench: Workbench, ticket: calls.Ticket, state: CallState, error: OutsideError) -> None:
    with bench.write() as session:
        calls.end(session, ticket, state, vendor_said(error))
