"""What became of something done at the desk, read back from both sides: the cashier, the supplier, and our own rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlmodel import col, select

from storefront.kernel.errors import OutsideError
from storefront.kernel.money import Money
from storefront.letters.wording import mask_email, money
from storefront.models.order import Order, OrderState
from storefront.models.payment import Refund, RefundState
from storefront.models.renewal import Closing
from storefront.models.work import OutboxRow, WorkState
from storefront.ordering import hold
from storefront.ordering.bench import Workbench
from storefront.support import audit
from storefront.support.audit import Deed
from storefront.support.verbs import Verb

AT_REST = frozenset(
    {OrderState.DELIVERED, OrderState.REFUNDED, OrderState.ATTENTION, OrderState.LAPSED, OrderState.CANCELLED}
)


@dataclass(frozen=True, slots=True)
class Proof:
    """One side's word: `side` is ``cashier``, ``supplier``, ``order`` or ``mail``; `at` is when it was so or read.

    Of a mail, `said` is which letter it was, and `told` is where it went.
    """

    side: str
    said: str
    told: str
    at: dt.datetime | None
    is_done: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """An action with its proofs; `is_resting` when nothing more will change by itself."""

    deed: Deed
    reference: str
    sim_id: str
    proofs: tuple[Proof, ...]
    is_resting: bool


def read(bench: Workbench, action_id: int, *, ask: bool) -> Outcome | None:
    """The outcome so far; with `ask`, cashier and supplier are read now. None for an unknown action."""
    deed = audit.by_id(bench.read, action_id)
    if deed is None:
        return None
    with bench.read() as session:
        order = session.get(Order, deed.about)
    if order is None:
        halves = _closings(bench, deed)
        return Outcome(deed, "", deed.about, tuple(halves), all(one.is_done for one in halves))
    match deed.verb:
        case Verb.REFUND:
            proofs, rests = _refund(bench, order, ask), order.state in AT_REST
        case Verb.ASK_AGAIN | Verb.ORDER_AGAIN:
            proofs, rests = _supplier(bench, order, ask), order.state in AT_REST
        case Verb.RESEND | Verb.CHANGE_EMAIL:
            proofs = _letters(bench, order, deed)
            rests = all(one.is_done for one in proofs)
        case Verb.CLOSE_RENEWALS:
            proofs = _closings(bench, deed)
            rests = all(one.is_done for one in proofs)
        case _:
            proofs, rests = [], True
    return Outcome(deed, order.reference, "", tuple(proofs), rests)


def _refund(bench: Workbench, order: Order, ask: bool) -> list[Proof]:
    with bench.read() as session:
        rows = session.exec(select(Refund).where(Refund.order_id == order.id).order_by(col(Refund.decided_at))).all()
    proofs = [_order(order)]
    for row in rows:
        amount = money(Money(row.amount_minor, row.currency), "en")
        proofs.append(
            Proof(
                "refund", row.state.value, f"{amount} {row.refund_id or ''}", row.done_at, row.state is RefundState.DONE
            )
        )
        if ask:
            proofs.append(_at_cashier(bench, row))
    return proofs


def _at_cashier(bench: Workbench, row: Refund) -> Proof:
    try:
        said = bench.outside.cashier.refunds(row.payment_id)
    except OutsideError as lost:
        return Proof("cashier", "silent", lost.code, None, is_done=False)
    same = next((one for one in said if one.refund_id == row.refund_id), None)
    if same is None:
        return Proof("cashier", "none_yet", row.payment_id, bench.now(), is_done=False)
    return Proof("cashier", same.status.value, f"{same.amount} {same.refund_id}", bench.now(), is_done=True)


def _supplier(bench: Workbench, order: Order, ask: bool) -> list[Proof]:
    proofs = [_order(order)]
    with bench.read() as session:
        used = hold.open_hold(session, order.id)
    if used is not None and ask:
        try:
            said = bench.outside.supplier.order_status(used.supplier_order_id).status.value
        except OutsideError as lost:
            proofs.append(Proof("supplier", "silent", lost.code, None, is_done=False))
        else:
            proofs.append(Proof("supplier", said, used.supplier_order_id, bench.now(), is_done=said == "paid"))
    return proofs


def _letters(bench: Workbench, order: Order, deed: Deed) -> list[Proof]:
    with bench.read() as session:
        rows = session.exec(
            select(OutboxRow).where(
                col(OutboxRow.key).in_([f"letter:{order.id}:{deed.key}", f"letter:{order.id}:moved:{deed.key}"])
            )
        ).all()
    return [
        Proof(
            "mail",
            row.job.removeprefix("letters."),
            _address(row, order, deed),
            row.done_at,
            row.state is WorkState.DONE,
        )
        for row in rows
    ]


def _address(row: OutboxRow, order: Order, deed: Deed) -> str:
    """Where a letter went, masked; a new address in full, so that whoever typed it can read it back."""
    told = row.arguments.get("to")
    if told is None and deed.verb == Verb.CHANGE_EMAIL:
        return order.email
    return mask_email(str(told or order.email))


def _closings(bench: Workbench, deed: Deed) -> list[Proof]:
    with bench.read() as session:
        closing = session.exec(select(Closing).where(Closing.reference == deed.closing)).first()
    if closing is None:
        return []
    proofs = []
    if closing.renewal_id:
        proofs.append(_half("cashier", closing.charges_ended_at, closing))
    if closing.iccid:
        proofs.append(_half("supplier", closing.confirmed_at, closing))
    return proofs


def _half(side: str, at: dt.datetime | None, closing: Closing) -> Proof:
    return Proof(side, "none_left" if at else "not_yet", closing.reference, at, at is not None)


def _order(order: Order) -> Proof:
    return Proof("order", order.state.value, order.reason, None, order.state in AT_REST - {OrderState.ATTENTION})
