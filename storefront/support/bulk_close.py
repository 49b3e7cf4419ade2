"""Close the auto-renewals of a pasted list of SIMs: a preview for each line first, then a closing for each good one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlmodel import col, select

from storefront.kernel.iccid import BadNumber, masked, read_number
from storefront.models.order import Order
from storefront.models.profile import Profile
from storefront.models.renewal import Closing, Renewal
from storefront.ordering.bench import Workbench
from storefront.renewals import close
from storefront.renewals.closings import ClosingView, view
from storefront.support import audit

MOST = 500


@dataclass(frozen=True, slots=True)
class Planned:
    """What closing would do for one line; `fault` is why the line is left out."""

    line: int
    iccid: str
    iccid_masked: str
    fault: str
    ours: str
    mail_to: str


def preview(bench: Workbench, text: str) -> list[Planned]:
    """What would be done for each line that is not empty; the supplier is asked only when it is done."""
    planned, seen = [], set()
    for number, typed in enumerate(text.splitlines()[:MOST], start=1):
        if not typed.strip():
            continue
        try:
            iccid = read_number(re.split(r"[,;\t]", typed)[0])
        except BadNumber as wrong:
            planned.append(Planned(number, "", typed.strip()[:40], wrong.reason, "", ""))
            continue
        fault = "twice" if iccid in seen else ""
        seen.add(iccid)
        planned.append(_of_one(bench, number, iccid, fault))
    return planned


def begin(bench: Workbench, planned: list[Planned], *, staff_id: str, actor: str, reason: str) -> list[ClosingView]:
    """Begin a closing for each line without a fault, each with its row in the record; known ones are returned again."""
    begun = []
    for one in planned:
        if one.fault:
            continue
        closing = close.ask(
            bench,
            iccid=one.iccid,
            asked_by="desk",
            actor=actor,
            email=one.mail_to,
            locale=bench.settings.languages[0],
        )
        with bench.write() as session:
            audit.record(
                session,
                staff_id=staff_id,
                verb="close_renewals",
                about=closing.id,
                now=bench.now(),
                reason=reason,
                sim=one.iccid_masked,
            )
        begun.append(closing)
    return begun


def by_references(bench: Workbench, references: list[str]) -> list[ClosingView]:
    """Closings as they stand, in the order they were named."""
    with bench.read() as session:
        rows = session.exec(select(Closing).where(col(Closing.reference).in_(references[:MOST]))).all()
    known = {row.reference: view(row) for row in rows}
    return [known[one] for one in references if one in known]


def _of_one(bench: Workbench, number: int, iccid: str, fault: str) -> Planned:
    with bench.read() as session:
        ours = session.exec(select(Renewal).where(Renewal.active_for == iccid)).first()
        owner = session.exec(
            select(Order.email)
            .join(Profile, col(Profile.order_id) == col(Order.id))
            .where(Profile.iccid == iccid)
            .order_by(col(Profile.delivered_at).desc())
        ).first()
    mail_to = ours.email if ours else owner or ""
    return Planned(number, iccid, masked(iccid), fault, ours.subscription_id or "" if ours else "", mail_to)
