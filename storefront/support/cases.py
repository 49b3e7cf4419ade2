"""What the desk does with a case: see what to do about it, take it, or resolve it with a reason, all on record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from sqlmodel import Session, col, select

from storefront.cases import resolve as cases
from storefront.cases.ask import Proof, proofs_of
from storefront.cases.resolve import CaseView
from storefront.identity.staff_sign_in import StaffView
from storefront.kernel.errors import Kind, StorefrontError
from storefront.kernel.iccid import masked
from storefront.models.order import Order
from storefront.models.sim import Sim
from storefront.ordering.bench import Workbench
from storefront.support import audit


class ReasonNeeded(StorefrontError):
    """What is decided is decided with a reason that somebody else can understand later."""

    kind = Kind.REJECTED
    code = "reason_needed"


SUGGESTED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "unknown_answer": ("ask_again", "order_again", "refund"),
        "unusable_profile": ("ask_again", "order_again", "refund"),
        "no_hold": ("order_again", "refund"),
        "supplier_contradicts": ("ask_again", "order_again", "refund"),
        "promise_missed": ("ask_again", "order_again", "refund"),
        "refund_failed": ("refund",),
        "refund_request": ("refund", "order_again"),
        "outside_refund": ("close_renewals",),
        "dispute": ("close_renewals", "refund"),
        "sim_proof": ("close_renewals",),
    }
)
"""Verbs that usually settle a kind of case, the gentlest first."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A case with what somebody needs to decide it; `reference` and `sim_id` lead to its order or its SIM."""

    case: CaseView
    reference: str
    sim_id: str
    iccid_masked: str
    verbs: tuple[str, ...]
    proofs: tuple[Proof, ...]
    is_late: bool


def waiting(bench: Workbench) -> list[Desk]:
    """Open cases, the most urgent first, without their proofs."""
    with bench.read() as session:
        found = cases.list_cases(session)
        references = _references(session, [one.order_id for one in found if one.order_id])
    return [_desk(one, references.get(one.order_id or "", ""), now=bench.now()) for one in found]


def show(bench: Workbench, case_id: str) -> Desk:
    """One case in full. Raises `CaseNotFound`."""
    with bench.read() as session:
        one = cases.get_case(session, case_id)
        sent = tuple(proofs_of(session, bench.vault, one.id))
        references = _references(session, [one.order_id] if one.order_id else [])
        sim = session.exec(select(Sim).where(Sim.iccid == sent[0].iccid)).first() if sent and sent[0].iccid else None
    return _desk(one, references.get(one.order_id or "", ""), now=bench.now(), sim=sim, proofs=sent)


def proof_of(bench: Workbench, case_id: str, number: int, *, staff: StaffView) -> Proof:
    """One thing that was sent in, put on record as seen. Raises `CaseNotFound`."""
    with bench.write() as session:
        one = cases.get_case(session, case_id)
        sent = proofs_of(session, bench.vault, one.id)
        if not 0 < number <= len(sent):
            raise cases.CaseNotFound(case_id)
        audit.record(session, staff_id=staff.id, verb="see_proof", about=one.id, now=bench.now(), number=number)
    return sent[number - 1]


def take(bench: Workbench, case_id: str, *, staff: StaffView, from_owner: str | None = None) -> None:
    """Make the case this person's. Raises `CaseNotFound`, `CaseAlreadyResolved`, `SomebodyElses`."""
    with bench.write() as session:
        one = cases.take(session, case_id, owner=staff.name, from_owner=from_owner)
        audit.record(session, staff_id=staff.id, verb="take_case", about=one.order_id or one.id, now=bench.now())


def resolve(bench: Workbench, case_id: str, *, staff: StaffView, reason: str) -> None:
    """Close the case. Raises `ReasonNeeded`, `MoneyStillHeld`, `SomebodyElses`, and what `cases.resolve` raises."""
    if len(reason.strip()) < 3:
        raise ReasonNeeded(field="reason")
    with bench.write() as session:
        known = cases.get_case(session, case_id)
        if known.resolved_at is None and known.owner not in (staff.name, bench.settings.case_owner):
            raise cases.SomebodyElses(known.owner)
        cases.refuse_while_owed(session, case_id)
        one = cases.resolve(session, case_id, by=staff.name, resolution=reason.strip(), now=bench.now())
        about = one.order_id or one.id
        audit.record(session, staff_id=staff.id, verb="resolve_case", about=about, now=bench.now(), reason=reason)


def record_of(bench: Workbench, case_id: str) -> tuple[CaseView, list[audit.Deed]]:
    """Everything done at the desk about a case and its order, SIM or closing. Raises `CaseNotFound`."""
    with bench.read() as session:
        one = cases.get_case(session, case_id)
    return one, audit.of(bench.read, [one.id, one.about])


def _references(session: Session, ids: Sequence[str]) -> dict[str, str]:
    rows = session.exec(select(Order.id, Order.reference).where(col(Order.id).in_(ids))).all()
    return dict(rows)


def _desk(
    one: CaseView, reference: str, *, now: dt.datetime, sim: Sim | None = None, proofs: tuple[Proof, ...] = ()
) -> Desk:
    return Desk(
        case=one,
        reference=reference,
        sim_id=sim.id if sim else "",
        iccid_masked=masked(sim.iccid) if sim else "",
        verbs=SUGGESTED.get(one.kind, ()),
        proofs=proofs,
        is_late=one.resolved_at is None and one.due_at < now,
    )
