"""Close every auto-renewal the supplier holds for a SIM, and prove it by reading that none is left.

The supplier's answer to a close says nothing, and there can be several records: so each is asked to end and the list is
read again until it is empty. Closing twice is harmless. What sticks becomes a case, and is tried on.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from storefront.cases.open import open_case
from storefront.cases.resolve import resolve_about
from storefront.jobs import outbox
from storefront.jobs.outbox import Again
from storefront.kernel.errors import Kind, OutsideError, StorefrontError
from storefront.kernel.iccid import masked
from storefront.kernel.ids import new_id, new_reference, normalise_reference
from storefront.models.renewal import Closing, ClosingState
from storefront.ordering.bench import Workbench, pause
from storefront.sim_ports import SimRenewal
from storefront.sims.refresh import wake_for
from storefront.telemetry.redaction import vendor_said

JOB = "renewals.close"
CASE = "closing_stuck"
PATIENCE = dt.timedelta(minutes=15)
LATER = dt.timedelta(hours=1)
MOST_RECORDS = 20
BUDGET = 20.0
"""Seconds of wall time one run may begin calls in; below the lease of a job."""


class ClosingNotFound(StorefrontError):
    """There is no such closing, or it is not for these eyes."""

    kind = Kind.NOT_FOUND
    code = "closing_not_found"


@dataclass(frozen=True, slots=True)
class ClosedRecord:
    """One of the supplier's records that was asked to end and is gone."""

    order_no: str
    name: str
    asked_at: dt.datetime


@dataclass(frozen=True, slots=True)
class ClosingView:
    """A closing as people see it; `confirmed_at` is the proof: the supplier was read then and showed none."""

    id: str
    reference: str
    iccid: str
    iccid_masked: str
    state: str
    asked_by: str
    email: str
    locale: str
    records: tuple[ClosedRecord, ...]
    asked_at: dt.datetime
    confirmed_at: dt.datetime | None


def ask(
    bench: Workbench,
    *,
    iccid: str,
    asked_by: str,
    actor: str,
    email: str,
    locale: str,
    starts_in: dt.timedelta = dt.timedelta(0),
) -> ClosingView:
    """Begin a closing, or return the one under way. `asked_by` is ``traveller`` or ``desk``; the proof goes to `email`.

    Who may ask is the caller's to decide: a traveller after the second factor, else the desk. A caller that performs
    it itself lets the workers wait for `starts_in`.
    """
    now = bench.now()
    closing = Closing(
        id=new_id(),
        reference=new_reference(),
        iccid=iccid,
        open_for=iccid,
        asked_by=asked_by,
        actor=actor,
        email=email,
        locale=locale,
        asked_at=now,
    )
    try:
        with bench.write() as session:
            known = _open(session, iccid)
            if known is not None:
                return _view(known)
            view = _view(closing)
            session.add(closing)
            session.flush()
            outbox.stage(
                session,
                job=JOB,
                arguments={"closing_id": closing.id},
                key=f"{JOB}:{closing.id}",
                due_at=now + starts_in,
            )
    except IntegrityError:
        # Two asked at the same moment: the other one's closing is ours.
        with bench.read() as session:
            known = _open(session, iccid)
        if known is None:
            raise
        return _view(known)
    return view


def perform(bench: Workbench, closing_id: str) -> Again | None:
    """End what is active, read until nothing is, and say when to come back if something stays."""
    with bench.read() as session:
        closing = session.get(Closing, closing_id)
    if closing is None or closing.state is ClosingState.CLOSED:
        return None
    said = ""
    try:
        is_empty = _end_all(bench, closing)
    except OutsideError as error:
        is_empty, said = False, vendor_said(error)
    now = bench.now()
    if is_empty:
        _confirm(bench, closing_id, now)
        return None
    is_late = now - closing.asked_at >= PATIENCE
    with bench.write() as session:
        row = session.get_one(Closing, closing_id, with_for_update=True)
        row.said = said or "the supplier still shows a record it was asked to close"
        if is_late and row.state is ClosingState.ASKED:
            row.state = ClosingState.STUCK
            open_case(
                session,
                kind=CASE,
                owner=bench.settings.case_owner,
                now=now,
                about=f"closing:{row.id}",
                detail=f"an auto-renewal of {masked(row.iccid)} does not end at the supplier ({row.said}); "
                f"closing {row.reference}. Ask the supplier; the shop goes on trying",
            )
        session.add(row)
    return Again(now + LATER if is_late else pause(now, closing.asked_at))


