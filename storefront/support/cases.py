"""What the desk does with a case: see what to do about it, take it, or resolve it with a reason, all on record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten
from types import MappingProxyType

from sqlalchemy import or_
from sqlmodel import Session, col, select

from storefront.cases import resolve as cases
from storefront.cases.ask import Proof, proofs_of
from storefront.cases.resolve import CaseView
from storefront.db.prefix import begins_with
from storefront.identity.staff_sign_in import StaffView
from storefront.kernel.errors import Kind, StorefrontError
from storefront.kernel.iccid import masked
from storefront.kernel.money import Money
from storefront.letters.wording import mask_email
from storefront.models.case import Case, CaseProof
from storefront.models.order import Order
from storefront.models.sim import Sim
from storefront.ordering.bench import Workbench
from storefront.support import audit
from storefront.telemetry.redaction import redacted

_FIRST_WORDS = 140


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
_ENDS_AS: Mapping[str, str] = MappingProxyType(
    {"refund": cases.REFUNDED, "ask_again": "delivered", "order_again": "delivered"}
)


@dataclass(frozen=True, slots=True)
class Desk:
    """A case with what somebody needs to decide it; `reference` and `sim_id` lead to its order or its SIM.

    `wishes` are what was asked for, the first first, and `words` the first that were written. `minutes_left` counts
    below zero when the case is late. What is known of its order is empty, and `amount` None, for a case without one.
    """

    case: CaseView
    reference: str
    destination: str
    plan_name: str
    amount: Money | None
    traveller: str
    wishes: tuple[str, ...]
    words: str
    minutes_left: int
    is_unassigned: bool
    sim_id: str
    iccid_masked: str
    verbs: tuple[str, ...]
    proofs: tuple[Proof, ...]
    is_late: bool


def waiting(bench: Workbench) -> list[Desk]:
    """Open cases, the most urgent first, without their proofs."""
    with bench.read() as session:
        return _desks(bench, session, cases.list_cases(session))


def open_of(bench: Workbench, order_id: str) -> list[Desk]:
    """Open cases of an order, without their proofs."""
    with bench.read() as session:
        return _desks(bench, session, cases.open_cases_of(session, order_id))


def show(bench: Workbench, case_id: str) -> Desk:
    """One case in full. Raises `CaseNotFound`."""
    with bench.read() as session:
        one = cases.get_case(session, case_id)
        sent = tuple(proofs_of(session, bench.vault, one.id))
        order = session.get(Order, one.order_id) if one.order_id else None
        sim = session.get(Sim, one.about)
    return _desk(bench, one, order, sim=sim, wishes=tuple(dict.fromkeys(proof.wish for proof in sent)), proofs=sent)


def ended_by(bench: Workbench, order_id: str, verb: str) -> list[str]:
    """Kinds of the open cases that will be over by themselves when a verb has done what it is for."""
    if verb not in _ENDS_AS:
        return []
    # What was taken beyond the price may outlive a delivery.
    over = cases.ends_with(_ENDS_AS[verb]) - (set() if verb == "refund" else {"amount_mismatch"})
    with bench.read() as session:
        return [one.kind for one in cases.open_cases_of(session, order_id) if one.kind in over]


def newest_about(bench: Workbench, about: str) -> CaseView | None:
    """The newest case of an order or a SIM, open ones first."""
    query = select(Case.id).where(or_(col(Case.order_id) == about, begins_with(Case.subject, f"sim:{about}:")))
    with bench.read() as session:
        newest = session.exec(query.order_by(col(Case.resolved_at).is_not(None), col(Case.id).desc()).limit(1)).first()
        return cases.get_case(session, newest) if newest else None


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


def _desks(bench: Workbench, session: Session, found: Sequence[CaseView]) -> list[Desk]:
    about = {one.about for one in found}
    orders = {one.id: one for one in session.exec(select(Order).where(col(Order.id).in_(about)))}
    sims = {one.id: one for one in session.exec(select(Sim).where(col(Sim.id).in_(about)))}
    asked = asked_for(session, [one.id for one in found])
    words = _first_words(session, [one.id for one in found])
    return [
        _desk(
            bench,
            one,
            orders.get(one.order_id or ""),
            sim=sims.get(one.about),
            wishes=asked.get(one.id, ()),
            words=words.get(one.id, ""),
        )
        for one in found
    ]


def asked_for(session: Session, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """What was asked for in each case, the first first, each wish once."""
    query = select(CaseProof.case_id, CaseProof.wish).where(col(CaseProof.case_id).in_(ids))
    found: dict[str, dict[str, None]] = {}
    for case_id, wish in session.exec(query.order_by(col(CaseProof.sent_at))):
        found.setdefault(case_id, {})[wish] = None
    return {case_id: tuple(wishes) for case_id, wishes in found.items()}


def _first_words(session: Session, ids: Sequence[str]) -> dict[str, str]:
    """What was written first for each case, shortened to a line; a number of a SIM in it is masked."""
    # Newest first, so that the oldest is what stays in the mapping.
    query = select(CaseProof.case_id, CaseProof.words).where(col(CaseProof.case_id).in_(ids), CaseProof.words != "")
    found = session.exec(query.order_by(col(CaseProof.sent_at).desc())).all()
    return {case_id: shorten(redacted(words), _FIRST_WORDS, placeholder="…") for case_id, words in found}


def _desk(
    bench: Workbench,
    one: CaseView,
    order: Order | None,
    *,
    sim: Sim | None = None,
    wishes: tuple[str, ...] = (),
    words: str = "",
    proofs: tuple[Proof, ...] = (),
) -> Desk:
    now = bench.now()
    return Desk(
        case=one,
        reference=order.reference if order else "",
        destination=order.destination if order else "",
        plan_name=order.plan_name if order else "",
        amount=Money(order.charged_minor, order.charged_currency) if order else None,
        traveller=mask_email(order.email) if order else "",
        wishes=wishes,
        words=words,
        minutes_left=int((one.due_at - now).total_seconds() // 60),
        is_unassigned=one.owner == bench.settings.case_owner,
        sim_id=sim.id if sim else "",
        iccid_masked=masked(sim.iccid) if sim else "",
        verbs=SUGGESTED.get(one.kind, ()),
        proofs=proofs,
        is_late=one.resolved_at is None and one.due_at < now,
    )
