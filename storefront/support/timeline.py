"""Everything that happened to an order and its SIM's renewals, from all rooms, newest first; nothing secret in it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlmodel import Session, col, select

from storefront.kernel.money import Money
from storefront.letters.wording import money
from storefront.models.case import Case
from storefront.models.order import Call, OrderEvent
from storefront.models.payment import Payment, Refund
from storefront.models.renewal import Bill, Closing, Renewal, RenewalEvent
from storefront.models.staff import Staff, StaffAction
from storefront.models.work import OutboxRow
from storefront.ports import SessionFactory


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened; `kind` is what it can be filtered by: state, call, money, mail, renewal, case, desk."""

    at: dt.datetime
    kind: str
    what: str
    detail: str = ""


KINDS = ("state", "call", "money", "mail", "renewal", "case", "desk")


def of_order(read: SessionFactory, order_id: str) -> list[Line]:
    """The order's history, newest first."""
    with read() as session:
        lines = [*_order(session, order_id), *_renewal(session, order_id), *_desk(session, order_id)]
    return sorted(lines, key=lambda line: line.at, reverse=True)


def _order(session: Session, order_id: str) -> list[Line]:
    lines = [
        Line(one.at, "state", one.event, f"{one.from_state} → {one.to_state}, by {one.actor}")
        for one in session.exec(select(OrderEvent).where(OrderEvent.order_id == order_id))
    ]
    lines += [
        Line(one.started_at, "call", f"{one.step}, attempt {one.attempt}", f"{one.state} {one.error}".strip())
        for one in session.exec(select(Call).where(Call.order_id == order_id))
    ]
    for paid in session.exec(select(Payment).where(Payment.order_id == order_id)):
        lines.append(Line(paid.opened_at, "money", "payment page", paid.session_id))
        if paid.paid_at:
            amount = f"{_money(paid.captured_minor, paid.currency)}, {paid.payment_id}"
            lines.append(Line(paid.paid_at, "money", "captured", amount))
    for back in session.exec(select(Refund).where(Refund.order_id == order_id)):
        amount = f"{_money(back.amount_minor, back.currency)}, {back.reason}"
        lines.append(Line(back.decided_at, "money", f"refund {back.state}", amount))
    lines += [
        Line(one.opened_at, "case", one.kind, one.detail)
        for one in session.exec(select(Case).where(Case.order_id == order_id))
    ]
    letters = select(OutboxRow).where(
        col(OutboxRow.job).startswith("letters."), col(OutboxRow.key).startswith(f"letter:{order_id}:")
    )
    lines += [
        Line(one.done_at or one.staged_at, "mail", one.job.removeprefix("letters."), one.state.value)
        for one in session.exec(letters)
    ]
    return lines


def _money(minor: int | None, currency: str | None) -> str:
    return money(Money(minor, currency), "en") if minor is not None and currency else "an unknown amount"


def _renewal(session: Session, order_id: str) -> list[Line]:
    began = session.exec(select(Renewal).where(Renewal.order_id == order_id)).first()
    if began is None:
        query = select(Renewal).join(Bill, col(Bill.renewal_id) == col(Renewal.id)).where(Bill.order_id == order_id)
        began = session.exec(query).first()
    if began is None:
        return []
    lines = [
        Line(one.at, "renewal", one.event, ", ".join(f"{name} {value}" for name, value in one.facts.items() if value))
        for one in session.exec(select(RenewalEvent).where(RenewalEvent.renewal_id == began.id))
    ]
    for closing in session.exec(select(Closing).where(Closing.renewal_id == began.id)):
        lines.append(
            Line(closing.asked_at, "renewal", f"closing {closing.reference}", f"{closing.asked_by}: {closing.why}")
        )
        if closing.charges_ended_at:
            lines.append(Line(closing.charges_ended_at, "renewal", "no further charge", "the cashier was read"))
        if closing.confirmed_at:
            lines.append(Line(closing.confirmed_at, "renewal", "none at the supplier", "the supplier was read"))
    return lines


def _desk(session: Session, order_id: str) -> list[Line]:
    query = select(StaffAction, Staff.name).join(Staff, col(Staff.id) == col(StaffAction.staff_id))
    return [
        Line(one.at, "desk", f"{one.verb} by {name}", one.reason)
        for one, name in session.exec(query.where(StaffAction.about == order_id))
    ]
