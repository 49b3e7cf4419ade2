"""Agreements to renew as the people who made them see them: frozen views, never rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from storefront.db import prepared
from storefront.identity import sessions
from storefront.identity.sessions import SessionView
from storefront.kernel.errors import Kind, StorefrontError
from storefront.kernel.iccid import masked
from storefront.kernel.ids import normalise_reference
from storefront.kernel.money import Money
from storefront.models.order import Order, OrderState
from storefront.models.profile import TopUp
from storefront.models.renewal import Bill, BillState, Closing, Renewal, RenewalState
from storefront.ordering.bench import Workbench
from storefront.ports import SessionFactory
from storefront.renewals import announce
from storefront.renewals.announce import CHARGED_AFTER
from storefront.renewals.bills import agreed_price, limits_of
from storefront.renewals.closings import ClosingView
from storefront.renewals.closings import view as closing_view
from storefront.renewals.last_look import Limits

_GIVEN_BACK = frozenset({OrderState.REFUNDING, OrderState.REFUNDED})
_BEGUN_BY = select(Renewal.id).where(col(Renewal.order_id) == bindparam("order_id"))
_CHARGED_BY = select(Bill.renewal_id).where(col(Bill.order_id) == bindparam("order_id"))


class RenewalNotFound(StorefrontError):
    """There is no such agreement, or it is not for these eyes; the answer is the same."""

    kind = Kind.NOT_FOUND
    code = "renewal_not_found"


@dataclass(frozen=True, slots=True)
class BillLine:
    """One charge after the first; `order` and `order_id` name the order it paid for.

    `outcome` is ``coming``, ``waiting``, ``unpaid``, ``called_off``, ``kept`` or ``given_back``.
    """

    at: dt.datetime
    amount: Money
    outcome: str
    reason: str
    order: str | None
    order_id: str | None


@dataclass(frozen=True, slots=True)
class Charge:
    """Money that was taken, the purchase included; `at` is when it was paid, `order` the reference of what it paid for.

    `brings_until` is the last day of that plan once the supplier has told it.
    """

    at: dt.datetime
    amount: Money
    order: str
    brings_until: dt.date | None
    is_given_back: bool


@dataclass(frozen=True, slots=True)
class AnnouncedCharge:
    """The charge our newest letter named: `at` is what it said, `outcome` that of its `BillLine`, or ``none``."""

    at: dt.datetime
    outcome: str


@dataclass(frozen=True, slots=True)
class RenewalView:
    """One agreement; `charges_at` is the next charge (None when there will be none), `kept` counts renewals so far.

    `time_zone` is the one its first order was bought in, empty when nobody knows.
    """

    id: str
    reference: str
    order_id: str
    order_reference: str
    state: str
    reason: str
    iccid: str
    iccid_masked: str | None
    email: str
    locale: str
    time_zone: str
    plan_name: str
    data_mb: int
    is_unlimited: bool
    destination: str
    price: Money
    interval_days: int
    charges_at: dt.datetime | None
    card_brand: str | None
    card_last4: str | None
    limits: Limits
    kept: int
    unpaid_url: str | None
    has_portal: bool
    consent_text: str
    agreed_at: dt.datetime
    ended_at: dt.datetime | None
    closing: ClosingView | None
    bills: tuple[BillLine, ...]
    announced: tuple[dt.datetime, ...]
    last_charge: Charge | None
    announced_charge: AnnouncedCharge | None

    @property
    def under_way(self) -> BillLine | None:
        """A charge that has begun and is neither taken nor called off."""
        return next((line for line in self.bills if line.outcome in {"coming", "waiting"}), None)

    @property
    def is_on(self) -> bool:
        """Whether it may charge again."""
        return self.state in {RenewalState.AGREED, RenewalState.ACTIVE}


def mine(bench: Workbench, who: SessionView, reference: str) -> RenewalView:
    """An agreement for whoever may see the order that began it. Raises `RenewalNotFound`."""
    plain = normalise_reference(reference)
    with bench.read() as session:
        row = session.exec(select(Renewal).where(Renewal.reference == plain)).first() if plain else None
        if row is None or not sessions.may_see(session, who, order_id=row.order_id, email=row.email):
            raise RenewalNotFound(field="reference")
        return _view(session, row)


def by_id(bench: Workbench, renewal_id: str) -> RenewalView:
    """An agreement by its inner id. Raises `RenewalNotFound`."""
    with bench.read() as session:
        row = session.get(Renewal, renewal_id)
        if row is None:
            raise RenewalNotFound
        return _view(session, row)


def of_order(read: SessionFactory, order_id: str) -> RenewalView | None:
    """What an order began, or what it is a charge of."""
    with read() as session:
        begun = prepared.run(session, _BEGUN_BY, order_id=order_id).scalar()
        renewal_id = begun or prepared.run(session, _CHARGED_BY, order_id=order_id).scalar()
        row = session.get(Renewal, renewal_id) if renewal_id else None
        return _view(session, row) if row is not None and row.state is not RenewalState.DROPPED else None


def of_sim(bench: Workbench, iccid: str) -> RenewalView | None:
    """Our active agreement for a SIM."""
    with bench.read() as session:
        row = session.exec(select(Renewal).where(Renewal.active_for == iccid)).first()
        return _view(session, row) if row else None


def _view(session: Session, row: Renewal) -> RenewalView:
    order = session.get_one(Order, row.order_id)
    query = select(Closing).where(Closing.renewal_id == row.id).order_by(col(Closing.id).desc())
    closing = session.exec(query).first()
    found = session.exec(
        select(Bill, Order.reference, Order.state, Order.paid_at)
        .join(Order, col(Order.id) == col(Bill.order_id), isouter=True)
        .where(Bill.renewal_id == row.id)
        .order_by(col(Bill.starts_at).desc())
    ).all()
    lines = tuple(
        BillLine(
            bill.starts_at,
            Money(bill.due_minor, bill.currency),
            _outcome(bill, state),
            bill.reason,
            reference,
            bill.order_id,
        )
        for bill, reference, state, _paid_at in found
    )
    sent = announce.sent_of(session, row.id)
    outcomes = {line.at: line.outcome for line in lines}
    bought = [order.id, *(bill.order_id for bill, *_ in found if bill.order_id)]
    ends: dict[str | None, dt.date | None] = {
        one.order_id: one.expires_on for one in session.exec(select(TopUp).where(col(TopUp.order_id).in_(bought)))
    }
    paid = [
        Charge(at, Money(bill.due_minor, bill.currency), reference, ends.get(bill.order_id), state in _GIVEN_BACK)
        for bill, reference, state, at in found
        if bill.state is BillState.TAKEN and at
    ]
    if order.paid_at:
        price = Money(order.charged_minor, order.charged_currency)
        paid.append(Charge(order.paid_at, price, order.reference, ends.get(order.id), order.state in _GIVEN_BACK))
    return RenewalView(
        id=row.id,
        reference=row.reference,
        order_id=row.order_id,
        order_reference=order.reference,
        state=row.state.value,
        reason=row.reason,
        iccid=row.iccid or "",
        iccid_masked=masked(row.iccid) if row.iccid else None,
        email=row.email,
        locale=row.locale,
        time_zone=order.time_zone,
        plan_name=row.plan_name,
        data_mb=row.data_mb,
        is_unlimited=row.is_unlimited,
        destination=order.destination,
        price=agreed_price(row),
        interval_days=row.interval_days,
        charges_at=row.next_charge_at + CHARGED_AFTER if row.next_charge_at else None,
        card_brand=row.card_brand,
        card_last4=row.card_last4,
        limits=limits_of(row),
        kept=sum(line.outcome == "kept" for line in lines),
        unpaid_url=row.unpaid_url,
        has_portal=row.customer_id is not None,
        consent_text=row.consent_text,
        agreed_at=row.agreed_at,
        ended_at=row.ended_at,
        closing=closing_view(closing) if closing else None,
        bills=lines,
        announced=tuple(one.sent_at for one in sent if one.sent_at),
        last_charge=max(paid, key=lambda one: one.at, default=None),
        announced_charge=AnnouncedCharge(sent[0].says, outcomes.get(sent[0].charge_at, "none")) if sent else None,
    )


def _outcome(bill: Bill, order: str | None) -> str:
    match bill.state:
        case BillState.TAKEN:
            return "given_back" if order in _GIVEN_BACK else "kept"
        case BillState.VOID:
            return "called_off"
        case BillState.UNPAID:
            return "unpaid"
        case BillState.HELD:
            return "waiting"
    return "coming"


def portal(bench: Workbench, renewal_id: str, *, return_url: str, locale: str) -> str:
    """A fresh address of the cashier's page for cards and receipts. Raises `RenewalNotFound`, the outside's errors."""
    with bench.read() as session:
        customer_id = session.get_one(Renewal, renewal_id).customer_id
    if customer_id is None:
        raise RenewalNotFound(field="reference")
    return bench.outside.billing.portal(customer_id, return_url=return_url, locale=locale)
