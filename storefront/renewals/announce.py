"""Say before every charge what it will be: some days ahead, a day ahead, and anew when a charge had to wait."""

from __future__ import annotations

import datetime as dt

from sqlmodel import Session, col, select

from storefront.jobs import outbox
from storefront.kernel.ids import new_id
from storefront.models.renewal import Renewal, RenewalNotice, RenewalState
from storefront.ordering.bench import Workbench
from storefront.renewals.states import tell

JOB = "letters.renewal_notice"
CHARGED_AFTER = dt.timedelta(hours=1)
"""The cashier charges about so long after the period's end, when the draft has had its time."""

DAYS_AHEAD, DAY_AHEAD, LATE = "days", "day", "late"
_A_DAY = dt.timedelta(hours=24)


def due(session: Session, bench: Workbench, renewal: Renewal) -> dt.datetime | None:
    """Stage every announcement of the next charge that is due; returns when the next one will be.

    A letter whose time has passed twice over (the day-ahead letter is due too) is left out.
    """
    if renewal.state is not RenewalState.ACTIVE or renewal.next_charge_at is None:
        return None
    now, charge = bench.now(), renewal.next_charge_at
    if now >= charge:
        return None
    days_ahead = charge - dt.timedelta(days=bench.settings.renewal_notice_days)
    day_ahead = charge - _A_DAY
    if now >= day_ahead:
        stage(session, renewal, charge, DAY_AHEAD, says=charge + CHARGED_AFTER, now=now)
        return None
    if now >= days_ahead:
        stage(session, renewal, charge, DAYS_AHEAD, says=charge + CHARGED_AFTER, now=now)
        return day_ahead
    return days_ahead


def stage(
    session: Session, renewal: Renewal, charge_at: dt.datetime, kind: str, *, says: dt.datetime, now: dt.datetime
) -> None:
    """Have one announcement sent, once; `says` is the moment of the charge that the letter names.

    A letter that was given up, because no mail went out for long, is tried anew: a charge waits for it.
    """
    query = select(RenewalNotice).where(
        RenewalNotice.renewal_id == renewal.id, RenewalNotice.charge_at == charge_at, RenewalNotice.kind == kind
    )
    notice = session.exec(query).first()
    if notice is None:
        notice = RenewalNotice(
            id=new_id(), renewal_id=renewal.id, charge_at=charge_at, kind=kind, says=says, staged_at=now
        )
    elif notice.sent_at is None and outbox.is_parked(session, f"letter:{notice.id}"):
        notice.says = says
    else:
        return
    session.add(notice)
    session.flush()  # the unique key must speak before a letter is staged
    arguments = {"notice_id": notice.id}
    outbox.rearm(session, job=JOB, arguments=arguments, key=f"letter:{notice.id}", due_at=now, hint=True)


def mark_sent(bench: Workbench, notice_id: str) -> None:
    """The mail server took the letter."""
    now = bench.now()
    with bench.write() as session:
        notice = session.get_one(RenewalNotice, notice_id, with_for_update=True)
        if notice.sent_at is None:
            notice.sent_at = now
            session.add(notice)
            tell(session, notice.renewal_id, "announced", now, kind=notice.kind, charge=notice.says.isoformat())


def get(session: Session, notice_id: str) -> tuple[RenewalNotice, Renewal]:
    """An announcement and what it is about."""
    notice = session.get_one(RenewalNotice, notice_id)
    return notice, session.get_one(Renewal, notice.renewal_id)


def sent_of(session: Session, renewal_id: str) -> list[RenewalNotice]:
    """Announcements that were sent, newest first."""
    query = select(RenewalNotice).where(RenewalNotice.renewal_id == renewal_id, col(RenewalNotice.sent_at).is_not(None))
    return list(session.exec(query.order_by(col(RenewalNotice.id).desc())))
