"""Write money down where it becomes a fact, in the same transaction; rows are added, never changed."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from storefront.kernel.money import Money
from storefront.models.money import MoneyEntry, MoneyKind

_SIGN = {MoneyKind.CAPTURED: 1, MoneyKind.REFUNDED: -1, MoneyKind.RETURNED: 1}


def note(
    session: Session, *, order_id: str, kind: MoneyKind, amount: Money, object_id: str | None, at: dt.datetime
) -> None:
    """One fact about `object_id` of the cashier; said again, it changes nothing."""
    if object_id is None:
        raise ValueError("money is written down with the cashier's object")
    same = (MoneyEntry.kind == kind, MoneyEntry.object_id == object_id)
    if session.exec(select(MoneyEntry.id).where(*same)).first() is None:
        session.add(
            MoneyEntry(
                order_id=order_id,
                kind=kind,
                minor=_SIGN[kind] * amount.minor,
                currency=amount.currency,
                object_id=object_id,
                at=at,
            )
        )


def balance(session: Session, order_id: str) -> int:
    """What is left in our hands of everything paid for an order, in minor units."""
    return int(session.exec(select(held()).where(MoneyEntry.order_id == order_id)).one())


def held() -> ColumnElement[int]:
    """What the rows of a group leave in our hands, in minor units."""
    return func.coalesce(func.sum(col(MoneyEntry.minor)), 0)