def find(bench: Workbench, reference: str) -> ClosingView:
    """A closing by its public reference. Raises `ClosingNotFound`."""
    plain = normalise_reference(reference)
    with bench.read() as session:
        row = session.exec(select(Closing).where(Closing.reference == plain)).first() if plain else None
    if row is None:
        raise ClosingNotFound(field="reference")
    return _view(row)


def by_id(bench: Workbench, closing_id: str) -> ClosingView:
    """A closing by its inner id. Raises `ClosingNotFound`."""
    with bench.read() as session:
        row = session.get(Closing, closing_id)
    if row is None:
        raise ClosingNotFound
    return _view(row)


def newest_of(bench: Workbench, iccid: str) -> ClosingView | None:
    """The newest closing of a SIM."""
    with bench.read() as session:
        row = session.exec(select(Closing).where(Closing.iccid == iccid).order_by(col(Closing.id).desc())).first()
    return _view(row) if row else None


def _end_all(bench: Workbench, closing: Closing) -> bool:
    """Whether the supplier shows no active record any more. Raises the outside's errors."""
    sims, iccid = bench.outside.sims, closing.iccid
    stop_at = time.monotonic() + BUDGET
    ended: list[SimRenewal] = []
    while time.monotonic() < stop_at and len(ended) < MOST_RECORDS:
        active = sims.active_renewal(iccid)
        if ended and (active is None or active.order_no != ended[-1].order_no):
            _note(bench, closing.id, ended[-1])
        if active is None:
            return True
        if any(active.order_no == one.order_no for one in ended):
            return False
        sims.close_renewal(iccid, active)
        ended.append(active)
    return False


def _note(bench: Workbench, closing_id: str, gone: SimRenewal) -> None:
    with bench.write() as session:
        row = session.get_one(Closing, closing_id, with_for_update=True)
        if all(one["order_no"] != gone.order_no for one in row.closed):
            told = {"order_no": gone.order_no, "name": gone.name, "asked_at": bench.now().isoformat()}
            row.closed = [*row.closed, told]
            session.add(row)


def _confirm(bench: Workbench, closing_id: str, now: dt.datetime) -> None:
    with bench.write() as session:
        row = session.get_one(Closing, closing_id, with_for_update=True)
        if row.state is ClosingState.CLOSED:
            return
        row.state, row.confirmed_at, row.open_for, row.said = ClosingState.CLOSED, now, None, ""
        session.add(row)
        resolve_about(session, f"closing:{row.id}", CASE, resolution="the supplier shows none any more", now=now)
        wake_for(session, row.iccid, now)
        if row.email:
            outbox.stage(
                session,
                job="letters.renewal_closed",
                arguments={"closing_id": row.id},
                key=f"letter:{row.id}:closed",
                due_at=now,
            )


def _open(session: Session, iccid: str) -> Closing | None:
    return session.exec(select(Closing).where(Closing.open_for == iccid)).first()


def _view(row: Closing) -> ClosingView:
    return ClosingView(
        id=row.id,
        reference=row.reference,
        iccid=row.iccid,
        iccid_masked=masked(row.iccid),
        state=row.state.value,
        asked_by=row.asked_by,
        email=row.email,
        locale=row.locale,
        records=tuple(
            ClosedRecord(one["order_no"], one["name"], dt.datetime.fromisoformat(one["asked_at"])) for one in row.closed
        ),
        asked_at=row.asked_at,
        confirmed_at=row.confirmed_at,
    )
