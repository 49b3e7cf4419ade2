"""What the desk does with a case: take it, or resolve it with a reason; each with its row in the record."""

from __future__ import annotations

from storefront.cases import resolve as cases
from storefront.identity.staff_sign_in import StaffView
from storefront.kernel.errors import Kind, StorefrontError
from storefront.ordering.bench import Workbench
from storefront.support import audit


class ReasonNeeded(StorefrontError):
    """A case is resolved with a reason that somebody else can understand later."""

    kind = Kind.REJECTED
    code = "reason_needed"


def take(bench: Workbench, case_id: str, *, staff: StaffView) -> None:
    """Make the case this person's. Raises `CaseNotFound`, `CaseAlreadyResolved`."""
    with bench.write() as session:
        one = cases.take(session, case_id, owner=staff.name)
        audit.record(session, staff_id=staff.id, verb="take_case", about=one.order_id or one.id, now=bench.now())


def resolve(bench: Workbench, case_id: str, *, staff: StaffView, reason: str) -> None:
    """Close the case. Raises `ReasonNeeded`, `CaseNotFound`, `CaseAlreadyResolved`."""
    if len(reason.strip()) < 3:
        raise ReasonNeeded(field="reason")
    with bench.write() as session:
        one = cases.resolve(session, case_id, by=staff.name, resolution=reason.strip(), now=bench.now())
        about = one.order_id or one.id
        audit.record(session, staff_id=staff.id, verb="resolve_case", about=about, now=bench.now(), reason=reason)
