"""Advance an order: do the next step, and the next, until there is something to wait for.

A first run and a recovery are the same code: whatever was lost, the rows say which step is due.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from functools import partial
from types import MappingProxyType

from storefront.jobs import outbox
from storefront.kernel.clock import wall_now
from storefront.models.order import Order, OrderKind, OrderState
from storefront.ordering import calls, confirm, deliver, give_back, hold, pay, top_up
from storefront.ordering.bench import (
    FINISHED,
    Begun,
    Closed,
    Finished,
    Outcome,
    Wait,
    Workbench,
    arm,
    locked_state,
    open_hold,
    order_row,
    standing_key,
)
from storefront.ordering.states import StateRaced

ASKED_RECENTLY = dt.timedelta(seconds=10)
Step = Callable[[Workbench, Order], Outcome]


def advance(bench: Workbench, order_id: str, *, budget: float = 60.0, begun: Begun | None = None) -> OrderState:
    """Take the order as far as it goes now; returns the state in which the last step found it.

    `budget` (seconds of wall time) bounds how many steps are begun here; the rest is left to a worker at once. What
    the caller has `begun` already comes first.
    """
    stop_at = time.monotonic() + budget
    while True:
        if begun is not None:
            if begun.is_read and time.monotonic() >= stop_at:
                wake(bench, order_id)
                return begun.state
            state, go, begun = begun.state, begun.go, None
        else:
            with bench.read() as session:
                order = order_row(session, order_id)
                state, step = order.state, STEPS[order.kind].get(order.state)
                if step is None and outbox.is_closed(session, standing_key(order_id)):
                    return state
            if step is not None and time.monotonic() >= stop_at:
                wake(bench, order_id)
                return state
            go = partial(step, bench, order) if step else _nothing
        try:
            outcome = go()
        except StateRaced:
            continue
        if isinstance(outcome, Begun):
            begun = outcome
        elif isinstance(outcome, Closed):
            return outcome.state
        elif isinstance(outcome, Finished):
            if _close(bench, order_id, state):
                return state
        elif isinstance(outcome, Wait):
            if not outcome.is_armed:
                with bench.write() as session:
                    arm(session, order_id, outcome.due_at)
            return state


def wake(bench: Workbench, order_id: str) -> None:
    """Ask a worker to advance the order now."""
    with bench.write() as session:
        arm(session, order_id, bench.now(), hint=True)


def ask_again(bench: Workbench, order_id: str) -> None:
    """Somebody looks at an order that waits: have the outside asked now, not at the end of a long pause.

    Not more often than every `ASKED_RECENTLY` (wall time), however often the page is loaded.
    """
    with bench.read() as session:
        row = outbox.standing(session, standing_key(order_id))
    if row is None or row.due_at <= bench.now() + ASKED_RECENTLY:
        return
    if row.hinted_at is None or row.hinted_at < wall_now() - ASKED_RECENTLY:
        wake(bench, order_id)


def _nothing() -> Outcome:
    return FINISHED


def _close(bench: Workbench, order_id: str, state: OrderState) -> bool:
    """Let the standing row rest; False when the order was moved from `state` meanwhile, and its row must stay awake."""
    with bench.write() as session:
        # Held while the row is closed: late money waits, and then wakes it again.
        is_there = locked_state(session, order_id) is state
        if is_there:
            outbox.close(session, standing_key(order_id))
    return is_there


def _attention_step(bench: Workbench, order: Order) -> Outcome:
    """A person owns it. Where the supplier may still answer, we go on asking."""
    if order.reason != "unknown_answer":
        return FINISHED
    if order.kind is OrderKind.TOP_UP:
        with bench.read() as session:
            report = calls.latest(session, order.id, top_up.STEP)
        return top_up.resolve_lost(bench, order, report) if report else FINISHED
    with bench.read() as session:
        reserved = open_hold(session, order.id)
        lost = calls.latest(session, order.id, f"notify-{reserved.attempt}") if reserved else None
    if reserved is None or lost is None:
        return FINISHED
    return confirm.resolve_lost(bench, order, reserved, lost)


_EITHER: dict[OrderState, Step] = {
    OrderState.AWAITING_PAYMENT: pay.watch_step,
    OrderState.LAPSED: give_back.release_step,
    OrderState.CANCELLED: give_back.release_step,
    OrderState.REFUNDING: give_back.refund_step,
    OrderState.ATTENTION: _attention_step,
}

STEPS: MappingProxyType[OrderKind, MappingProxyType[OrderState, Step]] = MappingProxyType(
    {
        OrderKind.ESIM: MappingProxyType(
            {
                **_EITHER,
                OrderState.PLACED: hold.step,
                OrderState.HELD: pay.open_step,
                OrderState.PAID: confirm.step,
                OrderState.CONFIRMED: deliver.step,
            }
        ),
        OrderKind.TOP_UP: MappingProxyType(
            {
                **_EITHER,
                OrderState.PLACED: top_up.open_step,
                OrderState.PAID: top_up.confirm_step,
                OrderState.CONFIRMED: top_up.deliver_step,
            }
        ),
    }
)
