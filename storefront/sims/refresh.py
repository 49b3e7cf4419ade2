"""Ask the supplier about a SIM and keep what it says: in the background, never while a page waits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from sqlmodel import Session, col, select

from storefront.jobs import outbox
from storefront.kernel.clock import Clock
from storefront.kernel.errors import OutsideError, Throttled, Unreachable
from storefront.models.order import Order
from storefront.models.profile import TopUp
from storefront.models.sim import Sim
from storefront.ports import SessionFactory
from storefront.sim_ports import SimOrder, SimSupplier
from storefront.telemetry.redaction import vendor_said

JOB = "sims.refresh"
AGES_AFTER = dt.timedelta(seconds=60)


def wake(session: Session, sim_id: str, now: dt.datetime) -> None:
    """Let a worker ask about this SIM at once."""
    outbox.rearm(session, job=JOB, arguments={"sim_id": sim_id}, key=f"{JOB}:{sim_id}", due_at=now, hint=True)


def wake_for(session: Session, iccid: str, now: dt.datetime) -> None:
    """As `wake`, for the SIM of this number if anybody ever signed in with it."""
    sim_id = session.exec(select(Sim.id).where(Sim.iccid == iccid)).first()
    if sim_id is not None:
        wake(session, sim_id, now)


def wake_if_aged(write: SessionFactory, read: SessionFactory, sim_id: str, now: dt.datetime) -> bool:
    """As `wake`, unless a look is under way or was taken within `AGES_AFTER`; tells whether one is under way now."""
    with read() as session:
        looked_at = session.exec(select(Sim.looked_at).where(Sim.id == sim_id)).first()
        is_idle = outbox.is_closed(session, f"{JOB}:{sim_id}")
    if looked_at is not None and (not is_idle or now - looked_at < AGES_AFTER):
        return not is_idle
    with write() as session:
        wake(session, sim_id, now)
    return True


def refresh(write: SessionFactory, read: SessionFactory, sims: SimSupplier, clock: Clock, sim_id: str) -> None:
    """Read every part and store it; a part that cannot be read keeps its old facts and its error.

    A supplier that does not answer is not asked for the rest.
    """
    with read() as session:
        iccid = session.exec(select(Sim.iccid).where(Sim.id == sim_id)).first()
    if iccid is None:
        return
    parts, errors = _look(sims, iccid)
    now = clock.now()
    with write() as session:
        sim = session.exec(select(Sim).where(Sim.id == sim_id).with_for_update()).one()
        for name, value in parts.items():
            setattr(sim, name, _as_json(value))
        sim.errors, sim.looked_at = errors, now
        if "plans" in parts:
            sim.as_of = now
        if "usage" in parts:
            sim.usage_as_of = now
        session.add(sim)
        if "history" in parts:
            _mirror(session, iccid, parts["history"], now)


def _look(sims: SimSupplier, iccid: str) -> tuple[dict[str, Any], dict[str, str]]:
    asked: dict[str, Callable[[str], Any]] = {
        "plans": sims.plans_on,
        "offers": sims.sim_plans,
        "usage": sims.usage,
        "life_cycle": sims.life_cycle,
        "history": sims.history,
        "renewal": sims.active_renewal,
    }
    parts: dict[str, Any] = {}
    errors: dict[str, str] = {}
    silent = ""
    for name, ask in asked.items():
        if silent:
            errors[name] = silent
            continue
        try:
            parts[name] = ask(iccid)
        except OutsideError as error:
            errors[name] = vendor_said(error)
            silent = error.code if isinstance(error, Unreachable | Throttled) else ""
    return parts, errors


def _mirror(session: Session, iccid: str, history: Sequence[SimOrder], now: dt.datetime) -> None:
    """Let delivered top-ups of this SIM show what the supplier shows of them today."""
    known = {order.order_no: order for order in history}
    query = select(TopUp).join(Order, col(Order.id) == col(TopUp.order_id)).where(Order.iccid == iccid)
    for top_up in session.exec(query):
        seen = known.get(top_up.supplier_order_no)
        if seen is None:
            continue
        top_up.state, top_up.seen_at = seen.state.value, now
        top_up.expires_on = seen.expires_at.date() if seen.expires_at else top_up.expires_on
        session.add(top_up)


def _as_json(value: Any) -> Any:
    """Port data as the JSON the columns keep: dates and amounts as text."""
    if isinstance(value, str) or value is None:
        return value
    if isinstance(value, Sequence):
        return [_as_json(one) for one in value]
    return {name: _plain(one) for name, one in asdict(value).items()}


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | str) else str(value)
