"""The order's states, the one table of moves, and the one function that makes a move."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from sqlalchemy import bindparam, insert, update
from sqlmodel import Session, col, select

from storefront.db import prepared
from storefront.kernel.errors import Kind, StorefrontError
from storefront.models.order import Order, OrderEvent, OrderState

_S = OrderState


class Event(StrEnum):
    """What can happen to an order."""

    HELD = "held"
    REJECTED = "rejected"
    PAGE_OPENED = "page_opened"
    PAID = "paid"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"
    CONFIRMED = "confirmed"
    DELIVERED = "delivered"
    GIVE_BACK = "give_back"
    REFUNDED = "refunded"
    STUCK = "stuck"
    RESUMED = "resumed"


MOVES: MappingProxyType[tuple[OrderState, Event], OrderState] = MappingProxyType(
    {
        (_S.PLACED, Event.HELD): _S.HELD,
        (_S.PLACED, Event.REJECTED): _S.REJECTED,
        (_S.PLACED, Event.CANCELLED): _S.CANCELLED,
        # A top-up of a SIM the traveller owns needs no reservation: from the form straight to the payment page.
        (_S.PLACED, Event.PAGE_OPENED): _S.AWAITING_PAYMENT,
        (_S.PLACED, Event.LAPSED): _S.LAPSED,
        # The order of a renewal is written because its invoice was paid.
        (_S.PLACED, Event.PAID): _S.PAID,
        (_S.HELD, Event.PAGE_OPENED): _S.AWAITING_PAYMENT,
        # The page's answer was lost on its way to us, and somebody pays there before we have asked again.
        (_S.HELD, Event.PAID): _S.PAID,
        (_S.HELD, Event.REJECTED): _S.REJECTED,
        (_S.HELD, Event.LAPSED): _S.LAPSED,
        (_S.HELD, Event.CANCELLED): _S.CANCELLED,
        (_S.AWAITING_PAYMENT, Event.PAID): _S.PAID,
        (_S.AWAITING_PAYMENT, Event.LAPSED): _S.LAPSED,
        (_S.AWAITING_PAYMENT, Event.CANCELLED): _S.CANCELLED,
        # Late money is an edge like any other: the profile is reserved again or the money goes back.
        (_S.LAPSED, Event.PAID): _S.PAID,
        (_S.CANCELLED, Event.PAID): _S.PAID,
        (_S.REJECTED, Event.PAID): _S.PAID,
        (_S.PAID, Event.CONFIRMED): _S.CONFIRMED,
        (_S.PAID, Event.GIVE_BACK): _S.REFUNDING,
        (_S.PAID, Event.STUCK): _S.ATTENTION,
        (_S.CONFIRMED, Event.DELIVERED): _S.DELIVERED,
        (_S.CONFIRMED, Event.STUCK): _S.ATTENTION,
        (_S.CONFIRMED, Event.GIVE_BACK): _S.REFUNDING,
        (_S.DELIVERED, Event.GIVE_BACK): _S.REFUNDING,
        (_S.ATTENTION, Event.RESUMED): _S.PAID,
        (_S.ATTENTION, Event.CONFIRMED): _S.CONFIRMED,
        (_S.ATTENTION, Event.GIVE_BACK): _S.REFUNDING,
        (_S.REFUNDING, Event.REFUNDED): _S.REFUNDED,
        (_S.REFUNDING, Event.STUCK): _S.ATTENTION,
        # A bank may send a refund back days later: the money is ours again, and so is the debt.
        (_S.REFUNDED, Event.STUCK): _S.ATTENTION,
    }
)

_AFTER_HELD = frozenset(_S) - {_S.PLACED}
_AFTER_OPENED = _AFTER_HELD - {_S.HELD}
_AFTER_PAID = frozenset({_S.PAID, _S.CONFIRMED, _S.DELIVERED, _S.REFUNDING, _S.REFUNDED, _S.ATTENTION})
ENDED_UNPAID = frozenset({_S.REJECTED, _S.LAPSED, _S.CANCELLED})
"""States of an order that ended without money; late money wakes it again."""

# Late or repeated news that changes nothing; whatever is in neither table is impossible.
IGNORED: MappingProxyType[Event, frozenset[OrderState]] = MappingProxyType(
    {
        Event.HELD: _AFTER_HELD,
        Event.REJECTED: _AFTER_PAID | ENDED_UNPAID,
        Event.PAGE_OPENED: _AFTER_OPENED,
        Event.PAID: _AFTER_PAID,
        Event.LAPSED: _AFTER_PAID | ENDED_UNPAID,
        Event.CANCELLED: _AFTER_PAID | ENDED_UNPAID,
        Event.CONFIRMED: frozenset({_S.CONFIRMED, _S.DELIVERED}),
        Event.DELIVERED: frozenset({_S.DELIVERED}),
        Event.GIVE_BACK: frozenset({_S.REFUNDING, _S.REFUNDED}),
        Event.REFUNDED: frozenset({_S.REFUNDED}),
        Event.STUCK: frozenset({_S.ATTENTION}),
        Event.RESUMED: frozenset({_S.PAID}),
    }
)

IS_UNPAID = frozenset({_S.PLACED, _S.HELD, _S.AWAITING_PAYMENT})
IS_OWED = frozenset({_S.PAID, _S.CONFIRMED, _S.ATTENTION, _S.REFUNDING})
"""States in which we hold money and the traveller holds nothing: each has a deadline."""

IS_UNDER_WAY = (IS_UNPAID | IS_OWED) - {_S.ATTENTION}
"""States in which the next step is ours, not a person's."""


