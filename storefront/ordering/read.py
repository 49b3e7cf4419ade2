"""Orders as the people who own them see them: frozen views, never rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from sqlalchemy import bindparam, or_
from sqlmodel import Session, col, select

from storefront.db import prepared
from storefront.identity import sessions
from storefront.identity.sessions import SessionView
from storefront.kernel.iccid import masked
from storefront.kernel.money import Money
from storefront.letters.wording import mask_email
from storefront.models.case import Case
from storefront.models.catalogue import Destination, Plan
from storefront.models.order import Order, OrderEvent, OrderKind, OrderState
from storefront.models.payment import Payment, PaymentState, Refund
from storefront.models.profile import Profile, TopUp
from storefront.models.staff import StaffAction
from storefront.ordering.bench import open_hold
from storefront.ordering.hold import PATIENCE
from storefront.ordering.pay import TOP_UP_WINDOW
from storefront.ordering.progress import PHASES, OrderNotFound, seen
from storefront.ports import SessionFactory

TOLD = frozenset({"refund", "ask_again", "order_again", "resend", "change_email", "close_renewals", "reveal_code"})
"""What somebody at the desk did that the traveller reads in their own history; notes and cases are the desk's."""

_CALM = frozenset({OrderState.PLACED, OrderState.HELD, OrderState.DELIVERED})
"""States of which no page tells a refund, a case or the way back to the plan."""


_BY_ID = select(Order).where(col(Order.id) == bindparam("order_id"))
_PAYMENTS = (
    select(Payment).where(col(Payment.order_id) == bindparam("order_id")).order_by(col(Payment.opened_at).desc())
)
_MOVES = (
    select(OrderEvent.at, OrderEvent.event)
    .where(col(OrderEvent.order_id) == bindparam("order_id"))
    .order_by(col(OrderEvent.id))
)
_ACTS = select(StaffAction.at, StaffAction.verb).where(col(StaffAction.about) == bindparam("about"))
_REFUND = (
    select(Refund).where(col(Refund.order_id) == bindparam("order_id")).order_by(col(Refund.decided_at).desc()).limit(1)
)
_CASE = select(Case).where(col(Case.order_id) == bindparam("order_id"), col(Case.resolved_at).is_(None)).limit(1)
_PLAN_SLUG = select(Plan.slug).where(col(Plan.id) == bindparam("plan_id"))
_ISO2 = select(Destination.iso2).where(col(Destination.slug) == bindparam("slug"))
_PROFILE = select(Profile).where(col(Profile.order_id) == bindparam("order_id"))


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
    """One order; times are aware UTC, `held_until` is when the payment page is closed.

    `time_zone` is the one it was bought in, empty when nobody knows.
    """

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
    time_zone: str
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
    case_due_at: dt.datetime | None
    refund: RefundView | None
    iccid_masked: str | None
    top_up: TopUpView | None
    events: tuple[tuple[dt.datetime, str], ...]


def help_of(read: SessionFactory, order_id: str) -> tuple[str, dt.datetime] | None:
    """The public number of the order's open request for help, and when it is answered at the latest."""
    with read() as session:
        query = select(Case).where(Case.subject == f"{order_id}:refund_request", col(Case.resolved_at).is_(None))
        case = session.exec(query).first()
    return (case.id[-8:].upper(), case.due_at) if case else None


def my_order(read: SessionFactory, who: SessionView, reference: str, *, margin_seconds: int) -> OrderView:
    """One order in full for whoever may see it, with what the desk did in their name. Raises `OrderNotFound`."""
    with read() as session:
        view = _view(session, seen(session, who, reference), margin_seconds)
        acts = prepared.run(session, _ACTS, about=view.id).all()
    told = [(at, f"desk_{verb}") for at, verb in acts if verb in TOLD]
    return replace(view, events=tuple(sorted([*view.events, *told])))


def order_view(read: SessionFactory, order_id: str, *, margin_seconds: int) -> OrderView:
    """One order in full, whoever asks. Raises `OrderNotFound`."""
    with read() as session:
        order = prepared.first(session, _BY_ID, order_id=order_id)
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


def of_sim(read: SessionFactory, who: SessionView, iccid: str) -> list[OrderView]:
    """The orders of one SIM that this browser may open, newest first."""
    with read() as session:
        return [
            _view(session, one, 0)
            for one in orders_of_sim(session, iccid)
            if sessions.may_see(session, who, order_id=one.id, email=one.email)
        ]


def orders_of_sim(session: Session, iccid: str) -> list[Order]:
    """The order that delivered the profile and every top-up of it, newest first."""
    delivered = select(Profile.order_id).where(Profile.iccid == iccid)
    query = select(Order).where(or_(col(Order.iccid) == iccid, col(Order.id).in_(delivered)))
    return list(session.exec(query.order_by(col(Order.placed_at).desc())))


def profile_of(read: SessionFactory, order_id: str) -> Profile | None:
    """The delivered profile, still sealed; to be looked at only."""
    with read() as session:
        return prepared.first(session, _PROFILE, order_id=order_id)


def for_letter(read: SessionFactory, order_id: str, *, margin_seconds: int) -> tuple[OrderView, str]:
    """One order in full, and the address its letters go to."""
    with read() as session:
        [order] = prepared.rows(session, _BY_ID, order_id=order_id)
        return _view(session, order, margin_seconds), order.email


def given_up_at(order: OrderView, hold_seconds: int) -> dt.datetime:
    """When an order is given up, at the latest, that cannot be reserved or gets no payment page."""
    is_top_up = order.kind == OrderKind.TOP_UP.value
    return order.placed_at + (TOP_UP_WINDOW if is_top_up else PATIENCE + dt.timedelta(seconds=hold_seconds))


def _view(session: Session, order: Order, margin_seconds: int) -> OrderView:
    """Reads only what the state of the order can have brought about: most orders are simply delivered."""
    is_calm = order.state in _CALM
    waiting = order.state is OrderState.AWAITING_PAYMENT
    is_top_up = order.kind is OrderKind.TOP_UP
    hold = open_hold(session, order.id) if waiting and not is_top_up else None
    payments = prepared.rows(session, _PAYMENTS, order_id=order.id)
    paid = next((one for one in payments if one.state is PaymentState.PAID and not one.is_extra), None)
    page = next((one for one in payments if one.state is PaymentState.OPEN), None)
    refund = None if is_calm else prepared.first(session, _REFUND, order_id=order.id)
    case = None if is_calm else prepared.first(session, _CASE, order_id=order.id)
    top_up = session.get(TopUp, order.id) if is_top_up else None
    iso2 = None if is_top_up else prepared.run(session, _ISO2, slug=order.destination_slug).scalar()
    plan_slug = None if is_calm else prepared.run(session, _PLAN_SLUG, plan_id=order.plan_id).scalar()
    events = prepared.run(session, _MOVES, order_id=order.id).all()
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
        iso2=iso2,
        data_mb=order.data_mb,
        is_unlimited=order.is_unlimited,
        days=order.days,
        charged=Money(order.charged_minor, order.charged_currency),
        email_masked=mask_email(order.email),
        locale=order.locale,
        time_zone=order.time_zone,
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
        case_due_at=case.due_at if case else None,
        refund=RefundView(Money(refund.amount_minor, refund.currency), refund.state.value, refund.done_at)
        if refund
        else None,
        iccid_masked=masked(order.iccid) if order.iccid else None,
        top_up=TopUpView(top_up.state, top_up.expires_on, top_up.seen_at) if top_up else None,
        events=tuple((event.at, event.event) for event in events),
    )
