"""Everything that happened to an order, or to a SIM and its orders, from all rooms, newest first; nothing secret."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select

from storefront.db.prefix import begins_with
from storefront.kernel.money import Money
from storefront.letters.wording import money
from storefront.models.case import Case
from storefront.models.money import MoneyEntry, MoneyKind
from storefront.models.order import Call, Order, OrderEvent
from storefront.models.payment import Payment, Refund
from storefront.models.profile import Profile
from storefront.models.renewal import Bill, Closing, Renewal, RenewalEvent, RenewalNotice
from storefront.models.sim import Sim
from storefront.models.staff import Staff, StaffAction
from storefront.models.work import OutboxRow
from storefront.ports import SessionFactory

_IN_THE_LEDGER = {
    MoneyKind.DISPUTED: "the bank took it back",
    MoneyKind.DISPUTE_WON: "the bank gave it to us after all",
    MoneyKind.OWED: "the supplier gets",
}
KINDS = ("state", "call", "money", "mail", "renewal", "usage", "case", "desk")
_TOLD = frozenset(
    {
        *("orderId", "payAmount", "payCurrency", "requestOrderId", "packageCode", "servicePlanCode", "orderPeriod"),
        *("id", "periodNum", "currency", "money", "api"),
    }
)
"""The parts of a request that may be shown; whatever is not named here stays out."""
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened; `kind` is one of `KINDS`, `order` the reference of the order it belongs to, if any."""

    at: dt.datetime
    kind: str
    what: str
    detail: str = ""
    order: str = ""


def of_order(read: SessionFactory, order_id: str) -> list[Line]:
    """The history of an order, of the agreement it began or was charged for, and of its SIM's usage."""
    with read() as session:
        order = session.get_one(Order, order_id)
        iccid = order.iccid or session.exec(select(Profile.iccid).where(Profile.order_id == order_id)).first()
        renewals = _renewals_of_order(session, order_id)
        closings = _closings(session, renewals, "")
        cases = session.exec(select(Case).where(Case.order_id == order_id)).all()
        lines = [
            *_order(session, order),
            *_agreements(session, renewals),
            *_ends(closings),
            *_cases(cases),
            *_usage(session, iccid),
            *_desk(session, [order_id, *(one.id for one in closings), *(one.id for one in cases)]),
        ]
    return _newest_first(lines)


def of_sim(read: SessionFactory, sim_id: str) -> list[Line]:
    """The history of a SIM: every order for it, every agreement and closing, its usage, and what the desk did."""
    with read() as session:
        iccid = session.get_one(Sim, sim_id).iccid
        orders = orders_of_sim(session, iccid)
        renewals = list(session.exec(select(Renewal).where(Renewal.iccid == iccid)))
        closings = _closings(session, renewals, iccid)
        ids = [one.id for one in orders]
        about = or_(col(Case.order_id).in_(ids), begins_with(Case.subject, f"sim:{sim_id}:"))
        cases = session.exec(select(Case).where(about)).all()
        lines = [line for one in orders for line in _order(session, one)]
        lines += [*_agreements(session, renewals), *_ends(closings), *_cases(cases), *_usage(session, iccid)]
        named = [sim_id, *ids, *(one.id for one in closings), *(one.id for one in cases)]
        lines += _desk(session, named)
    return _newest_first(lines)


def orders_of_sim(session: Session, iccid: str) -> list[Order]:
    """The order that delivered the profile and every top-up of it, newest first."""
    delivered = select(Profile.order_id).where(Profile.iccid == iccid)
    query = select(Order).where(or_(col(Order.iccid) == iccid, col(Order.id).in_(delivered)))
    return list(session.exec(query.order_by(col(Order.placed_at).desc())))


def _order(session: Session, order: Order) -> Iterator[Line]:
    name = order.reference
    for moved in session.exec(select(OrderEvent).where(OrderEvent.order_id == order.id)):
        detail = f"{moved.from_state} → {moved.to_state}, by {moved.actor}"
        yield Line(moved.at, "state", moved.event, detail, name)
    for call in session.exec(select(Call).where(Call.order_id == order.id)):
        asked = ", ".join(f"{key} {value}" for key, value in call.request.items() if key in _TOLD)
        detail = f"{call.state} {call.error}".strip() + (f" ({asked})" if asked else "")
        yield Line(call.started_at, "call", f"{call.step}, attempt {call.attempt}", detail, name)
    for paid in session.exec(select(Payment).where(Payment.order_id == order.id)):
        yield Line(paid.opened_at, "money", "payment page", paid.session_id, name)
        if paid.paid_at:
            amount = f"{_money(paid.captured_minor, paid.currency)}, {paid.payment_id}"
            what = "captured a second time" if paid.is_extra else "captured"
            # The cashier's stamps are whole seconds, and nothing is captured before its page is open.
            yield Line(max(paid.paid_at, paid.opened_at), "money", what, amount, name)
    for back in session.exec(select(Refund).where(Refund.order_id == order.id)):
        amount = f"{_money(back.amount_minor, back.currency)}, {back.reason} {back.refund_id or ''}"
        yield Line(back.done_at or back.decided_at, "money", f"refund {back.state}", amount, name)
    beyond = select(MoneyEntry).where(MoneyEntry.order_id == order.id, col(MoneyEntry.kind).in_(_IN_THE_LEDGER))
    for entry in session.exec(beyond):
        amount = f"{_money(abs(entry.minor), entry.currency)}, {entry.object_id}"
        yield Line(entry.at, "money", _IN_THE_LEDGER[entry.kind], amount, name)
    letters = select(OutboxRow).where(
        begins_with(OutboxRow.key, f"letter:{order.id}:"), col(OutboxRow.job).startswith("letters.")
    )
    for sent in session.exec(letters):
        yield Line(sent.done_at or sent.staged_at, "mail", sent.job.removeprefix("letters."), sent.state.value, name)


