"""Write money down where it becomes a fact, in the same transaction; rows are added, never changed."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_CEILING, Decimal

from sqlalchemy import ColumnElement, bindparam, case
from sqlmodel import Session, col, func, select

from storefront.db import prepared
from storefront.kernel.money import Money, exponent
from storefront.models.money import MoneyEntry, MoneyKind

_SIGN = {
    MoneyKind.CAPTURED: 1,
    MoneyKind.REFUNDED: -1,
    MoneyKind.RETURNED: 1,
    MoneyKind.DISPUTED: -1,
    MoneyKind.DISPUTE_WON: 1,
    MoneyKind.OWED: -1,
}


_NOTE = prepared.either(lambda insert: insert(MoneyEntry).on_conflict_do_nothing(index_elements=["kind", "object_id"]))


def note(
    session: Session, *, order_id: str, kind: MoneyKind, amount: Money, object_id: str | None, at: dt.datetime
) -> None:
    """One fact about `object_id` of the cashier or supplier; said again, it changes nothing."""
    if object_id is None:
        raise ValueError("money is written down with the object it is about")
    fact = {"order_id": order_id, "kind": kind, "object_id": object_id, "at": at}
    prepared.run(session, _NOTE, **fact, minor=_SIGN[kind] * amount.minor, currency=amount.currency)


def owe(session: Session, *, order_id: str, price: tuple[Decimal, str], object_id: str, at: dt.datetime) -> None:
    """What the supplier has to get for an order it accepted: `price` in its own major units and currency."""
    amount, currency = price
    # A price finer than the currency's own units is owed rounded up: a ledger must not stop a delivery.
    minor = int(amount.scaleb(exponent(currency)).to_integral_value(ROUND_CEILING))
    note(session, order_id=order_id, kind=MoneyKind.OWED, amount=Money(minor, currency), object_id=object_id, at=at)


def balance(session: Session, order_id: str) -> int:
    """What is left in our hands of everything paid for an order, in minor units."""
    return int(prepared.run(session, _HELD, order_id=order_id).scalar_one())


def held() -> ColumnElement[int]:
    """What the rows of a group leave in our hands, in minor units; what the supplier has to get is not among it."""
    return func.coalesce(func.sum(case((col(MoneyEntry.kind) != MoneyKind.OWED, col(MoneyEntry.minor)), else_=0)), 0)


_HELD = select(held()).where(col(MoneyEntry.order_id) == bindparam("order_id"))
