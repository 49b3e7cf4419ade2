"""Orders as the people who own them see them: frozen views, never rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from sqlmodel import Session, col, select

from storefront.identity import sessions
from storefront.identity.sessions import SessionView
from storefront.kernel.errors import Kind, StorefrontError
from storefront.kernel.iccid import masked
from storefront.kernel.ids import normalise_reference
from storefront.kernel.money import Money
from storefront.models.case import Case
from storefront.models.catalogue import Destination, Plan
from storefront.models.order import Order, OrderEvent, OrderKind, OrderState
from storefront.models.payment import Payment, PaymentState, Refund
from storefront.models.profile import Profile, TopUp
from storefront.models.staff import StaffAction
from storefront.ordering.hold import open_hold
from storefront.ordering.pay import TOP_UP_WINDOW
from storefront.ports import SessionFactory

PHASES = {
    OrderState.PLACED: "reserving",
    OrderState.HELD: "reserving",
    OrderState.AWAITING_PAYMENT: "pay",
    OrderState.PAID: "preparing",
    OrderState.CONFIRMED: "preparing",
    OrderState.DELIVERED: "ready",
    OrderState.REJECTED: "rejected",
    OrderState.LAPSED: "lapsed",
    OrderState.CANCELLED: "cancelled",
    OrderState.REFUNDING: "refunding",
    OrderState.REFUNDED: "refunded",
    OrderState.ATTENTION: "attention",
}


TOLD = frozenset({"refund", "ask_again", "order_again", "resend", "change_email", "close_renewals", "reveal_code"})
"""What somebody at the desk did that the traveller reads in their own history; notes and cases are the desk's."""

WAITING = frozenset({"reserving", "preparing", "attention", "refunding"})
"""Phases in which somebody waits for the outside."""

_CALM = frozenset({OrderState.PLACED, OrderState.HELD, OrderState.DELIVERED})
"""States of which no page tells a refund, a case or the way back to the plan."""


class OrderNotFound(StorefrontError):
    """There is no such order, or it is not for these eyes; the answer is the same."""

    kind = Kind.NOT_FOUND
    code = "order_not_found"


@dataclass(frozen=True, slots=True)
class RefundView:
    """Money on its way back."""

    amount: Money
    state: str
    done_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class TopUpView:
    """What the supplier shows of a top-up: queued or in use, and its last day if known."""

    state: str
    expires_on: dt.date | None
    seen_at: dt.datetime


@dataclass(frozen=True, slots=True)
class OrderView:
    """One order; times are aware UTC, `held_until` is when the payment page is closed."""

    id: str
    kind: str
    reference: str
    state: str
    phase: str
    reason: str
    plan_name: str
    plan_slug: str
    destination: str
    destination_slug: str
    iso2: str | None
    data_mb: int
    is_unlimited: bool
    days: int
    charged: Money
    email_masked: str
    locale: str
    placed_at: dt.datetime
    paid_at: dt.datetime | None
    promise_until: dt.datetime | None
    delivered_at: dt.datetime | None
    held_until: dt.datetime | None
    pay_url: str | None
    receipt_url: str | None
    card_brand: str | None
    card_last4: str | None
    case_reference: str | None
    refund: RefundView | None
    iccid_masked: str | None
    top_up: TopUpView | None
    events: tuple[tuple[dt.datetime, str], ...]


@dataclass(frozen=True, slots=True)
class OrderStatus:
    """What the waiting page asks for again and again."""

    id: str
    reference: str
    phase: str
    state: str
    updated_at: dt.datetime
    promise_until: dt.datetime | None


def status_of(read: SessionFactory, who: SessionView, *, reference: str) -> OrderStatus:
    """The status of an order for whoever may see it. Raises `OrderNotFound`."""
    with read() as session:
        order = _seen(session, who, reference)
        moved = session.exec(
            select(OrderEvent.at).where(OrderEvent.order_id == order.id).order_by(col(OrderEvent.id).desc()).limit(1)
        ).first()
    return OrderStatus(
        id=order.id,
        reference=order.reference,
        phase=PHASES[order.state],
        state=order.state.value,
        updated_at=moved or order.placed_at,
        promise_until=order.promise_until,
    )


def help_of(read: SessionFactory, order_id: str) -> tuple[str, dt.datetime] | None:
    """The public number of the order's open request for help, and when it is answered at the latest."""
    with read() as session:
        query = select(Case).where(Case.subject == f"{order_id}:refund_request", col(Case.resolved_at).is_(None))
        case = session.exec(query).first()
    return (case.id[-8:].upper(), case.due_at) if case else None


def id_of(read: SessionFactory, reference: str) -> str:
    """The inner id of a public reference. Raises `OrderNotFound`."""
    with read() as session:
        found = session.exec(select(Order.id).where(Order.reference == reference)).first()
    if found is None:
        raise OrderNotFound(field="reference")
    return found


@dataclass(frozen=True, slots=True)
class OrderGate:
    """The little that most requests need of an order."""

    id: str
    phase: str
    pay_url: str | None


def gate(read: SessionFactory, who: SessionView, reference: str) -> OrderGate:
    """Phase and payment page of an order for whoever may see it. Raises `OrderNotFound`."""
    plain = normalise_reference(reference)
    with read() as session:
        found = session.exec(select(Order.id, Order.state, Order.email).where(Order.reference == plain)).first()
        if found is None or not sessions.may_see(session, who, order_id=found[0], email=found[2]):
            raise OrderNotFound(field="reference")
        order_id, state, url = found[0], OrderState(found[1]), None
        if state is OrderState.AWAITING_PAYMENT:
            pages = select(Payment.url).where(Payment.order_id == order_id, Payment.state == PaymentState.OPEN)
            url = session.exec(pages.order_by(col(Payment.opened_at).desc())).first()
    return OrderGate(order_id, PHASES[state], url)


