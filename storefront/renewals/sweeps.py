"""A look at all renewals: whichever is under way must have its alarm set."""

from __future__ import annotations

from sqlmodel import col, select

from storefront.jobs import outbox
from storefront.models.renewal import Closing, ClosingState, Renewal, RenewalState
from storefront.models.work import OutboxRow, WorkState
from storefront.ordering.bench import TEND, Workbench, wake_renewal
from storefront.renewals import close

_UNDER_WAY = (RenewalState.AGREED, RenewalState.ACTIVE, RenewalState.ENDING)


def sleepers(bench: Workbench) -> int:
    """Wake renewals and closings whose standing row is missing, done or parked; returns how many there were."""
    now = bench.now()
    with bench.read() as session:
        ids = session.exec(select(Renewal.id).where(col(Renewal.state).in_(_UNDER_WAY))).all()
        closings = session.exec(select(Closing.id).where(Closing.state != ClosingState.CLOSED)).all()
        wanted = {f"{TEND}:{one}" for one in ids} | {f"{close.JOB}:{one}" for one in closings}
        awake = session.exec(
            select(OutboxRow.key).where(col(OutboxRow.key).in_(wanted), OutboxRow.state == WorkState.WAITING)
        ).all()
    asleep = wanted - set(awake)
    with bench.write() as session:
        for one in ids:
            if f"{TEND}:{one}" in asleep:
                wake_renewal(session, one, now)
        for one in closings:
            key = f"{close.JOB}:{one}"
            if key in asleep:
                arguments = {"closing_id": one}
                outbox.rearm(session, job=close.JOB, arguments=arguments, key=key, due_at=now, hint=True)
    return len(asleep)