def _money(minor: int | None, currency: str | None) -> str:
    return money(Money(minor, currency), "en") if minor is not None and currency else "an unknown amount"


def _renewals_of_order(session: Session, order_id: str) -> list[Renewal]:
    began = session.exec(select(Renewal).where(Renewal.order_id == order_id)).first()
    if began is None:
        query = select(Renewal).join(Bill, col(Bill.renewal_id) == col(Renewal.id)).where(Bill.order_id == order_id)
        began = session.exec(query).first()
    return [began] if began else []


def _agreements(session: Session, renewals: Iterable[Renewal]) -> Iterator[Line]:
    for one in renewals:
        for event in session.exec(select(RenewalEvent).where(RenewalEvent.renewal_id == one.id)):
            detail = ", ".join(f"{name} {value}" for name, value in event.facts.items() if value)
            yield Line(event.at, "renewal", event.event, detail)
        for notice in session.exec(select(RenewalNotice).where(RenewalNotice.renewal_id == one.id)):
            detail = f"a charge {notice.says:%d %b, %H:%M} UTC; " + ("sent" if notice.sent_at else "not sent")
            yield Line(notice.sent_at or notice.staged_at, "mail", "renewal_notice", detail)


def _closings(session: Session, renewals: Sequence[Renewal], iccid: str) -> list[Closing]:
    mine = col(Closing.renewal_id).in_([one.id for one in renewals])
    # An agreement that never had a SIM has an empty number, which must not find all others like it.
    of_sim = and_(col(Closing.iccid) == iccid, col(Closing.iccid) != "")
    return list(session.exec(select(Closing).where(or_(mine, of_sim))))


def _ends(closings: Iterable[Closing]) -> Iterator[Line]:
    for one in closings:
        yield Line(one.asked_at, "renewal", f"closing {one.reference}", f"{one.asked_by}: {one.why}")
        if one.charges_ended_at:
            yield Line(one.charges_ended_at, "renewal", "no further charge", "the cashier was read")
        if one.confirmed_at:
            yield Line(one.confirmed_at, "renewal", "none at the supplier", "the supplier was read")


def _cases(cases: Iterable[Case]) -> Iterator[Line]:
    for one in cases:
        yield Line(one.opened_at, "case", one.kind, one.detail)
        if one.resolved_at:
            yield Line(one.resolved_at, "case", f"{one.kind} resolved", f"{one.resolved_by}: {one.resolution}")


def _usage(session: Session, iccid: str | None) -> Iterator[Line]:
    sim = session.exec(select(Sim).where(Sim.iccid == iccid)).first() if iccid else None
    if sim is None:
        return
    used, left = sim.usage.get("used_bytes"), sim.usage.get("remaining_bytes")
    if sim.usage_as_of and (used is not None or left is not None):
        parts = [
            f"{count // _MEGABYTE} MB {word}" for count, word in ((used, "used"), (left, "left")) if count is not None
        ]
        yield Line(sim.usage_as_of, "usage", ", ".join(parts), "the supplier was read")
    if sim.as_of:
        plans = ", ".join(f"{one['name']} {one['state']}" for one in sim.plans) or "no plan on it"
        yield Line(sim.as_of, "usage", sim.life_cycle or "state unknown", plans)


def _desk(session: Session, about: Sequence[str]) -> Iterator[Line]:
    query = select(StaffAction, Staff.name).join(Staff, col(Staff.id) == col(StaffAction.staff_id))
    for one, name in session.exec(query.where(col(StaffAction.about).in_(about))):
        why = str(one.facts.get("why", "")).replace("_", " ")
        yield Line(one.at, "desk", f"{one.verb} by {name}", ": ".join(part for part in (why, one.reason) if part))


def _newest_first(lines: list[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: line.at, reverse=True)
