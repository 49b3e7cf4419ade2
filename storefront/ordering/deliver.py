"""CONFIRMED: fetch the profile the supplier assigned, seal it, deliver it."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from storefront.cases.open import open_case
from storefront.cases.resolve import end_with_debt
from storefront.db import prepared
from storefront.delivery.profile import Sent, UnusableProfile, seal
from storefront.jobs import outbox
from storefront.kernel.errors import OutsideError
from storefront.models.order import Hold, Order, OrderState
from storefront.models.profile import Profile
from storefront.ordering.bench import ONWARD, Closed, Outcome, Wait, Workbench, open_hold, pause, standing_key
from storefront.ordering.states import Event, move
from storefront.payments import ledger
from storefront.ports import SupplierOrderStatus, SupplierProfile

DETAIL_PATIENCE = dt.timedelta(seconds=20)
_HAS_PROFILE = select(Profile.order_id).where(col(Profile.order_id) == bindparam("order_id"))


def step(bench: Workbench, order: Order) -> Outcome:
    """Fetch what was assigned to the reservation in use."""
    with bench.read() as session:
        reserved = open_hold(session, order.id)
    if reserved is None:
        return _stuck(bench, order, "no_hold", "the order is confirmed but no reservation of ours is in use")
    return fetch(bench, order, reserved)


def fetch(bench: Workbench, order: Order, reserved: Hold) -> Outcome:
    """Plain reads until the code is there; an unusable one becomes a case and is never shown.

    The order was confirmed, whatever it was when its row was read; one that has gone on since raises `StateRaced`.
    """
    now = bench.now()
    try:
        status = bench.outside.supplier.order_status(reserved.supplier_order_id)
    except OutsideError:
        return Wait(pause(now, order.paid_at))
    if status.status in {SupplierOrderStatus.FAILED, SupplierOrderStatus.CANCELLED}:
        detail = f"the supplier took our notice and now calls its order {reserved.supplier_order_id} {status.status}"
        return _stuck(bench, order, "supplier_contradicts", detail)
    if status.status is SupplierOrderStatus.WAITING:
        return Wait(pause(now, order.paid_at))
    detail_view = _detail(bench, reserved.supplier_order_id)
    if detail_view is None and order.paid_at is not None and now - order.paid_at < DETAIL_PATIENCE:
        return Wait(pause(now, order.paid_at))
    code = status.activation_code or (detail_view.activation_code if detail_view else None)
    if not code:
        return Wait(pause(now, order.paid_at))
    sent = Sent(
        activation_code=code,
        confirmation_code=detail_view.confirmation_code if detail_view else None,
        iccid=detail_view.iccid if detail_view else None,
        status=detail_view.status if detail_view else "",
        expires_on=detail_view.expires_on if detail_view else None,
    )
    return _deliver(bench, order, sent)


def _deliver(bench: Workbench, order: Order, sent: Sent) -> Outcome:
    now = bench.now()
    try:
        profile = seal(order.id, sent, bench.vault, now)
    except UnusableProfile as unusable:
        return _stuck(bench, order, "unusable_profile", f"the supplier's activation code: {unusable.reason}")
    with bench.write() as session:
        move(session, order.id, Event.DELIVERED, now=now, before=OrderState.CONFIRMED, delivered_at=now, reason="")
        is_again = prepared.run(session, _HAS_PROFILE, order_id=order.id).first() is not None
        if is_again:
            session.merge(profile)
        else:
            prepared.put(session, profile)
        is_overpaid = ledger.balance(session, order.id) > order.charged_minor
        end_with_debt(session, order.id, resolution="delivered", now=now, is_overpaid=is_overpaid)
        outbox.close(session, standing_key(order.id))
        stage_letter(session, "order_delivered", order.id, now, is_again=is_again)
    return Closed(OrderState.DELIVERED)


def stage_letter(session: Session, template: str, order_id: str, now: dt.datetime, *, is_again: bool) -> None:
    """One letter for each delivery: an order may be delivered again after a refund that the bank sent back."""
    again = f"delivered:{now:%Y%m%d%H%M%S}" if is_again else ""
    outbox.stage(
        session,
        job=f"letters.{template}",
        arguments={"order_id": order_id, "again": again},
        key=f"letter:{order_id}:{again or 'delivered'}",
        due_at=now,
    )


def _detail(bench: Workbench, supplier_order_id: str) -> SupplierProfile | None:
    try:
        return bench.outside.supplier.profile(supplier_order_id)
    except OutsideError:
        return None


def _stuck(bench: Workbench, order: Order, reason: str, detail: str) -> Outcome:
    now = bench.now()
    with bench.write() as session:
        if move(session, order.id, Event.STUCK, now=now, reason=reason):
            owner = bench.settings.case_owner
            open_case(session, kind=reason, owner=owner, now=now, order_id=order.id, detail=detail)
    return ONWARD
