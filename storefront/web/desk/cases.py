"""Cases at the desk: one in full with what was sent in, taking and resolving it, and its record as a table."""

from __future__ import annotations

import csv
import io

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from storefront.support import audit
from storefront.support import cases as desk_cases
from storefront.web import context
from storefront.web.desk.staff import current_staff
from storefront.web.desk.tables import plain_text
from storefront.web.limits import Access, guard

blueprint = Blueprint("desk_cases", __name__, url_prefix="/desk/cases")


@blueprint.get("/<case_id>")
@guard(access=Access.STAFF, limit="desk")
def show(case_id: str) -> str:
    """One case: what happened, what was sent in, what usually settles it, and who did what."""
    bench = context.house().bench
    found = desk_cases.show(bench, case_id)
    _case, deeds = desk_cases.record_of(bench, case_id)
    return render_template("desk/case.html", staff=current_staff(), desk=found, deeds=deeds)


@blueprint.post("/<case_id>/take")
@guard(access=Access.STAFF, limit="desk")
def take(case_id: str) -> AnyResponse:
    """Make a case one's own, unless somebody else was faster."""
    desk_cases.take(context.house().bench, case_id, staff=current_staff(), from_owner=request.form.get("owner") or None)
    return redirect(url_for("desk_cases.show", case_id=case_id), code=303)


@blueprint.post("/<case_id>/resolve")
@guard(access=Access.STAFF, limit="desk")
def resolve(case_id: str) -> AnyResponse:
    """Close a case with its reason."""
    desk_cases.resolve(context.house().bench, case_id, staff=current_staff(), reason=request.form.get("reason", ""))
    return redirect(url_for("desk.home"), code=303)


@blueprint.post("/<case_id>/proofs/<int:number>")
@guard(access=Access.STAFF, limit="desk")
def proof(case_id: str, number: int) -> AnyResponse:
    """A file that was sent in; seeing it is put on record."""
    found = desk_cases.proof_of(context.house().bench, case_id, number, staff=current_staff())
    answer = Response(found.file, mimetype=found.media_type or "text/plain")
    suffix = found.media_type.rpartition("/")[2] or "txt"
    answer.headers["Content-Disposition"] = f'attachment; filename="proof-{number}.{suffix}"'
    return answer


@blueprint.get("/<case_id>/record.csv")
@guard(access=Access.STAFF, limit="desk")
def record(case_id: str) -> AnyResponse:
    """Everything done about a case, for a spreadsheet or an auditor."""
    case, deeds = desk_cases.record_of(context.house().bench, case_id)
    answer = Response(_table(deeds), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="case-{case.id[-8:]}.csv"'
    return answer


def _table(deeds: list[audit.Deed]) -> str:
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["number", "at", "by", "role", "verb", "why", "words", "closing"])
    for one in deeds:
        words = plain_text(one.reason)
        writer.writerow([one.id, one.at.isoformat(), one.by, one.role, one.verb, one.why, words, one.closing])
    return table.getvalue()