class ImpossibleMove(StorefrontError):
    """The event cannot happen in this state; a person must look."""

    kind = Kind.BUG
    code = "impossible_move"


class StateRaced(StorefrontError):
    """Somebody else moved the order first; read again."""

    kind = Kind.CONFLICT
    code = "state_raced"


_STATE = select(Order.state).where(col(Order.id) == bindparam("order_id"))
_TELL = insert(OrderEvent)
_MOVE = update(Order).where(col(Order.id) == bindparam("order_id"), col(Order.state) == bindparam("before"))


def verdict(state: OrderState, event: Event) -> OrderState | None:
    """The next state; None when the event is late or repeated. Raises `ImpossibleMove` for anything else."""
    following = MOVES.get((state, event))
    if following is not None:
        return following
    if state in IGNORED[event]:
        return None
    raise ImpossibleMove(f"{event} in state {state}")


def move(
    session: Session,
    order_id: str,
    event: Event,
    *,
    now: dt.datetime,
    before: OrderState | None = None,
    actor: str = "system",
    reason: str | None = None,
    facts: dict[str, Any] | None = None,
    **columns: Any,
) -> OrderState | None:
    """Move the order by compare-and-set and write the ledger row in the same transaction.

    Returns the new state, or None when the event was ignored. `before` is the state its caller has just seen, if any:
    what follows is judged by it, and its move is raced when the order stands elsewhere by now. `columns` are further
    columns of the order that change with the move. Raises `ImpossibleMove` or `StateRaced`.
    """
    state = before or state_of(session, order_id)
    following = verdict(state, event)
    if following is None:
        return None
    values: dict[str, Any] = {"state": following, **columns}
    if reason is not None:
        values["reason"] = reason
    changed = prepared.run(session, _MOVE, order_id=order_id, before=state, **values)
    if changed.rowcount != 1:
        raise StateRaced(order_id)
    tell(session, order_id, event.value, (state, following), now=now, actor=actor, facts=facts)
    session.expire_all()
    return following


def tell(
    session: Session,
    order_id: str,
    event: str,
    way: tuple[OrderState, OrderState],
    *,
    now: dt.datetime,
    actor: str = "system",
    facts: dict[str, Any] | None = None,
) -> None:
    """Write one line of the order's history: the event and the `way` it went, from one state to another."""
    told = {"order_id": order_id, "at": now, "event": event, "actor": actor, "facts": facts or {}}
    prepared.run(session, _TELL, **told, from_state=way[0], to_state=way[1])


def state_of(session: Session, order_id: str) -> OrderState:
    """Where the order stands, as this transaction sees it."""
    return OrderState(prepared.run(session, _STATE, order_id=order_id).scalar_one())
