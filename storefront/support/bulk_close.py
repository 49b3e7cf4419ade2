"""Close the auto-renewals of a pasted list of SIMs: a preview for each line first, then a closing for each good one."""

from __future__ import annotations

import datetime as dt
import re
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from storefront.db.prefix import begins_with
from storefront.kernel.iccid import BadNumber, masked, read_number
from storefront.models.renewal import Closing, Renewal
from storefront.models.sim import Sim
from storefront.models.staff import StaffAction
from storefront.ordering.bench import Workbench
from storefront.renewals import close
from storefront.renewals.closings import ClosingView, view
from storefront.support import audit
from storefront.support.sim_verbs import owner_of
from storefront.telemetry.redaction import redacted

MOST = 500
LEFT_OUT = "left_out"
_DIGITS = re.compile(r"\d{8,}")


@dataclass(frozen=True, slots=True)
class Planned:
    """What closing would do for one line; `fault` is why the line is left out.

    `read_at` is when the supplier was last read for it, None when it never answered; `shows` is what renews, if any.
    """

    line: int
    iccid: str
    iccid_masked: str
    fault: str
    ours: str
    mail_to: str
    shows: str = ""
    read_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """One line of a list as it stands; `action_id` leads to what was read after it."""

    line: int
    action_id: int
    closing: ClosingView


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A line of a list that was not closed: its number, what stood there (no full number), and the fault."""

    line: int
    typed: str
    fault: str


def preview(bench: Workbench, text: str) -> list[Planned]:
    """What would be done for each line that is not empty; the supplier is read only when it is done.

    Lines after the `MOST` first are one entry with the fault ``too_many``.
    """
    planned, seen = [], set()
    lines = text.rstrip().splitlines()
    for number, typed in enumerate(lines[:MOST], start=1):
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
    if len(lines) > MOST:
        planned.append(Planned(MOST + 1, "", f"{MOST + 1}–{len(lines)}", "too_many", "", ""))
    return planned


def begin(bench: Workbench, planned: list[Planned], *, batch: str, staff_id: str, actor: str, reason: str) -> None:
    """Begin a closing for each line without a fault, each with its row in the record; one row names the others.

    `batch` is the key of the form: lines it began before are left alone.
    """
    begun = set(_keys(bench, batch))
    faulty = [one for one in planned if one.fault]
    if faulty and f"{batch}:{LEFT_OUT}" not in begun:
        _keep_left_out(bench, faulty, batch=batch, staff_id=staff_id, reason=reason)
    for one in planned:
        key = f"{batch}:{one.line:04}"
        if not one.fault and key not in begun:
            _begin_one(bench, one, key=key, staff_id=staff_id, actor=actor, reason=reason)


def of_batch(bench: Workbench, batch: str) -> list[Begun]:
    """The closings of a list as they stand, in the order of its lines."""
    with bench.read() as session:
        mine = select(StaffAction).where(begins_with(StaffAction.key, f"{batch}:"))
        lines: dict[str, StaffAction] = {}
        for one in sorted(session.exec(mine), key=lambda row: row.key or ""):
            lines.setdefault(one.about, one)
        rows = session.exec(select(Closing).where(col(Closing.id).in_(lines))).all()
    known = {row.id: view(row) for row in rows}
    return [
        Begun(int((one.key or "").rpartition(":")[2]), one.id or 0, known[about])
        for about, one in lines.items()
        if about in known
    ]


def left_out(bench: Workbench, batch: str) -> list[LeftOut]:
    """The lines of a list that were not closed, in its order, as they were decided when it was begun."""
    with bench.read() as session:
        query = select(StaffAction.facts).where(StaffAction.key == f"{batch}:{LEFT_OUT}")
        facts = session.exec(query).first() or {}
    return [LeftOut(one["line"], one["typed"], one["fault"]) for one in facts.get("lines", ())]


def _keep_left_out(bench: Workbench, faulty: list[Planned], *, batch: str, staff_id: str, reason: str) -> None:
    told = [{"line": one.line, "typed": _told(one.iccid_masked), "fault": one.fault} for one in faulty]
    # The same list sent twice at the same moment: the other one's row is the one that counts.
    with suppress(IntegrityError), bench.write() as session:
        audit.record(
            session,
            staff_id=staff_id,
            verb=LEFT_OUT,
            about=batch,
            now=bench.now(),
            reason=reason,
            key=f"{batch}:{LEFT_OUT}",
            lines=told,
        )


def _told(typed: str) -> str:
    """What stood in a line, for the record: a number with a slip in it is still nearly a whole number."""
    plain = re.sub(r"(?<=\d)[\s-]+(?=\d)", "", typed)
    return redacted(_DIGITS.sub(lambda found: masked(found.group()), plain))


def _begin_one(bench: Workbench, one: Planned, *, key: str, staff_id: str, actor: str, reason: str) -> None:
    def also(session: Session, closing: ClosingView) -> None:
        audit.record(
            session,
            staff_id=staff_id,
            verb="close_renewals",
            about=closing.id,
            now=bench.now(),
            reason=reason,
            key=key,
            sim=closing.iccid_masked,
            closing=closing.reference,
        )

    # The same list sent twice at the same moment: the other one's row is the one that counts.
    with suppress(IntegrityError):
        close.ask(
            bench,
            iccid=one.iccid,
            asked_by="desk",
            actor=actor,
            email=one.mail_to,
            locale=bench.settings.languages[0],
            also=also,
        )


def _keys(bench: Workbench, batch: str) -> list[str]:
    with bench.read() as session:
        found = session.exec(select(StaffAction.key).where(begins_with(StaffAction.key, f"{batch}:"))).all()
    return [key for key in found if key]


def _of_one(bench: Workbench, number: int, iccid: str, fault: str) -> Planned:
    with bench.read() as session:
        ours = session.exec(select(Renewal).where(Renewal.active_for == iccid)).first()
        address = owner_of(session, iccid)
        shows, read_at = _last_read(session, iccid)
    subscription = ours.subscription_id or "" if ours else ""
    return Planned(number, iccid, masked(iccid), fault, subscription, address, shows, read_at)


def _last_read(session: Session, iccid: str) -> tuple[str, dt.datetime | None]:
    """What renewed when the supplier was last read, and when that was; what it did not say is not read."""
    sim = session.exec(select(Sim).where(Sim.iccid == iccid)).first()
    if sim is None or "renewal" in sim.errors:
        return "", None
    return (sim.renewal["name"] if sim.renewal else ""), sim.looked_at