def my_order(read: SessionFactory, who: SessionView, reference: str, *, margin_seconds: int) -> OrderView:
    """One order in full for whoever may see it, with what the desk did in their name. Raises `OrderNotFound`."""
    with read() as session:
        seen = _view(session, _seen(session, who, reference), margin_seconds)
        acts = session.exec(select(StaffAction.at, StaffAction.verb).where(StaffAction.about == seen.id)).all()
    told = [(at, f"desk_{verb}") for at, verb in acts if verb in TOLD]
    return replace(seen, events=tuple(sorted([*seen.events, *told])))


def order_view(read: SessionFactory, order_id: str, *, margin_seconds: int) -> OrderView:
    """One order in full, whoever asks. Raises `OrderNotFound`."""
    with read() as session:
        order = session.get(Order, order_id)
        if order is None:
            raise OrderNotFound
        return _view(session, order, margin_seconds)


def orders_of(read: SessionFactory, *, order_ids: list[str], email: str | None, margin_seconds: int) -> list[OrderView]:
    """Orders granted to a browser or placed with a proved address, newest first, at most 100."""
    with read() as session:
        mine = col(Order.id).in_(order_ids)
        where = mine | (col(Order.email) == email) if email else mine
        orders = session.exec(select(Order).where(where).order_by(col(Order.placed_at).desc()).limit(100)).all()
        return [_view(session, order, margin_seconds) for order in orders]


def profile_of(read: SessionFactory, order_id: str) -> Profile | None:
    """The delivered profile, still sealed."""
    with read() as session:
        return session.get(Profile, order_id)


def for_letter(read: SessionFactory, order_id: str, *, margin_seconds: int) -> tuple[OrderView, str]:
    """One order in full, and the address its letters go to."""
    with read() as session:
        order = session.get_one(Order, order_id)
        return _view(session, order, margin_seconds), order.email


def mask_email(address: str) -> str:
    """``a…e@example.com``."""
    name, _, host = address.partition("@")
    return f"{name[:1]}…{name[-1:]}@{host}"


def _seen(session: Session, who: SessionView, reference: str) -> Order:
    """The order, if `who` may see it; one that is not theirs looks like one that never was."""
    plain = normalise_reference(reference)
    order = session.exec(select(Order).where(Order.reference == plain)).first() if plain else None
    if order is None or not sessions.may_see(session, who, order_id=order.id, email=order.email):
        raise OrderNotFound(field="reference")
    return order


def _view(session: Session, order: Order, margin_seconds: int) -> OrderView:
    """Reads only what the state of the order can have brought about: most orders are simply delivered."""
    is_calm = order.state in _CALM
    waiting = order.state is OrderState.AWAITING_PAYMENT
    is_top_up = order.kind is OrderKind.TOP_UP
    hold = open_hold(session, order.id) if waiting and not is_top_up else None
    payments = session.exec(
        select(Payment).where(Payment.order_id == order.id).order_by(col(Payment.opened_at).desc())
    ).all()
    paid = next((one for one in payments if one.state is PaymentState.PAID and not one.is_extra), None)
    page = next((one for one in payments if one.state is PaymentState.OPEN), None)
    refunds = select(Refund).where(Refund.order_id == order.id).order_by(col(Refund.decided_at).desc())
    refund = None if is_calm else session.exec(refunds).first()
    cases = select(Case).where(Case.order_id == order.id, col(Case.resolved_at).is_(None))
    case = None if is_calm else session.exec(cases).first()
    top_up = session.get(TopUp, order.id) if is_top_up else None
    place = None if is_top_up else session.get(Destination, order.destination_slug)
    plan_slug = None if is_calm else session.exec(select(Plan.slug).where(Plan.id == order.plan_id)).first()
    events = session.exec(select(OrderEvent).where(OrderEvent.order_id == order.id).order_by(col(OrderEvent.id))).all()
    closes = hold.held_until - dt.timedelta(seconds=margin_seconds) if hold else None
    if is_top_up:
        closes = order.placed_at + TOP_UP_WINDOW
    return OrderView(
        id=order.id,
        kind=order.kind.value,
        reference=order.reference,
        state=order.state.value,
        phase=PHASES[order.state],
        reason=order.reason,
        plan_name=order.plan_name,
        plan_slug=plan_slug or "",
        destination=order.destination,
        destination_slug=order.destination_slug,
        iso2=place.iso2 if place else None,
        data_mb=order.data_mb,
        is_unlimited=order.is_unlimited,
        days=order.days,
        charged=Money(order.charged_minor, order.charged_currency),
        email_masked=mask_email(order.email),
        locale=order.locale,
        placed_at=order.placed_at,
        paid_at=order.paid_at,
        promise_until=order.promise_until,
        delivered_at=order.delivered_at,
        held_until=closes if waiting else None,
        pay_url=page.url if waiting and page else None,
        receipt_url=paid.receipt_url if paid else None,
        card_brand=paid.card_brand if paid else None,
        card_last4=paid.card_last4 if paid else None,
        case_reference=case.id[-8:].upper() if case else None,
        refund=RefundView(Money(refund.amount_minor, refund.currency), refund.state.value, refund.done_at)
        if refund
        else None,
        iccid_masked=masked(order.iccid) if order.iccid else None,
        top_up=TopUpView(top_up.state, top_up.expires_on, top_up.seen_at) if top_up else None,
        events=tuple((event.at, event.event) for event in events),
    )
