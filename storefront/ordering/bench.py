"""What every use case of an order is handed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from storefront.db import prepared
from storefront.db.vault import Vault
from storefront.jobs import outbox
from storefront.models.order import Hold, HoldState, Order, OrderState
from storefront.models.renewal import Renewal
from storefront.ports import Outside, SessionFactory
from storefront.settings import Settings

ADVANCE = "ordering.advance"
"""The job that takes an order as far as it goes."""

TEND = "renewals.tend"
"""The job that looks after one agreement to renew."""


_ORDER = select(Order).where(col(Order.id) == bindparam("order_id"))
_BEGAN = select(Renewal.id).where(col(Renewal.order_id) == bindparam("order_id"))
# Rows that only name the order (a case, a letter) may be written meanwhile: nobody waits for those in a circle.
_LOCKED = _ORDER.with_for_update(key_share=True)
_LOCKED_STATE = select(Order.state).where(col(Order.id) == bindparam("order_id")).with_for_update(key_share=True)
_OPEN_HOLD = (
    select(Hold)
    .where(col(Hold.order_id) == bindparam("order_id"), Hold.state != HoldState.DEAD)
    .order_by(col(Hold.attempt).desc())
    .limit(1)
)


def standing_key(order_id: str) -> str:
    """The key of the one standing outbox row of an order."""
    return f"{ADVANCE}:{order_id}"


@dataclass(frozen=True, slots=True)
class Workbench:
    """Settings, transactions, the outside and the vault."""

    settings: Settings
    write: SessionFactory
    read: SessionFactory
    outside: Outside
    vault: Vault

    refund_patience: ClassVar[dt.timedelta] = dt.timedelta(minutes=10)

    def now(self) -> dt.datetime:
        """Business time."""
        return self.outside.clock.now()


def order_row(session: Session, order_id: str) -> Order:
    """The order, as this transaction sees it; to be looked at only."""
    [order] = prepared.rows(session, _ORDER, order_id=order_id)
    return order


def locked(session: Session, order_id: str) -> Order:
    """The order, kept for this transaction: nobody else moves it before it ends. To be looked at only."""
    [order] = prepared.rows(session, _LOCKED, order_id=order_id)
    return order


def locked_to_change(session: Session, order_id: str) -> Order:
    """As `locked`, for whoever changes more of it than its state."""
    return session.exec(_LOCKED, params={"order_id": order_id}).one()


def locked_state(session: Session, order_id: str) -> OrderState:
    """Where the order stands; as `locked`, without its other columns."""
    return OrderState(prepared.run(session, _LOCKED_STATE, order_id=order_id).scalar_one())


def open_hold(session: Session, order_id: str) -> Hold | None:
    """The reservation an order may still use; to be looked at only."""
    return prepared.first(session, _OPEN_HOLD, order_id=order_id)


def arm(session: Session, order_id: str, due_at: dt.datetime, *, hint: bool = False) -> None:
    """Let a worker look at the order at `due_at` (business time)."""
    outbox.rearm(
        session,
        job=ADVANCE,
        arguments={"order_id": order_id},
        key=standing_key(order_id),
        due_at=due_at,
        hint=hint,
    )


def wake_renewal(session: Session, renewal_id: str, now: dt.datetime) -> None:
    """Let a worker look after the renewal at once."""
    arguments = {"renewal_id": renewal_id}
    outbox.rearm(session, job=TEND, arguments=arguments, key=f"{TEND}:{renewal_id}", due_at=now, hint=True)


def wake_renewal_of(session: Session, order_id: str, now: dt.datetime) -> None:
    """As `wake_renewal`, for the one an order began, if it did."""
    renewal_id = prepared.run(session, _BEGAN, order_id=order_id).scalar()
    if renewal_id is not None:
        wake_renewal(session, renewal_id, now)


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing more to do before `due_at` (business time); `is_armed` when the standing row knows it already."""

    due_at: dt.datetime
    is_armed: bool = False


class Onward:
    """The order moved; look at it again at once."""


class Finished:
    """Nothing is left to do for this order."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The order came to rest in `state`, and its standing row was closed in the same transaction."""

    state: OrderState


@dataclass(frozen=True, slots=True)
class Begun:
    """The order came to `state`, and the intent of its next call was stored in the same transaction: `go` makes it.

    Whoever gets one must `go`: a call that was begun and not made counts as lost once its lease is over. Of a plain
    read (`is_read`) nothing is stored: it may be left to somebody else.
    """

    state: OrderState
    go: Callable[[], Outcome]
    is_read: bool = False


ONWARD, FINISHED = Onward(), Finished()
Outcome = Wait | Onward | Finished | Closed | Begun


def pause(now: dt.datetime, since: dt.datetime | None) -> dt.datetime:
    """When to look again: soon for something fresh, ever more rarely for something old."""
    age = (now - since).total_seconds() if since else 0.0
    seconds = 2 if age < 30 else 10 if age < 300 else 60 if age < 3600 else 300
    return now + dt.timedelta(seconds=seconds)
