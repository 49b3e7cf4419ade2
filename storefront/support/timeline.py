"""Everything that happened to an order, or to a SIM and its orders, from all rooms, newest first; nothing secret."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

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
from storefront.models.work import OutboxRow, WorkState
from storefront.ordering.read import orders_of_sim
from storefront.ports import SessionFactory
from storefront.support.cases import asked_for

_IN_THE_LEDGER = frozenset({MoneyKind.DISPUTED, MoneyKind.DISPUTE_WON, MoneyKind.OWED})
KINDS = ("state", "call", "money", "mail", "renewal", "usage", "case", "desk")
_TOLD = frozenset(
    {
        *("orderId", "payAmount", "payCurrency", "requestOrderId", "packageCode", "servicePlanCode", "orderPeriod"),
        *("id", "periodNum", "currency", "money", "api"),
    }
)
"""The parts of a request that may be shown; whatever is not named here stays out."""
_MEGABYTE = 1024 * 1024
_CAUSES = (
    {("state", "placed"), ("state", "resumed"), ("desk", "")},
    {("call", "hold")},
    {("state", "held")},
    {("call", "page")},
    {("money", "page")},
    {("state", "page_opened")},
    {("money", "captured"), ("money", "captured_again")},
    {("state", "paid")},
    {("call", "notify"), ("call", "top_up")},
    {("state", "confirmed")},
    {("state", "delivered")},
)
"""What comes before what in the life of an order; an empty name stands for all of its kind."""
_RANKS = {cause: rank for rank, causes in enumerate(_CAUSES) for cause in causes}
_AFTER_ALL = len(_CAUSES)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened; `kind` is one of `KINDS`, `order` the reference of the order it belongs to, if any.

    `what` and `words` are short names that the page has words for. `detail` is shown as it stands: an amount, or what
    somebody wrote. `notes` are evidence word for word, each with the short name of what it is. `moment` is the time it
    speaks of; `numbers` are its counts by name.
    """

    at: dt.datetime
    kind: str
    what: str
    words: tuple[str, ...] = ()
    by: str = ""
    detail: str = ""
    notes: tuple[tuple[str, str], ...] = ()
    moment: dt.datetime | None = None
    numbers: Mapping[str, int] = field(default_factory=dict)
    order: str = ""


