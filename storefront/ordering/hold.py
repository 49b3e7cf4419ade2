"""Reserve a profile at the supplier: the first time before payment, again when money came after the hold was gone."""

from __future__ import annotations

import datetime as dt
import time
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, update
from sqlmodel import col

from storefront.db import prepared
from storefront.kernel.errors import OutsideError, PriceChanged, Refused, SoldOut
from storefront.kernel.ids import new_id
from storefront.models.catalogue import Plan
from storefront.models.order import CallState, Hold, Order, OrderKind, OrderState
from storefront.ordering import calls, pay
from storefront.ordering.bench import ONWARD, Outcome, Wait, Workbench, pause
from storefront.ordering.states import Event, move
from storefront.ports import HoldRequest, SupplierPlan
from storefront.telemetry.redaction import vendor_said

STEP = "hold"
TRIES_UNPAID = 2
TRIES_PAID = 3
PATIENCE = dt.timedelta(seconds=60)
AT_ONCE_WITHIN = 4.0
"""Seconds that the supplier may take for price and reservation, for the payment page to be begun with them."""
_TRY = (
    update(Order)
    .where(
        col(Order.id) == bindparam("order_id"),
        col(Order.state) == bindparam("before"),
        col(Order.hold_tries) == bindparam("tries"),
    )
    .values(hold_tries=bindparam("attempt"))
)


def step(bench: Workbench, order: Order) -> Outcome:
    """Check price and stock, then pre-order. A paid order gets the same, at the paid price, or its money back."""
    now, started = bench.now(), time.monotonic()
    if order.hold_tries:
        with bench.read() as session:
            last = calls.latest(session, order.id, STEP)
        if last is not None and calls.is_running(last):
            return Wait(now + dt.timedelta(seconds=2))
    if order.hold_tries >= _tries(order):
        return _give_up(bench, order, "supplier_unavailable")
    try:
        plan = bench.outside.supplier.plan(_package_id(order))
    except Refused:
        return _give_up(bench, order, "sold_out")
    except OutsideError:
        if order.state is OrderState.PLACED and now - order.placed_at > PATIENCE:
            return _give_up(bench, order, "supplier_unavailable")
        if order.promise_until is not None and now > order.promise_until:
            return _give_up(bench, order, "cannot_deliver")
        return Wait(pause(now, order.paid_at or order.placed_at))
    reason = _why_not(plan, order)
    if reason:
        return _give_up(bench, order, reason)
    return _pre_order(bench, order, started)


def may_try(order: Order) -> bool:
    """Whether a paid order may be reserved once more; a top-up needs no reservation."""
    return order.kind is OrderKind.TOP_UP or order.hold_tries < TRIES_UNPAID + TRIES_PAID


def _pre_order(bench: Workbench, order: Order, started: float) -> Outcome:
    attempt = order.hold_tries + 1
    request = HoldRequest(
        api=bench.settings.supplier_pre_order_api,
        package_id=_package_id(order),
        package_code=order.package_code,
        period_num=order.period_num,
        currency=order.supplier_currency,
        currency_id=order.currency_id,
        amount=Decimal(order.supplier_amount),
    )
    try:
        with bench.write() as session:
            seen = {"order_id": order.id, "before": order.state, "tries": order.hold_tries}
            if prepared.run(session, _TRY, **seen, attempt=attempt).rowcount != 1:
                return ONWARD
            ticket = calls.begin(
                session,
                order_id=order.id,
                step=STEP,
                attempt=attempt,
                key=f"order-{order.id}-hold-{attempt}",
                request=_to_json(request),
                deadline=bench.settings.supplier_deadline_seconds,
                now=bench.now(),
            )
    except calls.AlreadyBegun:
        return Wait(bench.now() + dt.timedelta(seconds=2))
    try:
        held = bench.outside.supplier.pre_order(request)
    except Refused as no:
        _end(bench, ticket, CallState.REFUSED, no)
        return _give_up(bench, order, _reason_of(no))
    except OutsideError as lost:
        # The hold, if there is one, cannot be named and lapses by itself.
        _end(bench, ticket, CallState.UNKNOWN, lost)
        return ONWARD
    now = bench.now()
    with bench.write() as session:
        if not calls.end(session, ticket, CallState.DONE):
            return ONWARD
        reserved = Hold(
            id=new_id(),
            order_id=order.id,
            attempt=attempt,
            api=request.api,
            supplier_order_id=held.order_id,
            supplier_order_no=held.order_no,
            amount=order.supplier_amount,
            currency=order.supplier_currency,
            held_at=now,
            held_until=now + dt.timedelta(seconds=bench.settings.supplier_hold_seconds),
        )
        prepared.put(session, reserved)
        if order.state is not OrderState.PLACED:
            return ONWARD
        if not move(session, order.id, Event.HELD, now=now, facts={"supplier_order_no": held.order_no}):
            return ONWARD
        if time.monotonic() - started > AT_ONCE_WITHIN:
            # What is begun is made whatever the caller's budget says; here it has to be looked at first.
            return ONWARD
        return pay.begin(session, bench, order, reserved)


def _package_id(order: Order) -> int:
    if order.plan_id is None:
        raise ValueError("only a new eSIM is reserved, and its order names a plan of the catalogue")
    return order.plan_id


def _why_not(plan: SupplierPlan, order: Order) -> str:
    if not plan.in_stock:
        return "sold_out"
    for quote in plan.quotes:
        if quote.currency == order.supplier_currency and quote.currency_id == order.currency_id:
            return "" if quote.amount == Decimal(order.supplier_amount) else "price_changed"
    return "price_changed"


def _reason_of(no: Refused) -> str:
    if isinstance(no, SoldOut):
        return "sold_out"
    return "price_changed" if isinstance(no, PriceChanged) else "supplier_refused"


def _give_up(bench: Workbench, order: Order, reason: str) -> Outcome:
    event = Event.REJECTED if order.state is OrderState.PLACED else Event.GIVE_BACK
    with bench.write() as session:
        move(session, order.id, event, now=bench.now(), reason=reason)
        if reason == "sold_out":
            # The shelf need not wait for the next refresh to stop offering what nobody can have.
            session.execute(update(Plan).where(col(Plan.id) == order.plan_id).values(in_stock=False))
    return ONWARD


def _tries(order: Order) -> int:
    return TRIES_UNPAID if order.state is OrderState.PLACED else TRIES_UNPAID + TRIES_PAID


def _end(bench: Workbench, ticket: calls.Ticket, state: CallState, error: OutsideError) -> None:
    with bench.write() as session:
        calls.end(session, ticket, state, vendor_said(error))


def _to_json(request: HoldRequest) -> dict[str, Any]:
    return {
        "api": request.api,
        "id": request.package_id,
        "packageCode": request.package_code,
        "periodNum": request.period_num,
        "currency": request.currency,
        "currencyId": request.currency_id,
        "money": str(request.amount),
    }
