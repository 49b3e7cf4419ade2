"""Close every auto-renewal of a SIM, ours at the cashier and the supplier's own, and prove it by reading both again.

The supplier's answer to a close says nothing, and there can be several records: so each is asked to end and the list is
read again until it is empty. Closing twice is harmless. What sticks becomes a case, and is tried on.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from storefront.cases.open import open_case
from storefront.cases.resolve import resolve_about
from storefront.jobs import outbox
from storefront.jobs.outbox import Again
from storefront.kernel.errors import OutsideError
from storefront.kernel.iccid import masked
from storefront.kernel.ids import new_id, new_reference
from storefront.models.renewal import Closing, ClosingState, Renewal
from storefront.ordering.bench import Workbench, pause
from storefront.renewals import states
from storefront.renewals.charges import end_charges
from storefront.renewals.closings import ClosingView, view
from storefront.renewals.states import IS_OPEN, Event
from storefront.sim_ports import SimRenewal
from storefront.sims.refresh import wake_for
from storefront.telemetry.redaction import vendor_said

Also = Callable[[Session, ClosingView], None]
JOB = "renewals.close"
CASE = "closing_stuck"
PATIENCE = dt.timedelta(minutes=15)
LATER = dt.timedelta(hours=1)
MOST_RECORDS = 20
BUDGET = 20.0
"""Seconds of wall time one run may begin calls in; below the lease of a job."""

_STAYS = "a record that was asked to end is still shown"


def ask(
    bench: Workbench,
    *,
    iccid: str,
    asked_by: str,
    actor: str,
    email: str,
    locale: str,
    why: str = "asked",
    renewal_id: str | None = None,
    starts_in: dt.timedelta = dt.timedelta(0),
    also: Also | None = None,
) -> ClosingView:
    """Begin a closing, or return the one under way; for an agreement that has ended, the closing that ended it.

    `asked_by` is ``traveller``, ``mail``, ``portal``, ``desk`` or ``shop``; the proof goes to `email`. Who may ask is
    the caller's to decide. Our own agreement for the SIM is part of it: `renewal_id` names it where the caller knows
    it. A caller that performs the closing itself lets the workers wait for `starts_in`. `also` writes into the same
    transaction, once the closing is known.
    """
    closing = Closing(
        id=new_id(),
        reference=new_reference(),
        iccid=iccid,
        why=why,
        asked_by=asked_by,
        actor=actor,
        email=email,
        locale=locale,
        asked_at=bench.now(),
    )
    try:
        with bench.write() as session:
            begun = _begin(session, closing, renewal_id, starts_in)
            if also is not None:
                also(session, begun)
            return begun
    except IntegrityError:
        # Two asked at the same moment: the other one's closing is ours.
        with bench.write() as session:
            known = _open(session, iccid, renewal_id)
            if known is None:
                raise
            if also is not None:
                also(session, view(known))
            return view(known)


def perform(bench: Workbench, closing_id: str) -> Again | None:
    """End what is active on either side, read until nothing is, and say when to come back if something stays."""
    with bench.read() as session:
        closing = session.get(Closing, closing_id)
    if closing is None or closing.state is ClosingState.CLOSED:
        return None
    ours, theirs = _end_ours(bench, closing), _end_theirs(bench, closing)
    said, now = ours or theirs, bench.now()
    if not said:
        _confirm(bench, closing_id, now)
        return None
    is_late = now - closing.asked_at >= PATIENCE
    with bench.write() as session:
        row = session.get_one(Closing, closing_id, with_for_update=True)
        row.said = said
        if is_late and row.state is ClosingState.ASKED:
            row.state = ClosingState.STUCK
            _call_for_help(session, bench, row, now)
        session.add(row)
    return Again(now + LATER if is_late else pause(now, closing.asked_at))


def _begin(session: Session, closing: Closing, renewal_id: str | None, starts_in: dt.timedelta) -> ClosingView:
    now = closing.asked_at
    ours = _ours(session, closing.iccid, renewal_id)
    known = _open(session, closing.iccid, renewal_id)
    if known is None and ours is not None and ours.state not in IS_OPEN:
        query = select(Closing).where(Closing.renewal_id == ours.id).order_by(col(Closing.id).desc())
        known = session.exec(query).first()
        if known is not None and renewal_id is not None:
            return view(known)
        known, ours = None, None
    row = known or closing
    is_news = known is None
    if ours is not None and row.renewal_id is None:
        row.renewal_id, row.charges_ended_at, is_news = ours.id, None, True
        row.email = row.email or ours.email
        states.move(session, ours.id, Event.ENDING, now=now, facts={"why": closing.why}, reason=closing.why)
    if known is None:
        row.open_for = closing.iccid or row.renewal_id
    session.add(row)
    session.flush()  # the unique key must speak before anything is staged
    # Asked again while it sticks: the next try need not wait for its hour.
    if is_news or row.state is ClosingState.STUCK:
        outbox.rearm(
            session,
            job=JOB,
            arguments={"closing_id": row.id},
            key=f"{JOB}:{row.id}",
            due_at=now + starts_in,
            hint=not starts_in,
        )
    return view(row)


def _end_ours(bench: Workbench, closing: Closing) -> str:
    """End our agreement; what stands in the way, or nothing."""
    if closing.renewal_id is None or closing.charges_ended_at is not None:
        return ""
    try:
        end_charges(bench, closing.renewal_id)
    except OutsideError as error:
        return vendor_said(error)
    with bench.write() as session:
        row = session.get_one(Closing, closing.id, with_for_update=True)
        row.charges_ended_at = row.charges_ended_at or bench.now()
        session.add(row)
    return ""


def _end_theirs(bench: Workbench, closing: Closing) -> str:
    """End the supplier's records; what stands in the way, or nothing."""
    if not closing.iccid or closing.confirmed_at is not None:
        return ""
    try:
        if not _end_all(bench, closing):
            return _STAYS
    except OutsideError as error:
        return vendor_said(error)
    with bench.write() as session:
        row = session.get_one(Closing, closing.id, with_for_update=True)
        row.confirmed_at = row.confirmed_at or bench.now()
        session.add(row)
    return ""


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
    """Both sides were read. If somebody joined an agreement to the closing meanwhile, it stays open for it."""
    with bench.write() as session:
        row = session.get_one(Closing, closing_id, with_for_update=True)
        if row.state is ClosingState.CLOSED or (row.renewal_id is not None and row.charges_ended_at is None):
            return
        row.state, row.open_for, row.said = ClosingState.CLOSED, None, ""
        session.add(row)
        resolve_about(session, f"closing:{row.id}", CASE, resolution="both sides were read and show none", now=now)
        if row.renewal_id is not None:
            states.move(session, row.renewal_id, Event.ENDED, now=now, ended_at=now, active_for=None, unpaid_url=None)
        if row.iccid:
            wake_for(session, row.iccid, now)
        _write_to(session, row, "renewal_closed", now)


