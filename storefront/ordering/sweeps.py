"""Looks at the whole shop: promises that ran out, and orders nothing would wake."""

from __future__ import annotations

import datetime as dt

import structlog
from sqlalchemy import and_, func, not_, or_
from sqlmodel import col, select

from storefront.cases.open import open_case
from storefront.jobs import outbox
from storefront.models.case import Case
from storefront.models.money import MoneyEntry
from storefront.models.order import Order, OrderState
from storefront.models.payment import Refund, RefundState
from storefront.models.work import OutboxRow, WorkState
from storefront.ordering.bench import Workbench, order_row, standing_key
from storefront.ordering.states import IS_OWED, IS_UNDER_WAY
from storefront.ordering.steps import wake
from storefront.payments import ledger

_log = structlog.get_logger()


def broken_promises(bench: Workbench) -> int:
    """Open a case for each captured payment past its deadline that has none, and tell the buyer; returns how many.

    After this sweep the promise holds: captured money is delivered, refunded, or a case a person owns.
    """
    now = bench.now()
    with bench.read() as session:
        has_case = select(Case.order_id).where(col(Case.resolved_at).is_(None), col(Case.order_id).is_not(None))
        late = session.exec(
            select(Order.id, Order.state).where(
                col(Order.state).in_(IS_OWED), col(Order.promise_until) < now, col(Order.id).not_in(has_case)
            )
        ).all()
    for order_id, state in late:
        with bench.write() as session:
            open_case(
                session,
                kind="promise_missed",
                owner=bench.settings.case_owner,
                now=now,
                order_id=order_id,
                detail=f"paid, and still {state} after the promised time",
            )
            outbox.stage(
                session,
                job="letters.order_delayed",
                arguments={"order_id": order_id},
                key=f"letter:{order_id}:delayed",
                due_at=now,
            )
    return len(late)


def sleepers(bench: Workbench) -> int:
    """Wake orders under way whose standing row is missing or done (none should exist) or parked; returns how many."""
    settled_for = bench.now() - dt.timedelta(minutes=2)
    with bench.read() as session:
        ids = session.exec(
            select(Order.id).where(col(Order.state).in_(IS_UNDER_WAY), Order.placed_at < settled_for)
        ).all()
        awake = set(
            session.exec(
                select(OutboxRow.key).where(
                    col(OutboxRow.key).in_([standing_key(one) for one in ids]), OutboxRow.state == WorkState.WAITING
                )
            ).all()
        )
    return sum(_wake_sleeper(bench, one) for one in ids if standing_key(one) not in awake)


def _wake_sleeper(bench: Workbench, order_id: str) -> bool:
    """Wake it, unless it came to rest between two looks. No alarm for one that was parked: it has its case."""
    with bench.read() as session:
        is_under_way = order_row(session, order_id).state in IS_UNDER_WAY
        is_parked = outbox.is_parked(session, standing_key(order_id))
    if not is_under_way:
        return False
    if not is_parked:
        _log.warning("order_asleep", order_id=order_id)
    wake(bench, order_id)
    return True


def invariant_violations(bench: Workbench) -> list[str]:
    """References of orders past their deadline that break the promise, by the money ledger and by their states.

    Money held for an order must be earned (delivered, and no more than its price), on its way back, or an open case.
    """
    now = bench.now()
    balance = (
        select(MoneyEntry.order_id, ledger.held().label("minor")).group_by(col(MoneyEntry.order_id)).subquery("balance")
    )
    held = func.coalesce(balance.c.minor, 0)
    has_case = select(Case.order_id).where(col(Case.resolved_at).is_(None), col(Case.order_id).is_not(None))
    goes_back = select(Refund.order_id).where(col(Refund.state).in_([RefundState.DUE, RefundState.PENDING]))
    is_earned = and_(col(Order.state) == OrderState.DELIVERED, held <= col(Order.charged_minor))
    is_owed = or_(col(Order.state).in_(IS_OWED), and_(held > 0, not_(is_earned)), held < 0)
    with bench.read() as session:
        return list(
            session.exec(
                select(Order.reference)
                .join(balance, balance.c.order_id == col(Order.id), isouter=True)
                .where(
                    is_owed,
                    func.coalesce(col(Order.promise_until), col(Order.placed_at)) < now,
                    col(Order.id).not_in(has_case),
                    or_(col(Order.id).not_in(goes_back), col(Order.state).in_(IS_OWED)),
                )
            )
        )
