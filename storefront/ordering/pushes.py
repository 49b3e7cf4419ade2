"""What a stored push of the supplier leads to: its claim is only a hint that an order or a SIM is worth a read."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

import structlog
from sqlmodel import select

from storefront.jobs import inbox
from storefront.kernel.iccid import normalise
from storefront.models.order import Order, OrderKind
from storefront.models.sim import Sim
from storefront.ordering.bench import Workbench
from storefront.ordering.steps import advance
from storefront.ports import SessionFactory
from storefront.sims.refresh import wake, wake_for

JOB = "ordering.push"
TOP_UP, SIM, NOTHING = "push.top_up", "push.sim", "push.unknown"

_PLAIN: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_LONG_NUMBER: Final = re.compile(r"\d{17}")
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Subject:
    """What a push is about, in our own ids: a top-up order, a SIM, or nothing we know (then `id` is empty)."""

    kind: str
    id: str


def find_subject(read: SessionFactory, *, request_id: str, number: str) -> Subject:
    """The top-up order of ours that `request_id` names, else the SIM of this number that somebody signed in with."""
    iccid = normalise(number)
    with read() as session:
        if _PLAIN.fullmatch(request_id):
            mine = select(Order.id).where(Order.id == request_id, Order.kind == OrderKind.TOP_UP)
            order_id = session.exec(mine).first()
            if order_id is not None:
                return Subject(TOP_UP, order_id)
        sim_id = session.exec(select(Sim.id).where(Sim.iccid == iccid)).first() if iccid else None
    return Subject(SIM, sim_id) if sim_id is not None else Subject(NOTHING, "")


def known_as(notice_id: str) -> str:
    """The supplier's number of a push as it may be stored; its hash when it is odd, long, or could hold a SIM's."""
    if _PLAIN.fullmatch(notice_id) and not _LONG_NUMBER.search(notice_id):
        return notice_id
    return hashlib.sha256(notice_id.encode("utf-8", "surrogatepass")).hexdigest()


def handle(bench: Workbench, inbox_id: str) -> None:
    """Handle one stored push; a second time changes nothing."""
    with bench.read() as session:
        row = inbox.get(session, inbox_id)
    if row is None:
        return
    if row.type == TOP_UP:
        advance(bench, row.object_id)
        with bench.write() as session:
            # A delivered top-up goes on changing on its SIM: it begins, it ends.
            iccid = session.exec(select(Order.iccid).where(Order.id == row.object_id)).one()
            wake_for(session, iccid or "", bench.now())
    elif row.type == SIM:
        with bench.write() as session:
            wake(session, row.object_id, bench.now())
    else:
        _log.info("push_not_ours", inbox_id=inbox_id)
