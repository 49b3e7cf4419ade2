"""Read and resolve cases."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlmodel import Session, col, select

from storefront.kernel.errors import Kind, StorefrontError
from storefront.models.case import Case


class CaseNotFound(StorefrontError):
    """There is no such case."""

    kind = Kind.NOT_FOUND
    code = "case_not_found"


class CaseAlreadyResolved(StorefrontError):
    """Somebody resolved this case before."""

    kind = Kind.CONFLICT
    code = "case_already_resolved"


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as people see it."""

    id: str
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
    query = select(Case).where(Case.order_id == order_id, col(Case.resolved_at).is_(None))
    return [_view(case) for case in session.exec(query)]


def take(session: Session, case_id: str, *, owner: str) -> CaseView:
    """Give an open case to somebody. Raises `CaseNotFound` or `CaseAlreadyResolved`."""
    case = _find(session, case_id)
    if case.resolved_at is not None:
        raise CaseAlreadyResolved(case_id)
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