def of_order(read: SessionFactory, order_id: str) -> list[Line]:
    """The history of an order, of the agreement it began or was charged for, and of its SIM's usage."""
    with read() as session:
        order = session.get_one(Order, order_id)
        iccid, _ = sim_of_order(session, order_id)
        renewals = _renewals_of_order(session, order_id)
        closings = _closings(session, renewals, "")
        cases = session.exec(select(Case).where(Case.order_id == order_id)).all()
        lines = [
            *_order(session, order),
            *_agreements(session, renewals),
            *_ends(closings),
            *_cases(session, cases),
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
        lines += [*_agreements(session, renewals), *_ends(closings), *_cases(session, cases), *_usage(session, iccid)]
        named = [sim_id, *ids, *(one.id for one in closings), *(one.id for one in cases)]
        lines += _desk(session, named)
    return _newest_first(lines)


def sim_of_order(session: Session, order_id: str) -> tuple[str, str]:
    """The number of the SIM an order delivered or topped up, and the id of its row; each empty when unknown."""
    order = session.get_one(Order, order_id)
    iccid = order.iccid or session.exec(select(Profile.iccid).where(Profile.order_id == order_id)).first() or ""
    known = session.exec(select(Sim.id).where(Sim.iccid == iccid)).first() if iccid else None
    return iccid, known or ""


def _order(session: Session, order: Order) -> Iterator[Line]:
    name = order.reference
    for moved in session.exec(select(OrderEvent).where(OrderEvent.order_id == order.id)):
        way = (moved.from_state.value, moved.to_state.value) if moved.from_state != moved.to_state else ()
        yield Line(moved.at, "state", moved.event, way, moved.actor, order=name)
    for call in session.exec(select(Call).where(Call.order_id == order.id)):
        asked = ", ".join(f"{key} {value}" for key, value in call.request.items() if key in _TOLD)
        notes = _notes(("answer", call.error), ("sent", asked))
        numbers = {"attempt": call.attempt}
        # A payment notice is a step of its own for each reservation; which one stands in what was sent.
        step = call.step.partition("-")[0]
        yield Line(call.started_at, "call", step, (call.state.value,), notes=notes, numbers=numbers, order=name)
    for paid in session.exec(select(Payment).where(Payment.order_id == order.id)):
        yield Line(paid.opened_at, "money", "page", notes=_notes(("stripe", paid.session_id)), order=name)
        if paid.paid_at:
            amount, notes = _money(paid.captured_minor, paid.currency), _notes(("stripe", paid.payment_id))
            what = "captured_again" if paid.is_extra else "captured"
            # The cashier's stamps are whole seconds, and nothing is captured before its page is open.
            yield Line(max(paid.paid_at, paid.opened_at), "money", what, detail=amount, notes=notes, order=name)
    for back in session.exec(select(Refund).where(Refund.order_id == order.id)):
        amount, notes = _money(back.amount_minor, back.currency), _notes(("stripe", back.refund_id))
        what, at = f"refund_{back.state.value}", back.done_at or back.decided_at
        yield Line(at, "money", what, (back.reason,), detail=amount, notes=notes, order=name)
    beyond = select(MoneyEntry).where(MoneyEntry.order_id == order.id, col(MoneyEntry.kind).in_(_IN_THE_LEDGER))
    for entry in session.exec(beyond):
        amount = _money(abs(entry.minor), entry.currency)
        whose = "supplier" if entry.kind is MoneyKind.OWED else "stripe"
        notes = _notes((whose, entry.object_id))
        yield Line(entry.at, "money", entry.kind.value, detail=amount, notes=notes, order=name)
    letters = select(OutboxRow).where(
        begins_with(OutboxRow.key, f"letter:{order.id}:"), col(OutboxRow.job).startswith("letters.")
    )
    for sent in session.exec(letters):
        what, at = sent.job.removeprefix("letters."), sent.done_at or sent.staged_at
        yield Line(at, "mail", what, (sent.state.value,), order=name)


def _notes(*notes: tuple[str, str | None]) -> tuple[tuple[str, str], ...]:
    return tuple((name, text) for name, text in notes if text)


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
            why, charge = event.facts.get("why") or event.facts.get("reason"), event.facts.get("charge")
            yield Line(
                event.at,
                "renewal",
                event.event,
                (str(why),) if why else (),
                notes=_notes(("stripe", event.facts.get("invoice"))),
                moment=dt.datetime.fromisoformat(charge) if charge else None,
            )
        for notice in session.exec(select(RenewalNotice).where(RenewalNotice.renewal_id == one.id)):
            state = WorkState.DONE if notice.sent_at else WorkState.WAITING
            at = notice.sent_at or notice.staged_at
            yield Line(at, "mail", "renewal_notice", (state.value,), moment=notice.says)


def _closings(session: Session, renewals: Sequence[Renewal], iccid: str) -> list[Closing]:
    mine = col(Closing.renewal_id).in_([one.id for one in renewals])
    # An agreement that never had a SIM has an empty number, which must not find all others like it.
    of_sim = and_(col(Closing.iccid) == iccid, col(Closing.iccid) != "")
    return list(session.exec(select(Closing).where(or_(mine, of_sim))))


def _ends(closings: Iterable[Closing]) -> Iterator[Line]:
    for one in closings:
        notes = _notes(("closing", one.reference))
        yield Line(one.asked_at, "renewal", "closing", (one.why,), one.asked_by, notes=notes)
        if one.charges_ended_at:
            yield Line(one.charges_ended_at, "renewal", "no_charge", notes=notes)
        if one.confirmed_at:
            yield Line(one.confirmed_at, "renewal", "none_left", notes=notes)


def _cases(session: Session, cases: Sequence[Case]) -> Iterator[Line]:
    asked = asked_for(session, [one.id for one in cases])
    for one in cases:
        wishes = asked.get(one.id, ())
        # What a person asked for needs no program's account of it.
        yield Line(
            one.opened_at, "case", one.kind, ("asked", *wishes) if wishes else (), detail="" if wishes else one.detail
        )
        if one.resolved_at:
            yield Line(one.resolved_at, "case", one.kind, ("resolved",), one.resolved_by, one.resolution)


def _usage(session: Session, iccid: str) -> Iterator[Line]:
    sim = session.exec(select(Sim).where(Sim.iccid == iccid)).first() if iccid else None
    if sim is None:
        return
    counts = {"used": sim.usage.get("used_bytes"), "left": sim.usage.get("remaining_bytes")}
    numbers = {name: count // _MEGABYTE for name, count in counts.items() if count is not None}
    if sim.usage_as_of and numbers:
        yield Line(sim.usage_as_of, "usage", "data", numbers=numbers)
    if sim.as_of:
        plans = [(one["state"], one["name"]) for one in sim.plans]
        word = sim.life_cycle.lower().replace("-", "").replace("_", "")
        yield Line(sim.as_of, "usage", word, notes=_notes(*plans, ("word", sim.life_cycle)))


def _desk(session: Session, about: Sequence[str]) -> Iterator[Line]:
    query = select(StaffAction, Staff.name).join(Staff, col(Staff.id) == col(StaffAction.staff_id))
    for one, name in session.exec(query.where(col(StaffAction.about).in_(about))):
        why = str(one.facts.get("why", ""))
        yield Line(one.at, "desk", one.verb, (why,) if why else (), name, one.reason)


def _newest_first(lines: list[Line]) -> list[Line]:
    return sorted(lines, key=_moment, reverse=True)


def _moment(line: Line) -> tuple[dt.datetime, int, dt.datetime]:
    """Within a second the cause stands before its effect: the cashier's stamps are whole seconds, ours are finer."""
    rank = _RANKS.get((line.kind, line.what), _RANKS.get((line.kind, ""), _AFTER_ALL))
    return line.at.replace(microsecond=0), rank + (line.kind == "mail"), line.at
