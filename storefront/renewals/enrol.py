"""Agree to renew, at checkout: off unless asked for, limits checked, the words kept, and never two for one SIM."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlmodel import Session, select

from storefront.kernel.errors import Kind, StorefrontError
from storefront.kernel.ids import new_id, new_reference
from storefront.kernel.money import Money
from storefront.models.order import Order, OrderKind
from storefront.models.renewal import Renewal
from storefront.models.sim import Sim
from storefront.ordering.bench import Workbench, wake_renewal
from storefront.ordering.place import Also, Placed, TopUpWanted, Wanted, place, place_top_up
from storefront.ports import SessionFactory
from storefront.renewals.last_look import Limits
from storefront.renewals.states import tell
from storefront.settings import Settings

MOST_RENEWALS = 120
LONGEST = dt.timedelta(days=3650)


class BadLimit(StorefrontError):
    """A limit that allows nothing, or means nothing; `field` names it and `detail` what is wrong with it.

    Details: ``not_positive``, ``too_many``, ``below_price``, ``in_past``, ``before_first``, ``too_far``,
    ``other_currency``.
    """

    kind = Kind.REJECTED
    code = "bad_limit"


class AlreadyRenewing(StorefrontError):
    """An auto-renewal of this SIM is active already, ours or one the supplier shows; a second would charge twice."""

    kind = Kind.CONFLICT
    code = "already_renewing"


class NotRenewable(StorefrontError):
    """Auto-renew is not offered for this plan: it is too short, or the shop does not offer it at all."""

    kind = Kind.CONFLICT
    code = "not_renewable"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the traveller agreed to beside the purchase: the words as shown, and where it should stop."""

    consent_text: str
    limits: Limits


def is_offered(settings: Settings, days: int) -> bool:
    """Whether a plan of so many days may be renewed by the shop."""
    return settings.auto_renew and days >= settings.renewal_least_days


def buy_esim(bench: Workbench, wanted: Wanted, wish: Wish | None, also: Also | None = None) -> Placed:
    """Place the order of a new eSIM and, with a wish, what was agreed. Raises `BadLimit`, `NotRenewable`.

    `also` writes more in the transaction of a new order.
    """
    if wish is None:
        return place(bench, wanted, also)
    _check(bench, wish, wanted.charged, wanted.days)
    return place(bench, wanted, _agreeing(bench, wish, also))


def buy_top_up(bench: Workbench, wanted: TopUpWanted, wish: Wish | None, also: Also | None = None) -> Placed:
    """Place a top-up and, with a wish, what was agreed. Raises also `AlreadyRenewing`."""
    if wish is None:
        return place_top_up(bench, wanted, also)
    _check(bench, wish, wanted.charged, wanted.days)
    refuse_second(bench.read, wanted.iccid)
    return place_top_up(bench, wanted, _agreeing(bench, wish, also))


def refuse_second(read: SessionFactory, iccid: str) -> None:
    """Raise `AlreadyRenewing` while ours is active for the SIM, or the supplier last showed one."""
    with read() as session:
        ours = session.exec(select(Renewal.id).where(Renewal.active_for == iccid)).first()
        theirs = session.exec(select(Sim.renewal).where(Sim.iccid == iccid)).first()
    if ours is not None or theirs:
        raise AlreadyRenewing


def _check(bench: Workbench, wish: Wish, price: Money, days: int) -> None:
    if not is_offered(bench.settings, days):
        raise NotRenewable
    limits, today = wish.limits, bench.now().date()
    if limits.most_renewals is not None:
        _refuse(limits.most_renewals < 1, "most_renewals", "not_positive")
        _refuse(limits.most_renewals > MOST_RENEWALS, "most_renewals", "too_many")
    if limits.most is not None:
        _refuse(limits.most.currency != price.currency, "most", "other_currency")
        _refuse(limits.most.minor < 1, "most", "not_positive")
        _refuse(limits.most.minor < price.minor, "most", "below_price")
    if limits.last_day is not None:
        _refuse(limits.last_day <= today, "last_day", "in_past")
        _refuse(limits.last_day < today + dt.timedelta(days=days), "last_day", "before_first")
        _refuse(limits.last_day > today + LONGEST, "last_day", "too_far")


def _refuse(is_wrong: bool, field: str, detail: str) -> None:
    if is_wrong:
        raise BadLimit(detail, field=field)


def _agreeing(bench: Workbench, wish: Wish, also: Also | None) -> Also:
    def write(session: Session, order: Order) -> None:
        _agree(session, bench, order, wish)
        if also is not None:
            also(session, order)

    return write


def _agree(session: Session, bench: Workbench, order: Order, wish: Wish) -> None:
    now = bench.now()
    is_top_up = order.kind is OrderKind.TOP_UP
    renewal = Renewal(
        id=new_id(),
        reference=new_reference(),
        order_id=order.id,
        iccid=order.iccid,
        email=order.email,
        locale=order.locale,
        interval_days=order.days,
        charged_minor=order.charged_minor,
        charged_currency=order.charged_currency,
        plan_name=order.plan_name,
        package_code=order.package_code if is_top_up else "",
        plan_code=order.plan_code,
        periods=order.period_num if is_top_up else 1,
        data_mb=order.data_mb,
        is_unlimited=order.is_unlimited,
        supplier_amount=order.supplier_amount if is_top_up else "",
        supplier_currency=order.supplier_currency if is_top_up else "",
        consent_text=wish.consent_text,
        agreed_at=now,
        most_renewals=wish.limits.most_renewals,
        most_minor=wish.limits.most.minor if wish.limits.most else None,
        last_day=wish.limits.last_day,
    )
    session.add(renewal)
    session.flush()  # its history refers to it
    tell(session, renewal.id, "agreed", now)
    wake_renewal(session, renewal.id, now + dt.timedelta(minutes=1))
