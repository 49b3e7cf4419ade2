"""Read and resolve cases."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from storefront.db import prepared
from storefront.kernel.errors import Kind, StorefrontError
from storefront.models.case import Case
from storefront.models.order import Order, OrderState


class CaseNotFound(StorefrontError):
    """There is no such case."""

    kind = Kind.NOT_FOUND
    code = "case_not_found"


class CaseAlreadyResolved(StorefrontError):
    """Somebody resolved this case before."""

    kind = Kind.CONFLICT
    code = "case_already_resolved"


class SomebodyElses(StorefrontError):
    """Another person owns the case; `detail` names them."""

    kind = Kind.CONFLICT
    code = "somebody_elses_case"


class MoneyStillHeld(StorefrontError):
    """The order of the case holds money and has delivered nothing: somebody must own it until that has changed."""

    kind = Kind.CONFLICT
    code = "money_still_held"


_IS_OWED = frozenset({OrderState.PAID, OrderState.CONFIRMED, OrderState.ATTENTION, OrderState.REFUNDING})
REFUNDED = "refunded"
_ENDS_WITH_THE_DEBT = (
    "amount_mismatch",
    "unknown_answer",
    "unusable_profile",
    "no_hold",
    "supplier_contradicts",
    "promise_missed",
    "refund_failed",
)


_OPEN_OF = select(Case).where(col(Case.order_id) == bindparam("order_id"), col(Case.resolved_at).is_(None))


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as people see it; `about` is the id of its order, SIM or closing, or the name of what it watches."""

    id: str
    about: str
    kind: str
    order_id: str | None
    detail: str
    owner: str
    opened_at: dt.datetime
    due_at: dt.datetime
    resolved_at: dt.datetime | None
    resolved_by: str
    resolution: str


def list_cases(session: Session, *, include_resolved: bool = False, limit: int = 200) -> list[CaseView]:
    """Cases, the most urgent first."""
    query = select(Case).order_by(col(Case.due_at)).limit(limit)
    if not include_resolved:
        query = query.where(col(Case.resolved_at).is_(None))
    return [_view(case) for case in session.exec(query)]


def get_case(session: Session, case_id: str) -> CaseView:
    """One case, by its id or by enough of its end to be unambiguous. Raises `CaseNotFound`."""
    return _view(_find(session, case_id))


def open_cases_of(session: Session, order_id: str) -> list[CaseView]:
    """Unresolved cases of an order."""
    return [_view(case) for case in prepared.rows(session, _OPEN_OF, order_id=order_id)]


def take(session: Session, case_id: str, *, owner: str, from_owner: str | None = None) -> CaseView:
    """Give an open case to somebody. Raises `CaseNotFound` or `CaseAlreadyResolved`.

    `from_owner` is whose it was when it was looked at: when it is another's by now, raises `SomebodyElses`.
    """
    case = _find(session, case_id)
    if case.resolved_at is not None:
        raise CaseAlreadyResolved(case_id)
    if from_owner is not None and case.owner not in (from_owner, owner):
        raise SomebodyElses(case.owner)
    case.owner = owner
    session.add(case)
    return _view(case)


def resolve(session: Session, case_id: str, *, by: str, resolution: str, now: dt.datetime) -> CaseView:
    """Close the case with its reason. Raises `CaseNotFound` or `CaseAlreadyResolved`."""
    case = _find(session, case_id)
    if case.resolved_at is not None:
        raise CaseAlreadyResolved(case_id)
    case.resolved_at, case.resolved_by, case.resolution = now, by, resolution[:1000]
    # The subject is unique among open cases only: the same trouble may come back later as a case of its own.
    case.subject = f"{case.subject}:{case.id}"
    session.add(case)
    return _view(case)


def refuse_while_owed(session: Session, case_id: str) -> None:
    """Raises `MoneyStillHeld` when the case is the last to watch over money that is neither earned nor returned."""
    case = _find(session, case_id)
    if case.order_id is None or case.resolved_at is not None:
        return
    state = session.exec(select(Order.state).where(Order.id == case.order_id)).one()
    others = select(Case.id).where(
        Case.order_id == case.order_id, col(Case.resolved_at).is_(None), col(Case.id) != case.id
    )
    if state in _IS_OWED and session.exec(others.limit(1)).first() is None:
        raise MoneyStillHeld


def adopt(session: Session, order_id: str, *, owner: str, from_owner: str) -> None:
    """Whoever acts on an order owns its open cases that were nobody's in particular."""
    query = select(Case).where(Case.order_id == order_id, col(Case.resolved_at).is_(None), Case.owner == from_owner)
    for case in session.exec(query).all():
        case.owner = owner
        session.add(case)


def end_with_debt(
    session: Session, order_id: str, *, resolution: str, now: dt.datetime, is_overpaid: bool = False
) -> None:
    """The order delivered, or its money went back: whatever case was about that debt is over.

    A traveller who asked for help has their answer only when the money went back. What was taken beyond the price of
    a delivered order (`is_overpaid`) stays with the person who let it be delivered.
    """
    over = ends_with(resolution)
    over -= {"amount_mismatch"} if is_overpaid else set()
    for case in open_cases_of(session, order_id):
        if case.kind in over:
            resolve(session, case.id, by="system", resolution=resolution, now=now)


def ends_with(resolution: str) -> set[str]:
    """Kinds of cases that are over with the debt of their order, however it ended."""
    return {*_ENDS_WITH_THE_DEBT, *(["refund_request"] if resolution == REFUNDED else [])}


def resolve_kind(session: Session, order_id: str, kind: str, *, resolution: str, now: dt.datetime) -> None:
    """The trouble went away by itself: close the open case of this kind, if there is one."""
    query = select(Case).where(Case.order_id == order_id, Case.kind == kind, col(Case.resolved_at).is_(None))
    for case in session.exec(query).all():
        resolve(session, case.id, by="system", resolution=resolution, now=now)


def resolve_about(session: Session, about: str, kind: str, *, resolution: str, now: dt.datetime) -> None:
    """As `resolve_kind`, for a case that belongs to no order."""
    case = session.exec(select(Case).where(Case.subject == f"{about}:{kind}")).first()
    if case is not None and case.resolved_at is None:
        resolve(session, case.id, by="system", resolution=resolution, now=now)


def _find(session: Session, case_id: str) -> Case:
    found = session.exec(select(Case).where(col(Case.id).endswith(case_id)).limit(2)).all()
    if len(found) != 1:
        raise CaseNotFound(case_id)
    return found[0]


def _view(case: Case) -> CaseView:
    return CaseView(
        id=case.id,
        about=case.order_id
        or case.subject.removesuffix(f":{case.id}").removesuffix(f":{case.kind}").rpartition(":")[2],
        kind=case.kind,
        order_id=case.order_id,
        detail=case.detail,
        owner=case.owner,
        opened_at=case.opened_at,
        due_at=case.due_at,
        resolved_at=case.resolved_at,
        resolved_by=case.resolved_by,
        resolution=case.resolution,
    )
