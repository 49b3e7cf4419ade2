"""Three books beside each other: the cashier's, the supplier's and ours; every difference with what to do about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from sqlmodel import Session, col, select

from storefront.cases.open import open_case
from storefront.cases.resolve import resolve_about
from storefront.kernel.errors import OutsideError
from storefront.kernel.money import Money
from storefront.models.money import MoneyEntry, MoneyKind
from storefront.models.order import Call, Hold, HoldState, Order, OrderKind, OrderState
from storefront.models.payment import Payment, Refund, RefundState
from storefront.ordering import sweeps, top_up
from storefront.ordering.bench import Workbench
from storefront.payments import ledger
from storefront.ports import Capture, DisputeStatus, SupplierOrderStatus

CASE = "books_differ"
SETTLING = dt.timedelta(minutes=2)
"""What happened this recently may still be on its way between the books."""

_WITHOUT_PROFILE = frozenset({OrderState.REFUNDED, OrderState.LAPSED, OrderState.CANCELLED, OrderState.REJECTED})


@dataclass(frozen=True, slots=True)
class Difference:
    """What two books disagree about: `books` names them, `object_id` the payment or order, `remedy` the way out."""

    books: str
    kind: str
    order: str
    object_id: str
    told: str
    remedy: str


def reconcile(bench: Workbench, since: dt.datetime) -> list[Difference]:
    """Every difference about money captured and orders placed since a moment. Raises the cashier's errors.

    An order of which the supplier does not answer is a difference too: nobody knows.
    """
    until = bench.now() - SETTLING
    captures = [one for one in bench.outside.cashier.captures(since) if one.at <= until]
    found = list(_cashier_and_ledger(bench, captures, since, until))
    found += [_broken(reference) for reference in sweeps.invariant_violations(bench)]
    found += _unpaid_deliveries(bench, since)
    found += _supplier_and_orders(bench, since, until)
    found += _supplier_and_top_ups(bench, since, until)
    return found


def daily(bench: Workbench) -> int:
    """Compare the last two days; differences become one case, which closes by itself when the books agree again."""
    now = bench.now()
    found = reconcile(bench, now - dt.timedelta(days=2))
    kinds = ", ".join(sorted({one.kind for one in found}))
    with bench.write() as session:
        if found:
            detail = f"{len(found)} differences between Stripe, orders and supplier ({kinds}): run flask reconcile"
            open_case(session, kind=CASE, owner=bench.settings.case_owner, now=now, about="books", detail=detail)
        else:
            resolve_about(session, "books", CASE, resolution="the books agree", now=now)
    return len(found)


def _cashier_and_ledger(
    bench: Workbench, captures: list[Capture], since: dt.datetime, until: dt.datetime
) -> Iterator[Difference]:
    disputed: set[str] = set()
    with bench.read() as session:
        for one in captures:
            yield from _of_capture(session, one)
            disputed |= {one.payment_id} if one.is_disputed else set()
        known = {one.payment_id for one in captures}
        noted = select(MoneyEntry).where(
            MoneyEntry.kind == MoneyKind.CAPTURED, col(MoneyEntry.at) >= since, col(MoneyEntry.at) <= until
        )
        for entry in session.exec(noted):
            if entry.object_id not in known:
                amount = Money(entry.minor, entry.currency)
                yield Difference(
                    "cashier, ledger",
                    "not_at_the_cashier",
                    _reference(session, entry.order_id),
                    entry.object_id,
                    f"we wrote down {amount}, Stripe shows no such capture",
                    "check the Stripe account and mode of the key; open a case for the order",
                )
    for payment_id in sorted(disputed):
        yield from _of_disputes(bench, payment_id)


def _of_disputes(bench: Workbench, payment_id: str) -> Iterator[Difference]:
    said = bench.outside.cashier.disputes(payment_id)
    taken = sum(one.amount.minor for one in said if one.status in {DisputeStatus.OPEN, DisputeStatus.LOST})
    with bench.read() as session:
        paid = session.exec(select(Payment).where(Payment.payment_id == payment_id)).first()
        if paid is None:
            return
        ids = [one.dispute_id for one in said]
        noted = -_noted(session, ids, MoneyKind.DISPUTED) - _noted(session, ids, MoneyKind.DISPUTE_WON)
        if noted != taken:
            yield Difference(
                "cashier, ledger",
                "disputed_differs",
                _reference(session, paid.order_id),
                payment_id,
                f"a bank holds {taken} minor units of it, the ledger says {noted}",
                "resend the dispute's event from Stripe; it becomes a case by itself",
            )


def _of_capture(session: Session, one: Capture) -> Iterator[Difference]:
    paid = session.exec(select(Payment).where(Payment.payment_id == one.payment_id)).first()
    if paid is None:
        yield Difference(
            "cashier, ledger",
            "unknown_payment",
            "",
            one.payment_id,
            f"Stripe captured {one.captured}, no order knows it",
            "resend its event from Stripe's page of the payment; if it is none of ours, refund it there",
        )
        return
    reference = _reference(session, paid.order_id)
    captured = _noted(session, [one.payment_id], MoneyKind.CAPTURED)
    if captured != one.captured.minor:
        yield Difference(
            "cashier, ledger",
            "captured_differs",
            reference,
            one.payment_id,
            f"Stripe captured {one.captured}, the ledger says {captured} minor units",
            "compare the payment at Stripe, then refund or settle the difference by hand with a case",
        )
    refunds = session.exec(select(Refund).where(Refund.payment_id == one.payment_id)).all()
    ids = [refund.refund_id for refund in refunds if refund.refund_id]
    # Stripe counts a refund when it is made, the ledger when the bank has taken it.
    pending = sum(refund.amount_minor for refund in refunds if refund.state is RefundState.PENDING)
    back = -_noted(session, ids, MoneyKind.REFUNDED) - _noted(session, ids, MoneyKind.RETURNED)
    if not back <= one.refunded_minor <= back + pending:
        gone = Money(one.refunded_minor, one.captured.currency)
        yield Difference(
            "cashier, ledger",
            "refunded_differs",
            reference,
            one.payment_id,
            f"Stripe refunded {gone}, the ledger says {back} minor units",
            "resend the refund's event from Stripe; a refund we never made becomes a case by itself",
        )


def _broken(reference: str) -> Difference:
    return Difference(
        "ledger, orders",
        "promise_broken",
        reference,
        reference,
        "money is held past its deadline, and nobody owns it",
        "flask work drain, or open the order at the desk: ask again, order again, refund",
    )


def _unpaid_deliveries(bench: Workbench, since: dt.datetime) -> Iterator[Difference]:
    captured = select(MoneyEntry.order_id).where(MoneyEntry.kind == MoneyKind.CAPTURED)
    query = select(Order).where(
        Order.state == OrderState.DELIVERED, col(Order.placed_at) >= since, col(Order.id).not_in(captured)
    )
    with bench.read() as session:
        for order in session.exec(query):
            yield Difference(
                "ledger, orders",
                "delivered_unpaid",
                order.reference,
                order.reference,
                "delivered, and the ledger shows no capture",
                "find the payment at Stripe by the order's number; the eSIM cannot be taken back",
            )


def _supplier_and_orders(bench: Workbench, since: dt.datetime, until: dt.datetime) -> Iterator[Difference]:
    query = (
        select(Hold, Order)
        .join(Order, col(Order.id) == col(Hold.order_id))
        .where(Order.kind == OrderKind.ESIM, col(Order.placed_at) >= since, col(Order.placed_at) <= until)
    )
    with bench.read() as session:
        holds = session.exec(query.order_by(col(Order.placed_at))).all()
    for held, order in holds:
        is_ours = order.state is OrderState.DELIVERED and held.state is HoldState.USED
        is_left = order.state in _WITHOUT_PROFILE or (order.state is OrderState.DELIVERED and not is_ours)
        if not is_ours and not is_left:
            continue
        try:
            said = bench.outside.supplier.order_status(held.supplier_order_id).status
        except OutsideError as lost:
            yield _about(
                held, order, "supplier_silent", f"the supplier does not say ({lost.code})", "run it again later"
            )
            continue
        if is_ours and said is not SupplierOrderStatus.PAID:
            told = f"delivered here, the supplier's order is {said}"
            yield _about(held, order, "not_paid_there", told, "ask the supplier whether the profile works; else refund")
        elif is_left and said is SupplierOrderStatus.PAID:
            told = f"the supplier counts it as paid, our order is {order.state} without it"
            yield _about(held, order, "paid_there_only", told, "ask the supplier for the money back")


def _supplier_and_top_ups(bench: Workbench, since: dt.datetime, until: dt.datetime) -> Iterator[Difference]:
    """Those delivered, and those given back of which the supplier was told."""
    told_of = select(Call.order_id).where(Call.step == top_up.STEP)
    query = select(Order).where(
        Order.kind == OrderKind.TOP_UP,
        col(Order.placed_at) >= since,
        col(Order.placed_at) <= until,
        col(Order.id).in_(told_of),
        col(Order.state).in_([OrderState.DELIVERED, OrderState.REFUNDED]),
    )
    with bench.read() as session:
        orders = session.exec(query.order_by(col(Order.placed_at))).all()
    for order in orders:
        try:
            seen = bench.outside.sims.find_top_up(top_up.request_of(order))
        except OutsideError as lost:
            silence = f"the supplier does not say ({lost.code})"
            yield _of_supplier(order, order.id, "supplier_silent", silence, "run it again later")
            continue
        if order.state is OrderState.DELIVERED and seen is None:
            told, remedy = "delivered here, the supplier shows no such top-up", "ask the supplier; else refund"
            yield _of_supplier(order, order.id, "not_paid_there", told, remedy)
        elif order.state is OrderState.REFUNDED and seen is not None:
            told = f"given back here, the supplier shows it as its order {seen.order_no}"
            yield _of_supplier(order, order.id, "paid_there_only", told, "ask the supplier for the money back")


def _about(held: Hold, order: Order, kind: str, told: str, remedy: str) -> Difference:
    return _of_supplier(order, held.supplier_order_id, kind, told, remedy)


def _of_supplier(order: Order, object_id: str, kind: str, told: str, remedy: str) -> Difference:
    return Difference("orders, supplier", kind, order.reference, object_id, told, remedy)


def _noted(session: Session, ids: list[str], kind: MoneyKind) -> int:
    query = select(ledger.held()).where(MoneyEntry.kind == kind, col(MoneyEntry.object_id).in_(ids))
    return int(session.exec(query).one())


def _reference(session: Session, order_id: str) -> str:
    return session.exec(select(Order.reference).where(Order.id == order_id)).one()
