"""Place an order: one transaction writes the order and the work it makes necessary."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func
from sqlalchemy import select as sql_select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from storefront.db import prepared
from storefront.kernel.errors import Kind, StorefrontError
from storefront.kernel.iccid import masked
from storefront.kernel.ids import new_id, new_reference
from storefront.kernel.money import Money
from storefront.models.order import Order, OrderKind, OrderState
from storefront.ordering.bench import Workbench, arm
from storefront.ordering.states import IS_UNPAID, tell

SAFETY_NET = dt.timedelta(seconds=10)

Also = Callable[[Session, Order], None]
"""What else the transaction that writes a new order writes."""


def _open_of(column: Any, name: str) -> ColumnElement[int]:
    """How many orders with the same value are unpaid and young enough to hold a profile."""
    is_open = col(Order.state).in_(IS_UNPAID) & (col(Order.placed_at) > bindparam("since"))
    return select(func.count()).select_from(Order).where(col(column) == bindparam(name), is_open).scalar_subquery()


_PLACED_BY = select(Order.id, Order.reference).where(col(Order.form_key) == bindparam("form_key"))
_OPEN = sql_select(
    _open_of(Order.email, "email"), _open_of(Order.network, "network"), _open_of(Order.plan_id, "plan_id")
)


class TooManyHolds(StorefrontError):
    """So many unpaid orders are open already that one more could drain the stock; wait or pay one of them."""

    kind = Kind.THROTTLED
    code = "too_many_holds"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Everything an order copies from the plan at the moment of buying, and what the buyer agreed to."""

    plan_id: int
    plan_name: str
    destination: str
    destination_slug: str
    data_mb: int
    is_unlimited: bool
    days: int
    package_code: str
    period_num: int
    currency_id: int
    supplier_amount: str
    supplier_currency: str
    charged: Money
    email: str
    locale: str
    network: str
    consent_text: str
    device_checked: bool
    form_key: str
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class TopUpWanted:
    """What the buyer of a top-up agreed to: a plan the supplier offers for one SIM, at the price shown."""

    iccid: str
    package_code: str
    plan_code: str
    plan_name: str
    data_mb: int
    is_unlimited: bool
    days: int
    periods: int
    supplier_amount: str
    charged: Money
    email: str
    locale: str
    network: str
    consent_text: str
    form_key: str
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """The order that stands for the form; `is_new` is False for the second click."""

    order_id: str
    reference: str
    is_new: bool


def place(bench: Workbench, wanted: Wanted, also: Also | None = None) -> Placed:
    """Write the order of a new eSIM once for each form. Raises `TooManyHolds`, and whatever `also` raises.

    A worker takes the order up by itself after `SAFETY_NET` if the caller does not get round to advancing it.
    """
    order = Order(
        **_common(bench, wanted),
        plan_id=wanted.plan_id,
        destination=wanted.destination,
        destination_slug=wanted.destination_slug,
        period_num=wanted.period_num,
        currency_id=wanted.currency_id,
        supplier_currency=wanted.supplier_currency,
        device_checked=wanted.device_checked,
    )
    return _once(bench, order, also)


def place_top_up(bench: Workbench, wanted: TopUpWanted, also: Also | None = None) -> Placed:
    """Write the order of a top-up once for each form. Raises `TooManyHolds`, and whatever `also` raises."""
    return _once(bench, top_up_order(bench, wanted), also)


def top_up_order(bench: Workbench, wanted: TopUpWanted) -> Order:
    """The order of a top-up, not yet written."""
    return Order(
        **_common(bench, wanted),
        kind=OrderKind.TOP_UP,
        iccid=wanted.iccid or None,
        iccid_reversed=wanted.iccid[::-1] or None,
        plan_code=wanted.plan_code,
        destination=f"Top-up {masked(wanted.iccid)}",
        destination_slug="",
        period_num=wanted.periods,
        currency_id=0,
        supplier_currency=wanted.charged.currency,
    )


def _common(bench: Workbench, wanted: Wanted | TopUpWanted) -> dict[str, Any]:
    now = bench.now()
    return {
        "id": new_id(),
        "reference": new_reference(),
        "form_key": wanted.form_key,
        "email": wanted.email,
        "locale": wanted.locale,
        "network": wanted.network,
        "time_zone": wanted.time_zone,
        "plan_name": wanted.plan_name,
        "data_mb": wanted.data_mb,
        "is_unlimited": wanted.is_unlimited,
        "days": wanted.days,
        "package_code": wanted.package_code,
        "supplier_amount": wanted.supplier_amount,
        "charged_minor": wanted.charged.minor,
        "charged_currency": wanted.charged.currency,
        "consent_text": wanted.consent_text,
        "consent_at": now,
        "placed_at": now,
    }


def _once(bench: Workbench, order: Order, also: Also | None) -> Placed:
    form_key = order.form_key
    try:
        return _write(bench, order, also)
    except IntegrityError:
        # The same form twice at the same moment: the other one won, its order is ours.
        with bench.read() as session:
            known = placed_by(session, form_key)
        if known is None:
            raise
        return known


def _write(bench: Workbench, order: Order, also: Also | None) -> Placed:
    placed = Placed(order.id, order.reference, is_new=True)
    with bench.write() as session:
        known = placed_by(session, order.form_key)
        if known is not None:
            return known
        _refuse_drain(session, bench, order)
        put(session, order)
        if also is not None:
            also(session, order)
        arm(session, order.id, order.placed_at + SAFETY_NET)
    return placed


def put(session: Session, order: Order) -> None:
    """Write a new order and the first line of its history."""
    prepared.put(session, order)
    tell(session, order.id, "placed", (OrderState.PLACED, OrderState.PLACED), now=order.placed_at)


def placed_by(session: Session, form_key: str) -> Placed | None:
    """The order a form has placed before."""
    row = prepared.run(session, _PLACED_BY, form_key=form_key).first()
    return Placed(row[0], row[1], is_new=False) if row else None


def _refuse_drain(session: Session, bench: Workbench, order: Order) -> None:
    settings = bench.settings
    since = bench.now() - dt.timedelta(seconds=settings.supplier_hold_seconds)
    same = {"email": order.email, "network": order.network, "plan_id": order.plan_id}
    # A top-up names no plan of the catalogue; then nothing equals it, and nothing is counted.
    counts = prepared.run(session, _OPEN, since=since, **same).one()
    caps = (settings.open_holds_per_email, settings.open_holds_per_network, settings.open_holds_per_plan)
    if any(count >= cap for count, cap in zip(counts, caps, strict=True)):
        raise TooManyHolds