def _call_for_help(session: Session, bench: Workbench, row: Closing, now: dt.datetime) -> None:
    is_ours_over = row.renewal_id is None or row.charges_ended_at is not None
    side = "at the supplier" if is_ours_over else "at the cashier, where it may still charge"
    open_case(
        session,
        kind=CASE,
        owner=bench.settings.case_owner,
        now=now,
        about=f"closing:{row.id}",
        detail=f"an auto-renewal of {masked(row.iccid) if row.iccid else 'an eSIM not yet delivered'} does not end "
        f"{side} ({row.said}); closing {row.reference}. Ask them; the shop goes on trying",
    )
    if row.charges_ended_at is not None:
        _write_to(session, row, "renewal_charges_ended", now)


def _write_to(session: Session, row: Closing, template: str, now: dt.datetime) -> None:
    if row.email:
        outbox.stage(
            session,
            job=f"letters.{template}",
            arguments={"closing_id": row.id},
            key=f"letter:{row.id}:{template}",
            due_at=now,
        )


def _ours(session: Session, iccid: str, renewal_id: str | None) -> Renewal | None:
    """Our agreement a closing is about: the named one, else the one the SIM has, paid for or active."""
    query = select(Renewal).with_for_update()
    if renewal_id is not None:
        return session.exec(query.where(Renewal.id == renewal_id)).first()
    if not iccid:
        return None
    active = session.exec(query.where(Renewal.active_for == iccid)).first()
    if active is not None:
        return active
    agreed = query.where(Renewal.iccid == iccid, col(Renewal.state).in_(IS_OPEN))
    return session.exec(agreed.where(col(Renewal.subscription_id).is_not(None))).first()


def _open(session: Session, iccid: str, renewal_id: str | None) -> Closing | None:
    keys = [key for key in (iccid, renewal_id) if key]
    return session.exec(select(Closing).where(col(Closing.open_for).in_(keys))).first()
